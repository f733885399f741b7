from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from autonomy.admin.run_page import DOWNLOADS
from autonomy.export.formats import FORMATS
from autonomy.models import Artifact, Passage, Source, TurnitinCycle
from tests.autonomy.admin.conftest import SECRET, World

BODY = {
    "title": "Whales & ships",
    "sections": [{"id": "s1", "heading": "Size", "markdown": "Whales are large."}],
}


def download(client: Client, artifact: Artifact, file_format: str, **options: Any) -> Any:
    address = reverse("admin:autonomy_artifact_download", args=[artifact.pk, file_format])
    return client.get(address, **options)


@pytest.fixture
def document(world: World) -> Artifact:
    world.artifact.body = BODY
    world.artifact.save()
    return world.artifact


def test_every_offered_format_can_be_made() -> None:
    assert set(DOWNLOADS) <= set(FORMATS)


@pytest.mark.parametrize(
    ("file_format", "begins"), [("docx", b"PK"), ("md", b""), ("html", b"<!DOCTYPE html>")]
)
def test_a_document_is_downloaded_as_a_file(
    document: Artifact, staff_client: Client, file_format: str, begins: bytes
) -> None:
    response = download(staff_client, document, file_format)
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="whales-ships.{file_format}"'
    assert response.content.lower().startswith(begins.lower())


def test_an_unknown_format_is_refused_in_words(document: Artifact, staff_client: Client) -> None:
    response = download(staff_client, document, "exe", follow=True)
    text = response.content.decode()
    assert "There is no format “exe”" in text
    assert response.redirect_chain[-1][0].endswith(f"/artifact/{document.pk}/change/")


def test_a_damaged_document_is_a_message_not_a_trace(world: World, staff_client: Client) -> None:
    world.artifact.body = {"nonsense": True}
    world.artifact.save()
    response = download(staff_client, world.artifact, "docx", follow=True)
    assert response.status_code == 200
    assert "The document is safe" in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_what_is_not_a_document_is_not_offered_or_made(world: World, staff_client: Client) -> None:
    data = Artifact.objects.create(
        run=world.run, kind="data", version=1, sha256="d" * 64, body={"rows": []}
    )
    text = download(staff_client, data, "docx", follow=True).content.decode()
    assert "Only documents can be exported." in text
    page = staff_client.get(reverse("admin:autonomy_run_change", args=[world.run.pk]))
    assert f"/artifact/{data.pk}/download/" not in page.content.decode()


def test_the_page_of_a_source_lists_its_passages_without_their_vectors(
    world: World, staff_client: Client
) -> None:
    source = Source.objects.get()
    Passage.objects.create(
        source=source, ordinal=1, text="<i>Second</i>", heading="Size", embedding=[0.5] * 384
    )
    page = reverse("admin:autonomy_source_change", args=[source.pk])
    with CaptureQueriesContext(connection) as captured:
        text = staff_client.get(page).content.decode()
    assert f"{SECRET} are large." in text
    assert "&lt;i&gt;Second&lt;/i&gt;" in text
    assert "0.5, 0.5" not in text
    assert not any('"autonomy_passages"."embedding",' in query["sql"] for query in captured)


def test_a_source_of_many_passages_shows_a_page_of_them(world: World, staff_client: Client) -> None:
    source = Source.objects.get()
    Passage.objects.bulk_create(
        Passage(source=source, ordinal=number, text=f"passage number {number:03}")
        for number in range(1, 60)
    )
    text = staff_client.get(
        reverse("admin:autonomy_source_change", args=[source.pk])
    ).content.decode()
    assert "passage number 005" in text
    assert "passage number 059" not in text


def test_a_failed_source_says_why(world: World, staff_client: Client) -> None:
    Source.objects.update(status="failed", error="This PDF needs a password.")
    text = staff_client.get(reverse("admin:autonomy_source_changelist")).content.decode()
    assert "This PDF needs a password." in text


def test_a_report_address_becomes_a_link_only_for_the_web(
    world: World, staff_client: Client
) -> None:
    cycle = TurnitinCycle.objects.get()
    page = reverse("admin:autonomy_turnitincycle_change", args=[cycle.pk])
    TurnitinCycle.objects.update(report_url="javascript:alert(1)")
    assert 'href="javascript:' not in staff_client.get(page).content.decode()
    TurnitinCycle.objects.update(report_url="https://reports.example.org/1")
    assert 'href="https://reports.example.org/1"' in staff_client.get(page).content.decode()


def test_staff_read_of_similarity_reports_wherever_they_come_from(
    world: World, staff_client: Client
) -> None:
    cycle = TurnitinCycle.objects.get()
    for page in (
        reverse("admin:autonomy_turnitincycle_changelist"),
        reverse("admin:autonomy_turnitincycle_change", args=[cycle.pk]),
        reverse("admin:app_list", args=["autonomy"]),
    ):
        text = staff_client.get(page).content.decode().lower()
        assert "similarity report" in text
        assert "turnitin cycle" not in text
