"""Rounds of `make evaluate` and how each run of each task went."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from autonomy.admin.base import HistoryAdmin, is_staff
from autonomy.admin.display import badge, json_block
from autonomy.admin.operator_page import operator_page
from autonomy.models import Evaluation, EvaluationResult

RIGHT = Q(results__without="", results__passed=True) | (
    ~Q(results__without="") & Q(results__passed=False, results__judged=True)
)
"""Passed; or, with the behaviour switched off, failed by its rules."""


@admin.register(Evaluation)
class EvaluationAdmin(HistoryAdmin):
    list_display = ("started_at", "version", "seeds", "right", "runs")
    list_filter = ("version", "started_at")
    date_hierarchy = "started_at"
    fields = ("started_at", "finished_at", "version", "seeds", "right", "runs")
    readonly_fields = fields

    def get_urls(self) -> list[Any]:
        page = path(
            "operator/",
            self.admin_site.admin_view(require_GET(self.operator_view)),
            name="autonomy_operator",
        )
        return [page, *super().get_urls()]

    def operator_view(self, request: HttpRequest) -> HttpResponse:
        """How well the product works, over time."""
        if not is_staff(request):
            raise Http404
        context = self.admin_site.each_context(request) | {"title": "Operator's page"}
        return TemplateResponse(request, "autonomy/admin/operator.html", context | operator_page())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted = {"all_runs": Count("results"), "right_runs": Count("results", filter=RIGHT)}
        found: QuerySet[Any] = super().get_queryset(request).annotate(**counted)
        return found

    @admin.display(description="As they should")
    def right(self, obj: Any) -> int:
        return int(obj.right_runs)

    @admin.display(description="Runs")
    def runs(self, obj: Any) -> int:
        return int(obj.all_runs)


@admin.register(EvaluationResult)
class EvaluationResultAdmin(HistoryAdmin):
    list_display = ("task", "seed", "without", "state", "retries", "seconds", "usd", "evaluation")
    list_filter = ("passed", "task", "without", "evaluation__started_at")
    list_select_related = ("evaluation",)
    search_fields = ("task",)
    search_by_id = ("evaluation_id",)
    ordering = ("-evaluation__started_at", "task", "without", "seed")
    fields = (
        "evaluation",
        "task",
        "seed",
        "without",
        "state",
        "said",
        "delivered",
        "retries",
        "seconds",
        "tokens",
        "usd",
        "similarity",
    )
    readonly_fields = fields

    @admin.display(description="State")
    def state(self, obj: EvaluationResult) -> SafeString:
        right = obj.judged and not obj.passed if obj.without else obj.passed
        word = "passed" if obj.passed else "failed" if obj.judged else "not over"
        return badge(word, tone="good" if right else "bad")

    @admin.display(description="What did not hold")
    def said(self, obj: EvaluationResult) -> SafeString:
        return json_block(obj.complaints)
