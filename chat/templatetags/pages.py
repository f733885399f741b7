"""What every page shows: icons and the sidebar."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.contrib.auth.models import User
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from autonomy.api.paging import page
from autonomy.services.checks import works_here
from autonomy.services.notifications import unread_of
from chat import services
from chat.accounts import nobody_signed_up
from chat.api import shape

register = template.Library()

SIDEBAR_ROWS = 50
UNSENT = tuple(f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "dummy"))


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite; the control around it carries the name."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("vendor/lucide/sprite.svg"),
        name,
    )


@register.simple_tag
def first_account() -> bool:
    """Whether the account made next is the administrator's."""
    return nobody_signed_up()


@register.simple_tag
def sends_mail() -> bool:
    """Whether mail reaches people, rather than the server's own log."""
    return settings.EMAIL_BACKEND not in UNSENT


@register.inclusion_tag("chat/sidebar.html")
def sidebar(user: User, csrf_token: str, here: str = "", current: str = "") -> dict[str, Any]:
    """The sidebar of a signed-in person; `here` names the page, `current` the conversation."""
    rows = services.conversations_of(user).filter(archived_at=None)
    listed = page(rows, shape, cursor=None, limit=SIDEBAR_ROWS, order=("-updated_at", "-id"))
    listed["items"] = [row.model_dump(mode="json") for row in listed["items"]]
    return {
        "user": user,
        "csrf_token": csrf_token,
        "here": here,
        "current": current,
        "listed": listed,
        "workbench": works_here(user),
        "unread": unread_of(user),
    }


@register.filter
def field_class(field: Any) -> str:
    """`check-field` for boxes to tick, `field` for everything that is typed."""
    return "check-field" if getattr(field.field.widget, "input_type", "") == "checkbox" else "field"
