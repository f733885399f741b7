"""Who opened a socket: the session cookie of a page of ours, or an API key in the header."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from channels.security.websocket import AllowedHostsOriginValidator

from autonomy.api.credentials import Credentials

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SocketAuth:
    """Puts `credentials` into the scope. A cookie only counts from a page of an allowed host;
    a key in the `Authorization` header needs no origin, since no foreign page can set it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._same_origin = AllowedHostsOriginValidator(application)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers", ()))
        credentials = Credentials.of(
            headers.get(b"authorization", b"").decode("latin-1"),
            headers.get(b"cookie", b"").decode("latin-1"),
        )
        scope = scope | {"credentials": credentials}
        guarded = self._application if credentials.api_key else self._same_origin
        await guarded(scope, receive, send)
