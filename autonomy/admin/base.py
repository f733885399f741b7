"""What every admin page of this project shares: staff look, nobody edits history."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest

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


class HistoryInline(StaffMayLook, _TabularInline):
    """Rows of another table under a detail page, shown only, a page at a time."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    per_page = 20
