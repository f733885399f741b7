"""Computed tables and figures through the API: what is shown, what can be had, and by whom."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from autonomy import services
from autonomy.export.document import Document, Section
from autonomy.export.exhibits import Exhibit, placing
from autonomy.models import Artifact, Source
from autonomy.runtime.datasets import read_source_table
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World
from tests.files.pictures import png
from tests.files.tables import as_csv

pytestmark = pytest.mark.django_db

ROWS = as_csv([["Town", "Change"], ["=cmd()", "-5"], ["Ulm", "7"], ["Ulm", "8"], ["+x", "9"]])


class Computed:
    def __init__(self, world: World) -> None:
        owner: User = world.run.owner
        name = default_storage.save(f"uploads/{uuid.uuid4()}", ContentFile(ROWS))
        self.source = Source.objects.create(
            owner=owner, file=name, file_name="towns.csv", sha256=hashlib.sha256(ROWS).hexdigest()
        )
        table = read_source_table(self.source)
        self.figure = Artifact.objects.create(
            run=world.run,
            kind="figure",
            version=1,
            title="Change by town",
            sha256="f",
            body={"png": base64.b64encode(png()).decode(), "svg": "<svg/>", "alt": "Bars."},
        )
        provenance = {
            "program": "# 2 columns, 4 rows. Own.\nprint(1)\n",
            "author": "rule",
            "file_name": "towns.csv",
            "source_sha256": self.source.sha256,
            "data_sha256": hashlib.sha256(table.csv.encode()).hexdigest(),
            "program_sha256": "c" * 64,
            "versions": {"python": "3.11.7"},
            "tier": "bubblewrap",
            "seconds": 1.5,
        }
        self.analysis = Artifact.objects.create(
            run=world.run,
            kind="data",
            version=1,
            title="Computed from towns.csv",
            sha256="a",
            body={
                "source_id": str(self.source.pk),
                "profile": table.profile.model_dump(mode="json"),
                "result": {"tables": [], "figures": [], "parts": [], "versions": {}},
                "figures": {"f1": str(self.figure.pk)},
                "provenance": provenance,
            },
        )
        exhibit = Exhibit(
            id="e1",
            kind="figure",
            number=1,
            title="Change by town",
            alt="Bars.",
            artifact_id=str(self.figure.pk),
        )
        document = Document(
            title="Towns",
            sections=(
                Section(id="s", heading="R", markdown=placing("e1", "Figure 1"), computed=True),
            ),
            exhibits=(exhibit,),
            analyses=(str(self.analysis.pk),),
        )
        self.document = Artifact.objects.create(
            run=world.run,
            kind="document",
            version=2,
            title="Towns",
            sha256="d",
            body=document.model_dump(mode="json"),
        )
        self.base = f"/api/v2/runs/{world.run.pk}/artifacts"

    def download(self, api: KeyClient, artifact: Artifact, format: str) -> Any:
        return api.get(f"{self.base}/{artifact.pk}/download?format={format}")


@pytest.fixture
def computed(world: World) -> Computed:
    return Computed(world)


def test_a_document_links_to_its_pictures_and_tells_how_it_was_computed(
    api: KeyClient, computed: Computed
) -> None:
    body = api.get(f"{computed.base}/{computed.document.pk}").json()

    address = f"{computed.base}/{computed.figure.pk}/download?format=png"
    assert f'src="{address}"' in body["html"]
    assert 'alt="Bars."' in body["html"]
    [how] = body["computed"]
    assert (how["file_name"], how["rows"], how["columns"], how["tier"]) == (
        "towns.csv",
        4,
        2,
        "bubblewrap",
    )
    assert how["program"].startswith("# 2 columns")
    response = api.get(address)
    assert response.content == png()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Security-Policy"].startswith("sandbox")


def test_pictures_go_into_the_exported_files(api: KeyClient, computed: Computed) -> None:
    page = computed.download(api, computed.document, "html").content.decode()

    assert base64.b64encode(png()).decode() in page
    assert "How this was computed" in page
    assert (
        "How this was computed"
        not in api.get(
            f"{computed.base}/{computed.document.pk}/download?format=html&appendix=false"
        ).content.decode()
    )
    archive = computed.download(api, computed.document, "md")
    assert archive["Content-Type"] == "application/zip"


def test_program_data_and_result_can_be_had(api: KeyClient, computed: Computed) -> None:
    program = computed.download(api, computed.analysis, "py")
    assert program.content.decode().endswith("print(1)\n")
    assert program["Content-Disposition"].startswith("attachment")
    data = computed.download(api, computed.analysis, "csv").content.decode().splitlines()
    assert data == ["Town,Change", "'=cmd(),-5", "Ulm,7", "Ulm,8", "'+x,9"]
    assert computed.download(api, computed.analysis, "json").json()["tables"] == []
    assert computed.download(api, computed.figure, "svg")["Content-Disposition"].startswith(
        "attachment"
    )


def test_data_that_are_gone_are_said_to_be(api: KeyClient, computed: Computed) -> None:
    computed.source.delete()

    response = computed.download(api, computed.analysis, "csv")

    assert response.status_code == 410
    assert response.json()["code"] == "data_gone"
    assert computed.download(api, computed.analysis, "py").status_code == 200


def test_data_that_are_others_now_are_not_given_out(api: KeyClient, computed: Computed) -> None:
    name = default_storage.save("uploads/other", ContentFile(ROWS.replace(b"7", b"70")))
    Source.objects.filter(pk=computed.source.pk).update(file=name)

    assert computed.download(api, computed.analysis, "csv").status_code == 410


@pytest.mark.parametrize("format", ["docx", "exe"])
def test_a_figure_is_no_document(api: KeyClient, computed: Computed, format: str) -> None:
    assert computed.download(api, computed.figure, format).status_code == 422


def test_a_list_offers_a_figure_s_pictures_and_its_detail_holds_none(
    api: KeyClient, computed: Computed
) -> None:
    [row] = api.get(f"{computed.base}?kind=figure").json()["items"]
    assert set(row["downloads"]) == {"png", "svg"}
    assert api.get(f"{computed.base}/{computed.figure.pk}").json()["body"] == {"alt": "Bars."}


def test_strangers_see_neither_picture_nor_program(computed: Computed, bob: User) -> None:
    stranger = KeyClient(services.create_api_key(bob, "tests")[1])

    for artifact, format in (
        (computed.figure, "png"),
        (computed.analysis, "py"),
        (computed.analysis, "csv"),
    ):
        assert computed.download(stranger, artifact, format).status_code == 404


def test_another_person_s_picture_never_gets_into_a_document(
    api: KeyClient, computed: Computed, bob: User
) -> None:
    computed.figure.run.owner = bob
    run = computed.figure.run
    run.pk = None
    run.id = uuid.uuid4()
    run._state.adding = True
    run.save()
    Artifact.objects.filter(pk=computed.figure.pk).update(run=run)

    assert "<img" not in api.get(f"{computed.base}/{computed.document.pk}").json()["html"]
