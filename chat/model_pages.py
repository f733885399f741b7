"""The page "Models": which language models write, and how they are reached."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chat.views import SignedIn


@require_http_methods(["GET", "HEAD"])
@login_required
def models_page(request: SignedIn) -> HttpResponse:
    """The page and what its script cannot know; connections and choices come from the API, so
    that no key has a way into a page."""
    return render(request, "chat/models.html", {"boot": {"staff": request.user.is_staff}})
