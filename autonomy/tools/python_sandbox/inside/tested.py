"""The process that runs tested code: does what the judge asks, and says what came of it.

Nothing it says is more than the value or the error of one call; whether that is right is decided
elsewhere. Arguments: descriptors of questions and of answers.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from itertools import islice
from types import ModuleType
from typing import Any

if __name__ == "__main__":
    sys.path[0] = "/sandbox"

from autonomy.tools.python_sandbox.inside import plain

_MOST_ITEMS = 100_000
_TEXT_CHARS = 2_000


class Tested:
    """Objects of the tested code, each under a number."""

    def __init__(self) -> None:
        self._objects: list[Any] = []

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"value": plain.encode(self._done(asked), self._refer)}
        except BaseException as error:  # noqa: BLE001 - whatever it is, the judge is told
            kinds = [[kind.__module__, kind.__qualname__] for kind in type(error).__mro__]
            return {"raised": kinds, "text": _said(error)}

    def _done(self, asked: dict[str, Any]) -> Any:
        what = asked["ask"]
        if what == "import":
            return importlib.import_module(asked["name"])
        subject = self._objects[asked["of"]]
        if what == "get":
            return getattr(subject, asked["name"])
        if what == "call":
            places = [plain.decode(one, self._resolve) for one in asked["places"]]
            names = {k: plain.decode(v, self._resolve) for k, v in asked["names"].items()}
            return subject(*places, **names)
        if what == "item":
            return subject[plain.decode(asked["key"], self._resolve)]
        if what == "length":
            return len(subject)
        if what == "list":
            return list(islice(subject, _MOST_ITEMS))
        if what == "await":
            return asyncio.run(_awaited(subject))
        raise ValueError(what)

    def _refer(self, value: Any) -> Any:
        if isinstance(value, ModuleType):
            return {"t": "module", "v": [value.__name__, self._number(value)]}
        if inspect.isclass(value) and issubclass(value, BaseException):
            return {
                "t": "error",
                "v": [[kind.__module__, kind.__qualname__] for kind in value.__mro__],
            }
        return {"t": "object", "v": [type(value).__qualname__, self._number(value)]}

    def _number(self, value: Any) -> int:
        self._objects.append(value)
        return len(self._objects) - 1

    def _resolve(self, kind: str, value: Any) -> Any:
        return self._objects[value]


async def _awaited(subject: Any) -> Any:
    return await subject


def _said(error: BaseException) -> str:
    try:
        return str(error)[:_TEXT_CHARS]
    except Exception:  # noqa: BLE001 - a hostile __str__
        return ""


def main() -> None:
    questions, answers = int(sys.argv[1]), int(sys.argv[2])
    sys.argv = ["tested"]
    sys.path[0] = "/in"
    tested = Tested()
    while True:
        try:
            asked = plain.receive(questions)
        except EOFError:
            break
        plain.send(answers, tested.answer(asked))


if __name__ == "__main__":
    main()
