"""What a checker attaches and decides, and what becomes of the cycle and its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from autonomy.core.originality import CheckStatus, MatchGroup, Percent
from autonomy.core.types import CycleStatus, RunStatus
from autonomy.models import Check, Resume
from autonomy.runtime import upkeep as rounds
from autonomy.runtime.flagged import flagged_in
from autonomy.services import (
    ServiceError,
    check_marks,
    check_work,
    checks,
    originality,
    similarity_reports,
)
from tests.autonomy.check_desk import Desk, make_checker, make_desk, run_out
from tests.files import marked
from tests.files.similarity_reports import enhanced

pytestmark = pytest.mark.django_db

MARKED = "They wait for hours without moving a feather."


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path / "files"


@pytest.fixture
def carol(make_user: Callable[..., User]) -> User:
    return make_checker(make_user, "carol")


@pytest.fixture
def desk(alice: User, carol: User) -> Desk:
    return make_desk(alice)


@pytest.fixture
def check(desk: Desk, carol: User) -> Check:
    return checks.claim_check(carol, desk.check().pk)


def upload(content: bytes, name: str = "report.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def code(function: Callable[..., object], *args: object, **more: object) -> str:
    with pytest.raises(ServiceError) as refused:
        function(*args, **more)
    assert refused.value.detail.endswith((".", "?"))
    return refused.value.code


def kept(storage: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in storage.rglob("*") if path.is_file())


def marked_file(check: Check, carol: User, *words: str) -> bytes:
    data = check_work.read_document(carol, check.pk, "docx").data
    for one in words:
        data = marked.mark(data, one)
    return data


# ------------------------------------------------------------------------------- reading it


def test_only_who_holds_it_and_staff_read_the_document(
    check: Check, alice: User, bob: User, carol: User, staff: User, make_user: Callable[..., User]
) -> None:
    dave = make_checker(make_user, "dave")
    for who in (carol, staff):
        assert b"Herons wade" in check_work.read_document(who, check.pk).data
    for who in (alice, bob, dave):
        assert code(check_work.read_document, who, check.pk) == "not_found"

    run_out(check)

    assert code(check_work.read_document, carol, check.pk) == "lease_expired"
    assert code(check_work.read_document, dave, check.pk) == "not_claimed"


def test_nothing_is_attached_without_the_lease(
    check: Check, carol: User, staff: User, storage: Path
) -> None:
    run_out(check)
    for who, said in ((carol, "lease_expired"), (staff, "not_claimed")):
        assert code(check_work.note_check, who, check.pk, "Late.") == said
        assert code(check_work.attach_report, who, check.pk, upload(b"late")) == said
        assert code(check_work.attach_marked, who, check.pk, upload(b"late")) == said
        assert code(check_work.accept_check, who, check.pk) == said
        assert code(check_work.reject_check, who, check.pk) == said
    check.refresh_from_db()
    assert (check.note, check.report_file, kept(storage)) == ("", "", [])


# ----------------------------------------------------------------------------- attachments


def test_a_report_replaces_the_one_before_and_can_be_removed(
    check: Check, carol: User, storage: Path
) -> None:
    check_work.attach_report(carol, check.pk, upload(b"first"))
    now = check_work.attach_report(carol, check.pk, upload(b"second", "../odd\x07name.pdf"))
    assert (now.report_file_name, kept(storage)) == ("oddname.pdf", [b"second"])
    for _ in range(2):
        now = check_work.remove_report(carol, check.pk)
    assert (now.report_file, kept(storage)) == ("", [])
    assert [one.deed for one in checks.history_of(check)][-3:] == [
        "report",
        "report",
        "report_removed",
    ]


def test_what_a_report_says_is_read_when_it_is_attached(
    desk: Desk, check: Check, carol: User
) -> None:
    body = desk.artifact.body
    made = enhanced.Options(title=body["title"], words=60, similarity=Percent(value=38))
    now = check_work.attach_report(carol, check.pk, upload(enhanced.make(made).data))
    assert now.observed_similarity == 38
    assert check_work.reading_of(now).reading.fit in ("fits", "cannot_tell")  # type: ignore[union-attr]

    other = enhanced.Options(title="Deep sea mining", words=9_000, similarity=Percent(value=4))
    refused = code(check_work.attach_report, carol, check.pk, upload(enhanced.make(other).data))
    assert refused == "report_does_not_fit"

    unreadable = check_work.attach_report(carol, check.pk, upload(b"no report", "r.pdf"))
    assert unreadable.observed_similarity is None, "the figure was that of the report before"
    assert check_work.reading_of(unreadable).reading.unreadable  # type: ignore[union-attr]

    check_work.attach_report(carol, check.pk, upload(enhanced.make(made).data))
    check_work.reject_check(carol, check.pk)
    desk.cycle.refresh_from_db()
    assert desk.cycle.observed_similarity == 38
    assert desk.cycle.report_read["report"]["similarity"]["value"] == 38


def test_marked_passages_are_found_in_the_document(check: Check, carol: User) -> None:
    data = marked_file(check, carol, MARKED, "Herons wade in shallow water")

    now = check_work.attach_marked(carol, check.pk, upload(data, "marked.docx"))

    first, second = check_work.passages_of(now)
    assert first.text == "Herons wade in shallow water"
    assert (first.section_id, first.group) == ("s1", MatchGroup.MISSING_QUOTATION)
    assert (second.text, second.colour, second.told_by) == (MARKED, "yellow", "checker")
    assert now.marked_file_name == "marked.docx"
    assert checks.history_of(check).last().detail == "2 in marked.docx"  # type: ignore[union-attr]

    assert check_work.remove_marked(carol, check.pk).marked == []


def test_a_note_that_is_saved_while_the_marked_file_is_read_is_kept(
    check: Check, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = marked_file(check, carol, MARKED)
    read = check_marks.read_marks

    def slow(*given: Any) -> Any:
        marks = read(*given)
        check_work.note_check(carol, check.pk, note="Typed meanwhile.")
        return marks.model_copy(update={"notes": ("Said in the file.",)})

    monkeypatch.setattr(check_work, "read_marks", slow)
    kept = check_work.attach_marked(carol, check.pk, upload(data, "herons.docx"))
    assert kept.note == "Typed meanwhile.\n\nSaid in the file."


def test_a_report_is_held_against_the_figure_that_is_given_while_it_is_read(
    check: Check, carol: User, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = similarity_reports.read_upload
    given: list[float | None] = []

    def slow(cycle: Any, stored: str, name: str, typed: float | None, **more: Any) -> Any:
        given.append(typed)
        if len(given) == 1:
            check_work.note_check(carol, check.pk, similarity=9)
        return read(cycle, stored, name, typed, **more)

    monkeypatch.setattr(check_work, "read_upload", slow)
    report = upload(b'{"similarity": 38}', "report.json")
    assert code(check_work.attach_report, carol, check.pk, report) == "figures_differ"
    assert given == [None, 9]
    check.refresh_from_db()
    assert (check.observed_similarity, check.report_file, kept(storage)) == (9, "", [])


def test_what_is_marked_beside_the_text_is_kept_as_not_found(check: Check, carol: User) -> None:
    data = marked_file(check, carol, "On herons")
    [title] = check_work.passages_of(
        check_work.attach_marked(carol, check.pk, upload(data, "x.docx"))
    )
    assert (title.text, title.section_id) == ("On herons", "")


def test_a_marked_file_that_is_no_help_is_refused_and_the_one_before_stays(
    check: Check, carol: User, tmp_path: Path
) -> None:
    good = marked_file(check, carol, MARKED)
    check_work.attach_marked(carol, check.pk, upload(good, "good.docx"))
    other = marked.marked_document(tmp_path / "other.docx").read_bytes()
    cases = {
        "nothing_marked": marked_file(check, carol),
        "wrong_document": other,
        "unsupported": b"%PDF-1.4 no",
        "damaged": b"PK\x03\x04 cut off",
    }
    for wanted, data in cases.items():
        assert code(check_work.attach_marked, carol, check.pk, upload(data, "x.docx")) == wanted
    check.refresh_from_db()
    assert check.marked_file_name == "good.docx"


# --------------------------------------------------------------------------- the decision


def test_an_accepted_document_closes_its_cycle_and_wakes_the_run_once(
    desk: Desk, check: Check, carol: User, storage: Path
) -> None:
    check_work.attach_report(carol, check.pk, upload(b"%PDF report"))
    check_work.note_check(carol, check.pk, note="All quoted.", similarity=9.5)
    for _ in range(2):
        done = check_work.accept_check(carol, check.pk)

    assert (done.status, done.outcome, done.holder) == ("done", "accepted", carol)
    desk.cycle.refresh_from_db()
    desk.run.refresh_from_db()
    assert (desk.cycle.status, desk.cycle.verdict) == (CycleStatus.REPORT_READY, "accepted")
    assert (desk.cycle.checked_by, desk.cycle.observed_similarity) == (carol, 9.5)
    assert (desk.cycle.note, desk.cycle.report_file_name) == ("All quoted.", "report.pdf")
    assert kept(storage) == [b"%PDF report"]
    assert desk.run.status == RunStatus.QUEUED
    assert Resume.objects.get(run=desk.run).value["verdict"] == "accepted"
    assert code(check_work.reject_check, carol, check.pk) == "check_over"
    assert code(check_work.read_document, carol, check.pk) == "check_over"


def test_a_document_is_sent_back_with_its_marked_passages(
    desk: Desk, check: Check, carol: User
) -> None:
    data = marked_file(check, carol, MARKED)
    check_work.attach_marked(carol, check.pk, upload(data, "marked.docx"))

    check_work.reject_check(carol, check.pk)

    desk.cycle.refresh_from_db()
    assert (desk.cycle.verdict, desk.cycle.observed_similarity) == ("rejected", None)
    [flagged] = flagged_in(desk.cycle.pk)
    assert (flagged.text, flagged.told_by) == (MARKED, "checker")
    assert Resume.objects.get(run=desk.run).value["verdict"] == "rejected"


def test_a_decision_needs_its_reason(desk: Desk, check: Check, carol: User) -> None:
    assert code(check_work.reject_check, carol, check.pk) == "reason_needed"
    check_work.note_check(carol, check.pk, note="  ", similarity=14.0)
    assert code(check_work.reject_check, carol, check.pk) == "reason_needed"
    check_work.note_check(carol, check.pk, similarity=38.0)
    assert code(check_work.accept_check, carol, check.pk) == "note_needed"
    data = marked_file(check, carol, MARKED)
    check_work.attach_marked(carol, check.pk, upload(data, "marked.docx"))
    check_work.note_check(carol, check.pk, note="Quoted throughout.")
    assert code(check_work.accept_check, carol, check.pk) == "marked"
    desk.run.refresh_from_db()
    assert desk.run.status == RunStatus.WAITING_HUMAN
    check_work.remove_marked(carol, check.pk)
    assert check_work.accept_check(carol, check.pk).status == CheckStatus.DONE


def test_an_owner_who_was_faster_is_not_overruled(desk: Desk, check: Check, carol: User) -> None:
    originality.submit_report(desk.run, cycle_id=desk.cycle.pk, observed_similarity=9)
    assert code(check_work.accept_check, carol, check.pk) == "check_over"
    desk.cycle.refresh_from_db()
    assert desk.cycle.verdict == ""
    assert desk.check().outcome == "withdrawn"


def test_upkeep_leaves_the_report_of_an_open_check(
    check: Check, carol: User, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_work.attach_report(carol, check.pk, upload(b"report"))
    monkeypatch.setattr(rounds, "LOST_AFTER", timedelta(0))
    done = rounds.Tidied()
    rounds._drop_lost_files(done, dry_run=False)
    assert (done.files, kept(storage)) == (0, [b"report"])
    Check.objects.update(report_file="")
    rounds._drop_lost_files(done, dry_run=False)
    assert (done.files, kept(storage)) == (1, [])
