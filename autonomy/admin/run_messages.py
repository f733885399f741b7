"""What people told their runs while these went on."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import age, link, short
from autonomy.models import RunMessage


@admin.register(RunMessage)
class RunMessageAdmin(HistoryAdmin):
    list_display = ("said", "run", "number", "author", "age", "taken_at")
    list_display_links = ("said",)
    list_filter = ("created_at",)
    list_select_related = ("run", "author")
    search_fields = ("text", "run__title")
    search_by_id = ("pk", "run_id")
    ordering = ("-created_at",)
    fields = ("run_link", "number", "author_link", "text", "created_at", "taken_at")
    readonly_fields = fields

    @admin.display(description="Message")
    def said(self, obj: RunMessage) -> str:
        return short(obj.text, 80)

    @admin.display(description="Age", ordering="created_at")
    def age(self, obj: RunMessage) -> str:
        return age(obj.created_at)

    @admin.display(description="Run")
    def run_link(self, obj: RunMessage) -> SafeString:
        return link(obj.run)

    @admin.display(description="Said by")
    def author_link(self, obj: RunMessage) -> SafeString:
        return link(obj.author)
