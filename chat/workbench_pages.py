"""The workbench of human checkers: the queue, and one document. For anybody else there is no such
page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from autonomy.api.shapes import checks as check_shapes
from autonomy.services import NotFound, checks
from autonomy.services.check_work import NOTE_CHARS
from chat.views import SignedIn


@require_http_methods(["GET", "HEAD"])
@login_required
def workbench(request: SignedIn) -> HttpResponse:
    """What there is to check; the list itself comes from the API."""
    if not checks.works_here(request.user):
        raise Http404
    return render(
        request, "chat/workbench.html", {"here": "workbench", "boot": _common(request.user)}
    )


@require_http_methods(["GET", "HEAD"])
@login_required
def workbench_check(request: SignedIn, check_id: UUID) -> HttpResponse:
    """One document, as far as the person may see it."""
    try:
        check = checks.get_check(request.user, check_id)
    except NotFound as unknown:
        raise Http404 from unknown
    shown = check_shapes.detail(check, request.user)
    boot = _common(request.user) | {"check": shown.model_dump(mode="json")}
    return render(
        request,
        "chat/workbench_check.html",
        {"here": "workbench", "check": check, "boot": boot},
    )


def _common(user: User) -> dict[str, Any]:
    return {
        "staff": user.is_staff,
        "checker": checks.is_checker(user),
        "lease_seconds": checks.lease().total_seconds(),
        "note_chars": NOTE_CHARS,
        "upload_max_bytes": settings.ENV.upload_max_bytes,
    }
