"""Whatever the code imports is a direct dependency: nothing leans on what another package pulls in."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.docs.test_dependencies import ROOT, pins

OWN = {"handywriterz", "autonomy", "chat", "tests"}
INDIRECT = {
    "annotated_types": "pydantic",
    "asgiref": "django",
    "kombu": "celery",
    "langchain_core": "langgraph",
    "openai": "pydantic-ai-slim",
    "csp": "django-csp",
    "pydantic_core": "pydantic",
    "typing_extensions": "pydantic",
    "packaging": "pytest",
}
"""Packages that are the public interface of one that is pinned."""
APART = {ROOT / "tests" / "local_model" / "make_model.py"}
"""Run by hand with a Python of its own, see tests/local_model/README.md."""


def imported(folder: str) -> dict[str, Path]:
    """Top-level names of other people's packages that `folder` imports, with one place each."""
    found: dict[str, Path] = {}
    for path in set((ROOT / folder).rglob("*.py")) - APART:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in OWN:
                    found[top] = path
    return found


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        (name, ("requirements.txt", "deploy/requirements-no-deps.txt"))
        for name in ("handywriterz", "autonomy", "chat")
    ]
    + [
        (
            "tests",
            ("requirements.txt", "deploy/requirements-no-deps.txt", "tests/requirements.txt"),
        )
    ],
)
def test_every_import_is_of_a_direct_dependency(folder: str, files: tuple[str, ...]) -> None:
    direct = {name for file in files for name in pins(file)}
    owners = packages_distributions()
    missing = {}
    for top, path in imported(folder).items():
        packages = {canonicalize_name(name) for name in owners.get(top, [top])}
        packages |= {canonicalize_name(INDIRECT[top])} if top in INDIRECT else set()
        if not packages & direct:
            missing[top] = str(path.relative_to(ROOT))
    assert missing == {}
