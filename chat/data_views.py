"""The page "Your data": take everything along, or leave for good."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from autonomy import services
from autonomy.services import ServiceError
from chat.account_api import EXPORTS, ExportThrottle, archive, check_intent
from chat.views import SignedIn


@require_http_methods(["GET", "HEAD"])
@login_required
def your_data(request: SignedIn) -> HttpResponse:
    return render(request, "chat/data.html")


@require_POST
@login_required
def download(request: SignedIn) -> HttpResponse | FileResponse:
    """The archive; through this door and the API's together only so often."""
    request.auth = request.user  # type: ignore[attr-defined] # whose limit it is
    if not ExportThrottle(EXPORTS).allow_request(request):
        refused = "You have taken it along many times within the hour. Try again a little later."
        return render(request, "chat/data.html", {"export_refused": refused}, status=429)
    return archive(request.user)


@require_POST
@login_required
def remove(request: SignedIn) -> HttpResponse:
    """Remove the account, when the address and the password say that it is meant."""
    email = request.POST.get("email", "")
    try:
        _check_rate(request)
        check_intent(request.user, email, request.POST.get("password", ""))
        services.remove_account(request.user)
    except ServiceError as refused:
        return render(
            request, "chat/data.html", {"refused": refused.detail, "email": email}, status=400
        )
    logout(request)
    messages.success(request, "Your account and everything in it are removed.")
    return redirect("account_login")


def _check_rate(request: HttpRequest) -> None:
    """
    Raises:
        ServiceError: too many passwords were tried.
    """
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        raise ServiceError(
            "too_many", "Too many tries", "Too many tries. Wait a minute and try again.", 429
        )
