"""What calls cost, and what people answered."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import NOTHING, age, json_block, link
from autonomy.models import BudgetEntry, Resume


@admin.register(BudgetEntry)
class BudgetEntryAdmin(HistoryAdmin):
    list_display = ("key", "run", "role", "model", "tokens", "cost", "settled_at")
    list_filter = ("role", "model", "price_known", "created_at")
    list_select_related = ("run",)
    search_fields = ("key", "run__title", "model")
    search_by_id = ("pk", "run_id")
    ordering = ("-created_at",)

    @admin.display(description="Tokens")
    def tokens(self, obj: BudgetEntry) -> str:
        if obj.input_tokens is None and obj.output_tokens is None:
            return f"{obj.tokens_reserved:,} reserved"
        return f"{obj.input_tokens or 0:,} in, {obj.output_tokens or 0:,} out"

    @admin.display(description="US dollars", ordering="usd")
    def cost(self, obj: BudgetEntry) -> str:
        return f"{obj.usd_reserved} reserved" if obj.usd is None else str(obj.usd)


@admin.register(Resume)
class ResumeAdmin(HistoryAdmin):
    list_display = ("interrupt_id", "run", "answered", "applied")
    list_filter = ("created_at",)
    list_select_related = ("run",)
    search_fields = ("interrupt_id", "run__title")
    search_by_id = ("pk", "run_id")
    ordering = ("-created_at",)
    fields = ("run_link", "interrupt_id", "value_text", "created_at", "applied_at")
    readonly_fields = fields

    @admin.display(description="Run")
    def run_link(self, obj: Resume) -> SafeString:
        return link(obj.run)

    @admin.display(description="Answered", ordering="created_at")
    def answered(self, obj: Resume) -> str:
        return age(obj.created_at)

    @admin.display(description="Applied", ordering="applied_at")
    def applied(self, obj: Resume) -> str:
        return NOTHING if obj.applied_at is None else age(obj.applied_at)

    @admin.display(description="Answer")
    def value_text(self, obj: Resume) -> SafeString:
        return json_block(obj.value)
