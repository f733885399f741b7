"""The simulator itself: its protocols, read by the SDKs that the product uses, and its pages."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from pydantic_ai.models import Model

from autonomy.core.answers import ClaimVerdicts
from autonomy.core.llm import Access, request
from autonomy.core.llm.failures import FailureKind, Unusable, classify
from autonomy.core.llm.providers import build
from autonomy.core.llm.request import Reply
from tests.providers.answers import answer
from tests.providers.behaviours import Behaviour, troubled
from tests.providers.pages import OWNER
from tests.providers.simulator import Simulator

CRITIC = "Role: critic.\nAnswer with JSON."
CLAIM = (
    "Fence code: abc123\n\n<<<abc123 claim 1\nShade cools the street.\nabc123>>>\n"
    "<<<abc123 passage for claim 1\nShade cools the street by two degrees.\nabc123>>>"
)
DIALECTS = ("openai", "openai-responses", "anthropic")
Send = Callable[..., Awaitable[Reply]]


@pytest.fixture
def server() -> Iterator[Simulator]:
    with Simulator().on_a_thread() as running:
        yield running


@pytest.fixture(params=DIALECTS)
def model(request: pytest.FixtureRequest, server: Simulator) -> Model:
    """The simulated model as the product connects to it, in each protocol."""
    anthropic = request.param == "anthropic"
    url = server.root_url if anthropic else server.base_url
    provider = "anthropic" if anthropic else "openai"
    return build(f"{request.param}:simulated", Access(provider, SecretStr("sk-1"), url))


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def send(request: pytest.FixtureRequest, model: Model) -> Send:
    return sending(model, streamed=request.param)


def sending(model: Model, *, streamed: bool = True) -> Send:
    async def heard(text: str) -> None: ...

    async def go(
        system: str = "Be brief.", user: str = "hello", output: Any = None, **more: Any
    ) -> Reply:
        mode = more.pop("mode", "tool")
        return await request.send(
            model,
            more.pop("history", None) or request.conversation(system, user),
            request.parameters(output, mode),
            **{"seconds": 10.0, "output_tokens": 500, "heard": request.Heard(), **more},
            on_token=heard if streamed else None,
        )

    return go


async def kind_of(answer: Awaitable[Reply]) -> FailureKind:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - classified below
        await answer
    return classify(raised.value, "m").kind


async def test_an_answer_comes_with_its_usage(send: Send, server: Simulator) -> None:
    reply = await send()

    assert reply.text == "Hello. What would you like to write about?"
    (counted,) = server.count.requests()
    assert (reply.input_tokens, reply.output_tokens) == (
        counted.input_tokens,
        counted.output_tokens,
    )
    assert counted.outcome == "answered"
    assert counted.output_tokens == counted.produced_tokens > 5


@pytest.mark.parametrize("mode", ["tool", "native", "prompted"])
async def test_structure_is_given_the_way_it_is_asked_for(
    mode: str, send: Send, model: Model
) -> None:
    if mode == "native" and not model.profile.get("supports_json_schema_output"):
        pytest.skip("the SDK refuses to ask this model that way")

    reply = await send(CRITIC, CLAIM, ClaimVerdicts, mode=mode)

    (verdict,) = ClaimVerdicts.model_validate_json(reply.text).verdicts
    assert (verdict.marker, verdict.verdict) == (1, "supported")


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("rate_limit", FailureKind.RATE_LIMIT),
        ("quota", FailureKind.QUOTA),
        ("auth", FailureKind.AUTH),
        ("context", FailureKind.CONTEXT_OVERFLOW),
        ("overloaded", FailureKind.OVERLOAD),
        ("unavailable", FailureKind.OVERLOAD),
        ("server", FailureKind.SERVER),
        ("model_not_found", FailureKind.MODEL_NOT_FOUND),
    ],
)
async def test_trouble_is_told_in_each_protocol_s_own_words(
    trouble: str, kind: FailureKind, model: Model, server: Simulator
) -> None:
    server.script.append(troubled(trouble))

    assert await kind_of(sending(model)()) is kind


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (Behaviour(cut_after=2), FailureKind.NETWORK),
        (Behaviour(cut_after=2, end_quietly=True), FailureKind.NETWORK),
        (Behaviour(cut_after=2, break_with="overloaded"), FailureKind.OVERLOAD),
        (Behaviour(unanswered=True), FailureKind.NETWORK),
        (Behaviour(content_type="text/html"), FailureKind.MALFORMED),
    ],
)
async def test_streams_break_in_every_way(
    behaviour: Behaviour, kind: FailureKind, model: Model, server: Simulator
) -> None:
    server.script.append(behaviour)

    assert await kind_of(sending(model)()) is kind


async def test_what_was_sent_of_a_cut_stream_is_counted(model: Model, server: Simulator) -> None:
    server.script.append(Behaviour(content="one two three four five six", cut_after=1))

    await kind_of(sending(model)())

    (counted,) = server.count.requests()
    assert (counted.outcome, counted.output_tokens) == ("cut", None)
    assert counted.produced_tokens == 4, "one two three: 13 characters"


async def test_a_stall_lasts_until_the_client_gives_up(model: Model, server: Simulator) -> None:
    server.script.append(Behaviour(stall_after=1))

    kind = await kind_of(sending(model)(seconds=0.3))

    assert kind in (FailureKind.TIMEOUT, FailureKind.NETWORK)
    assert server.hung_up.wait(30)
    assert server.count.requests()[0].outcome == "stalled"


async def test_an_answer_stops_at_the_tokens_it_may_have(send: Send) -> None:
    reply = await send(output_tokens=3)

    assert reply.cut
    assert reply.text.rstrip() == "Hello. What"


async def test_filters_and_refusals_carry_the_protocol_s_mark(
    send: Send, server: Simulator
) -> None:
    for finish in ("content_filter", "refusal"):
        server.script.append(Behaviour(finish_reason=finish))
        with pytest.raises(Unusable):
            await send()


async def test_a_window_is_refused_with_its_figures(model: Model, server: Simulator) -> None:
    server.window = 1_000

    assert await kind_of(sending(model)(user="x" * 4_000)) is FailureKind.CONTEXT_OVERFLOW
    assert (await sending(model)()).text


async def test_a_broken_text_is_continued_where_it_ended(send: Send, server: Simulator) -> None:
    server.default = lambda received: "One sentence. Another sentence. The last one."
    begun = request.conversation("Be brief.", "hello", answer="One sentence. Another", complaint="")

    reply = await send(history=begun)

    assert reply.text == " sentence. The last one."


async def test_usage_may_be_left_untold(send: Send, server: Simulator) -> None:
    server.script.append(Behaviour(usage=False))

    reply = await send()

    assert (reply.input_tokens, reply.output_tokens) == (None, None)


async def test_keys_are_refused_or_out_of_credit_each_by_its_own(server: Simulator) -> None:
    server.refused_keys, server.spent_keys = {"sk-bad"}, {"sk-poor"}
    asked: dict[str, Any] = {"model": "simulated", "messages": []}
    async with httpx.AsyncClient(base_url=server.base_url) as http:
        codes = [
            (
                await http.post(
                    "/chat/completions", json=asked, headers={"authorization": f"Bearer {key}"}
                )
            ).status_code
            for key in ("sk-bad", "sk-poor", "sk-good")
        ]

    assert codes == [401, 429, 200]
    accounts = {request.account: request.outcome for request in server.count.requests()}
    assert list(accounts.values()) == ["refused", "refused", "answered"]
    assert not any("sk-" in account for account in accounts)


def test_it_says_what_it_is_and_which_models_it_has(server: Simulator) -> None:
    listed = httpx.get(f"{server.base_url}/models").json()["data"]

    assert [row["id"] for row in listed] == ["simulated", "simulated-small"]
    assert {row["owned_by"] for row in listed} == {OWNER}
    assert httpx.get(f"{server.root_url}/health").json()["simulated"] is True


def test_other_processes_read_the_count_and_set_faults(server: Simulator) -> None:
    own = f"{server.root_url}/_simulator"
    asked = {"model": "simulated", "messages": [{"role": "user", "content": "hello"}]}
    names = {"x-client-request-id": "run-1:plan#1"}
    assert httpx.post(f"{own}/faults", json={"plan": "503,"}).json()["plan"] == ["503", ""]

    codes = [
        httpx.post(f"{server.base_url}/chat/completions", json=asked, headers=names).status_code
        for _ in range(2)
    ]
    page = httpx.get(f"{own}/ledger", params={"window": 60, "rate": 0.01, "burst": 1}).json()

    assert codes == [503, 200]
    tally = page["by_request_id"]["run-1:plan#1"]
    assert (tally["requests"], tally["told"]) == (2, 1)
    assert page["most_in_any"] == 2
    assert 0 < page["excess_over"] <= 1
    httpx.post(f"{own}/reset")
    assert httpx.get(f"{own}/ledger").json()["requests"] == []
    assert httpx.post(f"{own}/faults", json={"faults": "nonsense"}).status_code == 400


def test_it_goes_down_and_comes_up_at_the_same_address(server: Simulator) -> None:
    health = f"{server.root_url}/health"
    server.down()
    with pytest.raises(httpx.ConnectError):
        httpx.get(health)
    server.up()
    assert httpx.get(health).status_code == 200


def test_a_schedule_is_followed(server: Simulator) -> None:
    server.follow([(0.0, "503"), (0.0, "up"), (0.0, "auth")])
    deadline = time.monotonic() + 5
    while server.state != "auth" and time.monotonic() < deadline:
        server.arrived.wait(0.01)
    asked: dict[str, Any] = {"model": "simulated", "messages": []}

    assert httpx.post(f"{server.base_url}/chat/completions", json=asked).status_code == 401
    with pytest.raises(ValueError, match="neither up, down nor a fault"):
        server.follow([(1.0, "asleep")])


@pytest.mark.parametrize(
    ("said", "word"),
    [("hi", "Hello"), ("Thanks!", "welcome"), ("Who are you?", "simulated"), ("ahoj", "simulated")],
)
def test_it_takes_part_in_small_talk(said: str, word: str) -> None:
    assert word in answer("host", f"Fence code: ab12cd\n\n<<<ab12cd message\n{said}\nab12cd>>>")
