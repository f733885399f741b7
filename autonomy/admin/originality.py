"""Originality cycles: which run waits for whose report."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin, HistoryInline
from autonomy.admin.display import NOTHING, age, badge, link, short
from autonomy.core.originality import percent_said
from autonomy.models import FlaggedPassage, PassageChange, TurnitinCycle


class FlaggedInline(HistoryInline):
    model = FlaggedPassage
    fields = ("told_by", "section_id", "excerpt", "group", "source_title", "note", "colour")
    readonly_fields = fields
    ordering = ("told_by", "ordinal")

    @admin.display(description="Text")
    def excerpt(self, obj: FlaggedPassage) -> str:
        return short(obj.text, 300)


class ChangeInline(HistoryInline):
    model = PassageChange
    fields = ("told_by", "section_id", "before_short", "after_short", "remedy", "reason", "verdict")
    readonly_fields = fields
    ordering = ("ordinal",)

    @admin.display(description="Before")
    def before_short(self, obj: PassageChange) -> str:
        return short(obj.before, 300)

    @admin.display(description="After")
    def after_short(self, obj: PassageChange) -> str:
        return short(obj.after, 300) or NOTHING


@admin.register(TurnitinCycle)
class TurnitinCycleAdmin(HistoryAdmin):
    list_display = ("run", "number", "status_badge", "target", "observed", "opened")
    list_filter = ("status", "created_at")
    list_select_related = ("run",)
    search_fields = ("run__title", "note")
    search_by_id = ("pk", "run_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (FlaggedInline, ChangeInline)
    fields = (
        "run_link",
        "number",
        "status_badge",
        "document",
        "target",
        "local",
        "observed",
        "report",
        "report_file_name",
        "verdict",
        "checked_by",
        "note",
        "interrupt_id",
        "created_at",
        "reported_at",
        "closed_at",
        "remind_at",
        "reminders",
        "expires_at",
    )
    readonly_fields = fields

    @admin.display(description="Run")
    def run_link(self, obj: TurnitinCycle) -> SafeString:
        return link(obj.run)

    @admin.display(description="Document")
    def document(self, obj: TurnitinCycle) -> SafeString:
        return link(obj.artifact)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, obj: TurnitinCycle) -> SafeString:
        return badge(obj.status)

    @admin.display(description="Target", ordering="target_similarity")
    def target(self, obj: TurnitinCycle) -> str:
        return f"{obj.target_similarity:g} %"

    @admin.display(description="Observed", ordering="observed_similarity")
    def observed(self, obj: TurnitinCycle) -> str:
        return (
            NOTHING
            if obj.observed_similarity is None
            else percent_said(obj.observed_similarity, below=obj.observed_below)
        )

    @admin.display(description="Own figure")
    def local(self, obj: TurnitinCycle) -> str:
        if obj.local_similarity is None:
            return NOTHING
        return f"{obj.local_similarity:g} %, and {obj.local_quoted or 0:g} % quoted and cited"

    @admin.display(description="Report")
    def report(self, obj: TurnitinCycle) -> SafeString:
        # The address came from outside: only web addresses become links.
        if not obj.report_url.startswith(("https://", "http://")):
            return format_html("{}", obj.report_url or NOTHING)
        return format_html(
            '<a class="hw-link" rel="noopener noreferrer" href="{0}">{0}</a>', obj.report_url
        )

    @admin.display(description="Age", ordering="created_at")
    def opened(self, obj: TurnitinCycle) -> str:
        return age(obj.created_at)
