"""What the deployment did to keep itself tidy, and accounts that were removed."""

from __future__ import annotations

from django.contrib import admin

from autonomy.admin.base import HistoryAdmin
from autonomy.models import Deletion, Upkeep


@admin.register(Upkeep)
class UpkeepAdmin(HistoryAdmin):
    """Rounds of `manage.py prune`, most by the schedule. One without an end was cut short."""

    list_display = ("started_at", "finished_at", "runs", "freed", "files", "more")
    list_filter = ("started_at",)
    fields = ("started_at", "finished_at", "done")
    readonly_fields = fields

    @admin.display(description="Runs cut")
    def runs(self, obj: Upkeep) -> int:
        return int(obj.done.get("runs", 0))

    @admin.display(description="Freed")
    def freed(self, obj: Upkeep) -> str:
        size = obj.done.get("history_bytes", 0) + obj.done.get("file_bytes", 0)
        return f"{size / 1e6:.1f} MB"

    @admin.display(description="Lost files")
    def files(self, obj: Upkeep) -> int:
        return int(obj.done.get("files", 0))

    @admin.display(description="More to do", boolean=True)
    def more(self, obj: Upkeep) -> bool:
        return bool(obj.done.get("more", False))


@admin.register(Deletion)
class DeletionAdmin(HistoryAdmin):
    """Removals of accounts. One without an end is completed by the next round of upkeep."""

    list_display = ("requested_at", "finished_at", "user", "removed")
    list_select_related = ("user",)
    fields = ("requested_at", "finished_at", "user", "removed")
    readonly_fields = fields
