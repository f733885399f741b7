"""References out of reference managers, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from autonomy.memory.imported import adopt_reference
from autonomy.models import RunSource, Source
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World, make_run

pytestmark = pytest.mark.django_db

BIB = """@article{smith2019, author={Smith, Jane and Jones, Bo}, title={Learning to read graphs},
  journal={J. of Data}, year=2019, doi={10.1000/ABC}, url={https://example.org/g}}
@article{bad, author={Foo, title={x}
@book{lee2020, author={Lee, Ann}, title={A History of Quiet Ink}, year=2020}
"""


def import_text(api: KeyClient, text: str, **headers: str) -> Any:
    return api.send("POST", "/api/v2/sources/import", {"text": text}, **headers)


def test_good_entries_become_sources_and_bad_ones_are_named(api: KeyClient, alice: User) -> None:
    answer = import_text(api, BIB)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["format"], body["added"], body["known"]) == ("bibtex", 2, 0)
    assert [(bad["key"], bad["line"]) for bad in body["problems"]] == [("bad", 3)]
    row = Source.objects.get(owner=alice, doi="10.1000/abc")
    assert (row.origin, row.reading, row.status) == ("import", "nothing", "ready")
    assert row.url == "https://example.org/g"
    assert row.csl["author"][0] == {"family": "Smith", "given": "Jane"}
    assert str(row.pk) == body["references"][0]["id"]


def test_the_same_file_twice_adds_nothing(api: KeyClient, alice: User) -> None:
    import_text(api, BIB)
    again = import_text(api, BIB + BIB.replace("smith2019", "other")).json()
    assert (again["added"], again["updated"], again["known"]) == (0, 0, 4)
    assert Source.objects.filter(owner=alice).count() == 2


def test_a_work_twice_in_a_file_is_one_source(api: KeyClient, alice: User) -> None:
    answer = import_text(api, BIB + BIB.replace("smith2019", "other")).json()
    assert (answer["added"], answer["known"]) == (2, 2)


def test_an_upload_takes_the_metadata_of_the_reference(api: KeyClient, world: World) -> None:
    text = "@article{k, title={On Attention}, author={Lee, Ann}, year=2020, journal={J}}"
    answer = import_text(api, text).json()
    assert (answer["added"], answer["updated"]) == (0, 1)
    world.file.refresh_from_db()
    assert world.file.csl["container-title"] == "J"


def test_what_a_person_corrected_wins(api: KeyClient, world: World) -> None:
    Source.objects.filter(pk=world.file.pk).update(csl_edited=True)
    text = "@article{k, title={On Attention}, author={Lee, Ann}, year=2020, journal={J}}"
    assert import_text(api, text).json()["known"] == 1
    world.file.refresh_from_db()
    assert "container-title" not in world.file.csl


def test_a_file_that_comes_after_its_reference_takes_its_place(api: KeyClient, alice: User) -> None:
    import_text(api, BIB)
    upload = Source.objects.create(
        owner=alice, sha256="1" * 64, csl={"title": "A history of quiet ink", "type": "document"}
    )
    assert adopt_reference(upload.pk)
    upload.refresh_from_db()
    assert upload.csl["author"] == [{"family": "Lee", "given": "Ann"}]
    assert upload.record["imported"]["key"] == "lee2020"
    assert Source.objects.filter(owner=alice).count() == 2
    assert not adopt_reference(upload.pk)


def test_a_reference_that_a_run_found_is_not_taken_from_it(api: KeyClient, alice: User) -> None:
    import_text(api, BIB)
    reference = Source.objects.get(doi="10.1000/abc")
    RunSource.objects.create(run=make_run(alice), source=reference)
    upload = Source.objects.create(
        owner=alice, sha256="1" * 64, csl={"title": "x", "DOI": "10.1000/abc"}
    )
    assert adopt_reference(upload.pk)
    assert Source.objects.filter(pk=reference.pk).exists()


def test_one_persons_library_says_nothing_of_anothers(
    api: KeyClient, bob: User, bob_client: Client
) -> None:
    import_text(api, BIB)
    answer = bob_client.post(
        "/api/v2/sources/import", {"text": BIB}, content_type="application/json"
    )
    assert answer.json()["added"] == 2
    assert Source.objects.filter(owner=bob).count() == 2


def test_a_bibliography_among_dropped_files_is_imported(api: KeyClient, alice: User) -> None:
    files = [
        SimpleUploadedFile("refs.bib", BIB.encode()),
        SimpleUploadedFile("notes.md", b"# Notes\n\nInk is old.\n"),
    ]
    answer = api.post("/api/files", {"files": files})
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert [row["file_name"] for row in body["files"]] == ["notes.md"]
    assert body["id"] == body["files"][0]["id"]
    assert body["imported"][0]["added"] == 2
    alone = api.post("/api/files", {"file": SimpleUploadedFile("refs.bib", BIB.encode())}).json()
    assert (alone["id"], alone["files"], alone["imported"][0]["known"]) == (None, [], 2)


@pytest.mark.parametrize(
    ("body", "code"),
    [({"text": "Dear all"}, 422), ({"text": ""}, 422), ({"words": "x"}, 422), ({}, 422)],
)
def test_what_is_no_bibliography_is_refused(api: KeyClient, body: Any, code: int) -> None:
    assert api.send("POST", "/api/v2/sources/import", body).status_code == code


def test_limits_are_said(api: KeyClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from autonomy.services import references

    small = references.env().model_copy(update={"import_max_entries": 1})
    monkeypatch.setattr(references, "env", lambda: small)
    answer = import_text(api, BIB)
    assert answer.status_code == 413
    assert "at most 1 " in answer.json()["detail"]
    small = small.model_copy(update={"import_max_bytes": 10})
    monkeypatch.setattr(references, "env", lambda: small)
    assert import_text(api, BIB).status_code == 413


def test_the_same_key_imports_once(api: KeyClient) -> None:
    first = import_text(api, BIB, **{"Idempotency-Key": "k1"})
    again = import_text(api, BIB, **{"Idempotency-Key": "k1"})
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
