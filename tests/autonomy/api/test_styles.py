"""Own citation styles, and a finished document in another style."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from autonomy.models import Artifact, Citation, CitationStyle, Episode, Run
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World, finish

pytestmark = pytest.mark.django_db

CSL = """<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
  <info><title>House style</title><id>house</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <citation><layout prefix="{" suffix="}" delimiter="; ">
    <names variable="author"><name form="short"/></names>
  </layout></citation>
  <bibliography><layout><text variable="title" prefix="HOUSE "/></layout></bibliography>
</style>"""
DEPENDENT = """<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0">
  <info><title>Of nobody</title>
  <link href="http://www.zotero.org/styles/{parent}" rel="independent-parent"/></info></style>"""
MACROS = "".join(
    f'<macro name="m{n}"><text macro="m{n + 1}"/><text macro="m{n + 1}"/></macro>'
    for n in range(40)
)


def upload(client: Client, text: str | bytes) -> Any:
    data = text.encode() if isinstance(text, str) else text
    return client.post("/api/v2/styles", {"file": SimpleUploadedFile("house.csl", data)})


def restyle(api: KeyClient, world: World, style: str, **headers: str) -> Any:
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{world.artifact.pk}/style"
    return api.send("POST", address, {"style": style}, **headers)


def test_an_own_style_is_found_used_and_removed(
    api: KeyClient, world: World, bob_client: Client
) -> None:
    made = upload(api, CSL)
    assert made.status_code == 201, made.content
    style = made.json()
    assert upload(api, CSL).json()["id"] == style["id"]
    listed = api.get("/api/v2/styles?q=house").json()
    assert [row["id"] for row in listed["own"]] == [style["id"]]
    assert bob_client.get("/api/v2/styles?q=house").json()["own"] == []

    finish(world.run)
    answer = restyle(api, world, style["id"])
    assert answer.status_code == 201, answer.content
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{answer.json()['id']}"
    assert "{Lee}" in api.get(address).json()["html"]

    assert api.delete(f"/api/v2/styles/{style['uuid']}").status_code == 204
    assert api.get("/api/v2/styles").json()["own"][0]["title"] == "Her style"
    html = api.get(address).json()["html"]
    assert "{Lee}" in html
    assert "HOUSE On attention" in html
    # Nothing new is made in it.
    refused = api.send("POST", "/api/v2/runs", task(style["id"]))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].endswith("style")
    assert upload(api, CSL).json()["id"] == style["id"]


def task(style: str) -> dict[str, Any]:
    return {"journey": "write", "task_spec": {"goal": "Ink", "settings": {"style": style}}}


def test_a_style_that_no_document_uses_is_gone(api: KeyClient) -> None:
    style = upload(api, CSL).json()
    api.delete(f"/api/v2/styles/{style['uuid']}")
    assert not CitationStyle.objects.filter(pk=style["uuid"]).exists()


def test_a_document_whose_style_is_gone_says_so(api: KeyClient, world: World) -> None:
    body = {**world.artifact.body, "style": "own-019ad000-0000-7000-8000-000000000000"}
    Artifact.objects.filter(pk=world.artifact.pk).update(body=body)
    address = f"/api/v2/runs/{world.run.pk}/artifacts/{world.artifact.pk}"
    html = api.get(address).json()["html"]
    assert "is gone" in html
    assert "(Lee, 2020, p. 2)" in html


def test_a_dependent_style_is_its_parent_or_refused_by_name(api: KeyClient) -> None:
    assert upload(api, DEPENDENT.format(parent="apa")).status_code == 201
    refused = upload(api, DEPENDENT.format(parent="no-such-style"))
    assert refused.status_code == 422
    assert "no-such-style" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("not xml", "well-formed"),
        (b"\xff\xfe\x00\x00", "UTF-8"),
        ("<a/>", "no CSL style"),
        ('<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + CSL[39:], "entities"),
        ("<a>" * 5_000, "nested"),
        (CSL.replace("<citation>", "<cites>").replace("</citation>", "</cites>"), "<citation>"),
        (CSL.replace('<text variable="title"', '<text macro="none"'), "“none”"),
        (
            CSL.replace("<citation>", '<macro name="a"><text macro="a"/></macro><citation>'),
            "a → a",
        ),
        (CSL.replace("<citation>", MACROS + '<macro name="m40"/><citation>'), "too often"),
    ],
)
def test_what_is_no_safe_style_is_refused_with_the_reason(
    api: KeyClient, text: str | bytes, said: str
) -> None:
    answer = upload(api, text)
    assert answer.status_code == 422, answer.content
    assert said in str(answer.json()) or said == "empty"
    assert not CitationStyle.objects.exists()


def test_search_finds_by_title_and_lists_the_usual_five_first(api: KeyClient) -> None:
    usual = api.get("/api/v2/styles").json()["bundled"]
    assert [row["id"] for row in usual] == ["harvard", "apa", "mla", "chicago", "vancouver"]
    found = api.get("/api/v2/styles?q=nature").json()["bundled"]
    assert found[0]["id"] == "nature"


def test_a_new_version_in_another_style_carries_the_verdicts(api: KeyClient, world: World) -> None:
    finish(world.run)
    made = restyle(api, world, "apa").json()
    assert made["version"] == 2
    new, old = (
        Citation.objects.filter(artifact_id=pk).values_list("claim", "verdict", "passage", "page")
        for pk in (made["id"], world.artifact.pk)
    )
    assert list(new) == list(old)
    assert list(old)
    event = Episode.objects.filter(run=world.run).latest("seq")
    assert (event.type, event.meta["artifact_id"]) == ("artifact.created", made["id"])
    detail = api.get(f"/api/v2/runs/{world.run.pk}/artifacts/{made['id']}").json()
    assert detail["style"] == "apa"
    again = restyle(api, world, "apa").json()
    assert again["id"] == made["id"]
    assert restyle(api, world, "mla").json()["version"] == 3


def test_a_run_at_work_keeps_its_style(api: KeyClient, world: World) -> None:
    Run.objects.filter(pk=world.run.pk).update(status="waiting_human", waiting_for={})
    answer = restyle(api, world, "apa")
    assert answer.status_code == 409
    assert Artifact.objects.filter(run=world.run, kind="document").count() == 1


def test_an_unknown_style_changes_nothing(api: KeyClient, world: World) -> None:
    finish(world.run)
    assert restyle(api, world, "harvrd").status_code == 422
    assert restyle(api, world, "own-x").status_code == 422
    assert Artifact.objects.filter(run=world.run, kind="document").count() == 1


def test_a_strangers_style_is_no_style(api: KeyClient, world: World, bob_client: Client) -> None:
    style = upload(api, CSL).json()["id"]
    refused = bob_client.post("/api/v2/runs", task(style), content_type="application/json")
    assert refused.status_code == 422
