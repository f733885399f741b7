"""The rules by which a run's view is rebuilt from its events, run where they run: in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

PLAN = {
    "version": 1,
    "steps": [
        {"id": "find", "kind": "tool", "title": "Find", "status": "pending", "depends_on": []},
        {
            "id": "write",
            "kind": "write",
            "title": "Write",
            "status": "pending",
            "depends_on": ["find"],
        },
    ],
}

_FOLD = """async ([snapshot, events]) => {
    const state = await import("/static/js/run/state.js");
    const words = await import("/static/js/run/words.js");
    const first = state.fromSnapshot(snapshot);
    const view = events.reduce(state.applyEvent, first);
    return {
        ...view,
        drafts: state.draftsOf(view),
        says: words.activity(view),
        ending: words.endingOf(view),
        behind: state.behind(first, events),
    };
}"""


def event(seq: int, kind: str, **fields: Any) -> dict[str, Any]:
    meta = fields.pop("meta", {})
    return {
        "seq": seq,
        "type": kind,
        "ts": "2026-01-01T00:00:00Z",
        "run_id": "r",
        "meta": meta,
        **fields,
    }


def token(text: str, task: str, fence: int = 1, **meta: Any) -> dict[str, Any]:
    return event(0, "token", token=text, meta={"task_id": task, "fence": fence, **meta})


START = [
    event(1, "run.started"),
    event(2, "plan.updated", source="planner", meta={"plan": PLAN}),
    event(3, "step.started", source="executor", meta={"step_id": "write", "task_id": "t1"}),
]


@pytest.fixture(scope="module")
def page(visit: Callable[..., Visitor]) -> Page:
    return visit().page("/accounts/login/")


@pytest.fixture
def fold(page: Page) -> Callable[..., dict[str, Any]]:
    """The view that comes of a snapshot and events."""

    def run(events: list[dict[str, Any]], **snapshot: Any) -> dict[str, Any]:
        base = {"id": "r", "status": "queued", "as_of_seq": 0, "budgets": {}, "worker_up": True}
        view: dict[str, Any] = page.evaluate(_FOLD, [base | snapshot, events])
        return view

    return run


Fold = Callable[..., dict[str, Any]]


def test_the_same_event_twice_changes_nothing(fold: Fold) -> None:
    once, twice = fold(START), fold([*START, *START])
    assert once == twice | {"behind": once["behind"]}
    assert [entry["seq"] for entry in twice["log"]] == [1, 2, 3]


def test_an_event_ahead_of_its_turn_waits_for_a_replay(fold: Fold) -> None:
    view = fold([START[0], event(3, "note")])
    assert view["seq"] == 1
    assert view["behind"] is True
    assert fold(START)["behind"] is False


def test_streamed_text_belongs_to_the_step_of_its_task(fold: Fold) -> None:
    view = fold([*START, token("Hel", "t1"), token("lo", "t1"), token("stray", "t9")])
    assert view["drafts"] == {"write": "Hello"}


def test_a_newer_claim_voids_the_text_of_the_older_one(fold: Fold) -> None:
    view = fold([*START, token("old", "t1", 1), token("new", "t1", 2), token("late", "t1", 1)])
    assert view["drafts"] == {"write": "new"}


def test_a_piece_of_text_is_never_shown_twice_and_never_in_the_wrong_place(fold: Fold) -> None:
    first = token("Hello, ", "t1", offset=0)
    again = token("lo, world", "t1", offset=3)
    ahead = token("!!", "t1", offset=40)
    view = fold([*START, first, first, again, ahead])
    assert view["drafts"] == {"write": "Hello, world"}
    assert fold([*START, token("middle", "t1", offset=9)])["drafts"] == {}


def test_text_that_is_given_anew_replaces_what_was_there(fold: Fold) -> None:
    again = token("Hello", "t1", offset=0, resync=True)
    view = fold([*START, token("Hel", "t1", offset=0), token("lo wor", "t1", offset=3), again])
    assert view["drafts"] == {"write": "Hello"}
    more = token(" there", "t1", offset=5)
    taken_over = token("Good", "t1", 2, offset=0, resync=True)
    assert fold([*START, again, more, taken_over, more])["drafts"] == {"write": "Good"}


def test_an_attempt_that_is_begun_anew_takes_its_text_along(fold: Fold) -> None:
    restarted = event(4, "attempt.restarted", source="runtime")
    view = fold([*START, token("half a sen", "t1", 1), restarted, token("A whole one.", "t1", 2)])
    assert view["drafts"] == {"write": "A whole one."}


def test_text_may_come_before_the_step_that_it_belongs_to(fold: Fold) -> None:
    view = fold([*START[:2], token("early", "t1"), START[2]])
    assert view["drafts"] == {"write": "early"}


def test_a_committed_section_replaces_its_draft(fold: Fold) -> None:
    committed = event(4, "section.committed", meta={"step_id": "write", "heading": "H"})
    view = fold([*START, token("draft", "t1"), committed, token("late", "t1")])
    assert view["drafts"] == {}
    assert [section["heading"] for section in view["sections"]] == ["H"]


def test_a_section_that_is_written_again_is_a_draft_again(fold: Fold) -> None:
    committed = event(4, "section.committed", meta={"step_id": "write", "heading": "H"})
    again = event(5, "step.started", meta={"step_id": "write", "task_id": "t2"})
    view = fold([*START, committed, again, token("better", "t2"), token("old", "t1")])
    assert view["sections"] == []
    assert view["drafts"] == {"write": "better"}


def test_findings_do_not_move_the_position_in_the_loop(fold: Fold) -> None:
    found = event(
        4,
        "source.found",
        source="researcher",
        meta={"source": {"id": "s", "csl": {}}, "kept": True},
    )
    assert fold([*START, found])["node"] == "act"
    assert fold([*START, event(4, "retry", source="self_debugger")])["node"] == "repair"


def test_the_line_of_what_goes_on_is_honest(fold: Fold) -> None:
    assert "No worker is running" in fold([], worker_up=False)["says"]
    assert fold([], queue_position=3)["says"] == "3rd in line"
    assert fold(START)["says"] == "Write"


def test_an_ending_is_said_in_plain_words(fold: Fold) -> None:
    ended = event(
        4,
        "run.finished",
        meta={"status": "succeeded", "stop_reason": "no_evidence", "summary": "—"},
    )
    view = fold([*START, token("x", "t1"), ended])
    assert view["drafts"] == {}
    assert view["ending"]["title"] == "Your sources do not cover this"


def test_each_originality_cycle_stands_for_itself_and_a_wait_may_end_in_vain(fold: Fold) -> None:
    first = {"cycle_id": "c1", "target_similarity": 10}
    report = {"cycle_id": "c1", "observed_similarity": 45, "accepted": False}
    waiting = event(4, "turnitin.awaiting_report", meta=first)
    came = event(5, "turnitin.report_ready", meta=report)
    revised = event(6, "turnitin.revised", meta={"cycle_id": "c1", "changes": 3})
    again = event(7, "turnitin.awaiting_report", meta=first | {"cycle_id": "c2"})
    view = fold([*START, waiting, came, revised, again])
    assert view["cycle"] == first | {"cycle_id": "c2", "status": "awaiting_report"}
    assert view["revised"]["changes"] == 3
    vain = event(8, "turnitin.expired", meta={"cycle_id": "c2", "cycle": 2})
    assert fold([*START, waiting, came, revised, again, vain])["cycle"]["status"] == "expired"


def test_files_that_could_not_be_read_are_no_sources_that_say_nothing(fold: Fold) -> None:
    plan = {"version": 1, "steps": [PLAN["steps"][0] | {"id": "read", "status": "failed"}]}
    ended = event(2, "run.finished", meta={"status": "failed", "stop_reason": "no_evidence"})
    view = fold([START[0], ended], plan=plan)
    assert view["ending"]["title"] == "No source could be read"


TOLD = [
    event(4, "note", content="make it 500 words", meta={"kind": "message", "number": 1}),
    event(5, "note", content="use APA", meta={"kind": "message", "number": 2}),
]


def test_a_message_waits_until_the_run_has_taken_it_up(fold: Fold) -> None:
    said = {"kind": "message_taken", "number": 1}
    taken = event(6, "note", content="500 words from here on.", meta=said)
    first, second = fold([*START, *TOLD, taken])["told"]
    assert (first["text"], first["taken"]["effect"]) == (
        "make it 500 words",
        "500 words from here on.",
    )
    assert (second["text"], second["taken"]) == ("use APA", None)


def test_a_pause_is_only_asked_for_until_the_step_is_over(fold: Fold) -> None:
    view = fold(START, status="running", requested="pause")
    assert view["says"] == "Pausing after this step"
    asked = event(4, "run.paused", meta={"status": "running"})
    assert fold([*START, asked])["status"] == "running"
    paused = event(5, "run.paused", meta={"status": "paused"})
    assert fold([*START, asked, paused])["status"] == "paused"


def test_a_run_that_is_taken_up_again_forgets_its_ending(fold: Fold) -> None:
    ended = event(4, "run.finished", meta={"status": "succeeded", "stop_reason": "budget_tokens"})
    assert fold([*START, ended])["ending"]["title"] == "Stopped at the token limit"
    resumed = event(5, "run.resumed", meta={"status": "queued"})
    view = fold([*START, ended, resumed])
    assert (view["status"], view["finished"], view["stopReason"]) == ("queued", None, "")


def test_a_used_up_allowance_is_an_ending_with_a_date(fold: Fold) -> None:
    ended = event(4, "run.finished", meta={"status": "succeeded", "stop_reason": "quota"})
    assert "midnight UTC" in fold([*START, ended])["ending"]["text"]


def test_the_figures_of_then_do_not_replace_those_of_now(fold: Fold) -> None:
    now = {"tokens_spent": 24_368, "tokens_reserved": 0, "tokens_limit": 200_000}
    then = {"tokens_spent": 5_000, "tokens_reserved": 24_200, "tokens_limit": 3_000}
    replayed = [event(1, "run.started"), event(2, "budget", meta=then)]
    assert fold(replayed, status="succeeded", as_of_seq=2, budgets=now)["budget"] == now

    later = event(3, "budget", meta={"tokens_spent": 30_000})
    budget = fold([*replayed, later], as_of_seq=2, budgets=now)["budget"]
    assert budget == now | {"tokens_spent": 30_000}


def test_a_snapshot_that_is_overtaken_changes_no_figure(page: Page) -> None:
    spent = page.evaluate(
        """async () => {
            const { applySnapshot, fromSnapshot } = await import("/static/js/run/state.js");
            const at = (seq, tokens_spent) => ({ id: "r", status: "running", as_of_seq: seq, budgets: { tokens_spent } });
            return applySnapshot(fromSnapshot(at(9, 900)), at(4, 400)).budget.tokens_spent;
        }"""
    )
    assert spent == 900


@pytest.mark.parametrize(("limit", "used", "expected"), [(3_000, 24_368, "48736"), (50, 40, "100")])
def test_what_is_suggested_for_going_on_is_more_than_what_is_used(
    page: Page, limit: int, used: int, expected: str
) -> None:
    found = page.evaluate(
        """async ([limit, used]) => {
            const { suggested } = await import("/static/js/run/raise.js");
            const budget = { tokens_limit: limit, tokens_spent: used };
            const view = { status: "succeeded", stopReason: "budget_tokens", budget };
            return suggested(view, { name: "tokens", unit: 1 });
        }""",
        [limit, used],
    )
    assert found == expected


def test_a_duration_leaves_out_what_there_is_none_of(page: Page) -> None:
    said = page.evaluate(
        """async () => {
            const { duration } = await import("/static/js/lib/format.js");
            return [0, 59, 60, 900, 905, 3600, 3660].map(duration);
        }"""
    )
    assert said == ["0 s", "59 s", "1 min", "15 min", "15 min 5 s", "1 h", "1 h 1 min"]
