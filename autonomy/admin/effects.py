"""Calls that touched the outside or cost money, and the settling of those in doubt."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from autonomy import services
from autonomy.admin.base import HistoryAdmin, is_staff
from autonomy.admin.display import admin_url, age, badge, json_block, link, short
from autonomy.models import Effect, EffectStatus

MAX_SELECTED = 200
"""Most calls that one action settles: each is its own transaction while the page waits."""


@admin.register(Effect)
class EffectAdmin(HistoryAdmin):
    list_display = ("name", "kind", "run", "status_badge", "attempts", "fence", "begun")
    list_display_links = ("name",)
    list_filter = ("status", "kind", "created_at")
    list_select_related = ("run",)
    search_fields = ("key", "run__title")
    search_by_id = ("pk", "run_id")
    ordering = ("-created_at",)
    actions = ("settle_done", "settle_not_done")
    change_form_outer_before_template = "autonomy/admin/effect_settle.html"
    fields = (
        "run_link",
        "key",
        "kind",
        "status_badge",
        "note",
        "attempts",
        "fence",
        "created_at",
        "settled_at",
        "result_text",
    )
    readonly_fields = fields

    @admin.display(description="Key", ordering="key")
    def name(self, obj: Effect) -> str:
        return short(obj.key, 80)

    @admin.display(description="Run")
    def run_link(self, obj: Effect) -> SafeString:
        return link(obj.run)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, obj: Effect) -> SafeString:
        return badge(obj.status)

    @admin.display(description="Age", ordering="created_at")
    def begun(self, obj: Effect) -> str:
        return age(obj.created_at)

    @admin.display(description="Result")
    def result_text(self, obj: Effect) -> SafeString:
        return json_block(obj.result)

    # ----------------------------------------------------------------- settling

    @admin.action(description="Settle: it was done")
    def settle_done(self, request: HttpRequest, effects: QuerySet[Effect]) -> None:
        self._settle(request, list(effects[: MAX_SELECTED + 1]), services.Settlement.DONE)

    @admin.action(description="Settle: it was not done, and may be done now")
    def settle_not_done(self, request: HttpRequest, effects: QuerySet[Effect]) -> None:
        self._settle(request, list(effects[: MAX_SELECTED + 1]), services.Settlement.NOT_DONE)

    def _settle(
        self,
        request: HttpRequest,
        effects: list[Effect],
        outcome: services.Settlement,
        result: dict[str, Any] | None = None,
    ) -> None:
        if len(effects) > MAX_SELECTED:
            self.message_user(
                request, f"Choose at most {MAX_SELECTED} calls at once.", messages.ERROR
            )
            return
        by = request.user if isinstance(request.user, User) else None
        self.ask_each(
            request,
            effects,
            lambda effect: services.settle_effect(effect, outcome, result, by=by),
            done="Settled",
            noun="call",
            logged=f"Settled as {outcome.value}",
        )

    def get_urls(self) -> list[Any]:
        settle = path(
            "<uuid:effect_id>/settle/<slug:outcome>/",
            self.admin_site.admin_view(require_POST(self.settle_view)),
            name="autonomy_effect_settle",
        )
        return [settle, *super().get_urls()]

    def settle_view(self, request: HttpRequest, effect_id: UUID, outcome: str) -> HttpResponse:
        """One call settled by a button of its page, with its result as JSON where it is known."""
        effect = self.get_queryset(request).filter(pk=effect_id).first()
        if effect is None or outcome not in set(services.Settlement) or not is_staff(request):
            raise Http404
        page = HttpResponseRedirect(admin_url("effect", effect.pk))
        given = request.POST.get("result", "").strip()
        result = None
        if given:
            try:
                result = json.loads(given)
            except ValueError as error:
                self.message_user(request, f"The result is not JSON: {error}.", messages.ERROR)
                return page
            if not isinstance(result, dict):
                self.message_user(request, "The result must be a JSON object.", messages.ERROR)
                return page
        self._settle(request, [effect], services.Settlement(outcome), result)
        return page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        effect = self.get_object(request, object_id)
        context = {"effect": effect, "in_doubt": _in_doubt(effect), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)


def _in_doubt(effect: Effect | None) -> bool:
    return effect is not None and effect.status == EffectStatus.UNKNOWN
