"""What every admin page of this project shares: staff look, nobody edits history."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from autonomy.admin.display import short
from autonomy.core.phrases import counted
from autonomy.services import ServiceError

if TYPE_CHECKING:  # unfold ships no types; its classes keep the signatures of Django's
    from django.contrib.admin import ModelAdmin, TabularInline

    _ModelAdmin = ModelAdmin[Any]
    _TabularInline = TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin as _ModelAdmin
    from unfold.admin import TabularInline as _TabularInline

STYLES = {"all": ("autonomy/admin.css",)}


def is_staff(request: HttpRequest) -> bool:
    """Whether the visitor is an active member of staff. Looking needs no further permission:
    every object of the product is visible to its owner and to staff."""
    user = request.user
    return bool(user.is_authenticated and user.is_active and user.is_staff)


class StaffMayLook:
    """Viewing for staff, and nothing else for anyone, superusers included.

    Rows here are moved by state machines; an edited or deleted one would break a promise that
    another process relies on. What may be done is an action that asks `autonomy.services`.
    """

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StaffMayEdit:
    """Before `HistoryAdmin`: rows that are staff's own settings, which no process moves. They are
    edited under Django's own permissions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _ModelAdmin.has_add_permission(self, request)  # type: ignore[arg-type]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _ModelAdmin.has_change_permission(self, request, obj)  # type: ignore[arg-type]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _ModelAdmin.has_delete_permission(self, request, obj)  # type: ignore[arg-type]


class HistoryAdmin(StaffMayLook, _ModelAdmin):
    """A list and a detail page that only show.

    Lists hold 50 rows and count once; a search term that is an id finds its row directly.
    """

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    search_by_id: tuple[str, ...] = ("pk",)
    """UUID columns that a pasted id is looked up in, besides `search_fields`."""

    class Media:
        css = STYLES

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            wanted = uuid.UUID(search_term.strip())
        except ValueError:
            return super().get_search_results(request, queryset, search_term)
        found = queryset.none()
        for column in self.search_by_id:
            found = found | queryset.filter(**{column: wanted})
        return found, False

    def ask_each(
        self,
        request: HttpRequest,
        rows: Iterable[Model],
        ask: Callable[[Any], object],
        *,
        done: str,
        noun: str,
        logged: str = "",
    ) -> None:
        """Ask `services` for something about each row, and say what came of it.

        Args:
            ask: raises `ServiceError` with the reason where it is refused.
            done: what is said of those that it was done for, such as “Settled”.
            noun: of one row.
            logged: what the row's history says instead of `done`.
        """
        accepted = 0
        for row in rows:
            try:
                ask(row)
            except ServiceError as refusal:
                said = f"{short(str(row), 60)}: {refusal.detail}"
                self.message_user(request, said, messages.WARNING)
            else:
                accepted += 1
                self.log_change(request, row, f"{logged or done} by staff.")
        if accepted:
            self.message_user(request, f"{done}: {counted(accepted, noun)}.", messages.SUCCESS)


class HistoryInline(StaffMayLook, _TabularInline):
    """Rows of another table under a detail page, shown only, a page at a time."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    per_page = 20
