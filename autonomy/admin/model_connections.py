"""Access to models, and who chose which. Keys are never shown, not even encrypted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin, is_staff
from autonomy.admin.display import NOTHING, age, badge, json_block, link
from autonomy.models import ModelConnection, ModelPreference

EVERYBODY = "everybody"


@admin.register(ModelConnection)
class ModelConnectionAdmin(HistoryAdmin):
    """Staff look and may delete: a connection that must go at once, goes. It is made and changed on
    the page for models, where what is typed in is tested."""

    list_display = (
        "name",
        "whose",
        "provider",
        "base_url",
        "has_key",
        "test_badge",
        "tested",
        "simulated",
    )
    list_display_links = ("name",)
    list_filter = ("provider", "server", "simulated", "test_ok", "created_at")
    list_select_related = ("owner",)
    search_fields = ("slug", "label", "base_url", "owner__email")
    ordering = ("-created_at",)
    fields = (
        "slug",
        "label",
        "whose_link",
        "provider",
        "base_url",
        "has_key",
        "server",
        "simulated",
        "test_badge",
        "tested_at",
        "test_seconds",
        "offered_text",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("owner")

    @admin.display(description="Name", ordering="slug")
    def name(self, obj: ModelConnection) -> str:
        return f"{obj.label} ({obj.slug})" if obj.label else obj.slug

    @admin.display(description="Whose", ordering="owner")
    def whose(self, obj: ModelConnection) -> str:
        return EVERYBODY if obj.owner is None else obj.owner.email or str(obj.owner)

    @admin.display(description="Whose")
    def whose_link(self, obj: ModelConnection) -> SafeString | str:
        return EVERYBODY if obj.owner is None else link(obj.owner, obj.owner.email)

    @admin.display(description="Key", boolean=True)
    def has_key(self, obj: ModelConnection) -> bool:
        return bool(obj.secret)

    @admin.display(description="Last test", ordering="test_ok")
    def test_badge(self, obj: ModelConnection) -> SafeString | str:
        if obj.test_ok is None:
            return NOTHING
        return badge("answered" if obj.test_ok else obj.test_failure or "failed", tone=_tone(obj))

    @admin.display(description="Tested", ordering="tested_at")
    def tested(self, obj: ModelConnection) -> str:
        return age(obj.tested_at)

    @admin.display(description="Models it offers")
    def offered_text(self, obj: ModelConnection) -> SafeString:
        return json_block(obj.offered)


def _tone(obj: ModelConnection) -> str:
    return "good" if obj.test_ok else "bad"


@admin.register(ModelPreference)
class ModelPreferenceAdmin(HistoryAdmin):
    list_display = ("whose", "default", "updated_at")
    list_display_links = ("whose",)
    list_select_related = ("owner",)
    search_fields = ("owner__email",)
    ordering = ("-updated_at",)
    fields = ("whose", "roles_text", "updated_at")
    readonly_fields = fields

    @admin.display(description="Whose", ordering="owner")
    def whose(self, obj: ModelPreference) -> str:
        return EVERYBODY if obj.owner is None else obj.owner.email or str(obj.owner)

    @admin.display(description="For every role")
    def default(self, obj: ModelPreference) -> str:
        return str(obj.roles.get("default", "")) or NOTHING

    @admin.display(description="Choices")
    def roles_text(self, obj: ModelPreference) -> SafeString:
        return json_block(obj.roles)
