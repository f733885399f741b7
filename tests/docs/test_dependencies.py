"""`docs/dependencies.md` and the pins agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DIRECT = ("requirements.txt", "deploy/requirements-no-deps.txt", "tests/requirements.txt")


def pins(file: str) -> dict[str, Requirement]:
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    found = [Requirement(line) for line in lines if line]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def test_every_direct_dependency_has_a_line_and_every_line_a_dependency() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.M)
    told = {canonicalize_name(row) for row in rows} - {"package"}
    assert told == {name for file in DIRECT for name in pins(file)}


@pytest.mark.parametrize("file", [*DIRECT, "deploy/constraints.txt"])
def test_everything_is_pinned_to_one_version_and_no_index_is_named(file: str) -> None:
    assert all(str(r.specifier).startswith("==") for r in pins(file).values())
    assert "index-url" not in (ROOT / file).read_text()


def test_the_constraints_agree_with_the_direct_pins() -> None:
    constraints = pins("deploy/constraints.txt")
    for file in ("requirements.txt", "tests/requirements.txt"):
        for name, requirement in pins(file).items():
            assert constraints[name].specifier == requirement.specifier, name
