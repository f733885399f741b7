"""Addresses of the product."""

from __future__ import annotations

import sys

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template import loader
from django.urls import include, path, re_path, reverse_lazy
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from autonomy.api import health, metrics, problems
from handywriterz.api import api


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Problem+json under /api/, the page for people elsewhere."""
    if request.path.startswith("/api/"):
        return problems.problem(request, 404, "not_found", "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """As `not_found`, for errors outside the API's own handlers. Django has logged the cause."""
    error = sys.exception()
    if isinstance(error, problems.AWAY):
        return _database_away(request, error)
    if request.path.startswith("/api/"):
        return problems.problem(request, 500, "internal", "Something went wrong on our side.")
    return defaults.server_error(request)


def _database_away(request: HttpRequest, error: BaseException) -> HttpResponseBase:
    answer = problems.database_away(request, error)
    if not request.path.startswith("/api/"):
        answer.content = loader.render_to_string("503.html").encode()
        answer["Content-Type"] = "text/html; charset=utf-8"
    return answer


handler404 = "handywriterz.urls.not_found"
handler500 = "handywriterz.urls.server_error"


@csrf_exempt  # nothing is done there, and Django would refuse with a page of its own
def api_address_unknown(request: HttpRequest, rest: str) -> HttpResponseBase:
    return problems.problem(request, 404, "not_found", "There is nothing at this address.")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("health/live", health.plain_live),
    path("health/ready", health.plain_ready),
    path("metrics", metrics.metrics),
    path("api/", RedirectView.as_view(url=reverse_lazy("api:openapi-view"))),
    path("api/", api.urls),
    # Also with DEBUG on, where Django would answer with a page of its own.
    re_path(r"^api/(?P<rest>.*)$", api_address_unknown),
    path("", include("chat.urls")),
]
