"""The documentation lists the tasks that there are, in their own words."""

from __future__ import annotations

import re

from autonomy.evaluation import task
from autonomy.evaluation.switches import SWITCHES
from tests.stack_process import ROOT

PAGE = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_every_task_stands_in_the_documentation_with_what_it_proves() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE, re.M)

    assert rows == [(one.name, one.proves, one.switch) for one in task.chosen(())]


def test_every_switch_is_one_that_a_task_needs() -> None:
    assert {one.switch for one in task.chosen(())} == set(SWITCHES)


def test_every_key_of_a_task_stands_in_the_documentation() -> None:
    keys = {
        key
        for row in re.findall(r"^\| (`[^|]+) \| .+ \|$", PAGE, re.M)
        for key in re.findall(r"`(\w+)`", row)
    }
    assert {*task.Task.model_fields, *task.Setup.model_fields} <= keys
