"""Who opened a socket: the session cookie of a page of ours, or an API key in the header."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, NamedTuple

from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.http import HttpRequest, parse_cookie

from autonomy import services

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class Credentials(NamedTuple):
    """What a socket was opened with; `verify` can be asked again at any time."""

    session_key: str = ""
    api_key: str = ""

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


class SocketAuth:
    """Puts `credentials` into the scope. A cookie only counts from a page of an allowed host;
    a key in the `Authorization` header needs no origin, since no foreign page can set it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._same_origin = AllowedHostsOriginValidator(application)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            scope = scope | {"credentials": Credentials(api_key=key.strip())}
            await self._application(scope, receive, send)
            return
        cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        scope = scope | {"credentials": Credentials(session_key=session_key)}
        await self._same_origin(scope, receive, send)
