"""Tools, their versions, and how often each fails."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin, HistoryInline
from autonomy.admin.display import NOTHING, json_block, link
from autonomy.models import Tool, ToolVersion


class ToolVersionInline(HistoryInline):
    model = ToolVersion
    fields = ("number", "author", "created_at", "contract")
    readonly_fields = fields
    ordering = ("-number",)
    per_page = 5
    show_change_link = True

    @admin.display(description="Input")
    def contract(self, obj: ToolVersion) -> SafeString:
        return json_block(obj.input_schema)


@admin.register(Tool)
class ToolAdmin(HistoryAdmin):
    list_display = (
        "name",
        "origin",
        "owner",
        "enabled",
        "current_version",
        "calls",
        "failure_rate",
    )
    list_filter = ("origin", "enabled")
    list_select_related = ("owner",)
    search_fields = ("name", "description")
    ordering = ("name",)
    inlines = (ToolVersionInline,)
    fields = (
        "name",
        "description",
        "origin",
        "owner",
        "enabled",
        "current_version",
        "calls",
        "failures",
        "created_at",
    )

    @admin.display(description="Failed", ordering="failures")
    def failure_rate(self, obj: Tool) -> str:
        return f"{100 * obj.failures / obj.calls:.1f} %" if obj.calls else NOTHING


@admin.register(ToolVersion)
class ToolVersionAdmin(HistoryAdmin):
    list_display = ("tool", "number", "author", "created_at")
    list_filter = ("author",)
    list_select_related = ("tool",)
    search_fields = ("tool__name",)
    ordering = ("tool__name", "-number")
    fields = (
        "tool_link",
        "number",
        "author",
        "created_at",
        "input_text",
        "output_text",
        "definition_text",
    )
    readonly_fields = fields

    @admin.display(description="Tool")
    def tool_link(self, obj: ToolVersion) -> SafeString:
        return link(obj.tool)

    @admin.display(description="Input schema")
    def input_text(self, obj: ToolVersion) -> SafeString:
        return json_block(obj.input_schema)

    @admin.display(description="Output schema")
    def output_text(self, obj: ToolVersion) -> SafeString:
        return json_block(obj.output_schema)

    @admin.display(description="Definition")
    def definition_text(self, obj: ToolVersion) -> SafeString:
        return json_block(obj.definition)
