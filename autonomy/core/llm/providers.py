"""The providers as this process knows them: connections, health, and what a model can do.

One per process, shared by the gateways of all its runs, so that they learn from each other and
reuse connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal
from weakref import WeakKeyDictionary

from httpx2 import AsyncClient
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model

from autonomy.core.llm.health import LocalHealth, ProviderHealth
from autonomy.core.llm.portfolio import Access, Portfolio, name_of, provider_of
from autonomy.core.llm.windows import Windows
from autonomy.core.outbound import checked_client

OutputMode = Literal["native", "tool", "prompted"]


def build(model: str, access: Access | None) -> Model:
    """The Pydantic AI model behind a model string.

    A custom `base_url` is spoken to in Chat Completions, which every compatible server knows,
    unless the string asks for `openai-responses:`; Anthropic's in Messages.

    Raises:
        pydantic_ai.exceptions.UserError: unknown provider, or no access to it.
        ImportError: the provider's package is not installed.
    """
    # Imported here: each provider's SDK costs a second of start-up that most processes never need.
    from pydantic_ai.models import infer_model

    prefix, name = provider_of(model), name_of(model)
    if access is None:
        # An unprefixed name never reaches Pydantic AI as it is: "test" would be a model that invents.
        return infer_model(f"{prefix}:{name}")
    key = access.api_key.get_secret_value() if access.api_key else None
    client = _client(access)
    if access.provider in ("openai", "compatible", "openrouter") and access.base_url:
        from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
        from pydantic_ai.profiles.openai import OpenAIModelProfile
        from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

        server = OpenAICompatibleProvider(
            "openai-compatible",
            base_url=access.base_url,
            api_key=key,
            http_client=client,
            # A proxy that loses its server ends the stream in good order; without this the half
            # answer would pass for the whole.
            profile=OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True),
        )
        _keep(server, client)
        if prefix == "openai-responses":
            return OpenAIResponsesModel(name, provider=server)
        return OpenAIChatModel(name, provider=server)
    arguments: dict[str, Any] = {"api_key": key or NO_KEY, "http_client": client}
    if access.provider in _HOME or access.base_url:
        arguments["base_url"] = access.base_url or _HOME[access.provider]

    def with_key(_: str) -> Any:
        from pydantic_ai.providers import infer_provider_class

        provider = infer_provider_class(access.provider)(**arguments)
        _keep(provider, client)
        return provider

    dialect = prefix if prefix.startswith(f"{access.provider}-") else access.provider
    return infer_model(f"{dialect}:{name}", provider_factory=with_key)


def _client(access: Access) -> AsyncClient | None:
    """For an address that a person typed in, a client that checks where it connects to; None
    leaves the SDK its own."""
    if access.scope != "user" or access.base_url is None:
        return None
    return checked_client(private=access.private_addresses)


def _keep(provider: Any, client: AsyncClient | None) -> None:
    """Let `provider` close `client` with itself, as it does with one of its own."""
    if client is not None:
        provider._own_http_client = client


# Said outright, because the SDKs would otherwise take key and address from the process's
# environment: one person's key would go to another's server, or the deployment's key to a person's.
NO_KEY = "none"
"""Sent where a server asks for no key but its SDK does."""
_HOME = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}


class _Connection:
    """A model with its connections open, and how many requests use it now."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.used = 0


class Providers:
    """Connections, health, learnt windows and ways of asking; one per process.

    Args:
        health: rate and circuits; of this process alone unless given.
        connections: models that are kept connected; those used last stay.
    """

    def __init__(self, health: ProviderHealth | None = None, *, connections: int = 128) -> None:
        self.health: ProviderHealth = health or LocalHealth()
        self.windows = Windows()
        self._most = connections
        # HTTP connections belong to the event loop that opened them.
        self._open: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[tuple[str, Access | None], _Connection]
        ] = WeakKeyDictionary()
        self._warmed: WeakKeyDictionary[
            asyncio.AbstractEventLoop, set[tuple[str, Access | None]]
        ] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        """Held here: a loop keeps no hold of its tasks."""
        self._schema_refused: set[str] = set()
        self._unusable: set[tuple[str, Access | None]] = set()

    @asynccontextmanager
    async def connected(self, model: str, access: Access | None) -> AsyncIterator[Model]:
        """The model, with its connections open on the running loop. Raises as `build`."""
        mine = self._open.setdefault(asyncio.get_running_loop(), {})
        key = (model, access)
        found = mine.pop(key, None)
        if found is None:
            built = await asyncio.to_thread(build, model, access)
            # Another call may have been quicker while this one was building.
            found = mine.pop(key, None)
            if found is None:
                found = _Connection(built)
                await built.__aenter__()
        mine[key] = found  # The newest stand last.
        found.used += 1
        try:
            await self._close_some(mine)
            yield found.model
        finally:
            found.used -= 1

    def warm(self, model: str, access: Access | None) -> None:
        """Begin to build a model that may be needed soon: its provider's SDK alone takes a second
        to load, which a call that has just lost its first model should not wait for."""
        key = (model, access)
        loop = asyncio.get_running_loop()
        if key in self._open.get(loop, {}) or key in self._warmed.setdefault(loop, set()):
            return
        self._warmed[loop].add(key)
        task = loop.create_task(self._build_ahead(model, access))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _build_ahead(self, model: str, access: Access | None) -> None:
        # What is wrong with it is said when it is needed.
        with suppress(UserError, ImportError, ValueError):
            async with self.connected(model, access):
                pass

    async def _close_some(self, mine: dict[tuple[str, Access | None], _Connection]) -> None:
        if len(mine) <= self._most:
            return
        for key in [key for key, held in mine.items() if not held.used][: len(mine) - self._most]:
            await mine.pop(key).model.__aexit__(None, None, None)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        loop = asyncio.get_running_loop()
        building = [task for task in self._tasks if task.get_loop() is loop]
        await asyncio.gather(*building, return_exceptions=True)
        for held in self._open.pop(asyncio.get_running_loop(), {}).values():
            await held.model.__aexit__(None, None, None)

    def output_mode(self, name: str, model: Model) -> OutputMode:
        """How to ask this model for structured output; `name` tells apart whose it is."""
        if name in self._schema_refused:
            return "prompted"
        if model.profile.get("supports_json_schema_output"):
            return "native"
        return "tool" if model.profile.get("supports_tools", True) else "prompted"

    def refuses_schemas(self, name: str) -> None:
        """Remember that this model's server rejects requests that carry a schema."""
        self._schema_refused.add(name)

    def mark_unusable(self, model: str, portfolio: Portfolio) -> None:
        """Remember that this model cannot be built here: unknown, or not installed."""
        self._unusable.add((model, portfolio.access_to(model)))

    def usable(self, model: str, portfolio: Portfolio) -> bool:
        """Whether `model` is set up as far as is known without calling it."""
        return (
            portfolio.configured(model)
            and (model, portfolio.access_to(model)) not in self._unusable
        )


SHARED = Providers()
"""The providers of this process."""
