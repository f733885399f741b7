"""Records of model calls: written in batches beside the work, bounded, and never in its way."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from autonomy.core.llm.record import CallRecord
from autonomy.models import ModelCall, Run
from autonomy.runtime import metrics, model_calls
from autonomy.runtime.model_calls import CallBuffer, Row, RunCalls, capped, write_rows
from autonomy.runtime.retention import prune_run
from handywriterz.env import env
from tests.autonomy.admin.conftest import make_run
from tests.autonomy.runtime.test_metrics import record

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@pytest.fixture
def run(alice: User) -> Run:
    return make_run(alice)


def row(run: Run | None = None, owner_id: int = 1, **changes: Any) -> Row:
    owner = run.owner_id if run is not None else owner_id
    return Row(str(run.pk) if run is not None else None, owner, record(**changes))


def test_a_record_is_stored_column_by_column(run: Run) -> None:
    given = record(
        attempt=3,
        outcome="rate_limit",
        left_out=("passage 9", "an opening"),
        retry_after=2.5,
        waited_ms=40,
        usd=Decimal("0.000125"),
        streamed=True,
        simulated=True,
        prompt_name="writer",
        prompt_version="abc123",
        mode="native",
        system="Role: writer",
        prompt="Write – “this”",
        reply="",
    )
    write_rows([Row(str(run.pk), run.owner_id, given)])
    stored = ModelCall.objects.get(run=run)
    for name in CallRecord.__dataclass_fields__:
        wanted = getattr(given, name)
        assert getattr(stored, name) == (list(wanted) if name == "left_out" else wanted), name
    assert stored.owner_id == run.owner_id


def test_every_column_of_the_table_is_written() -> None:
    columns = {field.column for field in ModelCall._meta.concrete_fields}
    assert set(model_calls.COLUMNS) == columns
    limits = {
        field.column: field.max_length
        for field in ModelCall._meta.concrete_fields
        if getattr(field, "max_length", None) and field.column in model_calls.LIMITS
    }
    assert limits == model_calls.LIMITS


def test_what_postgresql_refuses_is_taken_out_of_texts(run: Run) -> None:
    write_rows([row(run, prompt="a\x00b \ud800 c", reply="tab\there\nnew\\line", key="k" * 400)])
    stored = ModelCall.objects.get(run=run)
    assert stored.prompt == "ab ? c"
    assert stored.reply == "tab\there\nnew\\line"
    assert len(stored.key) == 220


def test_calls_of_a_run_that_is_gone_are_left_out_and_the_others_stay(
    run: Run, alice: User, bob: User
) -> None:
    gone = make_run(bob)
    rows = [row(gone), row(run), row(None, alice.pk), row(None, 987_654_321)]
    gone.delete()
    write_rows(rows)
    assert set(ModelCall.objects.values_list("run_id", "owner_id")) == {
        (run.pk, alice.pk),
        (None, alice.pk),
    }


def test_records_go_with_their_run_and_with_their_person(run: Run, alice: User) -> None:
    write_rows([row(run), row(None, alice.pk)])
    alice.delete()
    assert not ModelCall.objects.exists()


def test_texts_are_cut_where_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    short = env().model_copy(update={"model_call_text_chars": 10})
    monkeypatch.setattr(model_calls, "env", lambda: short)
    cut = capped(record(system="Role", prompt="0123456789abc", reply="x" * 2_000))
    assert cut.system == "Role"
    assert cut.prompt == "0123456789\n… (3 more characters were not kept)"
    assert "1,990 more" in cut.reply


def test_the_oldest_go_when_there_is_no_room_and_that_is_counted_and_said(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    metrics.TALLY.take()
    buffer = CallBuffer(most_rows=3)
    for number in range(5):
        buffer.add(row(run, key=f"task:{number}"))
    buffer.write()
    kept = ModelCall.objects.order_by("key").values_list("key", flat=True)
    assert list(kept) == ["task:2", "task:3", "task:4"]
    assert metrics.TALLY.take()[metrics.DROPPED.name, (), "total"] == 2
    assert "2 records of model calls were dropped" in caplog.text


def test_text_in_the_buffer_is_bounded_too(run: Run) -> None:
    buffer = CallBuffer(most_chars=1_000)
    for _ in range(10):
        buffer.add(row(run, prompt="x" * 400))
    assert len(buffer) == 2


def test_a_database_that_is_away_keeps_the_records_waiting(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = CallBuffer()
    buffer.add(row(run))

    def away(rows: list[Row]) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(model_calls, "write_rows", away)
        buffer.write()
    assert len(buffer) == 1
    buffer.write()
    assert len(buffer) == 0
    assert ModelCall.objects.count() == 1


def test_one_that_is_refused_for_good_does_not_hold_up_the_others(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    buffer = CallBuffer()
    buffer.add(row(run, key="good"))
    buffer.add(row(run, key="bad", latency_ms=-1))
    buffer.write()
    assert list(ModelCall.objects.values_list("key", flat=True)) == ["good"]
    assert "refused" in caplog.text


def test_counts_beyond_the_column_are_kept_as_the_most_it_holds(run: Run) -> None:
    buffer = CallBuffer()
    buffer.add(row(run, input_tokens=10**18, output_tokens=-5))
    buffer.write()
    assert ModelCall.objects.values_list("input_tokens", "output_tokens").get() == (
        2_147_483_647,
        0,
    )


@pytest.mark.parametrize("odd", [{"retry_after": "soon"}, {"left_out": 7}, {"usd": object()}])
def test_a_record_that_cannot_even_be_sent_raises_nothing_and_is_counted(
    run: Run, odd: dict[str, Any]
) -> None:
    metrics.TALLY.take()
    buffer = CallBuffer()
    for changes in ({"key": "before"}, {"key": "odd", **odd}, {"key": "after"}):
        buffer.add(row(run, **changes))
    buffer.write()
    assert list(ModelCall.objects.order_by("id").values_list("key", flat=True)) == [
        "before",
        "after",
    ]
    assert metrics.TALLY.take()[metrics.DROPPED.name, (), "total"] == 1


@pytest.mark.usefixtures("threads")
def test_on_an_event_loop_records_are_written_beside_the_work(run: Run) -> None:
    buffer = CallBuffer()
    log = RunCalls(str(run.pk), run.owner_id, buffer)

    async def work() -> None:
        for _ in range(450):  # several batches
            log.record(record())
        await buffer.flush()

    asyncio.run(work())
    assert ModelCall.objects.count() == 450


def test_what_was_said_goes_with_the_run_s_history_and_its_figures_stay(run: Run) -> None:
    write_rows([row(run, prompt="Write", reply="Written", system="Role: writer")])
    Run.objects.filter(pk=run.pk).update(status="succeeded", finished_at=Now())
    assert prune_run(run.pk) is not None
    stored = ModelCall.objects.get(run=run)
    assert (stored.system, stored.prompt, stored.reply) == ("", "", "")
    assert stored.input_tokens == 100
