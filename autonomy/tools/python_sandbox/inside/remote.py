"""Tested code as the tests see it: modules, functions and objects that live in another process.

Only plain data passes, so a verdict never rests on an object of the tested code: such an object
equals nothing but itself, is neither true nor false, and its methods run where it lives.
"""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from autonomy.tools.python_sandbox.inside import plain

_SERVER = "/sandbox/autonomy/tools/python_sandbox/inside/tested.py"


class TestedCodeEnded(BaseException):
    """The process of the tested code is gone or talks nonsense; no test may take that for an answer."""

    __test__ = False


class TestedError(Exception):
    """An error of the tested code that no class stands for."""

    __test__ = False


class Tested:
    """The other process."""

    def __init__(self, outputs: tuple[int, int]) -> None:
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None
        self._outputs = outputs
        self._pipes: tuple[int, int] | None = None
        self._errors: dict[tuple[str, str], type[Exception]] = {}

    @property
    def ended(self) -> bool:
        """Whether it ended or spoke nonsense, which tested code has no reason to do."""
        gone = self._process is not None and self._process.poll() is not None
        return self._ended or gone

    def ask(self, what: str, **more: Any) -> Any:
        """The value of what was asked for, or its error.

        Raises:
            TestedCodeEnded: there is no answer.
        """
        questions, answers = self._started()
        try:
            plain.send(questions, {"ask": what, **more})
            said = plain.receive(answers)
            if "raised" not in said:
                return plain.decode(said["value"], self._resolve)
            error = self._error(said["raised"], str(said["text"]))
        except (EOFError, OSError, ValueError, TypeError, KeyError, ArithmeticError) as problem:
            self._ended = True
            raise TestedCodeEnded("the tested code ended its process") from problem
        raise error

    def said(self, value: Any) -> Any:
        """`value` as it can be handed to the tested code.

        Raises:
            NotPlain: it cannot.
        """

        def refer(other: Any) -> Any:
            if isinstance(other, RemoteObject):
                return {"t": "object", "v": object.__getattribute__(other, "_number")}
            raise plain.NotPlain(
                f"a {type(other).__name__} cannot be handed to tested code, only plain data"
            )

        return plain.encode(value, refer)

    def _started(self) -> tuple[int, int]:
        if self._pipes is None:
            asked, questions = os.pipe()
            answers, answered = os.pipe()
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-B", _SERVER, str(asked), str(answered)],
                stdin=subprocess.DEVNULL,
                stdout=self._outputs[0],
                stderr=self._outputs[1],
                cwd="/work",
                pass_fds=[asked, answered],
                start_new_session=True,
            )
            os.close(asked)
            os.close(answered)
            self._pipes = (questions, answers)
        return self._pipes

    def _resolve(self, kind: str, value: Any) -> Any:
        if kind == "module":
            return sys.modules.get(str(value[0])) or RemoteObject(self, str(value[0]), value[1])
        if kind == "error":
            return self._class(value)
        if kind == "object":
            return RemoteObject(self, str(value[0]), int(value[1]))
        raise TypeError(kind)

    def _error(self, kinds: Sequence[Sequence[str]], text: str) -> BaseException:
        try:
            return self._class(kinds)(text)
        except TypeError:
            return TestedError(text)

    def _class(self, kinds: Sequence[Sequence[str]]) -> type[Exception]:
        """A class of errors with the name and ancestors of the tested code's."""
        module, name = (str(part) for part in kinds[0])
        if module == "builtins":
            found = getattr(builtins, name, None)
            ordinary = isinstance(found, type) and issubclass(found, Exception)
            return found if ordinary and found is not None else TestedError
        known = self._errors.get((module, name))
        if known is None:
            parent = self._class(kinds[1:]) if len(kinds) > 1 else TestedError
            known = self._errors[module, name] = type(name, (parent,), {"__module__": module})
        return known


class RemoteObject:
    """Stands for an object of the tested code."""

    def __init__(self, tested: Tested, kind: str, number: int) -> None:
        object.__setattr__(self, "_tested", tested)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._tested.ask("get", of=self._number, name=name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise TypeError("tested code cannot be changed by its tests")

    def __call__(self, *places: Any, **names: Any) -> Any:
        said = self._tested.said
        return self._tested.ask(
            "call",
            of=self._number,
            places=[said(one) for one in places],
            names={name: said(one) for name, one in names.items()},
        )

    def __getitem__(self, key: Any) -> Any:
        return self._tested.ask("item", of=self._number, key=self._tested.said(key))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._tested.ask("list", of=self._number))

    def __len__(self) -> int:
        return int(self._tested.ask("length", of=self._number))

    def __await__(self) -> Generator[Any, None, Any]:
        yield from ()
        return self._tested.ask("await", of=self._number)

    def __bool__(self) -> bool:
        raise TypeError(f"whether {self!r} holds cannot be told; compare plain data")

    def __repr__(self) -> str:
        return f"<{self._kind} of the tested code>"


class RemoteModule(ModuleType):
    """A module of the tested code."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        return self.__dict__["__remote__"].__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("__") and not isinstance(value, RemoteModule):
            raise TypeError("tested code cannot be changed by its tests")
        super().__setattr__(name, value)


class Finder(MetaPathFinder, Loader):
    """Imports of what was copied in lead to the other process."""

    def __init__(self, tested: Tested, modules: frozenset[str]) -> None:
        self._tested = tested
        self._modules = modules

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname.split(".")[0] not in self._modules:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = RemoteModule(spec.name)
        module.__dict__["__remote__"] = self._tested.ask("import", name=spec.name)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It runs where it lives."""
