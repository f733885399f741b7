"""Reports that mean harm, handed in by somebody with a key: each is refused in a sentence and leaves
nothing behind, or is read and never becomes more than text."""

from __future__ import annotations

import html
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from autonomy.models import FlaggedPassage, PassageChange, Resume, Run, TurnitinCycle
from autonomy.services.personal import personal_entries
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def storage(tmp_path: Path) -> Iterator[Path]:
    files = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "files")},
    }
    with override_settings(STORAGES=settings.STORAGES | {"default": files}):
        yield tmp_path / "files"


@pytest.fixture(autouse=True)
def _waiting(world: World) -> None:
    Run.objects.filter(pk=world.run.pk).update(status="waiting_human")
    TurnitinCycle.objects.update(interrupt_id="i1")


def hand_in(api: KeyClient, world: World, data: bytes, name: str) -> tuple[int, dict[str, object]]:
    """Status and body of the answer."""
    file = SimpleUploadedFile("report", data)
    # A program sends what it likes, and Django's own class would tidy it.
    file._name = name  # type: ignore[attr-defined]
    form = {"cycle_id": str(world.cycle.pk), "report": file}
    reply = api.post(f"/api/v2/turnitin/{world.run.pk}/report", form)
    assert reply["Content-Type"].startswith(("application/json", "application/problem+json"))
    assert reply["X-Content-Type-Options"] == "nosniff"
    return reply.status_code, reply.json()


def archive(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, data)
    return out.getvalue()


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "fifty megabytes of JSON": (
        "report.json",
        lambda: b'{"similarity": 38, "note": "' + b"x" * 50_000_000 + b'"}',
        "report_too_large",
    ),
    "nesting": ("r.json", lambda: b'{"similarity":' + b"[" * 100_000, "report_damaged"),
    "an archive that unpacks without end, called a PDF": (
        "report.pdf",
        lambda: archive("word/document.xml", b" " * 200_000_000),
        "report_not_a_report",
    ),
    "a program called a PDF": ("report.pdf", lambda: b"MZ\x90\x00" * 2_000, "report_not_a_report"),
    "a page of scripts alone": (
        "r.html",
        lambda: (
            b"<html><script>document.write('Similarity Index 38%')</script>" + b"<div>" * 20_000
        ),
        "report_not_a_report",
    ),
    "nothing": ("report.pdf", lambda: b"", "empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_report_is_refused_and_leaves_nothing(
    api: KeyClient, world: World, storage: Path, case: str
) -> None:
    name, make, code = REFUSED[case]
    status, said = hand_in(api, world, make(), name)

    assert (status, said["code"]) == (422, code), said
    assert str(said["detail"]).endswith(".")
    cycle = TurnitinCycle.objects.get(pk=world.cycle.pk)
    assert (cycle.status, cycle.report_file) == ("awaiting_report", "")
    assert not Resume.objects.exists()
    assert [path for path in storage.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../../etc/cron.d/report.json", "report.json"),
        ("C:\\Users\\x\\..\\report.json", "report.json"),
        ("report\u202enosj.exe", "reportnosj.exe"),
        ("r\u00e9" * 150 + ".json", None),
    ],
)
def test_a_name_is_a_name_and_no_path_wherever_it_goes(
    api: KeyClient, world: World, alice: User, sent: str, kept: str | None
) -> None:
    status, said = hand_in(api, world, b'{"similarity": 38}', sent)

    assert status == 200, said
    name = str(said["report_file_name"])
    assert name == kept or (kept is None and name.endswith(".json") and len(name) <= 255)
    taken = [e.name for e in personal_entries(alice) if "/reports/" in e.name]
    assert taken == [f"{taken[0].split('/reports/')[0]}/reports/1/{name}"]


def test_what_a_report_says_is_text_on_every_page_that_shows_it(
    api: KeyClient, world: World, alice_client: Client, staff_client: Client
) -> None:
    passage = {"text": f"Every token is weighed {HOSTILE} against the others.", "source": 1}
    report = {
        "similarity": 38,
        "title": HOSTILE,
        "submission_id": HOSTILE,
        "flags": [HOSTILE],
        "sources": [{"number": 1, "title": HOSTILE, "kind": HOSTILE, "percent": 9}],
        "passages": [passage],
        "excluded": [HOSTILE],
    }
    status, said = hand_in(api, world, json.dumps(report).encode(), f"{HOSTILE}.json")
    assert status == 200, said
    kept = FlaggedPassage.objects.get()
    PassageChange.objects.create(
        cycle=world.cycle, ordinal=0, section_id=HOSTILE, heading=HOSTILE, before=kept.text,
        after=HOSTILE, remedy="cite", reason=HOSTILE, told_by="report", group="missing_citation",
        source_title=HOSTILE, note=HOSTILE, verdict="open",
    )  # fmt: skip

    shown = 0
    pages = {
        reverse("admin:autonomy_turnitincycle_change", args=[world.cycle.pk]): staff_client,
        reverse("admin:autonomy_turnitincycle_changelist"): staff_client,
        f"/c/{world.conversation.pk}/": alice_client,
    }
    for address, client in pages.items():
        page = client.get(address)
        assert page.status_code == 200, address
        text = page.content.decode()
        assert "<img src=x" not in text, address
        shown += html.escape(HOSTILE) in text
    assert shown, "no page shows what the report said: the test would prove nothing"
