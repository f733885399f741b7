"""Invitations: a signed link that lets one address sign up. Nothing is stored until it is used."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

PARAMETER = "invite"
VALID_FOR = timedelta(days=7)

_signer = signing.TimestampSigner(salt="handywriterz.invitation")
_SESSION_KEY = "invitation"


def token_for(email: str) -> str:
    return _signer.sign(email.strip().lower())


def link_for(email: str, base_url: str) -> str:
    """The address to send to `email`; valid for seven days and for that address only."""
    query = urlencode({PARAMETER: token_for(email)})
    return f"{base_url.rstrip('/')}{reverse('account_signup')}?{query}"


def email_of(token: str) -> str | None:
    """The invited address, or None when the token is not ours or too old."""
    try:
        return _signer.unsign(token, max_age=VALID_FOR)
    except signing.BadSignature:
        return None


def invited_email(request: HttpRequest) -> str | None:
    """The address this visitor was invited under. The token is kept in the session, because the
    sign-up form posts to the bare address."""
    token = request.GET.get(PARAMETER)
    if token and email_of(token):
        request.session[_SESSION_KEY] = token
    kept = request.session.get(_SESSION_KEY, "")
    return email_of(kept) if kept else None
