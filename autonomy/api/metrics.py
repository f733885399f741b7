"""`/metrics`, for Prometheus."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from autonomy.services.metrics import metrics_page

FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP")
"""Headers of a proxy: its requests come from this machine, those whom it serves do not."""


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """The page, for whoever shows METRICS_TOKEN as a bearer token; without one set, for programs
    on this machine only."""
    if not _may_read(request):
        return HttpResponse(
            "Metrics are read with the bearer token METRICS_TOKEN, or from this machine when "
            "none is set.\n",
            content_type="text/plain; charset=utf-8",
            status=403,
        )
    return HttpResponse(metrics_page(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = settings.ENV.metrics_token
    if token is None:
        return _from_this_machine(request)
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    wanted = token.get_secret_value().encode()
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), wanted)


def _from_this_machine(request: HttpRequest) -> bool:
    if any(header in request.META for header in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
