"""Addresses of WebSockets."""

from __future__ import annotations

from channels.routing import URLRouter
from django.urls import path

from chat.consumers import ConversationConsumer
from chat.socket_auth import SocketAuth

websocket_urlpatterns = [
    path("ws/conversations/<uuid:conversation_id>/", ConversationConsumer.as_asgi()),
]

websocket_application = SocketAuth(URLRouter(websocket_urlpatterns))
