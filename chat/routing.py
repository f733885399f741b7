"""Addresses of WebSockets."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import path

from chat.consumers import ConversationConsumer
from chat.socket_auth import SocketAuth

websocket_urlpatterns = [
    path("ws/conversations/<uuid:conversation_id>/", ConversationConsumer.as_asgi()),
]


class KnownAddresses:
    """Refuses a handshake at an address that is none, as a page that is not there."""

    def __init__(self, routes: list[Any]) -> None:
        self._routes = routes
        self._router = SocketAuth(URLRouter(routes))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        address = scope["path"].lstrip("/")
        if any(route.pattern.match(address) for route in self._routes):
            await self._router(scope, receive, send)
            return
        await receive()  # websocket.connect
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close"})  # becomes a 403
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"There is no such socket.\n"})


websocket_application = KnownAddresses(websocket_urlpatterns)
