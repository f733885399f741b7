"""The product as somebody with an API key sees it."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import httpx

from autonomy.evaluation.papers import Made

ENDED = ("succeeded", "failed", "cancelled")
FILE_SECONDS = 120.0


class Refused(Exception):
    """The product did not take what a task asked of it."""


class Person:
    """Holds an API key of a running product."""

    def __init__(self, base_url: str, key: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=60
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _call(self, method: str, path: str, *expected: int, **body: Any) -> httpx.Response:
        reply = await self._http.request(method, path, **body)
        if reply.status_code not in expected:
            raise Refused(f"{method} {path}: {reply.status_code} {reply.text[:300]}")
        return reply

    async def connect_model(self, base_url: str) -> str:
        """Add a connection to a model; its model string."""
        body = {"provider": "compatible", "base_url": base_url, "label": "Evaluation"}
        made = await self._call("POST", "/api/v2/models/connections", 201, json=body)
        return f"{made.json()['slug']}:simulated"

    async def upload(self, files: Sequence[Made]) -> list[str]:
        """Add files and wait until they have been read; their ids in order.

        Raises:
            Refused: one was not taken, or could not be read.
        """
        parts = [("files", (made.name, made.data)) for made in files]
        reply = await self._call("POST", "/api/files", 201, files=parts)
        ids = [str(file["id"]) for file in reply.json()["files"]]
        deadline = time.monotonic() + FILE_SECONDS
        for file_id in ids:
            while (state := await self._file(file_id))["status"] != "ready":
                if state["status"] == "failed" or time.monotonic() > deadline:
                    raise Refused(f"file {state['status']}: {state.get('error')}")
                await asyncio.sleep(0.2)
        return ids

    async def _file(self, file_id: str) -> dict[str, Any]:
        return dict((await self._call("GET", f"/api/files/{file_id}", 200)).json())

    async def learn(self, document: str) -> list[str]:
        """Let in the tools of an OpenAPI document at an address; their names."""
        wanted = {"kind": "openapi", "url": document}
        shown = (await self._call("POST", "/api/v2/tools/ingest", 200, json=wanted)).json()
        wanted["fingerprint"] = shown["fingerprint"]
        await self._call("POST", "/api/v2/tools/ingest", 201, json=wanted)
        return [str(operation["name"]) for operation in shown["operations"]]

    async def try_tool(self, name: str, arguments: dict[str, Any]) -> None:
        """Call a learnt tool once, as a person does on its page. Raises `Refused` when it fails."""
        body = {"arguments": arguments}
        said = (await self._call("POST", f"/api/v2/tools/{name}/test", 200, json=body)).json()
        if not said["ok"]:
            raise Refused(f"{name} failed when it was tried: {said['message']}")

    async def ask(
        self, message: str, journey: str, file_ids: Sequence[str], settings: dict[str, Any]
    ) -> str:
        """The id of the run that a message started."""
        body = {
            "message": message,
            "journey": journey,
            "file_ids": list(file_ids),
            "settings": settings,
        }
        reply = await self._call("POST", "/api/chat", 202, json=body)
        return str(reply.json()["run_id"])

    async def cancel(self, run_id: str) -> None:
        """Stop a run; one that has ended stays as it is."""
        await self._call("POST", f"/api/v2/runs/{run_id}/cancel", 200, 202, 409)

    async def run(self, run_id: str) -> dict[str, Any]:
        return dict((await self._call("GET", f"/api/v2/runs/{run_id}", 200)).json())

    async def events(self, run_id: str) -> list[dict[str, Any]]:
        """The whole log of the run."""
        path = f"/api/v2/runs/{run_id}/events"
        reply = await self._call("GET", path, 200, params={"follow": "false"})
        lines = (line for line in reply.text.splitlines() if line.startswith("data:"))
        return [json.loads(line.removeprefix("data:")) for line in lines]

    async def download(self, run_id: str, format: str) -> bytes:
        """The newest version of the document as a file; empty without one."""
        path = f"/api/v2/runs/{run_id}/artifacts"
        items = (await self._call("GET", path, 200)).json()["items"]
        documents = [item for item in items if item["kind"] == "document"]
        if not documents:
            return b""
        newest = max(documents, key=lambda item: int(item["version"]))
        wanted = {"params": {"format": format}}
        return (await self._call("GET", f"{path}/{newest['id']}/download", 200, **wanted)).content

    async def markdown(self, run_id: str) -> str:
        """The text of the newest version of the document; empty without one. With figures it comes as
        an archive, of which this is the text."""
        data = await self.download(run_id, "md")
        if not data.startswith(b"PK"):
            return data.decode()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".md"))
            return archive.read(name).decode()

    async def citations(self, run_id: str) -> list[dict[str, Any]]:
        reply = await self._call("GET", f"/api/v2/runs/{run_id}/citations", 200)
        return list(reply.json()["items"])

    async def sources(self, run_id: str) -> list[dict[str, Any]]:
        reply = await self._call(
            "GET", f"/api/v2/runs/{run_id}/sources", 200, params={"limit": 100}
        )
        return list(reply.json()["items"])

    async def cycles(self, run_id: str) -> list[dict[str, Any]]:
        reply = await self._call("GET", f"/api/v2/turnitin/{run_id}/status", 200)
        return list(reply.json()["cycles"])

    async def report(
        self, run_id: str, cycle_id: str, similarity: float, marked: Sequence[str] = ()
    ) -> None:
        """Bring a similarity report, twice, as webhooks do; as a file where it marks passages."""
        path = f"/api/v2/turnitin/{run_id}/report"
        told: dict[str, Any] = {"json": {"cycle_id": cycle_id, "observed_similarity": similarity}}
        if marked:
            passages = [{"text": text} for text in marked]
            data = json.dumps({"similarity": similarity, "excluded": [], "passages": passages})
            file = ("report.json", data.encode(), "application/json")
            told = {"data": {"cycle_id": cycle_id}, "files": {"report": file}}
        for _ in range(2):
            await self._call("POST", path, 200, 202, **told)
