"""What a provider said can be said again: to the same job, in another deployment, without its key."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from autonomy.core.types import RunStatus
from autonomy.library import minilm
from autonomy.library.embed import Embedder
from autonomy.memory.embedding import shared_embedder
from tests.autonomy.runtime.conftest import _no_broker, threads
from tests.browser.papers import PAPERS, make_pdf
from tests.providers import jobs
from tests.providers.behaviours import Behaviour, troubled
from tests.providers.player import Player
from tests.providers.recorder import Recorder
from tests.providers.recording import Recording, canonical
from tests.providers.simulator import Simulator

__all__ = ["_no_broker", "threads"]

KEY = "sk-simulated-0123456789"
CASSETTE = Path(__file__).parent / "recordings" / "review.jsonl"


@pytest.fixture
def papers(tmp_path: Path) -> list[Path]:
    return [make_pdf(paper, tmp_path) for paper in PAPERS]


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("dialect", list(jobs.MODELS))
def test_a_recorded_run_replays_to_the_same_document_without_the_key(
    dialect: str, make_user: Callable[..., Any], papers: list[Path], tmp_path: Path
) -> None:
    file = tmp_path / "recording.jsonl"
    model = jobs.MODELS[dialect]
    alice, bob = make_user("alice"), make_user("bob")
    jobs.read_papers(alice, papers)
    with Simulator(api_key=KEY).on_a_thread() as provider:
        with Recorder(file, provider.base_url).on_a_thread() as recorder:
            first = jobs.done(alice, jobs.portfolio(model, recorder.root_url, KEY))
        answered = len(provider.requests)
    assert first.status == RunStatus.SUCCEEDED, first.stop_reason
    assert {r.dialect.name for r in provider.requests} == {dialect}

    # Rows of another person have other ids throughout, as those of another database.
    jobs.read_papers(bob, papers)
    player = Player(Recording.read(file))
    with player.on_a_thread():
        second = jobs.done(bob, jobs.portfolio(model, player.root_url, None))

    assert player.missed == []
    assert player.played == answered > 4
    assert jobs.markdown(second) == jobs.markdown(first)
    assert b"Okonkwo" in jobs.markdown(second)
    assert KEY not in file.read_text()


@pytest.fixture
def same_vectors_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Quantised weights give other vectors on other processors, and so now and then another
    passage; full precision, rounded, does not."""
    monkeypatch.setattr(minilm, "MIN_COSINE", 2.0)
    exact, shared = Embedder(tmp_path / "models"), shared_embedder()
    monkeypatch.setattr(shared, "encode", lambda texts: exact.encode(texts).round(4))


@pytest.mark.usefixtures("threads", "same_vectors_anywhere")
def test_the_kept_recording_still_makes_the_same_document(alice: Any, papers: list[Path]) -> None:
    """Fails when a prompt, the parsing or the search changed; docs/simulator.md says how to renew
    it, and the difference in `review.md` then says what the change did."""
    jobs.read_papers(alice, papers)
    if os.environ.get("RENEW_RECORDINGS"):
        renew(alice)
    player = Player(Recording.read(CASSETTE))
    with player.on_a_thread():
        run = jobs.done(alice, jobs.portfolio(jobs.MODELS["chat"], player.root_url, None))

    assert player.missed == []
    assert jobs.markdown(run).decode() == CASSETTE.with_suffix(".md").read_text()


def renew(owner: Any) -> None:
    """Record the kept run again, from the simulator."""
    CASSETTE.unlink(missing_ok=True)
    with (
        Simulator().on_a_thread() as provider,
        Recorder(CASSETTE, provider.base_url).on_a_thread() as recorder,
    ):
        run = jobs.done(owner, jobs.portfolio(jobs.MODELS["chat"], recorder.root_url, None))
    CASSETTE.with_suffix(".md").write_bytes(jobs.markdown(run))


# ------------------------------------------------------------------ parts


def ask(url: str, text: str, model: str = "simulated", **more: Any) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    headers = {"authorization": f"Bearer {KEY}", "x-client-request-id": "entry-1"}
    return httpx.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=10)


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Recording]:
    """Makes a recording of these requests' texts to a simulator that answers with a number."""

    def make(*texts: str, **more: Any) -> Recording:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        numbers = itertools.count(1)
        provider = Simulator(api_key=KEY, default=lambda r: f"answer {next(numbers)} and more")
        with (
            provider.on_a_thread(),
            Recorder(file, provider.root_url).on_a_thread() as recorder,
        ):
            for text in texts:
                assert ask(recorder.root_url, text, **more).status_code == 200
        assert KEY not in file.read_text()
        assert "entry-1" not in file.read_text()
        return Recording.read(file)

    return make


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_is_played_byte_for_byte(
    recorded: Callable[..., Recording], stream: bool
) -> None:
    recording = recorded("hello", stream=stream)
    (exchange,) = recording.exchanges

    with Player(recording).on_a_thread() as player:
        played = ask(player.root_url, "hello", stream=stream)

    assert played.content == b"".join(block for _, block in exchange.blocks)
    assert played.headers["content-type"] == exchange.headers["content-type"]
    assert (len(exchange.blocks) > 2) is stream, "a stream is kept block by block"


def test_equal_requests_get_their_answers_in_order_and_then_from_the_first(
    recorded: Callable[..., Recording],
) -> None:
    with Player(recorded("a", "b", "a")).on_a_thread() as player:
        said = [
            ask(player.root_url, text).json()["choices"][0]["message"]["content"][7:8]
            for text in ("a", "a", "b", "a")
        ]

    assert said == ["1", "3", "2", "1"]


def test_a_request_that_is_not_there_is_told_the_nearest(
    recorded: Callable[..., Recording],
) -> None:
    with Player(recorded("one\ntwo\nthree", "nothing alike")).on_a_thread() as player:
        answer = ask(player.root_url, "one\ntwo\nfour")

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "not_in_recording"
    (sentence,) = player.missed
    assert "exchange 1 of 2" in sentence
    assert "three" in sentence
    assert "four" in sentence


def test_what_differs_between_deployments_is_no_part_of_a_request() -> None:
    def body(code: str, ident: str, **more: Any) -> dict[str, Any]:
        text = f"Fence code: {code}\n\n<<<{code} step\n{ident} and {ident}\n{code}>>>"
        return {"messages": [{"role": "user", "content": text}], "model": "m", **more}

    one = body("aa11bb22cc33", "0198a0b0-1111-7abc-8def-00000a1b2c3d", max_tokens=100)
    other = body("dd44ee55ff66", "0199ffff-2222-7abc-8def-00000a1b2c3d", user="u-7")

    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical(body("aa11bb22cc33", "another text"))


def test_refused_keys_and_broken_answers_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    provider = Simulator(api_key="another")
    with (
        provider.on_a_thread(),
        Recorder(file, provider.base_url).on_a_thread() as recorder,
    ):
        assert ask(recorder.root_url, "hello").status_code == 401
        provider.api_key = None
        provider.script.append(Behaviour(cut_after=1))
        with pytest.raises(httpx.RemoteProtocolError):
            ask(recorder.root_url, "hello", stream=True)
        provider.script.append(troubled("rate_limit", retry_after="7"))
        assert ask(recorder.root_url, "hello").status_code == 429

    (kept,) = Recording.read(file).exchanges
    assert (kept.status, kept.headers["retry-after"]) == (429, "7")


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("mine")

    with pytest.raises(FileExistsError):
        Recorder(tmp_path / "a.jsonl", "http://127.0.0.1:1")
    with pytest.raises(ValueError, match="not a recording"):
        Recording.read(tmp_path / "a.jsonl")
