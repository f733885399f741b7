"""What was said to models, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from autonomy.admin.base import HistoryAdmin
from autonomy.admin.display import NOTHING, admin_url, age, badge, link, short, size
from autonomy.models import ModelCall, Run

PAGE = 500
"""Most calls in the table of one run; the list page of that run has the rest."""
TEXTS = ("system", "prompt", "reply")
FILTERS = ("role", "outcome", "rung", "model")
"""Columns that the table of a run can be narrowed by, as `calls_<column>` in its address."""
TEXT_MAX_CHARS = 200_000
"""Longest text that the page of one call shows."""


class _Bytes(Func):
    """Size of a stored text. PostgreSQL knows it without reading the text."""

    function = "octet_length"
    output_field = IntegerField()


def outcome_badge(call: ModelCall) -> SafeString:
    tone = {"answered": "good", "cancelled": "quiet"}.get(call.outcome, "bad")
    return badge(call.outcome, tone=tone)


def tokens(call: ModelCall) -> str:
    if call.input_tokens is None and call.output_tokens is None:
        return NOTHING
    return f"{call.input_tokens or 0:,} in, {call.output_tokens or 0:,} out"


def cost(call: ModelCall) -> str:
    """Dollars as booked; a price that is only assumed says so."""
    if call.usd is None:
        return NOTHING
    return f"{call.usd:.6f}" if call.price_known else f"{call.usd:.6f} (assumed)"


def seconds(milliseconds: int | None) -> str:
    return NOTHING if milliseconds is None else f"{milliseconds / 1000:.2f} s"


def calls_of(run: Run, query: Mapping[str, str]) -> dict[str, Any]:
    """The table of a run's calls, newest last, without their texts.

    Args:
        query: GET parameters: `calls_role`, `calls_outcome`, `calls_rung` and `calls_model` narrow
            it; a value that no call has shows none.
    """
    every = ModelCall.objects.filter(run=run)
    options = {name: sorted(set(every.values_list(name, flat=True)) - {""}) for name in FILTERS}
    chosen = {name: query.get(f"calls_{name}", "") for name in FILTERS}
    found = every.filter(**{name: value for name, value in chosen.items() if value})
    total = found.count()
    newest = list(found.defer(*TEXTS).order_by("-id")[:PAGE])
    rows = [
        {
            "call": call,
            "url": admin_url("modelcall", call.pk),
            "outcome": outcome_badge(call),
            "tokens": tokens(call),
            "cost": cost(call),
            "waited": seconds(call.waited_ms) if call.waited_ms else NOTHING,
            "first_token": seconds(call.first_token_ms),
            "latency": seconds(call.latency_ms),
            "left_out": len(call.left_out),
        }
        for call in reversed(newest)
    ]
    return {
        "rows": rows,
        "total": total,
        "filters": [(name, options[name], chosen[name]) for name in FILTERS],
        "narrowed": any(chosen.values()),
        "all_url": f"{reverse('admin:autonomy_modelcall_changelist')}?run__id__exact={run.pk}",
    }


@admin.register(ModelCall)
class ModelCallAdmin(HistoryAdmin):
    list_display = (
        "made",
        "run",
        "role",
        "model",
        "attempt",
        "outcome_text",
        "rung",
        "tokens_text",
        "cost_text",
        "latency_text",
        "simulated",
    )
    list_display_links = ("made",)
    list_filter = ("outcome", "rung", "role", "provider", "simulated", "streamed", "created_at")
    list_select_related = ("run",)
    search_fields = ("key", "model", "run__title", "owner__email")
    search_by_id = ("pk", "run_id")
    ordering = ("-id",)
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "run_link",
                    "owner_link",
                    "role",
                    "model",
                    "outcome_text",
                    "attempt",
                    "rung",
                    "tokens_text",
                    "cost_text",
                    "simulated",
                )
            },
        ),
        (
            "Time",
            {
                "fields": (
                    "created_at",
                    "waited_text",
                    "first_token_text",
                    "latency_text",
                    "retry_after",
                )
            },
        ),
        ("Asked", {"fields": ("prompt_text", "mode", "streamed", "left_out_text", "key")}),
        ("What was said", {"fields": ("system_text", "user_text", "reply_text")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(flatten_fieldsets(self.fieldsets))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        calls = super().get_queryset(request)
        return calls.defer(*TEXTS).select_related("owner", "run")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        # Found without its texts, which are read with their sizes where they are shown.
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            sizes = {f"{name}_bytes": _Bytes(F(name)) for name in TEXTS}
            read = ModelCall.objects.filter(pk=found.pk).annotate(**sizes)
            found.read = read.values(*TEXTS, *sizes).get()
        return found

    # ----------------------------------------------------------------- columns

    @admin.display(description="Age", ordering="id")
    def made(self, obj: ModelCall) -> str:
        return age(obj.created_at)

    @admin.display(description="Run")
    def run_link(self, obj: ModelCall) -> SafeString:
        return link(obj.run)

    @admin.display(description="Owner")
    def owner_link(self, obj: ModelCall) -> SafeString:
        return link(obj.owner, obj.owner.email or str(obj.owner))

    @admin.display(description="Outcome", ordering="outcome")
    def outcome_text(self, obj: ModelCall) -> SafeString:
        return outcome_badge(obj)

    @admin.display(description="Tokens", ordering="output_tokens")
    def tokens_text(self, obj: ModelCall) -> str:
        return tokens(obj)

    @admin.display(description="US dollars", ordering="usd")
    def cost_text(self, obj: ModelCall) -> str:
        return cost(obj)

    @admin.display(description="Waited for the rate")
    def waited_text(self, obj: ModelCall) -> str:
        return seconds(obj.waited_ms)

    @admin.display(description="First piece after")
    def first_token_text(self, obj: ModelCall) -> str:
        return seconds(obj.first_token_ms)

    @admin.display(description="Took", ordering="latency_ms")
    def latency_text(self, obj: ModelCall) -> str:
        return seconds(obj.latency_ms)

    @admin.display(description="Prompt")
    def prompt_text(self, obj: ModelCall) -> str:
        return f"{obj.prompt_name} {obj.prompt_version}".strip() or NOTHING

    @admin.display(description="Left out, for want of room")
    def left_out_text(self, obj: ModelCall) -> SafeString:
        if not obj.left_out:
            return format_html("{}", NOTHING)
        labels = ((short(str(label), 200),) for label in obj.left_out)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", labels))

    # ----------------------------------------------------------------- texts

    @admin.display(description="System")
    def system_text(self, obj: ModelCall) -> SafeString:
        return self._text(obj, "system")

    @admin.display(description="Prompt, as sent")
    def user_text(self, obj: ModelCall) -> SafeString:
        return self._text(obj, "prompt")

    @admin.display(description="Reply")
    def reply_text(self, obj: ModelCall) -> SafeString:
        return self._text(obj, "reply")

    def _text(self, obj: ModelCall, name: str) -> SafeString:
        read: dict[str, Any] = getattr(obj, "read", {})
        text: str = read.get(name, "")
        if not text:
            return format_html("{}", "Not kept." if obj.run and obj.run.pruned_at else NOTHING)
        shown = text[:TEXT_MAX_CHARS]
        more = f"\n… ({len(text) - len(shown):,} characters more)" if len(text) > len(shown) else ""
        return format_html(
            '<details open><summary>{}, {} characters</summary><pre class="hw-json">{}{}</pre>'
            "</details>",
            size(read.get(f"{name}_bytes")),
            f"{len(text):,}",
            shown,
            more,
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)
