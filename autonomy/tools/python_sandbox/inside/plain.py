"""Plain data as JSON, so that it can pass between the tests and what they test.

Whatever is not plain stays where it is and passes as a number that stands for it.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_DEPTH = 60
_MESSAGE_BYTES = 32 << 20


class NotPlain(TypeError):
    """A value that cannot pass."""


def encode(value: Any, refer: Callable[[Any], Any], depth: int = 0) -> Any:
    """`value` as what JSON can say; `refer` says it for what is not plain. Subclasses of plain
    types pass as those.

    Raises:
        NotPlain: nested too deep.
    """
    if depth > _DEPTH:
        raise NotPlain("it is nested too deep")

    def inner(part: Any) -> Any:
        return encode(part, refer, depth + 1)

    said: Any
    if value is None or isinstance(value, bool):
        said = value
    elif isinstance(value, str):
        said = str.__str__(value)
    elif isinstance(value, int):
        said = {"t": "int", "v": str(int.__int__(value))}
    elif isinstance(value, float):
        plain = float.__float__(value)
        said = plain if math.isfinite(plain) else {"t": "float", "v": repr(plain)}
    elif isinstance(value, dict):
        said = {"t": "dict", "v": [[inner(k), inner(v)] for k, v in dict.items(value)]}
    elif isinstance(value, list):
        said = {"t": "list", "v": [inner(part) for part in list.__iter__(value)]}
    elif isinstance(value, tuple):
        said = {"t": "tuple", "v": [inner(part) for part in tuple.__iter__(value)]}
    elif isinstance(value, set | frozenset):
        kind = "set" if isinstance(value, set) else "frozenset"
        said = {"t": kind, "v": [inner(part) for part in frozenset(value)]}
    elif isinstance(value, bytes):
        said = {"t": "bytes", "v": bytes(value).hex()}
    elif isinstance(value, Decimal):
        said = {"t": "Decimal", "v": Decimal.__str__(value)}
    elif isinstance(value, datetime):
        said = {"t": "datetime", "v": datetime.isoformat(value)}
    elif isinstance(value, date):
        said = {"t": "date", "v": date.isoformat(value)}
    else:
        said = refer(value)
    return said


_MADE: dict[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "bytes": bytes.fromhex,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "Decimal": Decimal,
}


def decode(said: Any, resolve: Callable[[str, Any], Any]) -> Any:
    """The value that `encode` said; `resolve` finds what is not plain.

    Raises:
        ValueError, TypeError, KeyError, ArithmeticError: it says none.
    """
    if not isinstance(said, dict):
        if isinstance(said, list):
            raise TypeError("a list without its kind")
        return said
    kind, value = str(said["t"]), said["v"]
    if kind == "dict":
        return {decode(k, resolve): decode(v, resolve) for k, v in value}
    if kind in ("list", "tuple", "set", "frozenset"):
        return _MADE[kind]([decode(part, resolve) for part in value])
    if kind in _MADE:
        return _MADE[kind](value)
    return resolve(kind, value)


def send(descriptor: int, message: Any) -> None:
    text = json.dumps(message).encode()
    rest = memoryview(struct.pack("!I", len(text)) + text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int) -> Any:
    """
    Raises:
        EOFError: the other side is gone, or says too much at once.
        ValueError: what it says is no JSON.
    """
    (length,) = struct.unpack("!I", _exactly(descriptor, 4))
    if length > _MESSAGE_BYTES:
        raise EOFError
    return json.loads(_exactly(descriptor, length))


def _exactly(descriptor: int, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        piece = os.read(descriptor, min(count - len(found), 1 << 16))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)
