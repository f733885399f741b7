from __future__ import annotations

import io
import zipfile

import pytest

from autonomy.models import Artifact, RunSource
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import PASSAGE, World

pytestmark = pytest.mark.django_db


def test_artifacts_are_listed_with_their_downloads(api: KeyClient, world: World) -> None:
    [row] = api.get(f"/api/v2/runs/{world.run.pk}/artifacts").json()["items"]
    assert (row["kind"], row["version"], row["title"]) == ("document", 1, "Attention")
    assert set(row["downloads"]) == {"docx", "pdf", "md", "html", "tex", "bib", "ris", "csl-json"}
    assert "body" not in row


def test_drafted_sections_are_listed_only_when_asked_for(api: KeyClient, world: World) -> None:
    Artifact.objects.create(
        run=world.run, kind="section", version=1, title="Draft", sha256="s", body={"markdown": "x"}
    )
    kinds = [r["kind"] for r in api.get(f"/api/v2/runs/{world.run.pk}/artifacts").json()["items"]]
    assert kinds == ["document"]
    asked = api.get(f"/api/v2/runs/{world.run.pk}/artifacts?kind=section").json()["items"]
    assert [row["kind"] for row in asked] == ["section"]


def test_a_document_comes_as_html_whose_citations_name_their_passage(
    api: KeyClient, world: World
) -> None:
    body = api.get(f"/api/v2/runs/{world.run.pk}/artifacts/{world.artifact.pk}").json()
    assert f'data-passages="{world.passage.pk}"' in body["html"]
    assert "Lee" in body["html"]
    assert body["words"] == 7
    assert body["body"] is None


def test_a_docx_is_a_word_file_with_a_safe_name(api: KeyClient, world: World) -> None:
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{world.artifact.pk}/download"
    response = api.get(f"{address}?format=docx&style=apa")
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert b"Lee" in archive.read("word/document.xml")


def test_downloaded_html_cannot_run_as_a_page_of_ours(api: KeyClient, world: World) -> None:
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{world.artifact.pk}/download"
    response = api.get(f"{address}?format=html")
    assert response["Content-Security-Policy"].startswith("sandbox")
    fragment = api.get(f"{address}?format=html&fragment=true")
    assert b"<html" not in fragment.content
    assert fragment["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize("query", ["format=exe", "format=docx&style=harvrd"])
def test_an_unknown_format_or_style_is_refused(api: KeyClient, world: World, query: str) -> None:
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{world.artifact.pk}/download"
    assert api.get(f"{address}?{query}").status_code == 422


def test_only_documents_are_downloaded(api: KeyClient, world: World) -> None:
    data = Artifact.objects.create(run=world.run, kind="data", version=1, sha256="d", body={"n": 1})
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{data.pk}"
    assert api.get(f"{address}/download").status_code == 404
    assert api.get(address).json()["body"] == {"n": 1}


def test_works_that_were_dropped_are_listed_apart_with_the_reason(
    api: KeyClient, world: World
) -> None:
    RunSource.objects.create(
        run=world.run,
        source=None,
        work="doi:10.5555/a",
        csl={"title": "Tides", "DOI": "10.5555/a"},
        provider="openalex, crossref",
        kept=False,
        reason="it was retracted",
    )
    path = f"/api/v2/runs/{world.run.pk}/sources"
    assert [row["kept"] for row in api.get(path).json()["items"]] == [True]
    [row] = api.get(f"{path}?kept=false").json()["items"]
    assert row["id"] is None
    assert (row["doi"], row["reason"]) == ("10.5555/a", "it was retracted")


def test_sources_carry_csl_and_verification(api: KeyClient, world: World) -> None:
    [row] = api.get(f"/api/v2/runs/{world.run.pk}/sources").json()["items"]
    assert row["csl"]["title"] == "On attention"
    assert row["verification"] == ""
    assert row["query"] == "attention"


def test_each_citation_binds_a_claim_to_a_passage(api: KeyClient, world: World) -> None:
    [row] = api.get(f"/api/v2/runs/{world.run.pk}/citations").json()["items"]
    assert row["passage_id"] == str(world.passage.pk)
    assert (row["marker"], row["page"], row["verdict"]) == (1, 2, "close")
    assert row["text"] == PASSAGE


def test_citations_are_those_of_the_newest_version(api: KeyClient, world: World) -> None:
    Artifact.objects.create(run=world.run, kind="document", version=2, sha256="v2", body={})
    assert api.get(f"/api/v2/runs/{world.run.pk}/citations").json()["items"] == []
    older = f"/api/v2/runs/{world.run.pk}/citations?artifact_id={world.artifact.pk}"
    assert len(api.get(older).json()["items"]) == 1


def test_a_passage_comes_with_its_place_and_neighbours(api: KeyClient, world: World) -> None:
    body = api.get(f"/api/v2/passages/{world.passage.pk}").json()
    assert (body["text"], body["page"], body["heading"]) == (PASSAGE, 2, "Results")
    assert [p["text"] for p in body["before"]] == ["Before it."]
    assert [p["text"] for p in body["after"]] == ["After it."]
    assert body["csl"]["title"] == "On attention"
    alone = api.get(f"/api/v2/passages/{world.passage.pk}?radius=0").json()
    assert (alone["before"], alone["after"]) == ([], [])
