"""What a user may use in a day, and what was used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from autonomy.admin.base import HistoryAdmin, StaffMayEdit
from autonomy.models import Quota, UsageDay

if TYPE_CHECKING:
    _QuotaForm = forms.ModelForm[Quota]
else:
    _QuotaForm = forms.ModelForm

EMPTY = "Empty: as the settings say. 0: no limit."


class QuotaForm(_QuotaForm):
    """The limits of one user."""

    class Meta:
        model = Quota
        fields = ("user", "runs_per_day", "tokens_per_day", "usd_per_day", "runs_at_once")
        help_texts = {
            "runs_per_day": EMPTY,
            "tokens_per_day": f"Over all runs. {EMPTY}",
            "usd_per_day": f"Over all runs, US dollars. {EMPTY}",
            "runs_at_once": "Runs driven at the same time; the others wait in line. Empty: as the "
            "settings say.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "runs_at_once" in self.fields:
            self.fields["runs_at_once"] = forms.IntegerField(
                required=False,
                min_value=1,
                max_value=1_000,
                label="Runs at once",
                help_text=self.Meta.help_texts["runs_at_once"],
            )


@admin.register(Quota)
class QuotaAdmin(StaffMayEdit, HistoryAdmin):
    """Users with limits of their own; everyone else has those of the settings. They count from the
    next start and the next call on, for runs that are under way too."""

    form = QuotaForm
    list_display = ("user", "runs_per_day", "tokens_per_day", "usd_per_day", "runs_at_once")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    search_by_id = ()
    autocomplete_fields = ("user",)
    ordering = ("user",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user",) if obj is not None else ()


@admin.register(UsageDay)
class UsageDayAdmin(HistoryAdmin):
    """What each user used on each UTC day, over all runs."""

    list_display = ("user", "day", "runs", "tokens_spent", "tokens_reserved", "usd_spent")
    list_filter = ("day",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    search_by_id = ()
    ordering = ("-day", "-tokens_spent")
