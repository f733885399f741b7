"""Every staff page, built from the registry: staff see it, everyone else gets nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from autonomy import models
from chat.models import Conversation
from tests.autonomy.admin.conftest import SECRET, World

OURS = [model for model in admin.site._registry if model._meta.app_label in ("autonomy", "chat")]
WITHOUT_PAGE = {
    models.CheckEvent,
    models.CheckpointBlob,
    models.CheckpointWrite,
    models.DocumentVersion,
    models.FileReadingPages,
    models.FlaggedPassage,
    models.Notification,
    models.NotificationChoice,
    models.PassageChange,
    models.IdempotencyKey,
    models.Passage,
    models.PassageVector,
    models.Posting,
    models.RewriteChange,
}
"""Bytes that the checkpoint page decodes, what the page of a check lists, passages, which the page of their source lists, why
there is a version of a document and what it proposes of a draft, which the artifact's page says, flagged passages, which the page
of their cycle lists, what people were told, which the run's log has, and want by mail, what search keeps of their words and meaning, pages as the parser left them,
and the answers kept for retried requests, which repeat what other pages show."""


SETTINGS = {models.Quota, models.ToolOffer, models.ToolServer}
"""Staff's own settings: edited under Django's permissions."""
CHANGED = {models.Job}
"""Pages with a form that asks a service, under Django's permissions."""
DELETED = {models.ModelConnection, models.ToolRecording, models.ToolSecret}
"""Shown only, but staff may delete one."""
HISTORY = [model for model in OURS if model not in SETTINGS]


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def pages(world: World) -> list[str]:
    """Every address that reads; a registered model without a row in `world` fails here."""
    found = [reverse("admin:index"), reverse("admin:autonomy_operator")]
    for model in OURS:
        row = world.rows[model]
        found += [
            address(model, "changelist"),
            address(model, "change", row.pk),
            address(model, "history", row.pk),
        ]
    return found


def writes(world: World) -> list[str]:
    found = []
    for model in HISTORY:
        row = world.rows[model]
        found.append(address(model, "add"))
        if model not in DELETED:
            found.append(address(model, "delete", row.pk))
    return found


def test_every_table_has_a_page_or_a_reason() -> None:
    tables = {
        model for label in ("autonomy", "chat") for model in apps.get_app_config(label).get_models()
    }
    assert tables - WITHOUT_PAGE == set(OURS)


def test_every_address_of_a_page_is_in_the_tables_below(world: World) -> None:
    names = {
        str(pattern.name)
        for model in OURS
        for pattern in admin.site._registry[model].get_urls()
        if getattr(pattern, "name", None)
    }
    standard = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in OURS
        for page in ("changelist", "add", "change", "history", "delete")
    }
    assert names - standard == {
        "autonomy_run_control",
        "autonomy_artifact_download",
        "autonomy_effect_settle",
        "autonomy_operator",
    }


def test_staff_see_every_page(world: World, staff_client: Client) -> None:
    for page in pages(world):
        response = staff_client.get(page)
        assert response.status_code == 200, page
        assert "Traceback" not in response.content.decode()


def test_staff_find_the_run_they_look_for(world: World, staff_client: Client) -> None:
    response = staff_client.get(address(models.Run, "changelist"))
    assert SECRET in response.content.decode()


def test_the_public_gets_only_the_login_page(world: World, client: Client) -> None:
    for page in pages(world) + writes(world) + special(world):
        response = client.get(page)
        assert response.status_code == 302, page
        assert response["Location"].startswith("/admin/login/"), page


def test_a_signed_in_owner_who_is_not_staff_gets_nothing(
    world: World, client: Client, alice: Any
) -> None:
    client.force_login(alice)
    for page in pages(world) + writes(world) + special(world):
        response = client.get(page)
        assert response.status_code in (302, 403), page
        assert SECRET not in response.content.decode(), page


def test_nobody_adds_changes_or_deletes_history(
    world: World, staff_client: Client, django_user_model: Any
) -> None:
    root = Client()
    root.force_login(
        django_user_model.objects.create_superuser("root", "root@example.org", "not-used-1234")
    )
    for visitor in (staff_client, root):
        for page in writes(world):
            assert visitor.get(page).status_code == 403, page
            assert visitor.post(page, {"post": "yes"}).status_code == 403, page
        for model in set(HISTORY) - CHANGED:
            page = address(model, "change", world.rows[model].pk)
            assert visitor.post(page, {"title": "changed"}).status_code == 403, page
    for model in OURS:
        assert model._default_manager.filter(pk=world.rows[model].pk).exists()
    world.run.refresh_from_db()
    assert world.run.title == SECRET


def special(world: World) -> list[str]:
    return [
        reverse("admin:autonomy_run_control", args=[world.run.pk, "cancel"]),
        reverse("admin:autonomy_artifact_download", args=[world.artifact.pk, "docx"]),
        reverse("admin:autonomy_effect_settle", args=[world.rows[models.Effect].pk, "not_done"]),
    ]


def test_a_stranger_cannot_post_a_control(world: World, client: Client, bob: Any) -> None:
    page = special(world)[0]
    assert client.post(page).status_code == 302
    client.force_login(bob)
    assert client.post(page).status_code == 302
    world.run.refresh_from_db()
    assert (world.run.status, world.run.requested) == ("queued", "")


def test_an_inactive_member_of_staff_gets_nothing(world: World, client: Client, staff: Any) -> None:
    client.force_login(staff)
    staff.is_active = False
    staff.save()
    assert client.get(address(Conversation, "changelist")).status_code == 302


def test_staff_delete_a_connection_and_never_see_its_key(
    world: World, staff_client: Client
) -> None:
    connection = world.rows[models.ModelConnection]
    shown = [address(models.ModelConnection, "changelist")]
    shown += [address(models.ModelConnection, page, connection.pk) for page in ("change", "delete")]
    for page in shown:
        text = staff_client.get(page).content.decode()
        assert SECRET in text
        assert "sealed-key" not in text
    staff_client.post(shown[-1], {"post": "yes"})
    assert not models.ModelConnection.objects.filter(pk=connection.pk).exists()


def test_whoever_is_not_staff_cannot_delete_a_connection(
    world: World, client: Client, bob: Any
) -> None:
    connection = world.rows[models.ModelConnection]
    client.force_login(bob)
    page = address(models.ModelConnection, "delete", connection.pk)
    assert client.post(page, {"post": "yes"}).status_code in (302, 403)
    assert models.ModelConnection.objects.filter(pk=connection.pk).exists()


@pytest.mark.parametrize("column", ["sha256", "hw_secret"])
def test_the_page_of_an_api_key_never_shows_the_key(
    world: World, staff_client: Client, column: str
) -> None:
    key = world.rows[models.ApiKey]
    assert isinstance(key, models.ApiKey)
    for page in (address(models.ApiKey, "changelist"), address(models.ApiKey, "change", key.pk)):
        text = staff_client.get(page).content.decode()
        assert key.prefix in text
        assert key.sha256 not in text
        assert column not in text
