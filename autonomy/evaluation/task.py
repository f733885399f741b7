"""A task of the evaluation: what is proven, how the world is set up, what is asked, what must hold."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import Field, model_validator

from autonomy.core.value import Value
from autonomy.evaluation.draw import dice, drawn
from autonomy.evaluation.papers import Subject, subject_for

_FOLDER = files("autonomy.evaluation") / "tasks"


class Provider(Value):
    """How the simulated provider behaves; nothing here is known to the product."""

    says: str = "sensible"
    faults: dict[str, float] = Field(default_factory=dict)
    """Fault to the share of requests that meet it, and times in seconds."""
    structured_only: bool = False
    """Only answers that have a form are spoilt; prose is as good as ever."""
    plan: list[str] = Field(default_factory=list)
    """Faults of the first requests in turn."""
    state: str = "up"
    """`up`, `down`, or a fault that every request meets, from the beginning."""


class Paper(Value):
    """Files made from the seed."""

    kind: str = "paper"
    """A name in `autonomy.evaluation.papers.KINDS`."""
    count: int = 1
    options: dict[str, Any] = Field(default_factory=dict)


class Deed(Value):
    """Something that happens while the run goes on."""

    after_calls: int | None = None
    """Once so many requests have reached the provider."""
    kill_worker: bool = False
    provider: str | None = None
    """The state that the provider goes into."""


class Api(Value):
    """An API with an OpenAPI document, which lists publications on the seed's subject."""

    works: int = 8
    own: bool = False
    """The person has let its tools in before the run; else it only stands in the catalogue."""
    asked: int = 0
    """Calls that the person has made then, to try the tool."""
    change: str = ""
    """How its answers change in the middle of the run, a name that the outside knows; empty: not."""
    after: int = 1
    """Answers to the run before they change."""


class Request(Value):
    journey: str = "write"
    goal: str
    settings: dict[str, Any] = Field(default_factory=dict)


class Setup(Value):
    """One seed's world, with everything decided."""

    provider: Provider | None = None
    """None: no model is configured."""
    files: list[Paper] = Field(default_factory=list)
    request: Request
    api: Api | None = None
    """One of which the product knows by the catalogue of its staff, or by the person."""
    attach: bool = True
    """Whether the files are attached to the request, or only lie in the person's library."""
    during: list[Deed] = Field(default_factory=list)
    reports: list[float] = Field(default_factory=list)
    """Similarity, per cent, of the reports that a person brings in turn."""
    marked: int = 0
    """Quotations of the draft, the longest, that each report marks."""


class Task(Value):
    """One file of `tasks/`, before a seed has decided anything."""

    name: str
    proves: str
    """One sentence."""
    switch: str
    """A name in `autonomy.evaluation.switches.SWITCHES`; without it the task must fail."""
    subjects: list[str] = Field(default_factory=list)
    """`thing`s of the subjects that fit; empty for all."""
    draw: dict[str, Any] = Field(default_factory=dict)
    setup: dict[str, Any]
    rules: list[dict[str, Any]]
    """Each a rule's name in `autonomy.evaluation.rules.RULES` with its arguments."""
    seconds: float = 240.0
    """Longest that one run may take before it counts as failed."""
    alone: bool = False
    """It hurts the worker: no other task runs meanwhile."""

    @model_validator(mode="after")
    def _known(self) -> Task:
        from autonomy.evaluation.rules import RULES
        from autonomy.evaluation.switches import SWITCHES

        if self.switch not in SWITCHES:
            raise ValueError(f"There is no switch “{self.switch}”.")
        if unknown := [name for rule in self.rules for name in rule if name not in RULES]:
            raise ValueError(f"There is no rule “{unknown[0]}”.")
        return self


class Drawn(Value):
    """A task as one seed has decided it."""

    task: str
    seed: int
    subject: Subject
    values: dict[str, Any]
    setup: Setup
    rules: list[dict[str, Any]]


def draw(task: Task, seed: int) -> Drawn:
    """Decide everything about `task` that its seed decides."""
    subject = subject_for(dice(task.name, seed, "subject"), task.subjects)
    values: dict[str, Any] = {"seed": seed, **subject.model_dump()}
    for name, value in task.draw.items():
        values[name] = drawn(value, dice(task.name, seed, name), values)
    return Drawn(
        task=task.name,
        seed=seed,
        subject=subject,
        values=values,
        setup=Setup.model_validate(drawn(task.setup, dice(task.name, seed, "setup"), values)),
        rules=drawn(task.rules, dice(task.name, seed, "rules"), values),
    )


@cache
def names() -> tuple[str, ...]:
    """All tasks, in alphabetical order."""
    return tuple(sorted(p.name[:-5] for p in _FOLDER.iterdir() if p.name.endswith(".yaml")))


@cache
def load(name: str) -> Task:
    """The task called `name`.

    Raises:
        KeyError: there is none; the message lists those there are.
    """
    if name not in names():
        raise KeyError(f"There is no task “{name}”. Choose of: {', '.join(names())}.")
    return Task.model_validate(yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8")))


def chosen(given: Iterable[str]) -> list[Task]:
    """The named tasks, or all of them. Raises as `load`."""
    return [load(name) for name in (list(given) or names())]
