"""A machine-readable document from anywhere, read into plain JSON values within bounds.

Nothing in a document costs more than its bytes say: an alias that unfolds into millions of nodes
and a tree as deep as the stack are refused, and YAML is read with the scalars of JSON only (YAML
1.1 would make `no`, a country, false, and 12:30 a number).
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

NODES = 400_000
"""Most values in one document, each alias counted as often as it stands for something."""
DEPTH = 80
"""Most levels of lists and objects in one another."""
YAML_BYTES = 3 * 1024 * 1024
"""Most of YAML, which takes about a second per MiB to read; JSON takes a hundredth of that."""


class NotLearnt(Exception):
    """Something cannot become a tool; `reason` is a sentence for people, `code` one of `too_large`,
    `too_deep`, `unreadable`, `not_openapi`, `version`, `reference`, `schema`, `address`, `auth`,
    `body`, `parameter`, `nothing`, `server`, `limit`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _JsonLoader(yaml.CSafeLoader):
    """Plain scalars mean what they mean in JSON."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _form, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    _JsonLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))


def loaded(data: bytes, most: int) -> dict[str, Any]:
    """The object that a JSON or YAML document holds.

    Args:
        most: bytes that it may have.

    Raises:
        NotLearnt: with the reason.
    """
    if len(data) > most:
        raise NotLearnt("too_large", f"The document has {len(data):,} bytes; {most:,} are read.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotLearnt("unreadable", "The document is not text in UTF-8.") from error
    try:
        value = json.loads(text) if text.lstrip()[:1] == "{" else _from_yaml(text)
        plain = _Plain().copy(value, 0)
    except (RecursionError, MemoryError) as error:
        raise NotLearnt("too_deep", "The document is nested too deeply to be read.") from error
    except (yaml.YAMLError, ValueError) as error:
        where = " ".join(str(error).split())[:200]
        raise NotLearnt("unreadable", f"The document is neither JSON nor YAML: {where}") from error
    if not isinstance(plain, dict):
        raise NotLearnt("unreadable", "The document is a list or a text and not an object.")
    return plain


def _from_yaml(text: str) -> Any:
    if len(text) > YAML_BYTES:
        raise NotLearnt(
            "too_large",
            f"Of YAML, {YAML_BYTES:,} bytes are read. The same document as JSON may be larger.",
        )
    depth = 0
    # The C library builds the tree by calling itself: what is too deep ends the process.
    for event in yaml.parse(text, Loader=_JsonLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                raise NotLearnt("too_deep", f"It is nested more than {DEPTH} levels deep.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return yaml.load(text, Loader=_JsonLoader)  # noqa: S506 - a safe loader


class _Plain:
    """Copies a loaded tree into values of its own, counting as it goes."""

    def __init__(self) -> None:
        self._left = NODES

    def copy(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise NotLearnt("too_large", f"The document unfolds into more than {NODES:,} values.")
        if depth > DEPTH:
            raise NotLearnt("too_deep", f"The document is nested more than {DEPTH} levels deep.")
        if isinstance(value, dict):
            return {self._key(key): self.copy(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.copy(item, depth + 1) for item in value]
        if isinstance(value, str | int | float | bool) or value is None:
            return value
        return str(value)

    @staticmethod
    def _key(key: Any) -> str:
        # Status codes are often written as numbers.
        return key if isinstance(key, str) else json.dumps(key, default=str)
