"""References inside one OpenAPI document."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.schemas import cleaned

HOPS = 20
"""Most references to references."""
DEFINITIONS = 300
"""Most schemas that one operation may lead to."""


class Document:
    """An OpenAPI document whose references can be followed, as far as they stay inside it."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.old = str(root.get("openapi", "")).startswith("3.0")
        """Whether its schemas are OpenAPI 3.0's own kind."""
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def at(self, reference: str) -> Any:
        """What `#/…` points to.

        Raises:
            NotLearnt: `reference`.
        """
        if not reference.startswith("#"):
            raise NotLearnt(
                "reference",
                f"It refers to another document ({reference[:80]}), which is not fetched: "
                "bring the two as one.",
            )
        at: Any = self.root
        for part in unquote(reference[1:]).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(at, dict) and name in at:
                at = at[name]
            elif isinstance(at, list) and name.isdigit() and int(name) < len(at):
                at = at[int(name)]
            else:
                raise NotLearnt("reference", f"It refers to {reference[:80]}, which is not there.")
        return at

    def resolved(self, value: Any) -> dict[str, Any]:
        """`value`, or what it refers to; an empty object where there is none.

        Raises:
            NotLearnt: `reference`.
        """
        for _ in range(HOPS):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self.at(reference)
        raise NotLearnt("reference", "It refers in a circle.")

    def schema(self, raw: Any) -> dict[str, Any]:
        """A schema that stands by itself: what it refers to is in its `$defs`.

        Raises:
            NotLearnt: `reference` or `schema`.
        """
        gathered = _Gathered(self)
        made = cleaned(raw, gathered.follow, old=self.old)
        return made | ({"$defs": definitions} if (definitions := gathered.all()) else {})

    def named(self, reference: str) -> str:
        """The name under which the schema at `reference` is kept, the same for every operation, so
        that what two of them share can be put together."""
        if reference not in self._names:
            last = re.sub(r"\W+", "_", unquote(reference).rsplit("/", 1)[-1])[:60] or "schema"
            name, number = last, 2
            while name in self._taken:
                name, number = f"{last}_{number}", number + 1
            self._taken.add(name)
            self._names[reference] = name
        return self._names[reference]


class _Gathered:
    """The schemas that one schema leads to."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._met: set[str] = set()
        self._todo: list[str] = []

    def follow(self, reference: str) -> str:
        if reference not in self._met:
            if len(self._met) >= DEFINITIONS:
                raise NotLearnt("schema", f"It leads to more than {DEFINITIONS} schemas.")
            self._met.add(reference)
            self._todo.append(reference)
        return f"#/$defs/{self._document.named(reference)}"

    def all(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while self._todo:
            reference = self._todo.pop()
            raw = self._document.at(reference)
            made[self._document.named(reference)] = cleaned(
                raw, self.follow, old=self._document.old
            )
        return made
