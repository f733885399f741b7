"""The made-up world is coherent, and can be served by a command."""

from __future__ import annotations

import subprocess
import sys

import httpx

from tests.registries.server import REGISTRY_NAMES, registries
from tests.registries.world import by_key, world
from tests.stack_process import ROOT


def test_every_work_has_its_own_identifiers_and_cites_works_that_exist() -> None:
    entries = world()
    assert len(entries) == 63
    for name in ("key", "doi", "openalex", "s2"):
        values = [getattr(entry, name) for entry in entries]
        assert len(values) == len(set(values)), name
    keys = {entry.key for entry in entries}
    # A preprint that was not published takes the key of its row.
    assert all(key in keys for entry in entries for key in entry.cites)
    assert all(entry.cited_by >= 0 and entry.year <= 2024 for entry in entries)


def test_what_is_irregular_is_where_it_is_said_to_be() -> None:
    assert by_key("spacing.5").notice == "retraction"
    assert by_key("remote.9").knows == {"openalex"}
    assert by_key("spacing.8").knows == {"crossref"}
    assert by_key("citing.6").knows == {"arxiv"}
    assert by_key("remote.11").abstract == ""
    for at in (1, 2, 3):
        preprint, published = by_key(f"citing.{at}.preprint"), by_key(f"citing.{at}")
        assert preprint.published_doi == published.doi
        assert 0 < published.year - preprint.year <= 2


def test_the_command_serves_it_and_prints_the_environment() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.registries"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told: dict[str, str] = {}
        for line in process.stdout:
            if line.startswith("#"):
                break
            name, _, value = line.removeprefix("export ").strip().partition("=")
            told[name] = value
        try:
            assert told["SCHOLARLY_PROVIDERS"] == ",".join(REGISTRY_NAMES)
            answer = httpx.get(f"{told['CROSSREF_URL']}/works/10.5555/hw.heat.1")
            assert answer.json()["message"]["DOI"] == "10.5555/hw.heat.1"
        finally:
            process.terminate()


def test_faults_can_be_set_from_outside_and_healed() -> None:
    with registries() as running:
        control = f"{running.base}/_control"
        httpx.post(control, json={"openalex": [{"kind": "html", "lasting": True}]})
        page = httpx.get(f"{running.url('openalex')}/works")
        assert page.headers["content-type"].startswith("text/html")
        httpx.post(control, json={})
        assert httpx.get(f"{running.url('openalex')}/works").json()["results"]
