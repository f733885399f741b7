"""How the pages of staff look and what stands in their sidebar: settings of django-unfold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

_LIGHTNESS = (97.5, 94, 88.5, 80, 70, 58, 48, 42.5, 37, 32, 24)
"""Of the shades of the product's colour, per cent, from the lightest to the darkest."""
_SHADES = (50, *range(100, 901, 100), 950)
_PALE = 90
_HUE = 178

_PAGES: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Work",
        (
            ("Runs", "play_circle", "autonomy.run"),
            ("Conversations", "forum", "chat.conversation"),
            ("Documents", "description", "autonomy.artifact"),
            ("Files and references", "library_books", "autonomy.source"),
            ("Similarity reports", "fact_check", "autonomy.turnitincycle"),
            ("Checks by people", "rule", "autonomy.check"),
        ),
    ),
    (
        "How it works",
        (
            ("Evaluations", "monitoring", "autonomy.evaluation"),
            ("Model calls", "smart_toy", "autonomy.modelcall"),
            ("Tools", "construction", "autonomy.tool"),
            ("Catalogue of tools", "storefront", "autonomy.tooloffer"),
            ("Workers", "memory", "autonomy.workerprocess"),
        ),
    ),
    (
        "People",
        (
            ("Users", "person", "auth.user"),
            ("Groups", "group", "auth.group"),
            ("Quotas", "speed", "autonomy.quota"),
            ("API keys", "key", "autonomy.apikey"),
        ),
    ),
)
"""What staff look for first: title, icon and model of each; the rest is under “All applications”."""


def _seen_by(model: str) -> Callable[[HttpRequest], bool]:
    """Whether a person may open the page, by the page's own rule."""

    def seen(request: HttpRequest) -> bool:
        from django.contrib import admin

        page = admin.site.get_model_admin(apps.get_model(model))
        return page.has_view_or_change_permission(request)

    return seen


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model.replace('.', '_')}_changelist"),
        "permission": _seen_by(model),
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "HandyWriterz",
    "SITE_HEADER": "HandyWriterz",
    "SITE_URL": "/",
    "SITE_ICON": lambda _: static("logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("logo.svg")}
    ],
    "COLORS": {
        "primary": {
            str(shade): f"oklch({lightness}% {0.02 if lightness > _PALE else 0.07} {_HUE})"
            for shade, lightness in zip(_SHADES, _LIGHTNESS, strict=True)
        }
    },
    # Under the name of the site, on every staff page.
    "SITE_DROPDOWN": [
        {"icon": "home", "title": "The product", "link": "/"},
        {
            "icon": "monitoring",
            "title": "Operator's page",
            "link": reverse_lazy("admin:autonomy_operator"),
        },
    ],
    "SIDEBAR": {
        "show_all_applications": True,
        "navigation": [
            {"title": title, "items": [_item(*page) for page in pages]} for title, pages in _PAGES
        ],
    },
}
