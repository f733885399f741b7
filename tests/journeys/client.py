"""A person who uses nothing but the HTTP API, as a script would."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pypdfium2

from tests.stack_process import StackProcess, eventually

ENDED = ("succeeded", "failed", "cancelled")


class Caller:
    """Holds an API key of its own against a running product."""

    def __init__(self, stack: StackProcess, email: str, *options: str) -> None:
        told = stack.manage("api_key", "create", "--user", email, *options).stdout
        key = re.search(r"\bhw_\S+", told)
        assert key, told
        self.http = httpx.Client(
            base_url=stack.base_url, headers={"Authorization": f"Bearer {key.group()}"}, timeout=60
        )

    def upload(self, *paths: Path) -> list[str]:
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        reply = self.http.post("/api/files", files=files)
        assert reply.status_code == 201, reply.text
        return [file["id"] for file in reply.json()["files"]]

    def ask(self, message: str, file_ids: Sequence[str] = (), **settings: Any) -> str:
        """The id of the run that the message started."""
        body = {"message": message, "file_ids": list(file_ids), "settings": settings}
        reply = self.http.post("/api/chat", json=body)
        assert reply.status_code == 202, reply.text
        return str(reply.json()["run_id"])

    def run(self, run_id: str) -> dict[str, Any]:
        reply = self.http.get(f"/api/v2/runs/{run_id}")
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def until(self, run_id: str, *statuses: str, seconds: float = 300) -> dict[str, Any]:
        """The run's snapshot once it has one of `statuses`."""
        assert eventually(
            lambda: self.run(run_id)["status"] in (*statuses, *ENDED), seconds, every=0.2
        ), self.run(run_id)["status"]
        found = self.run(run_id)
        assert found["status"] in statuses, (found["status"], found["error"])
        return found

    def events(self, run_id: str, after: int = 0) -> list[dict[str, Any]]:
        reply = self.http.get(
            f"/api/v2/runs/{run_id}/events", params={"follow": "false", "after": after}
        )
        assert reply.status_code == 200, reply.text
        lines = (line for line in reply.text.splitlines() if line.startswith("data:"))
        return [json.loads(line.removeprefix("data:")) for line in lines]

    def document(self, run_id: str) -> str:
        """The id of the newest document version."""
        items = self.http.get(f"/api/v2/runs/{run_id}/artifacts").json()["items"]
        documents = [item for item in items if item["kind"] == "document"]
        return str(max(documents, key=lambda item: int(item["version"]))["id"])

    def download(self, run_id: str, format: str) -> bytes:
        reply = self.http.get(
            f"/api/v2/runs/{run_id}/artifacts/{self.document(run_id)}/download",
            params={"format": format},
        )
        assert reply.status_code == 200, reply.text
        return reply.content

    def citations(self, run_id: str) -> list[dict[str, Any]]:
        reply = self.http.get(f"/api/v2/runs/{run_id}/citations")
        assert reply.status_code == 200, reply.text
        return list(reply.json()["items"])


def letters(text: str) -> str:
    """What is compared when line ends, hyphens and ligatures must not matter."""
    text = text.replace("ﬁ", "fi").replace("ﬂ", "fl").replace("ﬀ", "ff")
    return re.sub(r"[^0-9a-z]+", "", text.lower())


def pages_of(path: Path) -> list[str]:
    """The text of each page, read afresh and without the product's parser."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [letters(page.get_textpage().get_text_bounded()) for page in pdf]


def stands_on(page: str, passage: str) -> bool:
    """Whether the passage's words stand on the page. A page may break the passage with a running
    head or a figure, so it is compared in stretches of forty letters; nine in ten must be there."""
    bare = letters(passage)
    stretches = [bare[i : i + 40] for i in range(0, max(len(bare) - 39, 1), 40)]
    return sum(stretch in page for stretch in stretches) >= 0.9 * len(stretches)


def seconds_since(moment: float) -> float:
    return round(time.monotonic() - moment, 2)
