"""Named points at which a worker may be told to die, and what it writes down before.

`reach(name)` stands in the storm's graph; `install()` wraps functions of the product in a worker
process, so that the product itself knows nothing of it.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

NAMES = (
    "after claim",
    "before put",
    "in a slow put",
    "after put",
    "after put_writes",
    "before the call",
    "between call and record",
    "between reserve and settle",
    "between file and row",
    "before an artifact's row",
    "after an artifact's row",
    "inside finish",
    "after finish",
    "before a wait",
    "inside a wait",
    "after a wait",
    "with an answer",
    "in the heartbeat",
    "in the sweep",
)
DRAIN_NAMES = ("inside release", "after release")
"""Reached only by a worker that drains."""


SLOW = {"in a slow put": 1.0}
"""Seconds that the process lives on at a point, while its other threads do: a commit that hangs
before it fails is harmless only if nothing was built upon it."""


class Journal:
    """Lines of JSON appended by many processes: each a single write, so none is torn."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, kind: str, **fields: Any) -> None:
        line = {"kind": kind, "pid": os.getpid(), "at": time.time(), **fields}
        os.write(self._file, json.dumps(line).encode() + b"\n")


class Armed:
    """Dies the `times`-th time that `name` is reached; never, when there is no name."""

    def __init__(self, journal: Journal, name: str = "", times: int = 1) -> None:
        self._journal = journal
        self._name = name
        self._left = times

    def reach(self, name: str) -> None:
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                time.sleep(SLOW.get(name, 0.0))
                self._journal.write("died", point=name)
                os.kill(os.getpid(), signal.SIGKILL)


_armed: Armed | None = None


def reach(name: str) -> None:
    """The process is at the point `name`."""
    if _armed is not None:
        _armed.reach(name)


def install(armed: Armed, journal: Journal) -> None:
    """Put the points into the product's functions, in this process."""
    global _armed
    _armed = armed
    from autonomy.runtime import (
        artifacts,
        content,
        endings,
        leases,
        queue,
        runner,
        segment_ends,
        sweeper,
        transitions,
    )
    from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver

    def claimed(found: Any) -> None:
        for claim in found if isinstance(found, list) else [found]:
            if claim is not None:
                journal.write("claim", run=claim.fence.run_id, fence=claim.fence.number)
                reach("after claim")

    def ended(run: Any) -> None:
        if run is not None and run.status in ("succeeded", "failed", "cancelled"):
            reach("inside finish")
        elif run is not None and run.status == "queued":
            reach("inside release")
        elif run is not None and run.status == "waiting_human":
            reach("inside a wait")

    def answered(found: Any) -> None:
        if found:
            reach("with an answer")

    for name in ("claim", "claim_many"):
        if hasattr(queue, name):
            wrap(queue, name, after=claimed)
    wrap(DjangoCheckpointSaver, "put", before="in a slow put")
    wrap(DjangoCheckpointSaver, "put", before="before put", after="after put")
    wrap(DjangoCheckpointSaver, "put_writes", after="after put_writes")
    wrap(
        artifacts.RunArtifacts,
        "_save",
        before="before an artifact's row",
        after="after an artifact's row",
    )
    wrap(content, "keep", after="between file and row")
    wrap(endings, "end", before="inside finish")  # looked at, not ended yet
    wrap(transitions, "change", after=ended)  # inside the transition's transaction
    wrap(segment_ends, "finish", after="after finish")
    wrap(segment_ends, "release", after="after release")
    wrap(segment_ends, "wait_for_human", before="before a wait", after="after a wait")
    wrap(runner, "_answers", after=answered)
    wrap(leases.Lease, "_beat", before="in the heartbeat")
    wrap(sweeper, "reclaim_dead", before="in the sweep")


def wrap(
    owner: Any,
    name: str,
    *,
    before: str = "",
    after: str | Callable[[Any], None] = "",
) -> None:
    """Replace `owner.name` by a function that reaches a point before or after it."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            reach(before)
        result = original(*args, **kwargs)
        if callable(after):
            after(result)
        elif after:
            reach(after)
        return result

    setattr(owner, name, wrapped)
