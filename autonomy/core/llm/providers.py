"""The providers as this process knows them: connections, health, and what a model can do.

One per process, shared by the gateways of all its runs, so that they learn from each other and
reuse connections.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any, Literal
from weakref import WeakKeyDictionary

from httpx2 import AsyncClient
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model

from autonomy.core.llm.catalogue import home_of
from autonomy.core.llm.health import LocalHealth, ProviderHealth
from autonomy.core.llm.portfolio import Access, Portfolio, endpoint_of, name_of, provider_of
from autonomy.core.llm.windows import Windows
from autonomy.core.outbound import bounded, checked_client

OutputMode = Literal["native", "tool", "prompted"]

_UNUSABLE_SECONDS = 600.0
"""For which a model that could not be built is passed over: a package may be installed, a file of
the operator's filled in."""
_SCHEMA_REFUSED_SECONDS = 24 * 3600.0
"""For which a server is not sent schemas again: it may be updated."""


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
        from pydantic_ai.models.openai import OpenAIResponsesModel
        from pydantic_ai.profiles.openai import OpenAIModelProfile
        from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

        from autonomy.core.llm.chat_completions import CompatibleChatModel

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
        _bare(server, access)
        if prefix == "openai-responses":
            return OpenAIResponsesModel(name, provider=server)
        return CompatibleChatModel(name, provider=server)
    arguments: dict[str, Any] = {"api_key": key or NO_KEY, "http_client": client}
    if (address := access.base_url or home_of(access.provider)) and access.provider != _ONE_HOME:
        arguments["base_url"] = address

    def with_key(_: str) -> Any:
        from pydantic_ai.providers import infer_provider_class

        provider = infer_provider_class(access.provider)(**arguments)
        _keep(provider, client)
        _bare(provider, access)
        return provider

    dialect = prefix if prefix.startswith(f"{access.provider}-") else access.provider
    return infer_model(f"{dialect}:{name}", provider_factory=with_key)


def _client(access: Access) -> AsyncClient:
    """For an address that a person typed in, a client that checks where it connects to. None reads
    an answer without end."""
    from pydantic_ai.models import create_async_httpx2_client

    if access.scope != "user" or access.base_url is None:
        return bounded(create_async_httpx2_client())
    return checked_client(private=access.private_addresses)


def _keep(provider: Any, client: AsyncClient) -> None:
    """Let `provider` close `client` with itself, as it does with one of its own."""
    provider._own_http_client = client


def _bare(provider: Any, access: Access) -> None:
    """Take out what the SDKs add to every request from the process's environment (organisation,
    project, headers of the operator's own, which may be keys): that is for the operator's
    accounts, and not for a server that somebody typed in."""
    client = provider.client
    if access.scope == "environment" or not hasattr(client, "_custom_headers"):
        return
    kind: Any = type(client)
    client.__class__ = _bare_kind(kind)
    _strip(client, {})


@cache
def _bare_kind(kind: type[Any]) -> type[Any]:
    """`kind`, a client of OpenAI's or Anthropic's SDK, whose copies read no variables either: one
    is made for each request, and no argument switches this off."""

    class Bare(kind):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            _strip(self, named.get("default_headers") or {})

    return Bare


def _strip(client: Any, headers: Mapping[str, str]) -> None:
    for name in ("organization", "project", "admin_api_key"):
        if hasattr(client, name):
            setattr(client, name, None)
    client._custom_headers = dict(headers)


# Said outright, because the SDKs would otherwise take key and address from the process's
# environment: one person's key would go to another's server, or the deployment's key to a person's.
NO_KEY = "none"
"""Sent where a server asks for no key but its SDK does."""
_ONE_HOME = "openrouter"
"""Its package takes no address, and reads none from the environment."""


_Key = tuple[str, str, str, bool]


def _key(model: str, access: Access | None) -> _Key:
    """What tells apart the models that are kept: the account without its secret, and whether its
    addresses are checked."""
    endpoint = endpoint_of(model, access)
    if access is None:
        return (model, endpoint, "environment", True)
    return (model, endpoint, access.scope, access.private_addresses)


class _Learnt:
    """Short facts that were found out, forgotten after a while: what they are about may change,
    and what nobody asks for any more would otherwise stay for as long as the process.

    Args:
        seconds: how long each is believed.
        most: facts that are kept; the oldest go first.
    """

    def __init__(self, seconds: float, clock: Callable[[], float], *, most: int = 4_096) -> None:
        self._seconds = seconds
        self._clock = clock
        self._most = most
        self._until: dict[Hashable, float] = {}

    def add(self, fact: Hashable) -> None:
        self._until.pop(fact, None)
        self._until[fact] = self._clock() + self._seconds
        if len(self._until) > self._most:
            del self._until[next(iter(self._until))]

    def __len__(self) -> int:
        return len(self._until)

    def __contains__(self, fact: Hashable) -> bool:
        until = self._until.get(fact)
        if until is not None and until <= self._clock():
            del self._until[fact]
            return False
        return until is not None


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
        clock: seconds that only go on, for tests.
    """

    def __init__(
        self,
        health: ProviderHealth | None = None,
        *,
        connections: int = 128,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.health: ProviderHealth = health or LocalHealth()
        self.windows = Windows(clock)
        self._most = connections
        # HTTP connections belong to the event loop that opened them.
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, _Connection]] = (
            WeakKeyDictionary()
        )
        self._warming: WeakKeyDictionary[
            asyncio.AbstractEventLoop, dict[_Key, asyncio.Task[None]]
        ] = WeakKeyDictionary()
        """Held here: a loop keeps no hold of its tasks."""
        self._schema_refused = _Learnt(_SCHEMA_REFUSED_SECONDS, clock)
        self._unusable = _Learnt(_UNUSABLE_SECONDS, clock)

    @asynccontextmanager
    async def connected(self, model: str, access: Access | None) -> AsyncIterator[Model]:
        """The model, with its connections open on the running loop. Raises as `build`."""
        mine = self._open.setdefault(asyncio.get_running_loop(), {})
        key = _key(model, access)
        found, spare = mine.pop(key, None), None
        if found is None:
            built = await self._built(model, access)
            await built.__aenter__()
            # Another call may have been quicker meanwhile. From here on nothing is awaited until
            # one of the two is kept.
            found = mine.pop(key, None)
            if found is None:
                found = _Connection(built)
            else:
                spare = built
        mine[key] = found  # The newest stand last.
        found.used += 1
        try:
            if spare is not None:
                await spare.__aexit__(None, None, None)
            await self._close_some(mine)
            yield found.model
        finally:
            found.used -= 1

    async def _built(self, model: str, access: Access | None) -> Model:
        """`build`, off the loop; a model that cannot be built is not tried again for a while."""
        try:
            return await asyncio.to_thread(build, model, access)
        except (UserError, ImportError, ValueError) as error:
            self._unusable.add(_key(model, access))
            if isinstance(error, ValueError):
                raise UserError(f"{name_of(model)} cannot be set up.") from error
            raise

    def warm(self, model: str, access: Access | None) -> None:
        """Begin to build a model that may be needed soon: its provider's SDK alone takes a second
        to load, which a call that has just lost its first model should not wait for."""
        key = _key(model, access)
        loop = asyncio.get_running_loop()
        warming = self._warming.setdefault(loop, {})
        if key in self._open.get(loop, {}) or key in warming or key in self._unusable:
            return
        warming[key] = loop.create_task(self._build_ahead(model, access))
        warming[key].add_done_callback(lambda _: warming.pop(key, None))

    async def _build_ahead(self, model: str, access: Access | None) -> None:
        # What is wrong with it is said when it is needed.
        with suppress(UserError, ImportError):
            async with self.connected(model, access):
                pass

    async def _close_some(self, mine: dict[_Key, _Connection]) -> None:
        if len(mine) <= self._most:
            return
        for key in [key for key, held in mine.items() if not held.used][: len(mine) - self._most]:
            await mine.pop(key).model.__aexit__(None, None, None)

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*self._warming.pop(loop, {}).values(), return_exceptions=True)
        for held in self._open.pop(loop, {}).values():
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

    def usable(self, model: str, portfolio: Portfolio) -> bool:
        """Whether `model` is set up as far as is known without calling it."""
        if not portfolio.configured(model):
            return False
        return _key(model, portfolio.access_to(model)) not in self._unusable


SHARED = Providers()
"""The providers of this process."""
