"""Comparisons of documents with their owners' texts."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import NOTHING, link
from autonomy.models import SimilarityCheck


@admin.register(SimilarityCheck)
class SimilarityCheckAdmin(HistoryAdmin):
    list_display = ("artifact", "status", "percent", "attempts", "error", "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("artifact",)
    search_by_id = ("pk", "artifact_id", "artifact__run_id")
    ordering = ("-created_at",)
    fields = (
        "artifact_link",
        "status",
        "percent",
        "attempts",
        "broke_off",
        "progress",
        "error",
        "created_at",
        "claimed_at",
        "finished_at",
    )
    readonly_fields = fields

    @admin.display(description="Like their texts")
    def percent(self, obj: SimilarityCheck) -> str:
        found = obj.result or {}
        return f"{found['percent']:g} %" if "percent" in found else NOTHING

    @admin.display(description="Document")
    def artifact_link(self, obj: SimilarityCheck) -> SafeString:
        return link(obj.artifact)
