"""The similarity report over HTTP: compared once, by a worker, counted as asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from autonomy.memory import compared_texts
from autonomy.models import Artifact, Passage, SimilarityCheck
from autonomy.runtime import couriers, similarity_checks
from handywriterz.env import env
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World, make_run, make_world

pytestmark = pytest.mark.django_db

COPIED = "The river carries more sediment in spring, when snow melts in the hills above the valley."
OWN = "What stands here is written by me and by nobody else, and it goes on for a little while."
MOORS = "Farmers drained these northern moors centuries ago with narrow wooden channels."
MILLS = "Windmills lifted muddy water towards larger canals beside distant coastal villages."


class NoMeaning:
    """An embedder for which no two sentences are near."""

    def encode(self, texts: list[str]) -> Any:
        return np.eye(len(texts), dtype=np.float32)


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What workers were told of."""
    told: list[str] = []
    monkeypatch.setattr(couriers._doorbell, "send", lambda message: told.append(message[1]))
    monkeypatch.setattr(similarity_checks, "shared_embedder", NoMeaning)
    return told


@pytest.fixture
def path(world: World) -> str:
    source = world.passage.source
    Passage.objects.create(source=source, ordinal=7, text=COPIED, page=12)
    body = world.artifact.body
    cited = body["passages"][0]["id"]
    body["sections"][0]["markdown"] = f"{OWN} {COPIED}\n\n> “{COPIED}” [[p:{cited}]]"
    Artifact.objects.filter(pk=world.artifact.pk).update(body=body)
    return f"/api/v2/runs/{world.run.pk}/similarity"


def work() -> None:
    similarity_checks.work()


def test_a_document_is_compared_once_by_a_worker(
    api: KeyClient, path: str, rung: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = api.get(path)
    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert first.json()["percent"] is None
    assert rung == [str(SimilarityCheck.objects.get().pk)]
    work()
    for _ in range(2):
        done = api.get(path)
        assert (done.status_code, done.json()["status"]) == (200, "done")
    words = len(COPIED.split())
    assert done.json()["matched_words"] == words
    assert done.json()["excluded_words"] == {"quoted_and_cited": words}
    assert SimilarityCheck.objects.get().attempts == 1


def test_whoever_waits_for_a_comparison_has_no_texts_chosen_anew(
    api: KeyClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a large library that is most of what a look costs."""
    api.get(path)
    with monkeypatch.context() as looked:
        looked.setattr(similarity_checks, "there", lambda *_: 1 / 0)
        for _ in range(3):
            assert api.get(path).json()["status"] == "queued"
    work()
    assert api.get(path).json()["status"] == "done"


def test_whoever_looks_at_a_finished_comparison_has_no_text_chosen_nor_measured(
    api: KeyClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.get(path)
    work()
    monkeypatch.setattr(similarity_checks, "choose", lambda *_: 1 / 0)
    monkeypatch.setattr(compared_texts, "_sizes", lambda *_: 1 / 0)
    for query in ("", "?exclude_quotes=false", "?small_match_words=3"):
        assert api.get(f"{path}{query}").json()["status"] == "done"


def test_what_counts_is_changed_without_comparing_anew(api: KeyClient, path: str) -> None:
    api.get(path)
    work()
    counted = api.get(f"{path}?exclude_quotes=false&small_match_words=50").json()
    assert counted["matched_words"] == 0
    assert counted["excluded_words"] == {"small_match": 2 * len(COPIED.split())}
    assert (
        api.get(f"{path}?exclude_quotes=false").json()["percent"] > api.get(path).json()["percent"]
    )
    assert SimilarityCheck.objects.get().attempts == 1
    assert api.get(f"{path}?small_match_words=101").status_code == 422


def test_a_match_leads_to_its_passage_and_page(api: KeyClient, path: str, world: World) -> None:
    api.get(path)
    work()
    found = api.get(path).json()
    (text,) = found["texts"]
    match = next(m for m in found["matches"] if not m["excluded"])
    side = api.get(
        f"{path}/texts/{match['text_id']}?start={match['text_start']}&end={match['text_end']}"
    ).json()
    assert (text["source_id"], text["number"]) == (str(world.file.pk), 1)
    assert side["text"] == COPIED.rstrip(".")
    assert (side["page"], side["source_id"]) == (12, str(world.file.pk))
    pieces = [p for s in found["sections"] for par in s["paragraphs"] for p in par["pieces"]]
    assert [p["text"] for p in pieces if p["match"] == match["id"]] == [COPIED.rstrip(".")]
    assert any(p["citation"] for p in pieces)
    gone = api.get(f"{path}/texts/{match['text_id']}?start=0&end=99999999")
    assert (gone.status_code, gone.json()["code"]) == (404, "text_gone")


def test_new_sources_are_compared_and_what_was_found_before_them_goes(
    api: KeyClient, path: str, world: World
) -> None:
    api.get(path)
    work()
    source = world.passage.source
    source.pk, source.sha256 = None, "f" * 64
    source.save()
    assert api.get(path).json()["status"] == "queued"
    assert SimilarityCheck.objects.count() == 1


def test_a_comparison_that_failed_says_so_and_is_done_again_when_asked(
    api: KeyClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.get(path)
    with monkeypatch.context() as broken:
        broken.setattr(similarity_checks, "found", lambda *_: 1 / 0)
        work()
    failed = api.get(path).json()
    assert failed["status"] == "failed"
    assert "try again" in failed["error"]
    assert api.send("POST", path).json()["status"] == "queued"
    work()
    assert api.get(path).json()["status"] == "done"


def test_a_result_in_a_form_that_is_not_read_any_more_is_made_anew(
    api: KeyClient, path: str
) -> None:
    api.get(path)
    work()
    SimilarityCheck.objects.update(result={"kept": "long ago"})
    assert api.get(path).json()["status"] == "queued"
    work()
    assert api.get(path).json()["status"] == "done"


def test_two_workers_do_one_comparison_once(api: KeyClient, path: str) -> None:
    api.get(path)
    assert [similarity_checks.work(), similarity_checks.work()] == [True, False]
    assert SimilarityCheck.objects.get().attempts == 1


def test_a_worker_that_was_given_up_writes_nothing(
    api: KeyClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.get(path)
    check = SimilarityCheck.objects.get()
    found = similarity_checks.found

    def late(*args: Any) -> Any:
        SimilarityCheck.objects.update(attempts=9)  # another one has it now
        return found(*args)

    monkeypatch.setattr(similarity_checks, "found", late)
    similarity_checks.work()
    check.refresh_from_db()
    assert (check.status, check.result) == ("running", None)


def test_the_report_is_a_pdf_once_it_is_compared(api: KeyClient, path: str) -> None:
    early = api.get(f"{path}/download")
    assert (early.status_code, early.json()["code"]) == (409, "comparing")
    work()
    file = api.get(f"{path}/download")
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"] == 'attachment; filename="similarity-attention.pdf"'
    assert file.content.startswith(b"%PDF")


def test_without_a_document_there_is_nothing_to_compare(
    api: KeyClient, world: World, alice: User, bob: User
) -> None:
    path = f"/api/v2/runs/{world.run.pk}/similarity"
    others = make_world(bob)
    assert api.get(f"{path}?artifact_id={others.artifact.pk}").status_code == 404
    without = make_run(alice)
    said = api.get(f"/api/v2/runs/{without.pk}/similarity").json()
    assert said["code"] == "no_document"


def test_groups_and_texts_are_left_out_at_choice_and_numbers_stay(
    api: KeyClient, path: str
) -> None:
    api.get(path)
    work()
    whole = api.get(path).json()
    (text,) = whole["texts"]
    words = len(COPIED.split())
    without = api.get(f"{path}?exclude_texts={text['text_id']}").json()
    assert (without["percent"], without["counted_words"]) == (0, whole["counted_words"])
    assert without["excluded_words"] == {"quoted_and_cited": words, "text": words}
    assert without["texts"] == [text | {"words": 0, "percent": 0}]
    group = next(each["group"] for each in whole["groups"] if each["words"])
    assert api.get(f"{path}?exclude_groups={group}").json()["excluded_words"]["group"] == words
    assert SimilarityCheck.objects.get().attempts == 1
    file = api.get(f"{path}/download?exclude_texts={text['text_id']}&exclude_groups={group}")
    assert file.status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "exclude_texts=1%20OR%201",
        "exclude_groups=none",
        "small_match_words=-1",
        "small_match_words=NaN",
        "exclude_quotes=maybe",
        "artifact_id=newest",
        "exclude_texts=" + "&exclude_texts=".join(["00000000-0000-0000-0000-000000000000"] * 101),
    ],
)
def test_what_cannot_be_a_choice_is_refused(api: KeyClient, path: str, query: str) -> None:
    for address in (path, f"{path}/download"):
        refused = api.get(f"{address}?{query}")
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert not SimilarityCheck.objects.exists()


@pytest.mark.parametrize("place", ["start=-1&end=5", "start=5&end=0", "start=a&end=b", ""])
def test_what_cannot_be_a_place_is_refused(
    api: KeyClient, path: str, world: World, place: str
) -> None:
    side = f"{path}/texts/{world.file.pk}"
    assert api.get(f"{side}?{place}").status_code == 422
    assert api.get(f"{side}?start=5&end=5").json()["code"] == "text_gone"
    assert api.get(f"{side}?start=0&end={10**30}").json()["code"] == "text_gone"


def test_another_persons_text_is_not_shown_beside_ones_own_document(
    api: KeyClient, path: str, bob: User
) -> None:
    theirs = make_world(bob)
    for text_id in (theirs.file.pk, theirs.artifact.pk):
        found = api.get(f"{path}/texts/{text_id}?start=0&end=3")
        assert (found.status_code, found.json()["code"]) == (404, "text_gone")


def test_a_report_of_an_older_version_names_the_newest(
    api: KeyClient, path: str, world: World
) -> None:
    newer = Artifact.objects.create(
        run=world.run, kind="document", version=2, title="Attention", body=world.artifact.body
    )
    older = api.get(f"{path}?artifact_id={world.artifact.pk}").json()
    assert (older["version"], older["newest_version"], older["newest_id"]) == (1, 2, str(newer.pk))


def test_too_many_at_once_are_refused_with_a_time_to_ask_again(
    api: KeyClient, path: str, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    few = env().model_copy(update={"similarity_waiting_per_user": 1})
    monkeypatch.setattr(similarity_checks, "env", lambda: few)
    assert api.get(path).json()["status"] == "queued"
    newer = Artifact.objects.create(
        run=world.run, kind="document", version=2, title="Attention", body=world.artifact.body
    )
    refused = api.get(f"{path}?artifact_id={newer.pk}")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_comparisons")
    assert int(refused["Retry-After"]) > 0
    work()
    assert api.get(f"{path}?artifact_id={newer.pk}").json()["status"] == "queued"


def test_what_was_not_looked_at_is_said(
    api: KeyClient, path: str, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    from autonomy.tools.similarity import statements

    body = world.artifact.body
    body["sections"][0]["markdown"] = f"{MOORS} {MILLS}"
    Artifact.objects.filter(pk=world.artifact.pk).update(body=body)
    monkeypatch.setattr(statements, "MOST_SENTENCES", 1)
    api.get(path)
    work()
    found = api.get(path).json()
    (bound,) = found["bounds"]
    assert (bound["part"], bound["looked_at"], bound["of"]) == ("draft_sentences", 1, 2)
    assert found["limits"] == [bound["said"]]
    assert "first 1 of the document’s 2 sentences" in bound["said"]
