"""Checks by people: who holds which document, and what happened to it. Assigning is done in the
workbench."""

from __future__ import annotations

from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin, HistoryInline
from autonomy.admin.display import NOTHING, age, badge, link
from autonomy.models import Check, CheckEvent


class CheckEventInline(HistoryInline):
    model = CheckEvent
    fields = ("at", "deed", "who", "whom", "detail")
    readonly_fields = fields
    ordering = ("id",)


@admin.register(Check)
class CheckAdmin(HistoryAdmin):
    list_display = ("title", "words", "state", "holder", "assigned_to", "asked")
    list_filter = ("status", "outcome", "asked_at")
    list_select_related = ("holder", "assigned_to")
    search_fields = ("title", "holder__email", "assigned_to__email")
    search_by_id = ("pk", "cycle_id", "cycle__run_id")
    date_hierarchy = "asked_at"
    ordering = ("-asked_at",)
    inlines = (CheckEventInline,)
    fields = (
        "workbench",
        "title",
        "words",
        "cycle_link",
        "state",
        "assigned_to",
        "holder",
        "lease_until",
        "observed",
        "report_file_name",
        "marked_file_name",
        "marked_count",
        "note",
        "asked_at",
        "done_at",
    )
    readonly_fields = fields

    @admin.display(description="Workbench")
    def workbench(self, obj: Check) -> SafeString | str:
        try:
            page = reverse("workbench_check", args=[obj.pk])
        except NoReverseMatch:  # the pages belong to the chat app, which this one does not need
            return NOTHING
        return format_html('<a class="hw-link" href="{}">Open, or assign it to a checker</a>', page)

    @admin.display(description="Cycle")
    def cycle_link(self, obj: Check) -> SafeString:
        return link(obj.cycle)

    @admin.display(description="State", ordering="status")
    def state(self, obj: Check) -> SafeString:
        return badge(obj.outcome or obj.status)

    @admin.display(description="Observed", ordering="observed_similarity")
    def observed(self, obj: Check) -> str:
        return NOTHING if obj.observed_similarity is None else f"{obj.observed_similarity:g} %"

    @admin.display(description="Marked passages")
    def marked_count(self, obj: Check) -> int:
        return len(obj.marked)

    @admin.display(description="Waiting", ordering="asked_at")
    def asked(self, obj: Check) -> str:
        return age(obj.asked_at)
