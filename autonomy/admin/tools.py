"""Tools, their versions, what their calls brought, and the switch that stops one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin, HistoryInline, StaffMayEdit, is_staff
from autonomy.admin.display import NOTHING, badge, json_block, link
from autonomy.models import (
    Tool,
    ToolOffer,
    ToolRecording,
    ToolSecret,
    ToolServer,
    ToolVersion,
)
from autonomy.services.errors import Conflict, NotAllowed
from autonomy.services.tool_repairs import agree_to_repair, dismiss_repair, undo_repair


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
        "killed",
        "policy",
        "current_version",
        "calls",
        "failure_rate",
        "health",
        "last_failure",
    )
    list_filter = ("origin", "enabled", "killed", "policy", "rate")
    list_select_related = ("owner",)
    search_fields = ("name", "description", "bundle")
    ordering = ("name",)
    inlines = (ToolVersionInline,)
    actions = ("stop", "release")
    fields = (
        "name",
        "description",
        "origin",
        "bundle",
        "learnt_from",
        "owner",
        "enabled",
        "killed",
        "policy",
        "repairs",
        "read_only",
        "rate",
        "usd_per_call",
        "current_version",
        "calls",
        "failures",
        "health",
        "last_failure",
        "last_failure_at",
        "latency_seconds",
        "created_at",
    )

    @admin.display(description="Failed", ordering="failures")
    def failure_rate(self, obj: Tool) -> str:
        return f"{100 * obj.failures / obj.calls:.1f} %" if obj.calls else NOTHING

    @admin.display(description="Of late")
    def health(self, obj: Tool) -> SafeString | str:
        share = obj.success_share
        if share is None:
            return NOTHING
        tone = "good" if share >= 0.9 else "needs-you" if share >= 0.5 else "bad"
        return badge(f"{100 * share:.0f} % of {len(obj.recent)}", tone=tone)

    @admin.action(description="Stop: nobody's run may call it")
    def stop(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._switch(request, queryset, killed=True)

    @admin.action(description="Release: its owner decides again")
    def release(self, request: HttpRequest, queryset: QuerySet[Tool]) -> None:
        self._switch(request, queryset, killed=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Tool], *, killed: bool) -> None:
        changed = queryset.exclude(killed=killed).update(killed=killed)
        for row in queryset if changed else ():
            self.log_change(request, row, "Stopped." if killed else "Released.")
        said = "stopped" if killed else "released"
        self.message_user(request, f"{changed} {'tool' if changed == 1 else 'tools'} {said}.")


@admin.register(ToolVersion)
class ToolVersionAdmin(HistoryAdmin):
    list_display = ("tool", "number", "author", "state", "health", "because", "created_at")
    list_filter = ("author",)
    list_select_related = ("tool",)
    search_fields = ("tool__name",)
    ordering = ("tool__name", "-number")
    fields = (
        "tool_link",
        "number",
        "author",
        "state",
        "health",
        "because",
        "created_at",
        "input_text",
        "output_text",
        "definition_text",
        "wrapper",
        "patch",
        "evidence_text",
    )
    readonly_fields = fields
    actions = ("agree", "dismiss", "undo")

    @admin.display(description="Repair")
    def state(self, obj: ToolVersion) -> str:
        return str(obj.evidence.get("state", "")).replace("_", " ") or NOTHING

    @admin.display(description="Went well")
    def health(self, obj: ToolVersion) -> str:
        calls = len(obj.outcomes)
        return f"{obj.outcomes.count('1')} of {calls}" if calls else NOTHING

    @admin.display(description="Why")
    def because(self, obj: ToolVersion) -> str:
        proof = obj.evidence.get("proof", {})
        return str(obj.evidence.get("because") or proof.get("reason") or NOTHING)

    @admin.action(description="Agree: use the proposed repair")
    def agree(self, request: HttpRequest, queryset: QuerySet[ToolVersion]) -> None:
        self._decide(request, queryset, agree_to_repair, "Agreed to.")

    @admin.action(description="Dismiss the proposed repair")
    def dismiss(self, request: HttpRequest, queryset: QuerySet[ToolVersion]) -> None:
        self._decide(request, queryset, dismiss_repair, "Dismissed.")

    @admin.action(description="Undo the repair that is in use")
    def undo(self, request: HttpRequest, queryset: QuerySet[ToolVersion]) -> None:
        self._decide(request, queryset, undo_repair, "Undone.")

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[ToolVersion],
        decide: Callable[[User, ToolVersion], None],
        said: str,
    ) -> None:
        user = request.user
        if not isinstance(user, User):
            return
        for version in queryset:
            try:
                decide(user, version)
            except (Conflict, NotAllowed) as why:
                self.message_user(request, f"{version}: {why}", level="warning")
            else:
                self.log_change(request, version, said)
                self.message_user(request, f"{version}: {said}")

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

    @admin.display(description="Evidence")
    def evidence_text(self, obj: ToolVersion) -> SafeString:
        return json_block(obj.evidence)


@admin.register(ToolRecording)
class ToolRecordingAdmin(HistoryAdmin):
    """What went over the line, without secrets. It may hold a person's words: staff may delete it."""

    list_display = ("tool_name", "ok", "failure", "size", "created_at")
    list_filter = ("ok", "failure", "created_at")
    list_select_related = ("version__tool",)
    search_fields = ("version__tool__name",)
    ordering = ("-created_at",)
    fields = ("version_link", "ok", "failure", "size", "created_at", "exchange_text")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    @admin.display(description="Tool")
    def tool_name(self, obj: ToolRecording) -> str:
        return f"{obj.version.tool.name} v{obj.version.number}"

    @admin.display(description="Version")
    def version_link(self, obj: ToolRecording) -> SafeString:
        return link(obj.version)

    @admin.display(description="Exchange")
    def exchange_text(self, obj: ToolRecording) -> SafeString:
        return json_block(obj.exchange)


@admin.register(ToolSecret)
class ToolSecretAdmin(HistoryAdmin):
    """Which keys there are; never what they are. Staff may delete one that must go at once."""

    list_display = ("host", "scheme", "whose", "updated_at")
    list_select_related = ("owner",)
    search_fields = ("host", "scheme", "owner__email")
    ordering = ("host", "scheme")
    fields = ("host", "scheme", "whose", "created_at", "updated_at")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    @admin.display(description="Whose", ordering="owner")
    def whose(self, obj: ToolSecret) -> str:
        return "everybody" if obj.owner is None else obj.owner.email or str(obj.owner)


@admin.register(ToolOffer)
class ToolOfferAdmin(StaffMayEdit, HistoryAdmin):
    """The catalogue: what runs may learn by themselves when their evidence is weak."""

    list_display = ("name", "kind", "url", "enabled", "created_at")
    list_filter = ("kind", "enabled")
    search_fields = ("name", "good_for", "url")
    ordering = ("name",)
    fields = ("name", "kind", "url", "good_for", "operations", "enabled")


@admin.register(ToolServer)
class ToolServerAdmin(StaffMayEdit, HistoryAdmin):
    """MCP servers that this machine starts. Whoever may add one may run programs here, so it takes
    the permission for it and not just staff."""

    list_display = ("name", "command", "enabled", "created_at")
    list_filter = ("enabled",)
    search_fields = ("name", "command")
    ordering = ("name",)
    fields = ("name", "command", "arguments", "enabled")
