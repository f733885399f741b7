"""Who may sign up, and that the first one owns the place."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from chat.invitations import invited_email

_FIRST_SIGNUP_LOCK = 0x48575346
"""Number of the advisory lock that lets one sign-up at a time decide who is first."""


def nobody_signed_up() -> bool:
    """Whether the next visitor is the first. Accounts that `manage.py api_key create` made have no
    password and are nobody's sign-up."""
    return not User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exists()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """The first visitor may always sign up and becomes staff and superuser; later ones as the
    setting SIGNUP says: `open`, `invite` (a link of `manage.py invite`), or `closed`."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return nobody_signed_up() or _allowed(request)

    def clean_email(self, email: str) -> str:
        email = str(super().clean_email(email))
        request = context.request
        if settings.SIGNUP == "invite" and request is not None and request.resolver_match:
            invited = invited_email(request)
            if (
                invited
                and invited != email.lower()
                and request.resolver_match.url_name == "account_signup"
            ):
                raise ValidationError(f"This invitation is for {invited}.")
        return email

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        if not commit:
            return self._saved(request, user, form, commit=False)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FIRST_SIGNUP_LOCK])
            if nobody_signed_up():
                user.is_staff = user.is_superuser = True
            elif not _allowed(request):
                # Two people had the form of the first visitor open; this one was second.
                raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_signup")))
            return self._saved(request, user, form, commit=True)

    def _saved(self, request: HttpRequest, user: User, form: Any, *, commit: bool) -> User:
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved


def _allowed(request: HttpRequest) -> bool:
    if settings.SIGNUP == "open":
        return True
    return settings.SIGNUP == "invite" and invited_email(request) is not None
