"""Who may see, take and keep a document that is to be checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from autonomy.api.shapes.checks import event, row
from autonomy.core.originality import CheckDeed, CheckStatus
from autonomy.core.types import CycleStatus, RunStatus
from autonomy.models import Check, CheckEvent, Notification, Run, TurnitinCycle
from autonomy.runtime import checks as rows
from autonomy.services import ServiceError, checks, originality
from tests.autonomy.check_desk import Desk, make_checker, make_desk, run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol(make_user: Callable[..., User]) -> User:
    return make_checker(make_user, "carol")


@pytest.fixture
def dave(make_user: Callable[..., User]) -> User:
    return make_checker(make_user, "dave")


@pytest.fixture
def desk(alice: User, carol: User) -> Desk:
    return make_desk(alice)


def code(function: Callable[..., object], *args: object) -> str:
    """Of the refusal."""
    with pytest.raises(ServiceError) as refused:
        function(*args)
    assert refused.value.detail.endswith(".")
    return refused.value.code


def setting(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    made = SimpleNamespace(**{"checkers": "offer", "checker_lease_minutes": 30.0, **values})
    for module in (checks, rows):
        monkeypatch.setattr(module, "env", lambda: made)


def deeds(check: Check) -> list[tuple[str, str]]:
    return [(one.deed, checks.name_of(one.who)) for one in checks.history_of(check)]


# ------------------------------------------------------------------------------------- asking


def test_a_document_is_asked_about_once(desk: Desk, alice: User) -> None:
    again = checks.ask_checker(desk.cycle, alice)
    assert Check.objects.get() == again
    assert (again.title, again.words, again.status) == ("On herons", 24, CheckStatus.OPEN)
    assert deeds(again) == [("asked", "alice")]


def test_without_checkers_nothing_is_offered(alice: User, staff: User) -> None:
    desk = make_desk(alice, asked=False)
    assert not checks.offered(alice), "staff are no checkers by being staff"
    assert code(checks.ask_checker, desk.cycle, alice) == "no_checkers"


def test_the_only_checker_cannot_send_their_own(carol: User) -> None:
    assert code(checks.ask_checker, make_desk(carol, asked=False).cycle, carol) == "no_checkers"


def test_off_offers_nothing(desk: Desk, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    setting(monkeypatch, checkers="off")
    assert code(checks.ask_checker, desk.cycle, alice) == "no_checkers"


def test_always_asks_for_each_cycle_by_itself(
    alice: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(alice, asked=False)
    assert rows.ask_where_always(desk.cycle) is None
    setting(monkeypatch, checkers="always")
    assert rows.ask_where_always(desk.cycle) == desk.check()
    assert code(checks.take_back, desk.cycle, alice) == "always_checked"


def test_a_report_that_came_already_leaves_nothing_to_ask(
    alice: User, carol: User, bob: User
) -> None:
    desk = make_desk(alice, asked=False)
    originality.submit_report(desk.run, cycle_id=desk.cycle.pk, observed_similarity=9)
    desk.cycle.refresh_from_db()
    assert code(checks.ask_checker, desk.cycle, alice) == "not_waiting"


def test_the_owner_takes_a_document_back_and_asks_again(
    desk: Desk, alice: User, carol: User
) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    checks.take_back(desk.cycle, alice)
    assert not checks.holds(carol, check)
    assert code(checks.renew_check, carol, check.pk) == "check_over"
    assert list(checks.queue(carol)) == []
    assert checks.ask_checker(desk.cycle, alice) == check
    assert list(checks.queue(carol)) == [check]


# ------------------------------------------------------------------------------- seeing it


def test_strangers_owners_and_free_checkers_see_what_is_theirs(
    desk: Desk, alice: User, bob: User, carol: User, dave: User, staff: User
) -> None:
    check = desk.check()
    seen = {name.username: list(checks.queue(name)) for name in (alice, bob, carol, dave, staff)}
    assert seen == {"alice": [], "bob": [], "carol": [check], "dave": [check], "staff": [check]}

    checks.claim_check(carol, check.pk)

    assert list(checks.queue(carol, "mine")) == [check]
    assert [list(checks.queue(who)) for who in (carol, dave, staff)] == [[], [], []]
    assert list(checks.queue(staff, "all")) == [check]
    for who in (alice, bob, dave):
        assert code(checks.get_check, who, check.pk) == "not_found"
        assert code(checks.claim_check, who, check.pk) == "not_found"
        assert code(checks.renew_check, who, check.pk) == "not_found"
        assert code(checks.release_check, who, check.pk) == "not_found"
        assert not checks.may_read(who, check)
    assert checks.may_read(staff, check)


def test_a_checker_who_left_the_group_sees_nothing_more(desk: Desk, carol: User) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    carol.groups.clear()
    carol = User.objects.get(pk=carol.pk)
    assert code(checks.get_check, carol, check.pk) == "not_found"
    assert code(checks.release_check, carol, check.pk) == "not_found"


def test_nobody_checks_their_own_document(carol: User, dave: User) -> None:
    desk = make_desk(carol)
    assert list(checks.queue(carol)) == []
    assert code(checks.claim_check, carol, desk.check().pk) == "not_found"
    assert list(checks.queue(dave)) == [desk.check()]


def test_staff_who_are_no_checkers_are_told_so(desk: Desk, staff: User) -> None:
    assert code(checks.claim_check, staff, desk.check().pk) == "no_checker"


# -------------------------------------------------------------------------------- the lease


def test_a_claim_twice_is_one_and_lasts_as_the_setting_says(
    desk: Desk, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting(monkeypatch, checker_lease_minutes=10.0)
    check = checks.claim_check(carol, desk.check().pk)
    assert checks.claim_check(carol, check.pk).lease_until == check.lease_until
    assert check.lease_until is not None
    minutes = (check.lease_until - timezone.now()) / timedelta(minutes=1)
    assert 8 < minutes <= 10
    setting(monkeypatch, checker_lease_minutes=60.0)
    assert checks.renew_check(carol, check.pk).lease_until > check.lease_until  # type: ignore[operator]
    assert deeds(check) == [("asked", "alice"), ("claimed", "carol")]


def test_a_lease_that_ran_out_is_free_again_and_its_holder_is_told(
    desk: Desk, carol: User, dave: User
) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    run_out(check)
    assert code(checks.renew_check, carol, check.pk) == "lease_expired"
    assert list(checks.queue(dave)) == [check] == list(checks.queue(carol))

    checks.claim_check(dave, check.pk)

    assert code(checks.renew_check, carol, check.pk) == "lease_lost"
    assert code(checks.get_check, carol, check.pk) == "not_found"
    assert deeds(check)[-2:] == [("expired", "carol"), ("claimed", "dave")]


def test_a_released_document_is_in_the_queue_again(desk: Desk, carol: User, dave: User) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    Check.objects.filter(pk=check.pk).update(note="Half read.")
    for _ in range(2):
        checks.release_check(carol, check.pk)
    assert checks.claim_check(dave, check.pk).note == "Half read."
    assert deeds(check)[-2:] == [("released", "carol"), ("claimed", "dave")]


@pytest.mark.parametrize("end", ["report", "cancel"])
def test_a_check_that_nobody_waits_for_leaves_the_queue(desk: Desk, carol: User, end: str) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    if end == "report":
        originality.submit_report(desk.run, cycle_id=desk.cycle.pk, observed_similarity=9)
    else:
        Run.objects.update(status=RunStatus.CANCELLED, finished_at=timezone.now())
    assert list(checks.queue(carol, "mine")) == []
    assert code(checks.renew_check, carol, check.pk) == "check_over"
    assert [one.outcome for one in checks.queue(carol, "done")] == ["withdrawn"]
    assert deeds(check)[-1] == ("withdrawn", "")


# ---------------------------------------------------------------------------------- staff


def test_an_assigned_document_is_for_one_checker_only(
    desk: Desk, carol: User, dave: User, staff: User
) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    checks.assign_check(staff, check.pk, dave)

    assert code(checks.renew_check, carol, check.pk) == "lease_lost"
    assert list(checks.queue(carol)) == []
    assert code(checks.claim_check, carol, check.pk) == "not_found"
    held = checks.claim_check(dave, check.pk)
    checks.assign_check(staff, check.pk, dave)
    assert checks.holds(dave, held), "assigning it to who holds it takes nothing away"

    checks.assign_check(staff, check.pk, None)
    assert list(checks.queue(carol)) == [check]
    assert [one.deed for one in checks.history_of(check)][-3:] == [
        CheckDeed.ASSIGNED,
        CheckDeed.CLAIMED,
        CheckDeed.UNASSIGNED,
    ]


def told(user: User) -> list[tuple[str, bool]]:
    rows_of = Notification.objects.filter(owner=user, kind="check").order_by("created_at", "id")
    return [(row.text, row.read_at is None) for row in rows_of]


def test_checkers_are_told_of_a_document_until_one_of_them_has_it(
    alice: User, carol: User, dave: User, bob: User
) -> None:
    desk = make_desk(alice)
    waits = ("A document of 24 words waits to be checked for originality.", True)
    assert (told(carol), told(dave)) == ([waits], [waits])
    assert told(alice) == told(bob) == []
    checks.ask_checker(desk.cycle, alice)
    assert told(carol) == [waits], "asking again tells nobody twice"
    one = Notification.objects.filter(owner=carol).get()
    assert (one.run_id, one.url) == (None, f"/workbench/{desk.check().pk}/")
    assert "herons" not in f"{one.title} {one.text}".lower()

    checks.claim_check(dave, desk.check().pk)
    assert told(carol) == [(waits[0], False)]


@pytest.mark.parametrize("how", ["released", "expired", "unassigned"])
def test_the_others_are_told_of_a_document_that_is_free_again(
    desk: Desk, alice: User, carol: User, dave: User, staff: User, how: str
) -> None:
    check = desk.check()
    waits = "A document of 24 words waits to be checked for originality."
    if how == "unassigned":
        checks.assign_check(staff, check.pk, carol)
    checks.claim_check(carol, check.pk)
    assert not [one for one in told(dave) if one[1]]
    if how == "released":
        checks.release_check(carol, check.pk)
    elif how == "unassigned":
        checks.assign_check(staff, check.pk, None)
    else:
        assert rows.free_expired() == 0
        run_out(check)
        assert (rows.free_expired(), rows.free_expired()) == (1, 0)
    assert told(dave)[-1] == (waits, True)
    assert told(alice) == []
    assert ((waits, True) in told(carol)) is (how == "unassigned"), "who gave it back knows"
    assert deeds(check)[-1][0] == how
    checks.claim_check(dave, check.pk)
    assert [one for one in deeds(check) if one[0] == "expired"] == (
        [("expired", "carol")] if how == "expired" else []
    )


def test_whom_a_document_is_assigned_to_is_told(
    desk: Desk, carol: User, dave: User, staff: User
) -> None:
    checks.assign_check(staff, desk.check().pk, dave)
    assigned = "A document of 24 words is assigned to you, to be checked for originality."
    assert told(dave)[-1] == (assigned, True)
    assert [unread for _, unread in told(carol)] == [False]


def test_a_queue_reads_nothing_that_is_long(desk: Desk, carol: User) -> None:
    (check,) = checks.queue(carol)
    assert {"marked", "report_read"} <= check.get_deferred_fields()
    with CaptureQueriesContext(connection) as asked:
        shown = row(check, carol)
    assert shown.title == "On herons"
    assert len(asked) == 0, "nothing that was left out is asked for again"


def test_nobody_but_staff_learns_who_checks(
    desk: Desk, alice: User, carol: User, staff: User
) -> None:
    assert checks.assignable(alice) == checks.assignable(carol) == []
    assert [one for one, _ in checks.assignable(staff)] == [carol]
    for who, refused in ((alice, "not_found"), (carol, "not_staff")):
        for person in (carol.pk, 10**9):
            assert code(checks.assign_to, who, desk.check().pk, person) == refused
    assert code(checks.assign_to, staff, desk.check().pk, 10**9) == "no_checker"


def test_the_history_names_whom_it_was_assigned_to_by_their_account_alone(
    desk: Desk, dave: User, staff: User
) -> None:
    check = desk.check()
    User.objects.filter(pk=dave.pk).update(first_name="Dave", last_name="Okonkwo")
    dave.refresh_from_db()
    checks.assign_check(staff, check.pk, dave)
    line = checks.history_of(check).last()
    assert line is not None
    assert (line.detail, line.whom) == ("", dave)
    assert event(line, check, staff).detail == "to Dave Okonkwo"

    dave.delete()
    line = checks.history_of(check).last()
    assert line is not None
    assert event(line, check, staff).detail == "to an account that is gone"
    told = json.dumps(list(CheckEvent.objects.values()), default=str)
    assert "Okonkwo" not in told


def test_only_staff_assign_and_only_to_checkers(
    desk: Desk, alice: User, bob: User, carol: User, dave: User, staff: User
) -> None:
    check = desk.check()
    assert code(checks.assign_check, carol, check.pk, dave) == "not_staff"
    assert code(checks.assign_check, alice, check.pk, carol) == "not_found"
    assert code(checks.assign_check, staff, check.pk, bob) == "no_checker"
    rows.withdraw([check.pk], staff)
    assert code(checks.assign_check, staff, check.pk, dave) == "check_over"


# ------------------------------------------------------------------------------ constraints


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "claimed"},
        {"status": "open", "lease_until": timezone.now()},
        {"status": "done"},
        {"status": "done", "outcome": "accepted"},
        {"outcome": "accepted"},
        {"status": "else"},
        {"observed_similarity": 101},
    ],
)
def test_impossible_states_cannot_be_stored(desk: Desk, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Check.objects.update(**changes)
    assert desk.check().status == CheckStatus.OPEN


def test_a_checker_who_leaves_loses_nothing_of_the_document(
    desk: Desk, carol: User, dave: User
) -> None:
    check = checks.claim_check(carol, desk.check().pk)
    carol.delete()
    assert TurnitinCycle.objects.get().status == CycleStatus.AWAITING_REPORT
    run_out(check)
    assert checks.claim_check(dave, check.pk).holder == dave
