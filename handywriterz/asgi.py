"""HTTP goes to Django, WebSockets to the chat consumers."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handywriterz.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter
from chat.routing import websocket_application
from handywriterz.admission import Admission
from handywriterz.body_limit import BodyLimit

application = ProtocolTypeRouter(
    {"http": BodyLimit(Admission(http)), "websocket": websocket_application}
)
