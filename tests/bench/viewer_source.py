"""A run that logs at a given rate: the writing side of the viewers' bench, through the product's
own `append`. Orders and answers are lines of JSON on standard input and output."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handywriterz.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - Django has to be set up first

from autonomy import services  # noqa: E402
from autonomy.core.types import EventDraft  # noqa: E402
from autonomy.models import Run  # noqa: E402
from autonomy.runtime.events import append  # noqa: E402
from chat.models import Conversation  # noqa: E402


def prepare(conversations: int) -> dict[str, Any]:
    """A person with a key and one unfinished run in each of some conversations."""
    name = f"viewer-{time.time_ns()}"
    owner = User.objects.create_user(username=name, email=f"{name}@example.org")
    _, key = services.create_api_key(owner, "bench")
    rooms = [Conversation.objects.create(owner=owner, title="Bench") for _ in range(conversations)]
    runs = [
        Run.objects.create(
            owner=owner,
            conversation_id=room.pk,
            journey="write",
            title="Bench",
            task={"goal": "Bench", "journey": "write"},
            tokens_limit=1000,
            seconds_limit=900,
            usd_limit=1,
        )
        for room in rooms
    ]
    for run in runs:
        append(run.pk, [EventDraft(type="note", source="bench", content="begin")])
    return {
        "key": key,
        "conversations": [str(r.pk) for r in rooms],
        "runs": [str(r.pk) for r in runs],
    }


def commit(run: str, count: int, per_second: float, batch: int, characters: int) -> dict[str, Any]:
    """`count` events at a steady rate, `batch` per statement. Answers with the number of each and
    the time before its statement began: latencies include the commit itself."""
    draft = EventDraft(type="note", source="bench", content="x" * characters)
    began = time.monotonic()
    at: dict[int, float] = {}
    late = 0.0
    for done in range(0, count, batch):
        due = began + done / per_second
        pause = due - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        late = max(late, -pause)
        before = time.monotonic()
        last = append(run, [draft] * batch)
        for seq in range(last - batch + 1, last + 1):
            at[seq] = before
    return {"at": at, "seconds": time.monotonic() - began, "late": late}


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        do = {"prepare": prepare, "commit": commit}[order.pop("do")]
        sys.stdout.write(json.dumps(do(**order)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
