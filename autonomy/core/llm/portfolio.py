"""Which model does which work: role to model strings, with what each provider needs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import SecretStr

from autonomy.core.llm.catalogue import DEFAULT, DIALECTS, NONE, PROVIDERS, ROLES

Scope = Literal["user", "deployment", "environment"]


class ModelEnvironment(Protocol):
    """The model variables of the environment, see `handywriterz.env.Env`."""

    @property
    def handywriterz_model(self) -> str | None: ...
    @property
    def handywriterz_planner_model(self) -> str | None: ...
    @property
    def handywriterz_writer_model(self) -> str | None: ...
    @property
    def handywriterz_critic_model(self) -> str | None: ...
    @property
    def handywriterz_debugger_model(self) -> str | None: ...
    @property
    def openai_base_url(self) -> str | None: ...
    @property
    def ollama_base_url(self) -> str | None: ...
    @property
    def anthropic_base_url(self) -> str | None: ...
    @property
    def openai_api_key(self) -> SecretStr | None: ...
    @property
    def anthropic_api_key(self) -> SecretStr | None: ...
    @property
    def google_api_key(self) -> SecretStr | None: ...
    @property
    def openrouter_api_key(self) -> SecretStr | None: ...
    @property
    def ollama_api_key(self) -> SecretStr | None: ...
    @property
    def model_timeout_seconds(self) -> float: ...
    @property
    def model_deadline_seconds(self) -> float: ...
    @property
    def model_max_attempts(self) -> int: ...
    @property
    def model_max_output_tokens(self) -> int: ...
    @property
    def model_unknown_usd_per_mtok(self) -> float: ...
    @property
    def model_requests_per_minute(self) -> float | None: ...
    @property
    def model_stall_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """What a connection was found to offer. None means that nobody said."""

    id: str
    context_tokens: int | None = None
    output_tokens: int | None = None
    structured: bool | None = None
    tools: bool | None = None
    usd_per_mtok_input: float | None = None
    usd_per_mtok_output: float | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How one provider or server is reached. Keys are secrets: they never leave through `describe`
    or `repr`."""

    provider: str = "openai"
    """One of `PROVIDERS`."""
    api_key: SecretStr | None = None
    base_url: str | None = None
    slug: str = ""
    """Prefix of the model strings that mean it; the provider's name unless given."""
    scope: Scope = "environment"
    simulated: bool = False
    """What it says is made up by a simulator."""
    offered: tuple[OfferedModel, ...] = field(default=(), compare=False)
    private_addresses: bool = True
    """Whether it may be at a loopback or private address."""

    @property
    def prefix(self) -> str:
        return self.slug or self.provider

    @property
    def endpoint(self) -> str:
        """The account that shares one rate and one circuit; tells nothing of the key."""
        key = self.api_key.get_secret_value() if self.api_key else ""
        account = f"{self.base_url or ''}\n{key}".encode()
        return f"{self.provider}-{hashlib.sha256(account).hexdigest()[:12]}"

    @property
    def reachable(self) -> bool:
        """Whether there is anything to reach it with."""
        return self.api_key is not None or self.base_url is not None

    def offers(self, name: str) -> OfferedModel | None:
        """What is known of the model `name` (without prefix) from the connection itself."""
        return next((model for model in self.offered if model.id == name), None)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one model call may take."""

    attempts: int = 4
    """HTTP requests per call, over all models of the chain."""
    attempt_seconds: float = 120.0
    deadline_seconds: float = 300.0
    """The whole call, retries and waits included."""
    output_tokens: int = 8_192
    """Most tokens of one answer; also what is reserved for it."""
    unknown_usd_per_mtok: float = 15.0
    """Counted for a model whose price is unknown, so that a budget always ends."""
    requests_per_minute: float | None = None
    """Per provider account, over all workers; None leaves the rate to the provider."""
    stall_seconds: float = 30.0
    """Silence after which a stream that had begun counts as broken off."""


def chain(text: str | None) -> tuple[str, ...]:
    """The model strings of a comma-separated list, in the order they are tried."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _models(text: str | None) -> tuple[str, ...] | None:
    """The models of a choice; empty where it says `none`, which ends the list; None for no choice."""
    names = chain(text)
    if not names:
        return None
    ends = next((n for n, name in enumerate(names) if name.casefold() == NONE), len(names))
    return names[:ends]


def provider_of(model: str) -> str:
    """The prefix of a model string; an unprefixed name counts as `openai`."""
    return model.split(":", 1)[0] if ":" in model else "openai"


def name_of(model: str) -> str:
    """The model's own name: the string without its prefix."""
    return model.split(":", 1)[-1]


def endpoint_of(model: str, access: Access | None) -> str:
    """Identity of the account that `model` is called at through `access`, see `Access.endpoint`."""
    return f"{provider_of(model)}-environment" if access is None else access.endpoint


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Role to model strings, first choice first, and how to reach their providers."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A role that somebody chose rules for has none, see `ruled`."""
    access: Mapping[str, Access] = field(default_factory=dict)
    """By the prefix of model strings."""
    limits: CallLimits = field(default_factory=CallLimits)
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Role to who chose its models: run, user, deployment or environment."""
    vouched: frozenset[str] = frozenset()
    """Prefixes that Pydantic AI knows and the operator named in the environment: their access is in
    variables of their own. Nobody else may use those."""

    @classmethod
    def from_env(
        cls, env: ModelEnvironment, overrides: Mapping[str, str] | None = None
    ) -> Portfolio:
        """The environment's portfolio with one task's choices on top."""
        return cls.assemble(env, choices=[overrides or {}])

    @classmethod
    def assemble(
        cls,
        env: ModelEnvironment,
        *,
        connections: Sequence[Access] = (),
        choices: Sequence[Mapping[str, str]] = (),
    ) -> Portfolio:
        """The portfolio of one run.

        Args:
            connections: accesses besides the environment's; a person's wins over the deployment's
                of the same slug, that over the environment's.
            choices: role (or `default`) to a comma-separated list of model strings: the run's, the
                person's, the deployment's, in this order; the environment's variables come last. A
                choice that nothing here reaches is kept and reported as unavailable: it must not
                silently become another model. `none` chooses rules, and no model further down.
        """
        own = {
            "planner": env.handywriterz_planner_model,
            "writer": env.handywriterz_writer_model,
            "critic": env.handywriterz_critic_model,
            "debugger": env.handywriterz_debugger_model,
            DEFAULT: env.handywriterz_model,
        }
        in_env = {role: text for role, text in own.items() if text}
        layers = [*zip(_LAYERS, choices, strict=False), ("environment", in_env)]
        models: dict[str, tuple[str, ...]] = {}
        chosen: dict[str, str] = {}
        for role in ROLES:
            for layer, choice in layers:
                names = _models(choice.get(role))
                names = _models(choice.get(DEFAULT)) if names is None else names
                if names is not None:
                    models[role], chosen[role] = names, layer
                    break
        access = _of_environment(env)
        for scope in ("deployment", "user"):
            access |= {item.prefix: item for item in connections if item.scope == scope}
        named = {provider_of(model) for text in in_env.values() for model in chain(text)}
        return cls(
            models=models,
            access=access,
            limits=CallLimits(
                attempts=env.model_max_attempts,
                attempt_seconds=env.model_timeout_seconds,
                deadline_seconds=env.model_deadline_seconds,
                output_tokens=env.model_max_output_tokens,
                unknown_usd_per_mtok=env.model_unknown_usd_per_mtok,
                requests_per_minute=env.model_requests_per_minute,
                stall_seconds=env.model_stall_seconds,
            ),
            chosen=chosen,
            vouched=frozenset(named - set(access) - set(DIALECTS) - set(PROVIDERS)),
        )

    def chain_for(self, role: str) -> tuple[str, ...]:
        return self.models.get(role, ())

    def chosen_by(self, role: str) -> str:
        """Who chose the models of `role`; empty when nobody did."""
        return self.chosen.get(role, "")

    def ruled(self, role: str) -> bool:
        """Whether somebody chose that rules alone do the work of `role`."""
        return bool(self.chosen_by(role)) and not self.chain_for(role)

    def access_to(self, model: str) -> Access | None:
        """The access that a model string means; None where there is none, or where the provider
        reads its own environment variables (see `vouched`)."""
        prefix = provider_of(model)
        return self.access.get(prefix) or self.access.get(DIALECTS.get(prefix, prefix))

    def endpoint_of(self, model: str) -> str:
        """Identity of the account that `model` is called at."""
        return endpoint_of(model, self.access_to(model))

    def configured(self, model: str) -> bool:
        """Whether the provider of `model` can be reached with what was given."""
        access = self.access_to(model)
        return provider_of(model) in self.vouched if access is None else access.reachable

    def simulated(self, model: str) -> bool:
        """Whether what `model` says is made up."""
        access = self.access_to(model)
        return name_of(model).startswith("simulated") or (access is not None and access.simulated)

    def describe(self) -> dict[str, Any]:
        """For people: which model serves which role. Holds no secret."""
        roles = {
            role: {
                "models": list(self.chain_for(role)),
                "configured": any(self.configured(model) for model in self.chain_for(role)),
                "chosen_by": self.chosen_by(role),
                "simulated": any(self.simulated(model) for model in self.chain_for(role)),
            }
            for role in ROLES
        }
        return {
            "configured": any(item["configured"] for item in roles.values()),
            "simulated": any(item["simulated"] for item in roles.values()),
            "roles": roles,
        }


_LAYERS = ("run", "user", "deployment")


def _of_environment(env: ModelEnvironment) -> dict[str, Access]:
    found = (
        Access("openai", env.openai_api_key, env.openai_base_url),
        Access("anthropic", env.anthropic_api_key, env.anthropic_base_url),
        Access("google", env.google_api_key),
        Access("openrouter", env.openrouter_api_key),
        Access("ollama", env.ollama_api_key, env.ollama_base_url),
    )
    return {item.provider: item for item in found}
