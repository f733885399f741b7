"""What was read out of files, and the spaces that passages are embedded in."""

from __future__ import annotations

from django.contrib import admin

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import NOTHING
from autonomy.models import EmbeddingSpace, FileReading


@admin.register(FileReading)
class FileReadingAdmin(HistoryAdmin):
    list_display = ("sha256", "ending", "parser", "progress", "created_at")
    list_filter = ("ending", "parser", "created_at")
    search_fields = ("sha256",)
    ordering = ("-created_at",)
    fields = ("sha256", "ending", "parser", "progress", "created_at")
    readonly_fields = fields

    @admin.display(description="Pages read")
    def progress(self, obj: FileReading) -> str:
        return f"{obj.pages_read:,} of {obj.pages:,}" if obj.pages else f"{obj.pages_read:,}"


@admin.register(EmbeddingSpace)
class EmbeddingSpaceAdmin(HistoryAdmin):
    list_display = ("model", "dimensions", "state", "progress", "tokens", "cost", "error")
    list_filter = ("state",)
    search_fields = ("model",)
    ordering = ("-created_at",)
    fields = (
        "model",
        "dimensions",
        "state",
        "progress",
        "tokens",
        "cost",
        "failures",
        "error",
        "worked_at",
        "next_at",
        "created_at",
        "activated_at",
        "ended_at",
    )
    readonly_fields = fields

    @admin.display(description="Passages")
    def progress(self, obj: EmbeddingSpace) -> str:
        return f"{obj.filled:,} of {obj.wanted:,}"

    @admin.display(description="US dollars")
    def cost(self, obj: EmbeddingSpace) -> str:
        return f"{obj.usd:.4f}" if obj.price_known else NOTHING
