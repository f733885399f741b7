"""A client of a WebSocket application, inside the test's own event loop.

Channels has one too, but its package imports a server that we do not use.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from asgiref.testing import ApplicationCommunicator

WAIT_SECONDS = 60.0
"""For what must merely come, also on a busy machine."""


class Socket(ApplicationCommunicator):
    """One connection to `application` at `path` (with its query)."""

    def __init__(
        self, application: Any, path: str, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        address, _, query = path.partition("?")
        super().__init__(
            application,
            {
                "type": "websocket",
                "path": unquote(address),
                "query_string": query.encode(),
                "headers": list(headers),
                "subprotocols": [],
            },
        )

    async def connect(self, timeout: float = WAIT_SECONDS) -> tuple[bool, int | None]:
        """Whether the application accepted, and the code with which it did not."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout)
        if answer["type"] == "websocket.accept":
            return True, None
        assert answer["type"] == "websocket.close", answer
        return False, answer.get("code", 1000)

    async def send_to(
        self, *, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """One frame from the client."""
        frame: dict[str, Any] = {"type": "websocket.receive"}
        frame |= {"text": text_data} if text_data is not None else {"bytes": bytes_data}
        await self.send_input(frame)

    async def send_json_to(self, content: Any) -> None:
        await self.send_to(text_data=json.dumps(content))

    async def receive_json_from(self, timeout: float = WAIT_SECONDS) -> Any:
        """The content of the next frame, which must be one."""
        answer = await self.receive_output(timeout)
        assert answer["type"] == "websocket.send", answer
        return json.loads(answer["text"])

    async def disconnect(self, code: int = 1000, timeout: float = WAIT_SECONDS) -> None:
        """Leave, and wait for the application to have noticed."""
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(timeout)
