"""Prepared statements give what a cursor gives, and leave to it what they cannot do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction

from autonomy.runtime import prepared
from autonomy.runtime.prepared import execute

pytestmark = pytest.mark.django_db(transaction=True)

EVERYTHING = """
SELECT %(text)s::text, %(number)s::bigint, %(share)s::float8, %(yes)s::boolean, %(raw)s::bytea,
       %(money)s::numeric, %(id)s::uuid, %(day)s::date, %(none)s::text, %(texts)s::text[],
       %(numbers)s::int[], %(blobs)s::bytea[], 100 %% 7
"""
VALUES: dict[str, Any] = {
    "text": "naïve “text” \\ 'quoted' \u202e 😀",
    "number": -(2**63),
    "share": 0.1,
    "yes": True,
    "raw": b"\x00\xff'",
    "money": Decimal("12.345600"),
    "id": uuid.UUID(int=7),
    "day": date(2026, 2, 3),
    "none": None,
    "texts": ["", 'a "b" \\ {c,d}', "NULL", None, "é"],
    "numbers": [1, None, -3],
    "blobs": [b"", b"\x00\x01", None],
}


@pytest.fixture
def table() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE prepared_test (id int PRIMARY KEY, note text)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE prepared_test")


def through_cursor(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, binary=True)
        return cursor.fetchall()


def directly(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    return prepared.run(connection.connection, statement, parameters)


def test_values_of_every_kind_come_back_as_through_a_cursor() -> None:
    told = directly(EVERYTHING, VALUES)
    assert told == through_cursor(EVERYTHING, VALUES)
    assert told == [(*VALUES.values(), 2)]


def test_empty_arrays_and_empty_results() -> None:
    empty = {"texts": [], "blobs": []}
    assert directly("SELECT %(texts)s::text[], %(blobs)s::bytea[]", empty) == [([], [])]
    assert directly("SELECT 1 WHERE false", {}) == []


def test_one_parameter_may_stand_in_several_places() -> None:
    assert directly("SELECT %(a)s::int + %(b)s::int * %(a)s::int", {"a": 3, "b": 5}) == [(18,)]


@pytest.mark.parametrize("value", ["a\x00b", 2**63, datetime(2026, 1, 1, tzinfo=UTC), [[1]], {1}])
def test_other_values_are_left_to_the_cursor(value: Any) -> None:
    with pytest.raises(prepared.Unsuitable):
        directly("SELECT %(value)s", {"value": value})


def test_a_moment_still_arrives_through_execute() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert execute("SELECT %(moment)s::timestamptz", {"moment": moment}) == [(moment,)]


def test_nothing_with_a_nul_is_stored_cut() -> None:
    with pytest.raises((DataError, ValueError, psycopg.DataError)):
        execute("SELECT %(value)s::text", {"value": "a\x00b"})


def test_a_statement_whose_types_cannot_be_inferred_goes_through_the_cursor() -> None:
    statement = "SELECT make_interval(secs => %(n)s, days => %(n)s)::text"  # no int8 → int4
    assert execute(statement, {"n": 2}) == execute(statement, {"n": 2})
    with pytest.raises(prepared.Unsuitable):
        directly(statement, {"n": 2})


def test_inside_a_transaction_the_cursor_keeps_it_together(table: None) -> None:
    with transaction.atomic():
        execute("INSERT INTO prepared_test VALUES (%(id)s, 'x')", {"id": 1})
        assert execute("SELECT id FROM prepared_test", {}) == [(1,)]
        transaction.set_rollback(True)
    assert execute("SELECT id FROM prepared_test", {}) == []


def test_errors_are_djangos_and_leave_the_connection_usable(table: None) -> None:
    insert = "INSERT INTO prepared_test VALUES (%(id)s, 'x')"
    execute(insert, {"id": 1})
    with pytest.raises(IntegrityError):
        execute(insert, {"id": 1})
    with pytest.raises(DatabaseError, match="prepared_tset"):
        execute("SELECT id FROM prepared_tset", {})
    assert execute("SELECT count(*) FROM prepared_test", {}) == [(1,)]


def test_a_statement_survives_a_change_of_its_table(table: None) -> None:
    everything = "SELECT * FROM prepared_test WHERE id = %(id)s"
    execute("INSERT INTO prepared_test VALUES (%(id)s, 'x')", {"id": 1})
    assert execute(everything, {"id": 1}) == [(1, "x")]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE prepared_test ADD COLUMN more int DEFAULT 5")
    assert execute(everything, {"id": 1}) == [(1, "x", 5)]
    assert execute(everything, {"id": 1}) == [(1, "x", 5)]


def test_a_new_connection_prepares_anew() -> None:
    assert execute("SELECT %(n)s::int + 1", {"n": 1}) == [(2,)]
    connection.close()
    assert execute("SELECT %(n)s::int + 1", {"n": 1}) == [(2,)]


def test_statements_are_prepared_once_and_in_a_bounded_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection.close()
    for number in range(5):
        execute("SELECT %(n)s::int", {"n": number})
    rows = through_cursor("SELECT count(*) FROM pg_prepared_statements WHERE name ~ '^hw'", {})
    assert rows == [(1,)]
    monkeypatch.setattr(prepared, "MAX_PREPARED", 1)
    with pytest.raises(prepared.Unsuitable):
        directly("SELECT %(n)s::int + 2", {"n": 1})
