"""The library: what is listed, what is corrected, what is shown, and to whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from autonomy.core.works import Answer, Found, ProviderAnswer, Retraction, Work
from autonomy.models import Passage, Source
from autonomy.services import registries
from handywriterz.env import env
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def make(owner: User, title: str, **fields: Any) -> Source:
    csl = {"type": "article-journal", "title": title} | fields.pop("csl", {})
    return Source.objects.create(owner=owner, csl=csl, **({"status": "ready"} | fields))


def author(family: str, year: int) -> dict[str, Any]:
    return {"author": [{"family": family, "given": "A."}], "issued": {"date-parts": [[year]]}}


def titles(api: KeyClient, query: str = "") -> list[str]:
    return [row["title"] for row in api.get(f"/api/v2/sources{query}").json()["items"]]


@pytest.fixture
def shelf(alice: User, bob: User) -> None:
    make(alice, "Street trees", csl=author("Okonkwo", 2018), verification="verified")
    make(alice, "Green roofs", csl=author("Fontaine", 2021), reading="abstract", origin="scholarly")
    make(alice, "attention", csl=author("Vaswani", 2017) | {"type": "book"}, retracted=True)
    make(alice, "Broken", status="failed", error="It is damaged.", file_name="trees.pdf")
    make(bob, "Street trees of Bob")


@pytest.fixture
def stored(world: World) -> Iterator[Source]:
    name = default_storage.save("files/te/test", ContentFile(PDF))
    Source.objects.filter(pk=world.file.pk).update(file=name)
    world.file.refresh_from_db()
    yield world.file
    default_storage.delete(name)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Broken", "attention", "Green roofs", "Street trees"]),
        ("?q=TREES", ["Broken", "Street trees"]),  # a title, and a file's name
        ("?q=okonkwo", ["Street trees"]),
        ("?q=street+okonkwo", ["Street trees"]),
        ("?q=family", []),  # a key of the metadata is no name
        ("?status=failed", ["Broken"]),
        ("?origin=scholarly", ["Green roofs"]),
        ("?reading=abstract", ["Green roofs"]),
        ("?verification=verified", ["Street trees"]),
        ("?verification=retracted", ["attention"]),
        ("?verification=unchecked&type=book", ["attention"]),
        ("?year_from=2018&year_to=2018", ["Street trees"]),
        ("?year_to=2018", ["attention", "Street trees"]),  # what has no year is in no range
        ("?sort=title", ["attention", "Broken", "Green roofs", "Street trees"]),
        ("?sort=year", ["Green roofs", "Street trees", "attention", "Broken"]),
        ("?sort=author", ["Broken", "Green roofs", "Street trees", "attention"]),
    ],
)
def test_the_list_is_filtered_and_sorted(
    api: KeyClient, shelf: None, query: str, expected: list[str]
) -> None:
    assert titles(api, query) == expected


@pytest.mark.parametrize("sort", ["newest", "oldest", "title", "author", "year"])
def test_pages_of_every_order_join_without_gap(api: KeyClient, shelf: None, sort: str) -> None:
    whole = titles(api, f"?sort={sort}")
    joined: list[str] = []
    cursor = ""
    while True:
        answer = api.get(f"/api/v2/sources?sort={sort}&limit=1&cursor={cursor}").json()
        joined += [row["title"] for row in answer["items"]]
        if not (cursor := answer["next_cursor"] or ""):
            break
    assert joined == whole


def test_counts_tell_of_every_status_whatever_is_shown(api: KeyClient, shelf: None) -> None:
    answer = api.get("/api/v2/sources?status=failed&q=trees").json()
    assert answer["counts"] == {
        "queued": 0,
        "parsing": 0,
        "embedding": 0,
        "ready": 1,
        "failed": 1,
    }
    assert answer["total"] == 2


def test_what_is_still_being_read_is_found_as_one(api: KeyClient, shelf: None) -> None:
    for title, status in (("Street trees", "parsing"), ("attention", "queued")):
        Source.objects.filter(csl__title=title).update(status=status, pages=8, pages_read=2)
    rows = api.get("/api/v2/sources?status=unfinished&sort=title").json()["items"]
    assert [(row["title"], row["progress"]) for row in rows] == [
        ("attention", 0.0),
        ("Street trees", 0.25),
    ]


def test_a_conversation_has_what_was_dropped_and_what_its_runs_found(
    api: KeyClient, world: World, shelf: None
) -> None:
    assert titles(api, f"?conversation_id={world.conversation.pk}") == ["On attention"]


def test_a_source_says_where_it_is_cited_and_how_it_came(api: KeyClient, world: World) -> None:
    body = api.get(f"/api/v2/sources/{world.file.pk}").json()
    assert body["record_words"] == ["You uploaded it as “attention.pdf”."]
    assert "Nobody has compared" in body["verification_words"]
    assert body["cited_in"] == [
        {
            "run_id": str(world.run.pk),
            "conversation_id": str(world.conversation.pk),
            "artifact_id": str(world.artifact.pk),
            "title": "Attention",
            "citations": 1,
        }
    ]


def test_metadata_is_corrected_field_by_field(api: KeyClient, world: World) -> None:
    Source.objects.filter(pk=world.file.pk).update(
        verification="verified", verification_detail={"by": "crossref"}, retracted=True
    )
    patch = {
        "title": " Better ",
        "author": [{"family": "Lovelace", "given": "Ada"}, {"literal": "The Society"}],
        "issued": {"date-parts": [[1843, 10]]},
        "DOI": "https://doi.org/10.1000/ABC",
        "volume": 3,
        "container-title": "Memoirs",
    }
    body = api.send("PATCH", f"/api/v2/sources/{world.file.pk}", {"csl": patch}).json()
    assert body["csl"] == {
        "type": "article",
        "title": "Better",
        "author": [{"family": "Lovelace", "given": "Ada"}, {"literal": "The Society"}],
        "issued": {"date-parts": [[1843, 10]]},
        "DOI": "10.1000/abc",
        "volume": "3",
        "container-title": "Memoirs",
    }
    assert (body["doi"], body["metadata_edited"]) == ("10.1000/abc", True)
    assert (body["verification"], body["verification_detail"]) == ("", {})
    assert body["retracted"] is False
    gone = api.send("PATCH", f"/api/v2/sources/{world.file.pk}", {"csl": {"DOI": None}}).json()
    assert "DOI" not in gone["csl"]
    assert gone["doi"] == ""
    assert gone["csl"]["title"] == "Better"


@pytest.mark.parametrize(
    ("csl", "field"),
    [
        ({"type": "poem"}, "csl.type"),
        ({"author": [{"given": ""}]}, "csl.author"),
        ({"author": "Lee"} | {"nonsense": "x"}, "csl.nonsense"),
        ({"issued": {"date-parts": [["soon"]]}}, "csl.issued"),
        ({"DOI": "x"}, "csl.DOI"),
        ({"URL": "javascript:alert(1)"}, "csl.URL"),
        ({"title": "x" * 3000}, "csl.title"),
        ({"title": "nul\x00"}, "csl.title"),
        ({"abstract": ["x"]}, "csl.abstract"),
        ({"author": [{"family": "Lee"}] * 501}, "csl.author"),
    ],
)
def test_what_no_style_could_print_is_refused_by_field(
    api: KeyClient, world: World, csl: dict[str, Any], field: str
) -> None:
    response = api.send("PATCH", f"/api/v2/sources/{world.file.pk}", {"csl": csl})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field
    world.file.refresh_from_db()
    assert world.file.csl["title"] == "On attention"


def test_a_reference_is_printed_before_it_is_saved(api: KeyClient) -> None:
    csl = {"type": "book", "title": "On <b>roofs</b>", **author("Lee", 2020)}
    body = api.send("POST", "/api/v2/sources/reference", {"csl": csl, "style": "apa"}).json()
    assert body["html"].startswith("Lee, A. (2020).")
    assert "<em>" in body["html"]
    assert "<b>" not in body["html"]
    unknown = api.send("POST", "/api/v2/sources/reference", {"csl": csl, "style": "klingon"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_style")


def test_a_failed_file_is_read_again_and_a_read_one_is_not(api: KeyClient, world: World) -> None:
    address = f"/api/v2/sources/{world.file.pk}/read"
    assert api.post(address).json()["code"] == "no_file"
    Source.objects.filter(pk=world.file.pk).update(file="files/x", status="failed", error="Broke.")
    answer = api.post(address)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert answer.json()["error"] == ""
    assert api.post(address).status_code == 202  # sent twice, queued once
    Source.objects.filter(pk=world.file.pk).update(status="ready")
    assert api.post(address).json()["code"] == "already_read"


def test_several_are_removed_at_once_and_only_ones_own(
    api: KeyClient, bob: User, shelf: None, world: World
) -> None:
    hers = Source.objects.get(owner=bob)
    mine = list(Source.objects.exclude(owner=bob).values_list("id", flat=True))
    ids = [str(key) for key in (*mine, hers.pk)]
    assert api.send("POST", "/api/v2/sources/delete", {"ids": ids}).json() == {"deleted": len(mine)}
    assert list(Source.objects.all()) == [hers]
    assert api.send("POST", "/api/v2/sources/delete", {"ids": ids}).json() == {"deleted": 0}


def test_the_library_leaves_for_a_reference_manager(api: KeyClient, shelf: None) -> None:
    entries = api.get("/api/v2/sources/export?format=bib").content.decode()
    assert re.findall(r"(?m)^@\w+\{(.+),$", entries)[1:] == [
        "fontaine2021",
        "okonkwo2018",
        "vaswani2017",
    ]
    chosen = Source.objects.get(csl__title="Green roofs")
    hers = Source.objects.get(csl__title="Street trees of Bob")
    response = api.get(f"/api/v2/sources/export?format=csl-json&ids={chosen.pk}&ids={hers.pk}")
    assert [item["title"] for item in response.json()] == ["Green roofs"]
    assert response["Content-Disposition"] == 'attachment; filename="library.json"'
    assert "TY  - JOUR" in api.get("/api/v2/sources/export?format=ris&q=trees").content.decode()


# -------------------------------------------------------------------------- asking registries


class Told:
    """Registries that know what they are given, and what they were asked."""

    def __init__(self, *works: Work, answer: Answer = Answer.FOUND) -> None:
        self.found = Found(
            works=works, answers=(ProviderAnswer(provider="crossref", answer=answer),)
        )
        self.asked: list[object] = []

    async def identify(self, identifiers: Sequence[str]) -> Found:
        self.asked.append(list(identifiers))
        return self.found

    async def lookup(self, csl: dict[str, Any]) -> Found:
        self.asked.append(csl["title"])
        return self.found


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[[Told], None]:
    """Let the registries that are asked be these."""

    def use(told: Told) -> None:
        chosen = env().model_copy(update={"scholarly_providers": "crossref"})
        monkeypatch.setattr(registries, "env", lambda: chosen)
        monkeypatch.setattr(registries, "shared_scholar", lambda: told)

    return use


def test_what_a_registry_says_is_proposed_and_not_taken(
    api: KeyClient, world: World, ask: Callable[[Told], None]
) -> None:
    csl = world.file.csl | {"title": "On Attention.", "volume": "3", "abstract": "No."}
    notice = Retraction(kind="retraction", date="2021-05-01")
    told = Told(Work(csl=csl, providers=("crossref",), notices=(notice,)))
    ask(told)
    address = f"/api/v2/sources/{world.file.pk}/metadata"
    body = api.send("POST", address, {"identifier": "https://doi.org/10.1000/ABC"}).json()
    assert told.asked == [["doi:10.1000/abc"]]
    assert body["message"] == "Crossref answered."
    [candidate] = body["candidates"]
    assert candidate["differences"] == [
        {"field": "volume", "label": "Volume", "now": "", "proposed": "3"}
    ]
    assert candidate["notices"] == ["This work has been retracted (2021-05-01)."]
    assert "abstract" not in candidate["csl"]
    world.file.refresh_from_db()
    assert "volume" not in world.file.csl
    api.send("POST", address, {"identifier": "arXiv:1706.03762v7"})
    api.send("POST", address, {})
    assert told.asked[1:] == [["arxiv:1706.03762"], "On attention"]
    refused = api.send("POST", address, {"identifier": "my paper"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "identifier")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer.NOTHING, "Crossref answered, and no such work is known there."),
        (
            Answer.UNREACHABLE,
            "No registry could be asked just now, so nothing is said about this work. "
            "Crossref could not be asked.",
        ),
    ],
)
def test_unknown_and_unreachable_are_told_apart(
    api: KeyClient,
    world: World,
    ask: Callable[[Told], None],
    answer: Answer,
    message: str,
) -> None:
    ask(Told(answer=answer))
    body = api.send("POST", f"/api/v2/sources/{world.file.pk}/metadata", {}).json()
    assert (body["message"], body["candidates"]) == (message, [])


def test_a_server_that_asks_no_registry_says_so(
    api: KeyClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = env().model_copy(update={"scholarly_providers": "off"})
    monkeypatch.setattr(registries, "env", lambda: off)
    response = api.send("POST", f"/api/v2/sources/{world.file.pk}/metadata", {})
    assert (response.status_code, response.json()["code"]) == (503, "no_registries")


# ------------------------------------------------------------------------------ the file itself


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_pdf_is_shown_and_cannot_run(api: KeyClient, stored: Source) -> None:
    response = api.get(f"/api/v2/sources/{stored.pk}/content")
    assert body(response) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["Cache-Control"] == "private, no-cache"
    saved = api.get(f"/api/v2/sources/{stored.pk}/content?download=true")
    assert saved["Content-Disposition"] == 'attachment; filename="attention.pdf"'
    assert saved["Content-Length"] == str(len(PDF))


def test_anything_else_is_only_a_download(api: KeyClient, world: World) -> None:
    name = default_storage.save("files/te/page", ContentFile(b"<script>alert(1)</script>"))
    Source.objects.filter(pk=world.file.pk).update(file=name, media_type="text/html")
    response = api.get(f"/api/v2/sources/{world.file.pk}/content")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert body(response) == b"<script>alert(1)</script>"
    default_storage.delete(name)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(PDF)),
        ("bytes=-20", len(PDF) - 20, len(PDF)),
        ("bytes=10-999999", 10, len(PDF)),
    ],
)
def test_a_stretch_is_sent_alone(
    api: KeyClient, stored: Source, asked: str, first: int, last: int
) -> None:
    response = api.get(f"/api/v2/sources/{stored.pk}/content", headers={"range": asked})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last - 1}/{len(PDF)}"
    assert response["Content-Length"] == str(last - first)
    assert body(response) == PDF[first:last]


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=-0", "bytes=9-3"])
def test_a_stretch_outside_is_refused(api: KeyClient, stored: Source, asked: str) -> None:
    response = api.get(f"/api/v2/sources/{stored.pk}/content", headers={"range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(PDF)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x"])
def test_a_range_that_is_none_of_ours_gets_the_whole(
    api: KeyClient, stored: Source, asked: str
) -> None:
    response = api.get(f"/api/v2/sources/{stored.pk}/content", headers={"range": asked})
    assert (response.status_code, body(response)) == (200, PDF)


def test_an_unchanged_file_is_not_sent_again(api: KeyClient, stored: Source) -> None:
    address = f"/api/v2/sources/{stored.pk}/content"
    etag = api.get(address)["ETag"]
    assert api.get(address, headers={"if-none-match": etag}).status_code == 304
    other = api.get(address, headers={"range": "bytes=0-9", "if-range": '"other"'})
    assert (other.status_code, body(other)) == (200, PDF)


def test_a_source_without_its_file_says_so(api: KeyClient, world: World) -> None:
    response = api.get(f"/api/v2/sources/{world.file.pk}/content")
    assert (response.status_code, response.json()["code"]) == (404, "no_file")


def test_a_page_is_given_in_passages(api: KeyClient, world: World) -> None:
    Source.objects.filter(pk=world.file.pk).update(pages=3)
    Passage.objects.filter(pk=world.passage.pk).update(boxes=[[0.1, 0.2, 0.5, 0.02]])
    page = api.get(f"/api/v2/sources/{world.file.pk}/pages/2").json()
    assert (page["number"], page["of"], page["paged"]) == (2, 3, True)
    assert [p["id"] for p in page["passages"]] == [str(world.passage.pk)]
    assert page["passages"][0]["boxes"] == [[0.1, 0.2, 0.5, 0.02]]
    assert api.get(f"/api/v2/sources/{world.file.pk}/pages/4").status_code == 404


def test_text_without_pages_comes_in_stretches(api: KeyClient, alice: User) -> None:
    notes = make(alice, "Notes", file_name="notes.md")
    made = [Passage.objects.create(source=notes, ordinal=n, text=f"Part {n}.") for n in range(30)]
    page = api.get(f"/api/v2/sources/{notes.pk}/pages/3").json()
    assert (page["number"], page["of"], page["paged"]) == (3, 3, False)
    assert [p["text"] for p in page["passages"]] == [f"Part {n}." for n in range(24, 30)]
    assert api.get(f"/api/v2/passages/{made[25].pk}").json()["place"] == 3
