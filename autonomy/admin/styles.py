"""Citation styles that people brought."""

from __future__ import annotations

from django.contrib import admin

from autonomy.admin.base import HistoryAdmin
from autonomy.models import CitationStyle


@admin.register(CitationStyle)
class CitationStyleAdmin(HistoryAdmin):
    list_display = ("title", "owner", "created_at", "removed_at")
    list_filter = ("created_at",)
    search_fields = ("title",)
    list_select_related = ("owner",)
    fields = ("title", "owner", "sha256", "created_at", "removed_at", "text")
    readonly_fields = fields
