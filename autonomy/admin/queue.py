"""The queue and the processes that serve it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import age, link
from autonomy.models import Job, QueueUser


@admin.register(Job)
class JobAdmin(HistoryAdmin):
    """Who waits. A job leaves the list by being claimed; cancel the run to take it out."""

    list_display = ("run", "user", "priority", "reason", "waiting")
    list_filter = ("priority", "reason", "enqueued_at")
    list_select_related = ("run", "user")
    search_fields = ("run__title", "user__email")
    search_by_id = ("run_id",)
    ordering = ("enqueued_at",)
    fields = ("run_link", "user", "priority", "reason", "enqueued_at", "available_at")
    readonly_fields = fields

    @admin.display(description="Run")
    def run_link(self, obj: Job) -> SafeString:
        return link(obj.run)

    @admin.display(description="Waiting", ordering="enqueued_at")
    def waiting(self, obj: Job) -> str:
        return age(obj.enqueued_at)


@admin.register(QueueUser)
class QueueUserAdmin(HistoryAdmin):
    list_display = ("user", "virtual_time")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    search_by_id = ()
    ordering = ("virtual_time",)
