"""What the simulator answers besides models' answers: what it is, what it has, what it counted."""

from __future__ import annotations

import json
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from tests.providers.counting import Count
from tests.providers.faults import Faults
from tests.providers.troubles import TROUBLES
from tests.providers.wire import HttpRequest, Wire

OWNER: Final = "handywriterz-simulator"
"""By this name of its models' owner a client tells that what it says is made up."""

INNER: Final = "/_simulator/"
"""Where other processes ask about the simulator itself."""


class Server(Protocol):
    """What the pages are about: the simulator."""

    models: tuple[str, ...]
    window: int | None
    count: Count
    faults: Faults

    def account_trouble(self, key: str | None) -> str: ...

    def reset(self) -> None: ...


class Pages:
    def __init__(self, server: Server) -> None:
        self._server = server

    async def ours(self, wire: Wire, request: HttpRequest) -> bool:
        if request.path.endswith("/models"):
            trouble = self._server.account_trouble(_key(request))
            if trouble:
                failure = TROUBLES[trouble]
                body = {"error": {"message": failure.message, "code": failure.openai_code}}
                await wire.json(failure.status, body)
            else:
                await wire.json(200, self._models())
        elif request.path.rstrip("/").endswith("/health"):
            await wire.json(200, {"status": "ok", "server": OWNER, "simulated": True})
        else:
            await wire.json(404, {"error": {"message": f"No route {request.path}"}})
        return True

    def _models(self) -> dict[str, Any]:
        """In the form of both families of protocols at once."""
        listed = [
            {
                "id": name,
                "object": "model",
                "type": "model",
                "created": 1_700_000_000,
                "created_at": "2023-11-14T22:13:20Z",
                "owned_by": OWNER,
                "display_name": f"{name} (answers made up by rules)",
                **({"max_model_len": self._server.window} if self._server.window else {}),
            }
            for name in self._server.models
        ]
        return {"object": "list", "data": listed, "has_more": False}

    async def inner(self, wire: Wire, request: HttpRequest) -> bool:
        """What other processes ask of the simulator itself."""
        name = request.path.removeprefix(INNER)
        try:
            page = self._inner_json(request.method, name, request)
        except (ValueError, TypeError) as error:
            await wire.json(400, {"error": {"message": str(error)}})
            return True
        found = page is not None
        await wire.json(200 if found else 404, page or {"error": {"message": f"No page {name}"}})
        return True

    def _inner_json(self, method: str, name: str, request: HttpRequest) -> dict[str, Any] | None:
        if method == "GET" and name == "ledger":
            page = self._server.count.page()
            asked = {key: values[-1] for key, values in parse_qs(request.query).items()}
            account = asked.get("account")
            if "window" in asked:
                page["most_in_any"] = self._server.count.most_in_any(
                    float(asked["window"]), account
                )
            if "rate" in asked:
                burst = float(asked.get("burst", 1))
                excess = self._server.count.excess_over(float(asked["rate"]), burst, account)
                page["excess_over"] = excess
            return page
        if method == "POST" and name == "reset":
            self._server.reset()
            return {"reset": True}
        if method == "POST" and name == "faults":
            given = json.loads(request.raw or b"{}")
            self._server.faults = Faults.parse(
                given.get("faults", ""), seed=int(given.get("seed", 0)), plan=given.get("plan", "")
            )
            return {
                "weights": dict(self._server.faults.weights),
                "plan": list(self._server.faults.plan),
            }
        return None


def _key(request: HttpRequest) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return request.headers.get("x-api-key") or (key if scheme.lower() == "bearer" else None)
