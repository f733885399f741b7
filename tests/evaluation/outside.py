"""The simulated outside of the evaluation: one provider of models per run, made on demand.

`python -m tests.evaluation` starts it and gives its address to `manage.py evaluate`; the harness
itself holds nothing that is simulated. The protocol is that of `autonomy.evaluation.outside`.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from itertools import count

from tests.evaluation.apis import Studies
from tests.evaluation.models import MODES as OURS
from tests.providers.behaviours import Behaviour
from tests.providers.command_line import MODES
from tests.providers.faults import Faults
from tests.providers.listening import Listening
from tests.providers.received import Received
from tests.providers.simulator import Simulator
from tests.providers.wire import HttpRequest, Wire

_TIMES = ("latency", "jitter", "pause", "retry_after")


@dataclass(slots=True)
class OnlyStructured(Faults):
    """Faults that prose does not meet."""

    def on(self, base: Behaviour, number: int, received: Received) -> Behaviour:
        structured = received.asked.schema is not None or "JSON" in received.system
        return (self if structured else replace(self, weights={}, plan=())).spoil(
            base, number, received
        )

    def spoil(self, base: Behaviour, number: int, received: Received) -> Behaviour:
        return Faults.on(self, base, number, received)


class OutsideServer(Listening):
    """Makes, changes and ends simulated providers on the loop that it listens on."""

    def __init__(self) -> None:
        super().__init__()
        self._providers: dict[str, Simulator] = {}
        self._apis_by_id: dict[str, Studies] = {}
        self._numbers = count(1)

    async def stop(self) -> None:
        for provider in list(self._providers.values()):
            await provider.stop()
        await super().stop()

    async def _handle(self, wire: Wire, request: HttpRequest) -> bool:
        body = json.loads(request.raw or b"{}")
        if request.path.startswith("/apis"):
            return await self._apis(wire, request, body)
        found = re.fullmatch(r"/providers(?:/(\d+)(/state)?)?", request.path)
        if not found or (found[1] and found[1] not in self._providers):
            await wire.json(404, {"error": f"nothing at {request.path}"})
            return True
        match request.method, found[1], found[2]:
            case "POST", None, None:
                await wire.json(200, await self._make(body))
            case "POST", number, "/state":
                await self._providers[number]._enter(body["state"])
                await wire.json(200, {})
            case "GET", number, None:
                rows = self._providers[number].count.requests()
                await wire.json(200, {"requests": [asdict(row) for row in rows]})
            case "DELETE", number, None:
                await self._providers.pop(number).stop()
                await wire.json(200, {})
            case _:
                await wire.json(405, {"error": request.method})
        return True

    async def _apis(self, wire: Wire, request: HttpRequest, body: dict[str, object]) -> bool:
        """APIs with documents of their own, each below `/apis/ID`."""
        _, _, number, rest = (*request.path.split("/", 3), "", "")[:4]
        if request.method == "POST" and rest == "change":
            self._apis_by_id[number].change(str(body["change"]), int(str(body["after"])))
            await wire.json(200, {})
        elif request.method == "POST":
            number = str(next(self._numbers))
            self._apis_by_id[number] = Studies(f"{self.root_url}/apis/{number}", body["works"])  # type: ignore[arg-type]
            document = f"{self.root_url}/apis/{number}/openapi.json"
            await wire.json(200, {"id": number, "document": document})
        elif request.method == "DELETE":
            self._apis_by_id.pop(number, None)
            await wire.json(200, {})
        elif (api := self._apis_by_id.get(number)) is None:
            await wire.json(404, {"error": "no such API"})
        else:
            await wire.json(*api.answer(f"/{rest}", request.query))
        return True

    async def _make(self, body: dict[str, object]) -> dict[str, object]:
        given: dict[str, float] = dict(body["faults"])  # type: ignore[call-overload]
        kind = OnlyStructured if body["structured_only"] else Faults
        faults = kind.parse(
            ",".join(f"{name}={value}" for name, value in given.items()),
            plan=",".join(body["plan"]),  # type: ignore[arg-type]
        )
        # Text as a seed: the faults' own dice take any.
        faults.seed = body["seed"]  # type: ignore[assignment]
        provider = Simulator(default=(MODES | OURS)[str(body["says"])], faults=faults)
        await provider.start()
        number = str(next(self._numbers))
        self._providers[number] = provider
        return {"id": number, "base_url": provider.base_url}
