"""Worker processes, and whether each is alive."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import age, badge
from autonomy.core.types import RunStatus
from autonomy.models import Run, WorkerProcess
from autonomy.runtime.leases import live_locks


class AliveFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "alive"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Alive"), ("no", "Gone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        wanted = {"yes": True, "no": False}.get(str(self.value()))
        return queryset if wanted is None else queryset.filter(alive=wanted)


@admin.register(WorkerProcess)
class WorkerProcessAdmin(HistoryAdmin):
    list_display = ("name", "state", "driving", "up", "seen")
    list_filter = (AliveFilter, "host")
    search_fields = ("host",)
    search_by_id = ()
    ordering = ("-started_at",)
    fields = ("host", "pid", "lock_no", "state", "driving", "started_at", "seen_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        driven = (
            Run.objects.filter(status=RunStatus.RUNNING, owner_lock=OuterRef("lock_no"))
            .order_by()
            .values("owner_lock")
            .annotate(count=Count("pk"))
            .values("count")
        )
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                alive=ExpressionWrapper(Q(lock_no__in=live_locks()), BooleanField()),
                runs_driven=Coalesce(Subquery(driven), 0),
            )
        )
        return rows

    @admin.display(description="Process", ordering="host")
    def name(self, obj: WorkerProcess) -> str:
        return str(obj)

    @admin.display(description="State", ordering="alive")
    def state(self, obj: Any) -> SafeString:
        return badge("alive" if obj.alive else "gone")

    @admin.display(description="Runs driven", ordering="runs_driven")
    def driving(self, obj: Any) -> int:
        return int(obj.runs_driven)

    @admin.display(description="Up for", ordering="started_at")
    def up(self, obj: Any) -> str:
        return age(obj.started_at, None if obj.alive else obj.seen_at)

    @admin.display(description="Last seen", ordering="seen_at")
    def seen(self, obj: WorkerProcess) -> str:
        return f"{age(obj.seen_at)} ago"
