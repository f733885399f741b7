"""Which model does which work: role to model strings, with what each provider needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import SecretStr

ROLES = ("planner", "writer", "critic", "debugger")

# Providers whose access is a variable of ours; any other that Pydantic AI knows reads its own.
_OWN_PROVIDERS = {
    "openai": "openai",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "openrouter": "openrouter",
    "ollama": "ollama",
}


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


@dataclass(frozen=True, slots=True)
class Access:
    """What one provider needs. Keys are secrets: they never leave through `describe` or `repr`."""

    api_key: SecretStr | None = None
    base_url: str | None = None


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
    """Per provider and process; None leaves the rate to the provider."""


def chain(text: str | None) -> tuple[str, ...]:
    """The model strings of a comma-separated list, in the order they are tried."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def provider_of(model: str) -> str:
    """The provider a model string names; an unprefixed name counts as `openai`."""
    return model.split(":", 1)[0] if ":" in model else "openai"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Role to model strings, first choice first, and how to reach their providers."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    access: Mapping[str, Access] = field(default_factory=dict)
    limits: CallLimits = field(default_factory=CallLimits)

    @classmethod
    def from_env(
        cls, env: ModelEnvironment, overrides: Mapping[str, str] | None = None
    ) -> Portfolio:
        """The deployment's portfolio with one task's choices on top.

        `overrides` maps a role, or `default` for every role, to a model string. A choice whose
        provider this deployment has no access to is kept and reported as unavailable: it must not
        silently become another model.
        """
        overrides = overrides or {}
        own = {
            "planner": env.handywriterz_planner_model,
            "writer": env.handywriterz_writer_model,
            "critic": env.handywriterz_critic_model,
            "debugger": env.handywriterz_debugger_model,
        }
        models = {
            role: (
                chain(overrides.get(role))
                or chain(overrides.get("default"))
                or chain(own[role])
                or chain(env.handywriterz_model)
            )
            for role in ROLES
        }
        return cls(
            models={role: names for role, names in models.items() if names},
            access={
                "openai": Access(env.openai_api_key, env.openai_base_url),
                "anthropic": Access(env.anthropic_api_key),
                "google": Access(env.google_api_key),
                "openrouter": Access(env.openrouter_api_key),
                "ollama": Access(env.ollama_api_key, env.ollama_base_url),
            },
            limits=CallLimits(
                attempts=env.model_max_attempts,
                attempt_seconds=env.model_timeout_seconds,
                deadline_seconds=env.model_deadline_seconds,
                output_tokens=env.model_max_output_tokens,
                unknown_usd_per_mtok=env.model_unknown_usd_per_mtok,
                requests_per_minute=env.model_requests_per_minute,
            ),
        )

    def chain_for(self, role: str) -> tuple[str, ...]:
        return self.models.get(role, ())

    def access_to(self, model: str) -> Access | None:
        """The access that belongs to `model`'s provider; None when that provider reads its own
        environment variables."""
        own = _OWN_PROVIDERS.get(provider_of(model))
        return None if own is None else self.access.get(own, Access())

    def configured(self, model: str) -> bool:
        """Whether the provider of `model` can be reached with what this deployment was given."""
        access = self.access_to(model)
        return access is None or access.api_key is not None or access.base_url is not None

    def describe(self) -> dict[str, Any]:
        """For people: which model serves which role. Holds no secret."""
        roles = {
            role: {
                "models": list(self.chain_for(role)),
                "configured": any(self.configured(model) for model in self.chain_for(role)),
            }
            for role in ROLES
        }
        return {"configured": any(item["configured"] for item in roles.values()), "roles": roles}
