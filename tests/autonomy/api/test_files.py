from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from autonomy import services
from autonomy.models import Source
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World

pytestmark = pytest.mark.django_db


def upload(api: KeyClient, *files: SimpleUploadedFile, **headers: str) -> Any:
    return api.post("/api/files", {"files": list(files)}, headers=headers)


def text(name: str = "notes.txt", content: bytes = b"Attention is all you need.") -> Any:
    return SimpleUploadedFile(name, content, content_type="text/plain")


def test_a_file_is_stored_and_queued_for_reading(api: KeyClient) -> None:
    response = upload(api, text())
    assert response.status_code == 201
    body = response.json()
    [file] = body["files"]
    assert body["id"] == file["id"]
    assert (file["status"], file["file_name"], file["size_bytes"]) == ("queued", "notes.txt", 26)
    assert api.get(f"/api/files/{file['id']}").json() == file


def test_many_files_come_at_once_and_only_bad_ones_are_left_out(api: KeyClient) -> None:
    response = upload(api, text("a.txt", b"one"), text("b.txt", b""), text("c.txt", b"three"))
    body = response.json()
    assert [file["file_name"] for file in body["files"]] == ["a.txt", "c.txt"]
    assert [(r["file_name"], r["code"]) for r in body["rejected"]] == [("b.txt", "empty")]


def test_the_field_may_have_any_name(api: KeyClient) -> None:
    assert api.post("/api/files", {"file": text()}).status_code == 201


def test_an_empty_file_is_refused_by_name(api: KeyClient) -> None:
    response = upload(api, text("blank.pdf", b""))
    assert (response.status_code, response.json()["code"]) == (422, "empty")
    assert "blank.pdf" in response.json()["detail"]
    assert not Source.objects.exists()


def test_a_file_that_is_too_large_is_refused(api: KeyClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"upload_max_bytes": 1024}))
    response = upload(api, text("big.txt", b"x" * 2048))
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_request_without_a_file_says_what_to_send(api: KeyClient) -> None:
    response = api.post("/api/files", {"note": "no file"})
    assert response.status_code == 422
    assert "files" in response.json()["detail"]
    assert api.send("POST", "/api/files", {"file": "text"}).status_code == 422


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd"])
def test_path_tricks_in_names_stay_names(api: KeyClient, name: str) -> None:
    [file] = upload(api, text(name)).json()["files"]
    assert "/" not in file["file_name"]
    assert "\\" not in file["file_name"]
    stored = Source.objects.get(pk=file["id"]).file
    assert ".." not in stored


def test_a_wrong_type_is_taken_and_recognised_later(api: KeyClient) -> None:
    file = SimpleUploadedFile("photo.pdf", b"not a pdf at all", content_type="image/png")
    assert upload(api, file).status_code == 201


def test_the_same_key_uploads_once(api: KeyClient) -> None:
    first, second = (upload(api, text(), **{"idempotency-key": "u1"}) for _ in range(2))
    assert first.json() == second.json()
    assert second["Idempotent-Replayed"] == "true"
    other = upload(api, text(content=b"different"), **{"idempotency-key": "u1"})
    assert other.json()["code"] == "idempotency_key_reused"


def test_the_library_is_listed_newest_first(api: KeyClient, world: World) -> None:
    upload(api, text())
    names = [row["file_name"] for row in api.get("/api/files").json()["items"]]
    assert names == ["notes.txt", "attention.pdf"]
    ready = api.get("/api/files?status=ready").json()["items"]
    assert [row["progress"] for row in ready] == [1.0]


def test_progress_counts_embedded_passages(api: KeyClient, world: World) -> None:
    Source.objects.filter(pk=world.file.pk).update(
        status="embedding", passage_count=8, embedded_count=2
    )
    assert api.get(f"/api/files/{world.file.pk}").json()["progress"] == 0.25


def test_bibliographic_data_is_corrected(api: KeyClient, world: World) -> None:
    patch = {"title": "Better", "authors": ["Lovelace, Ada"], "year": 1843, "doi": "10.1000/182"}
    body = api.send("PATCH", f"/api/files/{world.file.pk}", patch).json()
    assert body["metadata"]["title"] == "Better"
    assert body["metadata"]["author"] == [{"family": "Lovelace", "given": "Ada"}]
    assert body["metadata_edited"] is True
    world.file.refresh_from_db()
    assert world.file.csl["DOI"] == "10.1000/182"


@pytest.mark.parametrize(
    ("patch", "field"), [({"doi": "x"}, "doi"), ({"year": "soon"}, "year"), ({"x": 1}, "x")]
)
def test_wrong_bibliographic_data_is_refused(
    api: KeyClient, world: World, patch: dict[str, object], field: str
) -> None:
    response = api.send("PATCH", f"/api/files/{world.file.pk}", patch)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_a_deleted_file_is_gone_but_its_citations_keep_their_text(
    api: KeyClient, world: World
) -> None:
    assert api.delete(f"/api/files/{world.file.pk}").status_code == 204
    assert api.get(f"/api/files/{world.file.pk}").status_code == 404
    [citation] = api.get(f"/api/v2/runs/{world.run.pk}/citations").json()["items"]
    assert citation["passage_id"] is None
    assert citation["text"]


def test_a_batch_is_followed_with_one_request_and_strangers_files_are_none_of_it(
    api: KeyClient, bob: User
) -> None:
    mine = upload(api, text("one.txt"), text("two.txt")).json()["files"]
    stranger = KeyClient(services.create_api_key(bob, "tests")[1])
    theirs = upload(stranger, text("three.txt")).json()["files"]
    asked = "&".join(f"ids={row['id']}" for row in (mine[0], *theirs))
    (found,) = api.get(f"/api/files?{asked}").json()["items"]
    assert found == mine[0]
    many = "&".join(f"ids={mine[0]['id']}" for _ in range(201))
    assert api.get(f"/api/files?{many}").status_code == 422
