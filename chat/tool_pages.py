"""The page "Tools": which tools runs may use, and learning new ones."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chat.views import SignedIn


@require_http_methods(["GET", "HEAD"])
@login_required
def tools_page(request: SignedIn) -> HttpResponse:
    """The page; tools and keys come from the API, so that no key has a way into a page."""
    return render(request, "chat/tools.html", {"boot": {"staff": request.user.is_staff}})
