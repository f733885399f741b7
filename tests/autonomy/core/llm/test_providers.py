"""Models as they are built, kept connected and remembered."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_ai.exceptions import UserError
from pydantic_ai.models.test import TestModel

from autonomy.core.llm import Access, Providers, providers
from autonomy.core.llm.portfolio import Portfolio, Scope
from autonomy.core.llm.providers import build
from tests.autonomy.core.llm.fakes import Bench, Clock, said

MARK = "operators-own"

# ----------------------------------------------------------------------------- headers


@pytest.fixture
def operators_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, MARK)
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, f"X-Gateway-Key: {MARK}")
    for name in ("OPENROUTER_APP_URL", "OPENROUTER_APP_TITLE"):
        monkeypatch.setenv(name, MARK)


@pytest.mark.usefixtures("operators_variables")
@pytest.mark.parametrize("scope", ["user", "deployment"])
@pytest.mark.parametrize("address", [None, "https://typed.example/v1"])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter", "ollama", "compatible"])
def test_a_stored_connection_sends_nothing_of_the_operator_s_variables(
    provider: str, address: str | None, scope: Scope
) -> None:
    if address is None and provider in ("ollama", "compatible"):
        address = "https://typed.example/v1"
    access = Access(provider, SecretStr("sk-own"), address, "mine", scope)

    client: Any = build("mine:openai/m", access).client  # type: ignore[attr-defined]

    assert MARK not in f"{client.default_headers} {client.auth_headers}"


@pytest.mark.usefixtures("operators_variables")
@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama", "compatible"])
async def test_nothing_of_them_reaches_a_server_that_a_person_typed_in(
    bench: Bench, provider: str
) -> None:
    url = bench.server.root_url if provider == "anthropic" else bench.server.base_url
    bench.access = {"mine": Access(provider, SecretStr("sk-own"), url, "mine", "user")}
    bench.models = ("mine:simulated",)

    await bench.gateway().text("writer", key="k", prompt=said("Write."))

    (request,) = bench.server.requests
    assert MARK not in str(request.headers)
    assert "sk-own" in str(request.headers)


@pytest.mark.usefixtures("operators_variables")
def test_the_operator_s_own_accounts_keep_them() -> None:
    client: Any = build("openai:m", Access("openai", SecretStr("k"))).client  # type: ignore[attr-defined]

    assert client.default_headers["OpenAI-Organization"] == MARK
    assert client.default_headers["X-Gateway-Key"] == MARK


# ----------------------------------------------------------------------------- connections


class Counted(TestModel):
    """Counts how often it is opened and closed, and lets others run meanwhile."""

    def __init__(self, tally: dict[str, int]) -> None:
        super().__init__()
        self.tally = tally

    async def __aenter__(self) -> Counted:
        await asyncio.sleep(0)
        self.tally["opened"] += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.tally["closed"] += 1


async def test_two_calls_that_open_the_same_model_at_once_leave_no_client_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tally = {"opened": 0, "closed": 0}
    both = asyncio.Barrier(2)
    kept = Providers()

    def made(*_: object) -> Counted:
        return Counted(tally)

    async def off_the_loop(fn: Any, *arguments: object) -> Any:
        await both.wait()
        return fn(*arguments)

    monkeypatch.setattr(providers, "build", made)
    monkeypatch.setattr(asyncio, "to_thread", off_the_loop)

    async def use() -> object:
        async with kept.connected("openai:m", None) as model:
            return model

    first, second = await asyncio.gather(use(), use())

    assert first is second
    assert tally == {"opened": 2, "closed": 1}
    await kept.aclose()
    assert tally == {"opened": 2, "closed": 2}


async def test_the_same_account_is_not_shared_by_those_who_may_reach_different_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(providers, "build", lambda *_: TestModel())
    kept = Providers()
    made = []
    for private in (True, False):
        access = Access(
            "compatible", None, "http://10.0.0.1/v1", "lab", "user", private_addresses=private
        )
        async with kept.connected("lab:m", access) as model:
            made.append(model)
    assert made[0] is not made[1]
    await kept.aclose()


# ----------------------------------------------------------------------------- memory


def portfolio(model: str, access: Access) -> Portfolio:
    return Portfolio(models={"writer": (model,)}, access={access.prefix: access})


async def test_what_cannot_be_built_is_passed_over_for_a_while_and_then_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    kept = Providers(clock=clock)
    access = Access("openai", SecretStr("k"))
    chosen = portfolio("openai:m", access)

    def missing(*_: object) -> None:
        raise ImportError("not installed")

    monkeypatch.setattr(providers, "build", missing)
    with pytest.raises(ImportError):
        async with kept.connected("openai:m", access):
            pass

    assert not kept.usable("openai:m", chosen)
    clock.now += 601
    assert kept.usable("openai:m", chosen)


async def test_a_request_that_the_package_refuses_says_nothing_of_the_model(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise UserError("This one message cannot be mapped.")

    gateway = bench.gateway()
    with monkeypatch.context() as once:
        once.setattr("autonomy.core.llm.request.direct.model_request", refuse)
        with pytest.raises(Exception, match="not set up"):
            await gateway.text("writer", key="a", prompt=said("Write."))

    assert gateway.available("writer")
    assert await gateway.text("writer", key="b", prompt=said("Write."))


def test_that_a_server_refuses_schemas_is_forgotten_after_a_day() -> None:
    clock = Clock()
    kept = Providers(clock=clock)
    kept.refuses_schemas("account/m")

    assert kept.output_mode("account/m", TestModel()) == "prompted"
    clock.now += 24 * 3600 + 1
    assert kept.output_mode("account/m", TestModel()) != "prompted"


def test_what_was_learnt_does_not_grow_without_end() -> None:
    kept = Providers()
    for number in range(10_000):
        kept.refuses_schemas(f"account/{number}")

    assert len(kept._schema_refused) <= 4_096


async def test_the_memory_of_what_failed_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise UserError("unknown")

    monkeypatch.setattr(providers, "build", missing)
    kept = Providers()
    access = Access("openai", SecretStr("sk-removed"))
    kept.warm("openai:m", access)
    await kept.aclose()

    assert not kept.usable("openai:m", portfolio("openai:m", access))
    secret = access.api_key
    del access
    gc.collect()
    held = [type(h) for h in gc.get_referrers(secret) if isinstance(h, Access)]
    assert held == []
