"""API keys: whose, and whether used. Neither the key nor its hash is ever shown."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import NOTHING, age, badge
from autonomy.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(HistoryAdmin):
    list_display = ("prefix", "name", "owner", "state", "made", "used")
    list_filter = ("created_at", "revoked_at")
    list_select_related = ("owner",)
    search_fields = ("name", "prefix", "owner__email")
    ordering = ("-created_at",)
    fields = ("prefix", "name", "owner", "state", "created_at", "last_used_at", "revoked_at")
    readonly_fields = fields

    @admin.display(description="State")
    def state(self, obj: ApiKey) -> SafeString:
        return badge("revoked", tone="quiet") if obj.revoked_at else badge("active", tone="good")

    @admin.display(description="Age", ordering="created_at")
    def made(self, obj: ApiKey) -> str:
        return age(obj.created_at)

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, obj: ApiKey) -> str:
        return NOTHING if obj.last_used_at is None else f"{age(obj.last_used_at)} ago"
