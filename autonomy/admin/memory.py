"""What was said and learnt: episodes of every run, and notes that outlive them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import admin_url, age, json_block, link, short
from autonomy.models import Episode, Note


@admin.register(Episode)
class EpisodeAdmin(HistoryAdmin):
    list_display = ("seq", "run_id_link", "type", "source", "line", "ts")
    list_filter = ("type", "source", "ts")
    search_fields = ("content",)
    search_by_id = ("run_id",)
    date_hierarchy = "ts"
    ordering = ("-id",)
    fields = (
        "run_id_link",
        "seq",
        "ts",
        "type",
        "source",
        "content",
        "task_id",
        "attempt",
        "fence",
        "meta_text",
    )
    readonly_fields = fields

    @admin.display(description="Run", ordering="run")
    def run_id_link(self, obj: Episode) -> SafeString:
        return format_html(
            '<a class="hw-link" href="{}?after={}#timeline">{}</a>',
            admin_url("run", obj.run_id),
            max(0, obj.seq - 1),
            obj.run_id,
        )

    @admin.display(description="Content")
    def line(self, obj: Episode) -> str:
        return short(obj.content, 140)

    @admin.display(description="Detail")
    def meta_text(self, obj: Episode) -> SafeString:
        return json_block(obj.meta)


@admin.register(Note)
class NoteAdmin(HistoryAdmin):
    list_display = ("line", "kind", "owner", "run", "noted")
    list_filter = ("kind", "created_at")
    list_select_related = ("owner", "run")
    search_fields = ("text", "owner__email")
    search_by_id = ("pk", "run_id")
    ordering = ("-created_at",)
    fields = ("owner", "run_link", "kind", "text", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("embedding")

    @admin.display(description="Note")
    def line(self, obj: Note) -> str:
        return short(obj.text, 140)

    @admin.display(description="Run")
    def run_link(self, obj: Note) -> SafeString:
        return link(obj.run)

    @admin.display(description="Age", ordering="created_at")
    def noted(self, obj: Note) -> str:
        return age(obj.created_at)
