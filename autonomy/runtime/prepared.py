"""Prepared statements without the driver's ceremony: what the hot path of a worker is made of.

A statement is parsed once per process and prepared once per connection; after that a call encodes
its parameters and waits inside libpq, with the interpreter's lock released. It costs a third of
the CPU time of a cursor. Whatever does not fit (a transaction is open, a parameter of another
type, a statement whose parameter types the server cannot infer) is left to the cursor, which gives
the same rows.
"""

from __future__ import annotations

import itertools
import re
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg import errors, pq
from psycopg.adapt import Transformer
from psycopg.rows import tuple_row

Encoded = tuple[bytes | None, int, int]
"""Bytes on the wire, the type's OID (0: let the server infer it) and the format (1 is binary)."""

MAX_PREPARED = 200
"""Per connection; a statement beyond them goes through the cursor."""

_INFERRED, _BOOL, _BYTEA, _INT8, _BYTEA_ARRAY = 0, 16, 17, 20, 1001
_FLOAT8, _DATE, _NUMERIC, _UUID = 701, 1082, 1700, 2950
_TEXT, _BINARY = int(pq.Format.TEXT), int(pq.Format.BINARY)
_INT8_LIMIT = 2**63

_PLACEHOLDER = re.compile(r"%(?:\((\w+)\)s|(%))")
_names = itertools.count()


class Unsuitable(Exception):
    """This call is the cursor's."""


# ------------------------------------------------------------------------------- the statement


@lru_cache(maxsize=512)
def _parsed(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1, $2, …` and the parameter that each stands for."""
    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _PLACEHOLDER.sub(numbered, statement).encode(), tuple(numbers)


@dataclass(slots=True)
class _Session:
    """What is prepared on the connection that this thread uses."""

    raw: psycopg.Connection[Any]
    names: dict[tuple[str, tuple[int, ...]], bytes | None] = field(default_factory=dict)
    """None: the server cannot infer the types."""


_local = threading.local()


def _session(raw: psycopg.Connection[Any]) -> _Session:
    session: _Session | None = getattr(_local, "session", None)
    if session is None or session.raw is not raw:
        session = _local.session = _Session(raw)
    return session


def execute(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement on Django's connection and return its rows. Outside a transaction it is
    one by itself."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        try:
            return run(connection.connection, statement, parameters)
        except Unsuitable:
            pass
        with psycopg.Cursor(connection.connection, row_factory=tuple_row) as cursor:
            cursor.execute(statement, parameters, prepare=True, binary=True)
            return cursor.fetchall() if cursor.description else []


def run(
    raw: psycopg.Connection[Any], statement: str, parameters: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The rows of one statement in a transaction of its own.

    Raises:
        Unsuitable: nothing was done; use a cursor.
        psycopg.Error: as the server says.
    """
    pgconn = raw.pgconn
    if not raw.autocommit or pgconn.transaction_status != pq.TransactionStatus.IDLE:
        raise Unsuitable
    text, wanted = _parsed(statement)
    encoded = [_encode(parameters[name]) for name in wanted]
    oids = tuple([item[1] for item in encoded])
    session = _session(raw)
    try:
        name = session.names[statement, oids]
    except KeyError:
        name = _prepare(session, statement, text, oids)
    if name is None:
        raise Unsuitable
    data: list[Any] = [item[0] for item in encoded]  # psycopg's stub leaves NULL out
    result = pgconn.exec_prepared(name, data, [item[2] for item in encoded], _BINARY)
    if result.status == pq.ExecStatus.TUPLES_OK:
        if not result.ntuples:
            return []
        transformer = Transformer(raw)
        transformer.set_pgresult(result, set_loaders=True, format=pq.Format.BINARY)
        rows: list[tuple[Any, ...]] = transformer.load_rows(0, result.ntuples, tuple)
        return rows
    if result.status == pq.ExecStatus.COMMAND_OK:
        return []
    error = errors.error_from_result(result, raw.info.encoding)
    if isinstance(error, errors.FeatureNotSupported | errors.InvalidSqlStatementName):
        # The table changed under the plan, or somebody dropped it: nothing was done.
        session.names.pop((statement, oids), None)
        raise Unsuitable from error
    raise error


def _prepare(session: _Session, statement: str, text: bytes, oids: tuple[int, ...]) -> bytes | None:
    if len(session.names) >= MAX_PREPARED:
        raise Unsuitable
    name: bytes | None = b"hw%d" % next(_names)
    assert name is not None  # noqa: S101 - for the type checker
    result = session.raw.pgconn.prepare(name, text, oids)
    if result.status != pq.ExecStatus.COMMAND_OK:
        error = errors.error_from_result(result, session.raw.info.encoding)
        if (error.sqlstate or "")[:2] != "42":
            raise error
        name = None  # the cursor's types may do, and if not, its error is the right one
    session.names[statement, oids] = name
    return name


# ------------------------------------------------------------------------------- the parameters


def _encode(value: Any) -> Encoded:
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise Unsuitable
    return encoder(value)


def _none(value: None) -> Encoded:
    return None, _INFERRED, _TEXT


def _str(value: str) -> Encoded:
    data = value.encode()
    if b"\0" in data:  # would end the string for the server; the cursor refuses it
        raise Unsuitable
    return data, _INFERRED, _TEXT


def _int(value: int) -> Encoded:
    if not -_INT8_LIMIT <= value < _INT8_LIMIT:
        raise Unsuitable
    return b"%d" % value, _INT8, _TEXT


def _bool(value: bool) -> Encoded:
    return b"t" if value else b"f", _BOOL, _TEXT


def _float(value: float) -> Encoded:
    return repr(value).encode(), _FLOAT8, _TEXT


def _bytes(value: bytes) -> Encoded:
    return value, _BYTEA, _BINARY


def _decimal(value: Decimal) -> Encoded:
    return str(value).encode(), _NUMERIC, _TEXT


def _uuid(value: UUID) -> Encoded:
    return str(value).encode(), _UUID, _TEXT


def _date(value: date) -> Encoded:
    return value.isoformat().encode(), _DATE, _TEXT


def _list(values: Sequence[Any]) -> Encoded:
    """An array: of bytes in binary, of text or whole numbers as a literal that the statement's
    cast (`::text[]`, `::uuid[]`, `::int[]`) gives its type."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {bytes}:
        return _binary_array(values), _BYTEA_ARRAY, _BINARY
    if kinds <= {str}:
        literal = ",".join([_quoted(value) for value in values])
    elif kinds == {int}:
        literal = ",".join(["NULL" if value is None else str(value) for value in values])
    else:
        raise Unsuitable
    return _str("{" + literal + "}")


def _quoted(value: str | None) -> str:
    if value is None:
        return "NULL"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _binary_array(values: Sequence[bytes | None]) -> bytes:
    # One dimension from 1: https://github.com/postgres/postgres, array_recv in arrayfuncs.c
    parts = [struct.pack("!iiIii", 1, int(None in values), _BYTEA, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(b"\xff\xff\xff\xff")
        else:
            parts += [struct.pack("!i", len(value)), value]
    return b"".join(parts)


_ENCODERS: dict[type, Callable[[Any], Encoded]] = {
    type(None): _none,
    str: _str,
    int: _int,
    bool: _bool,
    float: _float,
    bytes: _bytes,
    Decimal: _decimal,
    UUID: _uuid,
    date: _date,
    list: _list,
}
