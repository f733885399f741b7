"""The file of a report gives the figure, and is held against the draft before it counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from autonomy import services
from autonomy.core.originality import USER_PROVIDED, MatchGroup, Percent
from autonomy.core.types import CycleStatus
from autonomy.models import Artifact, FlaggedPassage, TurnitinCycle
from autonomy.services import similarity_reports
from tests.autonomy.api.world import make_run
from tests.files.similarity_reports import classic, enhanced
from tests.files.similarity_reports.classic import Generated, source_list

pytestmark = pytest.mark.django_db

PASSAGES = enhanced.passage_list(5, 8, "en", 4)
TITLE = "Tidal Gardens and the Harbours Behind Them"
WORDS = 620


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path)},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path


@pytest.fixture
def cycle(alice: User) -> TurnitinCycle:
    """Alice's run waits for a report on a document that has the passages."""
    text = "\n\n".join(f"{p.text} Something between, of our own." for p in PASSAGES)
    filler = " ".join(["word"] * (WORDS - len(text.split())))
    body = {
        "title": TITLE,
        "sections": [
            {"id": "s1", "heading": "Findings", "markdown": text},
            {"id": "s2", "heading": "Rest", "markdown": filler},
        ],
    }
    run = make_run(alice)
    draft = Artifact.objects.create(run=run, kind="document", version=1, sha256="x", body=body)
    return TurnitinCycle.objects.create(
        run=run, number=1, artifact=draft, target_similarity=15, interrupt_id="i1"
    )


def report(**changes: Any) -> Generated:
    options = {
        "title": TITLE,
        "words": WORDS,
        "similarity": Percent(value=38),
        "sources": source_list(5, 4),
        "passages": PASSAGES,
    }
    return enhanced.make(enhanced.Options(**{**options, **changes}))


def submit(
    cycle: TurnitinCycle, content: bytes, typed: float | None = None, name: str = "report.pdf"
) -> TurnitinCycle:
    return services.submit_report(
        cycle.run,
        cycle_id=cycle.pk,
        observed_similarity=typed,
        report_file=SimpleUploadedFile(name, content),
    )


def reading(cycle: TurnitinCycle) -> dict[str, Any]:
    cycle.refresh_from_db()
    found = cycle.report_read
    assert isinstance(found, dict)
    return found


def assert_nothing_stored(cycle: TurnitinCycle, storage: Path) -> None:
    cycle.refresh_from_db()
    assert cycle.status == CycleStatus.AWAITING_REPORT
    assert cycle.report_read is None
    assert not cycle.report_file
    assert not [path for path in storage.rglob("*") if path.is_file()]


def test_the_file_gives_the_figure_and_the_passages(cycle: TurnitinCycle) -> None:
    taken = submit(cycle, report().data)
    assert (taken.status, taken.observed_similarity) == (CycleStatus.REPORT_READY, 38)
    told = reading(cycle)
    assert told["provenance"] == USER_PROVIDED == "user-provided, not verified"
    assert (told["marked"], told["found"], told["fit"]) == (8, 8, "fits")
    assert told["report"]["similarity"] == {"value": 38, "below": False}
    assert told["report"]["passages"] == []
    flagged = list(FlaggedPassage.objects.filter(cycle=cycle).order_by("ordinal"))
    assert [(row.told_by, row.section_id) for row in flagged] == [("report", "s1")] * 8
    assert flagged[0].text.rstrip(".") == PASSAGES[0].text.rstrip(".")
    groups = list(MatchGroup)
    assert [row.group for row in flagged] == [groups[p.group] for p in PASSAGES]
    titles = [source.title for source in report().truth.sources]
    assert [row.source_title for row in flagged] == [titles[p.source - 1] for p in PASSAGES]


def test_less_than_one_per_cent_stays_a_bound(cycle: TurnitinCycle) -> None:
    below = Percent(value=1, below=True)
    made = classic.make(classic.Options(title=TITLE, words=WORDS, similarity=below))
    taken = submit(cycle, made.data)
    assert (taken.observed_similarity, taken.observed_below) == (1, True)
    assert "passages" in reading(cycle)["report"]["unread"]


def test_passages_that_are_not_in_the_draft_come_back_with_their_reason(
    cycle: TurnitinCycle,
) -> None:
    strange = enhanced.Passage(
        "Nobody ever wrote such a sentence in this very draft of ours.", 1, 2
    )
    submit(cycle, report(passages=(*PASSAGES, strange)).data)
    told = reading(cycle)
    assert (told["marked"], told["found"]) == (9, 8)
    assert told["not_found"][0]["text"].startswith("Nobody ever wrote")
    assert told["not_found"][0]["reason"]
    nowhere = FlaggedPassage.objects.get(cycle=cycle, section_id="")
    assert (nowhere.told_by, nowhere.group) == ("report", MatchGroup.MISSING_QUOTATION)
    assert "Not found in the draft" in nowhere.note


@pytest.mark.parametrize("typed", [None, 38.0])
def test_the_report_of_another_document_is_refused_with_both_figures(
    cycle: TurnitinCycle, storage: Path, typed: float | None
) -> None:
    with pytest.raises(services.Invalid, match=r"9,800 words.*6\d\d \(") as refused:
        submit(cycle, report(words=9_800).data, typed)
    assert refused.value.code == "report_does_not_fit"
    assert_nothing_stored(cycle, storage)


def test_a_report_whose_passages_are_another_document_s_is_refused(
    cycle: TurnitinCycle, storage: Path
) -> None:
    others = enhanced.passage_list(99, 12, "de", 4)
    with pytest.raises(services.Invalid, match="12 passages"):
        submit(cycle, report(passages=others).data)
    assert_nothing_stored(cycle, storage)


def test_a_figure_that_differs_from_the_file_s_is_refused_with_both(
    cycle: TurnitinCycle, storage: Path
) -> None:
    with pytest.raises(services.Invalid, match=r"9 %.*38 %") as refused:
        submit(cycle, report().data, 9)
    assert refused.value.code == "figures_differ"
    assert_nothing_stored(cycle, storage)
    # Nothing is lost: the same file counts as soon as the figure is right.
    assert submit(cycle, report().data, 38.4).observed_similarity == 38


def test_a_figure_that_the_file_does_not_show_is_asked_for(
    cycle: TurnitinCycle, storage: Path
) -> None:
    made = report(similarity=None)
    with pytest.raises(services.Invalid, match="figure that you see") as refused:
        submit(cycle, made.data)
    assert refused.value.code == "figure_unread"
    assert_nothing_stored(cycle, storage)
    assert submit(cycle, made.data, 24).observed_similarity == 24
    assert reading(cycle)["report"]["similarity"] is None


def test_a_file_that_is_no_report_needs_the_figure_by_hand(
    cycle: TurnitinCycle, storage: Path
) -> None:
    with pytest.raises(services.Invalid, match="not a similarity report") as refused:
        submit(cycle, b"my notes on it", name="notes.txt")
    assert refused.value.code == "report_not_a_report"
    assert_nothing_stored(cycle, storage)
    taken = submit(cycle, b"my notes on it", 12, name="notes.txt")
    assert taken.observed_similarity == 12
    assert "not a similarity report" in reading(cycle)["unreadable"]
    assert reading(cycle)["report"] is None


def test_the_same_file_again_changes_nothing_and_is_not_read_again(
    cycle: TurnitinCycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = report()
    first = submit(cycle, made.data)
    monkeypatch.setattr(similarity_reports, "_read", None)
    for typed in (None, 38, 37.6):
        again = submit(cycle, made.data, typed, name="again.pdf")
        assert (again.pk, again.observed_similarity) == (first.pk, 38)
    assert FlaggedPassage.objects.filter(cycle=cycle).count() == 8
    for typed, content in ((9, made.data), (None, made.data + b"\n")):
        with pytest.raises(services.Conflict):
            submit(cycle, content, typed)


def test_signs_that_the_database_cannot_keep_are_taken_out(cycle: TurnitinCycle) -> None:
    said = {
        "similarity": 9,
        "title": f"{TITLE}\x00",
        "language": "\x00",
        "word_count": "\x00\ud800",
        "flags": ["Hidden\x00 Text"],
    }
    submit(cycle, json.dumps(said).encode(), name="report.json")
    assert reading(cycle)["report"]["title"] == TITLE


def test_a_draft_without_sections_still_takes_its_report(cycle: TurnitinCycle) -> None:
    Artifact.objects.filter(pk=cycle.artifact_id).update(body={})
    submit(cycle, report(words=9_800).data)
    assert (reading(cycle)["fit"], reading(cycle)["found"]) == ("cannot_tell", 0)


def test_reports_beyond_those_read_at_once_wait_their_turn_and_then_are_told(
    cycle: TurnitinCycle, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def acquire(self, timeout: float) -> bool:
            assert timeout > 0
            return False

    monkeypatch.setattr(similarity_reports, "_slots", lambda count: Full())
    with pytest.raises(services.Unavailable) as refused:
        submit(cycle, report().data)
    assert refused.value.code == "reading_busy"
    assert_nothing_stored(cycle, storage)
