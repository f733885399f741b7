"""The queue and the processes that serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.safestring import SafeString

from autonomy import services
from autonomy.admin.base import HistoryAdmin, _ModelAdmin
from autonomy.admin.display import age, link
from autonomy.models import Job, QueueUser
from autonomy.runtime.priorities import HIGHEST, LOWEST

if TYPE_CHECKING:
    _JobForm = forms.ModelForm[Job]
else:
    _JobForm = forms.ModelForm


class JobForm(_JobForm):
    """The one thing that staff decide about a run in line."""

    run_priority = forms.IntegerField(
        label="Priority of the run",
        min_value=LOWEST,
        max_value=HIGHEST,
        help_text=f"{LOWEST} to {HIGHEST}; higher goes first among the same person's runs. "
        "It stays with the run. What a person waits for at the screen goes first anyway.",
    )

    class Meta:
        model = Job
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["run_priority"].initial = self.instance.run.priority


@admin.register(Job)
class JobAdmin(HistoryAdmin):
    """Who waits. A job leaves the list by being claimed; cancel the run to take it out."""

    form = JobForm

    list_display = ("run", "user", "priority", "reason", "waiting")
    list_filter = ("priority", "reason", "enqueued_at")
    list_select_related = ("run", "user")
    search_fields = ("run__title", "user__email")
    search_by_id = ("run_id",)
    ordering = ("enqueued_at",)
    readonly_fields = ("run_link", "user", "priority", "reason", "enqueued_at", "available_at")
    fields = (*readonly_fields, "run_priority")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _ModelAdmin.has_change_permission(self, request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Without the permission the page shows; the field belongs to the form alone.
        return self.fields if self.has_change_permission(request, obj) else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Job, form: Any, change: bool) -> None:
        """Staff's priority, by the service: the job may be claimed in this very moment."""
        try:
            services.set_priority(obj.run, form.cleaned_data["run_priority"])
        except services.ServiceError as refused:
            messages.error(request, refused.detail)

    @admin.display(description="Run")
    def run_link(self, obj: Job) -> SafeString:
        return link(obj.run)

    @admin.display(description="Waiting", ordering="enqueued_at")
    def waiting(self, obj: Job) -> str:
        return age(obj.enqueued_at)


@admin.register(QueueUser)
class QueueUserAdmin(HistoryAdmin):
    list_display = ("user", "virtual_time", "in_line")
    list_filter = ("in_line",)
    list_select_related = ("user",)
    search_fields = ("user__email",)
    search_by_id = ()
    ordering = ("virtual_time",)
