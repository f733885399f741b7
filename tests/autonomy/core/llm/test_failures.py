"""What a provider's refusal amounts to, over real HTTP."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from autonomy.core.llm import Access
from autonomy.core.llm.windows import Windows, overflows, read_in_part, stated_window
from autonomy.core.ports import ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, said
from tests.providers.behaviours import Behaviour, failing
from tests.providers.shapes import Page, serving


class Colour(BaseModel):
    """A colour."""

    name: str


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 9,001.", 8192),
        ("maximum context length is 16384 tokens. However, you requested 20028 tokens", 16384),
        ("prompt is too long: 208310 tokens > 200000 maximum", 200000),
        ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, so", 200000),
        ("input token count (1200000) exceeds the maximum number of tokens allowed (1048576)", 1048576),
        ("the request exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("{'type': 'exceed_context_size_error', 'n_prompt_tokens': 9000, 'n_ctx': 4096}", 4096),
        ("Requested tokens (3000) exceed context window of 2048", 2048),
        ("This model has a maximum model length of 32,768 tokens", 32768),
        ("The prompt is too long.", None),
        ("maximum context length is 12 tokens", None),
    ],
)  # fmt: skip
def test_a_window_is_read_from_what_servers_say(text: str, window: int | None) -> None:
    assert stated_window(text) == window
    assert overflows(text)


@pytest.mark.parametrize("text", ["Incorrect API key", "model not found", "response_format"])
def test_other_refusals_say_nothing_of_a_window(text: str) -> None:
    assert not overflows(text)


def test_a_window_that_should_have_held_what_was_sent_is_believed_to_be_smaller() -> None:
    windows = Windows()

    assert windows.learn("e", "m", sent=10_000, stated=8_000) == 8_000
    assert windows.learn("e", "m", sent=7_000, stated=8_000) == 5_250
    assert windows.learn("e", "m", sent=9_000, stated=None) == 5_250, "it only shrinks"
    assert windows.of("e", "other") is None


def test_no_window_is_learnt_in_which_nothing_could_be_written() -> None:
    assert Windows().learn("e", "m", sent=3_000, stated=100) == 1_024


def test_what_was_learnt_of_a_window_is_forgotten_after_an_hour() -> None:
    now = 0.0
    windows = Windows(lambda: now)
    windows.learn("e", "m", sent=10_000, stated=2_000)
    now = 3_599.0
    assert windows.of("e", "m") == 2_000
    now = 3_601.0
    assert windows.of("e", "m") is None
    assert windows.learn("e", "m", sent=10_000, stated=8_000) == 8_000


@pytest.mark.parametrize(
    ("read", "announced", "cut"),
    [
        (2_048, None, True),
        (4_070, None, True),
        (5_990, 6_000, True),
        (100, None, False),
        (128, None, False),
        (3_000, None, False),
        (6_100, 6_000, False),
        (1, 32_768, False),
    ],
)
def test_a_prompt_was_cut_where_a_window_was_filled(
    read: int, announced: int | None, cut: bool
) -> None:
    assert read_in_part(read, announced) is cut


@pytest.mark.parametrize("status", [400, 422, 500])
async def test_a_server_that_fails_at_a_schema_is_asked_in_words_and_is_not_called_ill(
    bench: Bench, status: int
) -> None:
    message = "1 validation error: 'body','response_format','type' Input should be 'text'"
    bench.server.script.append(failing(status, "invalid", message))
    bench.server.script.append(Behaviour(content='{"name": "red"}'))

    answer = await bench.gateway().structured(
        "planner", key="k", prompt=said("Which?"), output=Colour
    )

    assert answer.name == "red"
    assert "response_format" not in bench.server.requests[1].body
    assert [r.mode for r in bench.log.records] == ["native", "prompted"]
    (state,) = bench.providers.health.states().values()
    assert state.failures == 0


async def test_a_broken_server_whose_error_speaks_of_a_tool_is_a_broken_server(
    bench: Bench,
) -> None:
    bench.server.script.append(failing(500, "server_error", "The tool runner has crashed."))
    bench.server.script.append(Behaviour(content='{"name": "red"}'))

    await bench.gateway().structured("planner", key="k", prompt=said("Which?"), output=Colour)

    assert [r.outcome for r in bench.log.records] == ["server", "answered"]
    assert [r.mode for r in bench.log.records] == ["native", "native"]


async def test_a_server_that_fails_in_words_as_it_did_at_a_schema_is_ill(bench: Bench) -> None:
    bench.server.behaviour = failing(500, "server_error", "in response_format: out of memory")

    with pytest.raises(ModelUnavailable) as caught:
        await bench.gateway().structured("planner", key="k", prompt=said("Which?"), output=Colour)

    assert caught.value.code == "server"
    assert [r.outcome for r in bench.log.records] == ["rejected", "server", "server", "server"]
    (state,) = bench.providers.health.states().values()
    assert state.failures == 3


@pytest.mark.parametrize("dialect", ["openai", "openai-responses", "anthropic"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_an_answer_of_something_else_is_the_other_side_s_fault(
    bench: Bench, dialect: str, streamed: bool
) -> None:
    bench.access = {"anthropic": Access("anthropic", None, bench.server.root_url)}
    bench.models = (f"{dialect}:simulated",)
    bench.server.behaviour = Behaviour(content="<p>Sign in</p>", content_type="text/html")

    async def on_token(piece: str) -> None:
        pass

    with pytest.raises(ModelUnavailable) as caught:
        await bench.gateway().text(
            "writer", key="k", prompt=said("Say it."), on_token=on_token if streamed else None
        )

    assert caught.value.code in ("malformed", "network")
    assert bench.ledger.open == {}


@pytest.mark.parametrize("dialect", ["openai", "openai-responses", "anthropic"])
@pytest.mark.parametrize("line", ["[]", "5", '"text"', "{}", '{"choices": 3}'])
async def test_a_stream_of_something_else_is_the_other_side_s_fault(
    bench: Bench, dialect: str, line: str
) -> None:
    async def on_token(piece: str) -> None:
        pass

    events = f"data: {line}\n\ndata: [DONE]\n\n".encode()
    page = Page(headers={"Content-Type": "text/event-stream"}, raw=events)
    paths = ("/v1/chat/completions", "/v1/responses", "/v1/messages")
    with serving({f"POST {path}": page for path in paths}) as other:
        bench.access = {
            "openai": Access("openai", None, f"{other.url}/v1"),
            "anthropic": Access("anthropic", None, other.url),
        }
        bench.models = (f"{dialect}:simulated",)
        with pytest.raises(ModelUnavailable) as caught:
            await bench.gateway().text("writer", key="k", prompt=said("Say it."), on_token=on_token)

    assert caught.value.code in ("malformed", "network")
    assert bench.ledger.open == {}


async def test_an_error_of_our_own_while_showing_a_piece_is_not_blamed_on_the_provider(
    bench: Bench,
) -> None:
    async def on_token(piece: str) -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await bench.gateway().text("writer", key="k", prompt=said("Say it."), on_token=on_token)

    assert bench.ledger.open == {}
    (state,) = bench.providers.health.states().values()
    assert state.failures == 0


async def test_an_address_that_may_not_be_called_is_said_and_not_tried_again(bench: Bench) -> None:
    bench.access = {
        "mine": Access(
            "compatible", None, bench.server.base_url, "mine", "user", private_addresses=False
        )
    }
    bench.models = ("mine:simulated",)

    with pytest.raises(ModelUnavailable) as caught:
        await bench.gateway().text("writer", key="k", prompt=said("Say it."))

    assert caught.value.code == "address"
    assert bench.server.requests == []
    assert bench.clock.slept == []
    assert bench.ledger.settled == {}


async def test_an_address_that_was_refused_is_not_tried_again_by_later_calls_of_the_segment(
    bench: Bench,
) -> None:
    bench.access = {
        "mine": Access(
            "compatible", None, bench.server.base_url, "mine", "user", private_addresses=False
        )
    }
    bench.models = ("mine:simulated", "mine:another")
    gateway = bench.gateway()

    for key in ("a", "b", "c"):
        with pytest.raises(ModelUnavailable) as caught:
            await gateway.text("writer", key=key, prompt=said("Say it."))
        assert caught.value.code == "address"

    assert len(bench.ledger.released) == 1, "one attempt was made"
    assert not gateway.available("writer")
    assert "may not be called" in gateway.unavailable("writer")
    assert bench.gateway().available("writer"), "the next segment looks again"
