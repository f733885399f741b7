"""Runs: what each is doing, what it cost, and the controls that staff have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from autonomy.admin.base import HistoryAdmin, is_staff
from autonomy.admin.display import admin_url, age, badge, json_block, link, meter, short
from autonomy.admin.run_controls import CONTROLS
from autonomy.admin.run_page import run_page
from autonomy.models import Run

MAX_SELECTED = 200
"""Most runs that one action touches: each is its own transaction while the page waits."""


@admin.register(Run)
class RunAdmin(HistoryAdmin):
    list_display = (
        "name",
        "owner",
        "status_badge",
        "journey",
        "tokens",
        "dollars",
        "seconds",
        "started",
    )
    list_display_links = ("name",)
    list_filter = ("status", "journey", "stop_reason", "requested", "created_at")
    list_select_related = ("owner",)
    search_fields = ("title", "owner__email", "task__goal")
    search_by_id = ("pk", "conversation_id")
    date_hierarchy = "created_at"
    actions = ("pause_selected", "resume_selected", "cancel_selected", "requeue_selected")
    change_form_outer_before_template = "autonomy/admin/run_controls.html"
    change_form_outer_after_template = "autonomy/admin/run_page.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "status_badge",
                    "owner_link",
                    "journey",
                    "goal",
                    "stop_reason",
                    "error",
                    "requested",
                    "waiting_text",
                    "parent_link",
                )
            },
        ),
        ("Budget", {"fields": ("tokens", "dollars", "seconds")}),
        (
            "Times",
            {
                "classes": ("collapse",),
                "fields": ("created_at", "queued_at", "started_at", "finished_at"),
            },
        ),
        (
            "Lease",
            {
                "classes": ("collapse",),
                "fields": (
                    "fence",
                    "owner_lock",
                    "lease_until",
                    "beat_at",
                    "claims_without_progress",
                    "last_seq",
                ),
            },
        ),
        ("Task as it was asked", {"classes": ("collapse",), "fields": ("task_text",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(flatten_fieldsets(self.get_fieldsets(request, obj)))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("owner", "parent")

    # ----------------------------------------------------------------- columns

    @admin.display(description="Title", ordering="title")
    def name(self, obj: Run) -> str:
        return short(obj.title or str(obj.task.get("goal", "")) or str(obj.pk), 80)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, obj: Run) -> SafeString:
        return badge(obj.status)

    @admin.display(description="Tokens", ordering="tokens_spent")
    def tokens(self, obj: Run) -> SafeString:
        return meter(
            obj.tokens_spent,
            obj.tokens_limit,
            reserved=obj.tokens_reserved,
            text=f"{obj.tokens_spent:,} of {obj.tokens_limit:,}",
        )

    @admin.display(description="US dollars", ordering="usd_spent")
    def dollars(self, obj: Run) -> SafeString:
        return meter(
            float(obj.usd_spent),
            float(obj.usd_limit),
            reserved=float(obj.usd_reserved),
            text=f"{obj.usd_spent:.2f} of {obj.usd_limit:.2f}",
        )

    @admin.display(description="Seconds", ordering="seconds_spent")
    def seconds(self, obj: Run) -> SafeString:
        return meter(
            obj.seconds_spent,
            obj.seconds_limit,
            text=f"{obj.seconds_spent:.0f} of {obj.seconds_limit:.0f}",
        )

    @admin.display(description="Age", ordering="created_at")
    def started(self, obj: Run) -> str:
        return age(obj.created_at)

    @admin.display(description="Owner")
    def owner_link(self, obj: Run) -> SafeString:
        return link(obj.owner, obj.owner.email or str(obj.owner))

    @admin.display(description="Waits for")
    def waiting_text(self, obj: Run) -> SafeString:
        return json_block(obj.waiting_for)

    @admin.display(description="Forked from")
    def parent_link(self, obj: Run) -> SafeString:
        return link(obj.parent)

    @admin.display(description="Goal")
    def goal(self, obj: Run) -> str:
        return str(obj.task.get("goal", ""))

    @admin.display(description="Task")
    def task_text(self, obj: Run) -> SafeString:
        return json_block(obj.task)

    # ----------------------------------------------------------------- controls

    @admin.action(description="Pause selected runs")
    def pause_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        self._control(request, runs, "pause")

    @admin.action(description="Resume selected runs")
    def resume_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        self._control(request, runs, "resume")

    @admin.action(description="Cancel selected runs")
    def cancel_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> HttpResponse | None:
        if request.POST.get("confirmed") == "yes" or runs.count() > MAX_SELECTED:
            self._control(request, runs, "cancel")
            return None
        context = {**self.admin_site.each_context(request), "runs": runs, "title": "Cancel runs"}
        return TemplateResponse(request, "autonomy/admin/confirm_cancel.html", context)

    @admin.action(description="Requeue selected runs")
    def requeue_selected(self, request: HttpRequest, runs: QuerySet[Run]) -> None:
        self._control(request, runs, "requeue")

    def _control(
        self,
        request: HttpRequest,
        runs: Iterable[Run],
        verb: str,
        given: Mapping[str, str] | None = None,
    ) -> None:
        """Ask `services` for `verb` on each run and say what came of each."""
        if isinstance(runs, QuerySet):
            total = runs.count()
            if total > MAX_SELECTED:
                self.message_user(
                    request,
                    f"{total} runs are too many at once. Choose at most {MAX_SELECTED}.",
                    messages.ERROR,
                )
                return
        done, ask = CONTROLS[verb]
        by = cast("User", request.user)
        self.ask_each(request, runs, lambda run: ask(run, by, given or {}), done=done, noun="run")

    def get_urls(self) -> list[Any]:
        control = path(
            "<uuid:run_id>/control/<slug:verb>/",
            self.admin_site.admin_view(require_POST(self.control_view)),
            name="autonomy_run_control",
        )
        return [control, *super().get_urls()]

    def control_view(self, request: HttpRequest, run_id: UUID, verb: str) -> HttpResponse:
        """One control on one run, posted by a button of the run's page."""
        run = self.get_queryset(request).filter(pk=run_id).first()
        if run is None or verb not in CONTROLS or not is_staff(request):
            raise Http404
        self._control(request, [run], verb, request.POST)
        return HttpResponseRedirect(admin_url("run", run.pk))

    # ----------------------------------------------------------------- the page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        page = run_page(run, request.GET) if run is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **page})
