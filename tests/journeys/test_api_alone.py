"""The main job through the API alone: files, a request, the run, the document."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest

from autonomy.agents.verification import quoted_spans
from tests.browser.papers import PAPERS, make_pdf
from tests.journeys.client import Caller, letters, pages_of, seconds_since, stands_on
from tests.providers.openai_server import OpenAIServer, failing, running
from tests.stack_process import StackProcess, eventually

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

REQUEST = "Write a 500-word review of how cities stay cool in summer from these PDFs, Harvard style"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("papers")
    return [make_pdf(paper, folder) for paper in PAPERS]


@pytest.fixture(scope="module")
def caller(live_stack: StackProcess) -> Caller:
    return Caller(live_stack, "script@example.org")


def check_document(caller: Caller, run_id: str, papers: list[Path], file_ids: list[str]) -> int:
    """Every citation leads to text that is on the page it names; the DOCX holds the references.
    Returns the number of citations."""
    citations = caller.citations(run_id)
    pages = {file_id: pages_of(path) for file_id, path in zip(file_ids, papers, strict=True)}
    for citation in citations:
        page = pages[citation["source_id"]][citation["page"] - 1]
        assert stands_on(page, citation["text"]), citation
        for span in quoted_spans(citation["claim"]):
            assert letters(span) in page, citation
        assert citation["verdict"] != "unsupported", citation
    word = docx.Document(io.BytesIO(caller.download(run_id, "docx")))
    styles = [p.style.name for p in word.paragraphs if p.style is not None]
    assert any(name.startswith("Heading") for name in styles)
    assert styles.count("Bibliography") == len({c["source_id"] for c in citations})
    return len(citations)


def test_two_papers_become_a_cited_document_by_rule(caller: Caller, papers: list[Path]) -> None:
    began = time.monotonic()
    file_ids = caller.upload(*papers)
    run_id = caller.ask(REQUEST, file_ids)
    run = caller.until(run_id, "succeeded")
    count = check_document(caller, run_id, papers, file_ids)

    print(f"rule mode: prompt to DOCX {seconds_since(began)} s, {count} citations")
    assert run["stop_reason"] == "completed", run["last_verdict"]["reason"]
    assert count >= 8
    events = caller.events(run_id)
    assert [event["seq"] for event in events] == list(range(1, run["as_of_seq"] + 1))
    assert events[-1]["type"] == "run.finished"
    text = caller.download(run_id, "md").decode()
    assert "without a language model" in text


def test_every_format_can_be_downloaded(caller: Caller, papers: list[Path]) -> None:
    file_ids = caller.upload(*papers)
    run_id = caller.ask("What cools a city street in summer?", file_ids)
    caller.until(run_id, "succeeded")

    heads = {"docx": b"PK", "pdf": b"%PDF", "md": b"#", "html": b"<!", "tex": b"%", "bib": b"@"}
    for format, head in heads.items():
        assert caller.download(run_id, format).lstrip().startswith(head), format


def cycles(caller: Caller, run_id: str) -> list[dict[str, Any]]:
    return list(caller.http.get(f"/api/v2/turnitin/{run_id}/status").json()["cycles"])


def test_a_similarity_report_pauses_and_wakes_the_run_once(
    caller: Caller, papers: list[Path]
) -> None:
    file_ids = caller.upload(*papers)
    run_id = caller.ask(REQUEST, file_ids, target_similarity=15)
    for number, (similarity, status) in enumerate(((38, "waiting_human"), (9, "succeeded")), 1):
        assert eventually(lambda n=number: len(cycles(caller, run_id)) == n, 90)  # type: ignore[misc]
        caller.until(run_id, "waiting_human")
        body = {
            "cycle_id": cycles(caller, run_id)[-1]["cycle_id"],
            "observed_similarity": similarity,
        }
        path = f"/api/v2/turnitin/{run_id}/report"
        replies = [caller.http.post(path, json=body) for _ in range(3)]
        assert {reply.status_code for reply in replies} <= {200, 202}, replies[0].text
        caller.until(run_id, status)
    reports = [e for e in caller.events(run_id) if e["type"] == "turnitin.report_ready"]

    assert [c["status"] for c in cycles(caller, run_id)] == ["rejected", "accepted"]
    assert len(reports) == 2, "each report was taken in once, however often it was posted"


def test_a_killed_worker_does_not_stop_the_run(
    live_stack: StackProcess, caller: Caller, papers: list[Path]
) -> None:
    file_ids = caller.upload(*papers)
    run_id = caller.ask(REQUEST, file_ids, length_words=1500)
    assert eventually(lambda: caller.run(run_id)["as_of_seq"] >= 4, 60, every=0.02)
    live_stack.kill("runs")
    killed, seen = time.monotonic(), caller.run(run_id)["as_of_seq"]
    assert eventually(lambda: caller.run(run_id)["as_of_seq"] > seen, 300, every=0.05)
    print(f"kill -9 of the worker: progress after {seconds_since(killed)} s")
    caller.until(run_id, "succeeded")

    sequence = [event["seq"] for event in caller.events(run_id)]
    assert sequence == list(range(1, len(sequence) + 1))
    check_document(caller, run_id, papers, file_ids)


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenAIServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def model_stack(provider: OpenAIServer) -> Iterator[StackProcess]:
    """The product with a model behind an OpenAI-compatible address."""
    stack = StackProcess(
        ready_made=True,
        SIGNUP="open",
        HANDYWRITERZ_MODEL="openai:simulated",
        OPENAI_BASE_URL=provider.base_url,
        OPENAI_API_KEY="simulated-key",
    )
    try:
        yield stack.start()
    finally:
        stack.stop()
        stack.remove()


def test_two_papers_become_a_cited_document_with_a_model(
    model_stack: StackProcess, papers: list[Path]
) -> None:
    caller = Caller(model_stack, "model@example.org")
    began = time.monotonic()
    file_ids = caller.upload(*papers)
    run_id = caller.ask(REQUEST, file_ids)
    run = caller.until(run_id, "succeeded")
    count = check_document(caller, run_id, papers, file_ids)

    print(f"with a model: prompt to DOCX {seconds_since(began)} s, {count} citations")
    assert run["budgets"]["tokens_spent"] > 0
    assert run["plan"]["author"] == "model"
    assert "without a language model" not in caller.download(run_id, "md").decode()


def test_a_refused_key_is_said_and_the_rule_path_writes_on(
    model_stack: StackProcess, provider: OpenAIServer, papers: list[Path]
) -> None:
    caller = Caller(model_stack, "refused@example.org")
    file_ids = caller.upload(*papers)
    provider.script.extend(failing(401, "invalid_api_key") for _ in range(4))
    try:
        run_id = caller.ask(REQUEST, file_ids)
        caller.until(run_id, "succeeded")
    finally:
        provider.script.clear()

    text = caller.download(run_id, "md").decode()
    assert "without a language model" in text
    assert "key" in text.lower()
    check_document(caller, run_id, papers, file_ids)
