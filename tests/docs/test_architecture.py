"""What the documentation says about the program is compared with the program."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ARCHITECTURE = (DOCS / "architecture.md").read_text()
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PAGES = [
    *DOCS.glob("*.md"),
    *DECISIONS,
    *(path for path in (ROOT / "README.md", ROOT / "CHANGELOG.md") if path.exists()),
]


def section(title: str) -> str:
    """The text under `## title`."""
    return ARCHITECTURE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_table_is_described_and_every_described_table_exists() -> None:
    described = set(re.findall(r"`((?:autonomy|chat)_[a-z_]+)`", section("Tables")))
    if "…_blobs" in section("Tables"):
        described |= {"autonomy_checkpoint_blobs", "autonomy_checkpoint_writes"}
    stored = {
        model._meta.db_table
        for label in ("autonomy", "chat")
        for model in apps.get_app_config(label).get_models()
    }
    assert described == stored


def test_every_node_of_the_graph_is_described_with_files_that_exist() -> None:
    from autonomy.core.graph import build_graph

    rows = [row.split("|") for row in section("The loop").splitlines() if row.startswith("| `")]
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    assert described == set(build_graph().nodes)
    for row in rows:
        for name in re.findall(r"`(\w+\.py)`", row[2]):
            assert (ROOT / "autonomy" / "agents" / name).exists(), name


def test_edges_of_the_drawn_loop_are_edges_of_the_graph() -> None:
    from autonomy.core.graph import build_graph

    drawn = re.search(r"```mermaid\n(.*?)```", section("The loop"), re.DOTALL)
    assert drawn is not None
    lines = re.sub(r"-- [^>]*? -->", "-->", drawn[1].replace('"', "")).splitlines()[1:]
    edges: set[tuple[str, str]] = set()
    for line in lines:
        names = [re.sub(r"\(\[.*", "", name).strip() for name in line.split("-->")]
        edges |= set(itertools.pairwise(names))
    graph = build_graph().compile().get_graph()
    known = {"__start__": "start", "__end__": "finish"}
    real = {(known.get(e.source, e.source), known.get(e.target, e.target)) for e in graph.edges}
    assert edges <= real
    assert {name for edge in edges for name in edge} == {name for edge in real for name in edge}


def test_the_drawn_layers_are_those_that_are_checked() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contract["contracts"] if c["type"] == "layers")
    checked = [name.strip() for layer in layers for name in re.split(r"[|:,]", layer)]
    block = re.search(r"```\n(.*?)```", section("Imports"), re.DOTALL)
    assert block is not None
    drawn: list[str] = []
    for line in block[1].splitlines():
        if line.startswith("─"):
            continue
        name = re.split(r"\s{3,}", line.strip())[0]
        braces = re.fullmatch(r"(.+)\{(.+)\}", name)
        if braces:
            drawn += [braces[1] + part.strip() for part in braces[2].split(",")]
        else:
            drawn.append(name)
    assert drawn == checked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("record", DECISIONS, ids=lambda record: record.stem)
def test_a_decision_is_short_complete_and_listed(record: Path) -> None:
    text = record.read_text()
    assert len(text.splitlines()) <= 30
    for part in ("**Context.**", "**Choice.**", "**Consequence.**"):
        assert part in text
    title = text.splitlines()[0].split(". ", 1)[1]
    assert f"[{title}](decisions/{record.name})" in (DOCS / "README.md").read_text()


def test_files_and_folders_that_are_named_exist() -> None:
    for page in [DOCS / "architecture.md", *DECISIONS]:
        for name in re.findall(
            r"`((?:autonomy|handywriterz|deploy|chat)/[\w./]+)`", page.read_text()
        ):
            assert (ROOT / name).exists(), (page.name, name)
