"""What a live view was opened with: a view lasts for hours, and the right to it may end before."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest, parse_cookie

from autonomy import services


class Credentials(NamedTuple):
    """A session or an API key; `verify` can be asked again at any time."""

    session_key: str = ""
    api_key: str = ""

    @classmethod
    def of(cls, authorization: str, cookie: str) -> Credentials:
        """From the headers of those names; a key goes before a session."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            return cls(api_key=key.strip())
        return cls(session_key=parse_cookie(cookie).get(settings.SESSION_COOKIE_NAME, ""))

    def verify(self) -> User | None:
        """The user these stand for now; None once signed out, expired, revoked or disabled.
        Reads the database."""
        if self.api_key:
            return services.user_for_key(self.api_key)
        if not self.session_key:
            return None
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self.session_key)
        user = get_user(request)
        return user if isinstance(user, User) and user.is_active else None
