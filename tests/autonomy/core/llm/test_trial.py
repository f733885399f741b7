"""A test of a connection is a real call, and says what went wrong."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from pydantic import SecretStr

from autonomy.core.llm.portfolio import Access
from autonomy.core.llm.trial import Trial, attempt
from tests.patience import patience
from tests.providers.shapes import GREETING, HTML, Page, completion, serving
from tests.providers.simulator import Simulator

KEY = "sk-marker-0123456789"
LIST = {"/v1/models": {"data": [{"id": "m"}]}}


def access(url: str, provider: str = "compatible", key: str | None = KEY, **more: Any) -> Access:
    return Access(provider, SecretStr(key) if key else None, url, provider, "user", **more)


def said(text: str) -> dict[str, Any]:
    return LIST | {"POST /v1/chat/completions": completion(text)}


async def tried(pages: Any, model: str = "") -> Trial:
    with serving(pages) as server:
        trial = await attempt(access(server.url + "/v1"), model)
    assert KEY not in trial.sentence
    return trial


@pytest.mark.parametrize("provider", ["compatible", "openai", "anthropic", "ollama"])
async def test_a_round_trip_through_each_dialect(provider: str) -> None:
    with Simulator(api_key=KEY).on_a_thread() as simulator:
        url = simulator.root_url if provider == "anthropic" else simulator.base_url
        trial = await attempt(access(url, provider))
        assert len(simulator.requests) == 1
    assert trial.ok, trial.sentence
    assert trial.model == "simulated"
    assert trial.found.simulated
    assert "made up" in trial.sentence
    assert trial.structured is True
    assert trial.input_tokens
    assert trial.said


async def test_what_the_model_says_is_shown() -> None:
    trial = await tried(said(GREETING))
    assert (trial.ok, trial.said, trial.structured) == (True, "Hello there.", True)
    assert (trial.input_tokens, trial.output_tokens, trial.spent_tokens) == (20, 9, 29)


@pytest.mark.parametrize("figure", [10**18, 10**400, 3 * 10**9, -40_000], ids=range(4))
async def test_usage_that_no_test_can_have_is_not_believed(figure: int) -> None:
    answer = completion(GREETING)
    answer["usage"] = {"prompt_tokens": figure, "completion_tokens": 9, "total_tokens": 0}
    trial = await tried(LIST | {"POST /v1/chat/completions": answer})
    assert trial.ok, trial.sentence
    assert trial.input_tokens is None
    assert 0 < trial.spent_tokens < 200


async def test_a_model_that_keeps_to_no_form_works_and_is_said_to() -> None:
    trial = await tried(said("Well hello, dear user! " * 50))
    assert (trial.ok, trial.structured) == (True, False)
    assert "given form" in trial.sentence
    assert len(trial.said) <= 300


@pytest.mark.parametrize("status", [400, 422, 500])
async def test_a_server_that_takes_no_schema_is_asked_in_words(status: int) -> None:
    with serving(LIST | {"POST /v1/chat/completions": Page({"error": "schema"}, status)}) as server:
        trial = await attempt(access(server.url + "/v1"))
        asked = [body for method, _, _, body in server.asked if method == "POST"]
    assert not trial.ok
    assert len(asked) == 2
    assert b"JSON schema" in asked[1]
    assert b"response_format" not in asked[1]
    assert b'"tools"' not in asked[1]


@pytest.mark.parametrize(
    ("pages", "code", "hint"),
    [
        (LIST | {"POST /v1/chat/completions": Page({"error": "x"}, 401)}, "auth", "key"),
        (LIST | {"POST /v1/chat/completions": Page({"error": "x"}, 429)}, "rate_limit", "again"),
        (LIST | {"POST /v1/chat/completions": HTML}, "", ""),
        ({"/v1/models": HTML}, "not_an_api", "/v1"),
        ({"/v1/models": {"data": []}}, "no_model", "Load"),
        ({}, "not_an_api", "/v1"),
        (said(""), "malformed", "nothing"),
    ],
)
async def test_failures_are_classified_and_say_what_to_do(pages: Any, code: str, hint: str) -> None:
    trial = await tried(pages)
    assert not trial.ok
    if code:
        assert trial.code == code
    assert hint in trial.sentence
    assert trial.sentence.endswith(".")
    assert "<html" not in trial.sentence


async def test_an_unknown_model_is_named_with_what_there_is() -> None:
    missing = Page({"error": {"message": "no", "code": "model_not_found"}}, 404)
    trial = await tried(LIST | {"POST /v1/chat/completions": missing}, "mm")
    assert trial.code == "model_not_found"
    assert "mm" in trial.sentence
    assert "It offers m." in trial.sentence


def _bad_chunks(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")


def _endless(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    for _ in range(400):
        handler.wfile.write(b" " * 65_536)


PACKED = Page(raw=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    "pages",
    [
        {"/v1/models": Page(write=_bad_chunks)},
        {"/v1/models": Page(write=_endless)},
        {"/v1/models": PACKED},
        LIST | {"POST /v1/chat/completions": Page(write=_bad_chunks)},
        LIST | {"POST /v1/chat/completions": PACKED},
        LIST | {"POST /v1/chat/completions": Page("", 307, {"Location": "http://127.0.0.1:1/"})},
    ],
    ids=["bad chunks", "endless", "packed", "answer in bad chunks", "packed answer", "redirect"],
)
async def test_what_answers_badly_is_not_said_to_be_silent(pages: Any) -> None:
    trial = await tried(pages)
    assert trial.code in ("broken", "not_an_api")
    assert "Nothing answers" not in trial.sentence
    assert "answer" in trial.sentence


async def test_nobody_there() -> None:
    trial = await attempt(access("http://127.0.0.1:1/v1"))
    assert trial.code == "network"
    assert "127.0.0.1:1" in trial.sentence


async def test_a_private_address_is_refused_before_anything_is_sent() -> None:
    with serving(said(GREETING)) as server:
        trial = await attempt(access(server.url + "/v1", private_addresses=False))
        assert server.asked == []
    assert trial.code == "address"
    assert "MODEL_PRIVATE_ADDRESSES" in trial.sentence


async def test_a_name_that_turns_private_between_list_and_call_is_refused() -> None:
    """The call resolves anew, and is checked anew."""
    with serving(said(GREETING)) as server:
        port = server.url.rsplit(":", 1)[1]

        async def public(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        trial = await attempt(
            access(f"http://localhost:{port}/v1", private_addresses=False), resolve=public
        )
    assert trial.code == "address"


async def test_a_server_without_internet_says_so_and_not_that_the_provider_is_misspelt() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    trial = await attempt(Access("openai", SecretStr(KEY), None, "openai", "user"), resolve=unknown)
    assert trial.code == "away"
    assert trial.sentence.startswith("OpenAI cannot be reached")


async def test_a_slow_model_ends_at_the_limit() -> None:
    with Simulator().on_a_thread() as simulator:
        simulator.state = "hang"
        trial = await attempt(access(simulator.base_url), longest=1.0)
    assert trial.code == "timeout"
    assert trial.seconds < patience(3)


async def test_the_key_of_the_process_goes_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OLLAMA_API_KEY"):
        monkeypatch.setenv(name, "sk-of-the-deployment")
    for provider in ("compatible", "openai", "anthropic", "ollama"):
        with serving({}, otherwise=Page({"data": [{"id": "m"}]})) as server:
            url = server.url if provider == "anthropic" else server.url + "/v1"
            await attempt(access(url, provider, key=None), "m")
            assert len(server.asked) > 1
            assert not [h for _, _, h, _ in server.asked if "deployment" in str(h)]
