"""LangGraph's checkpointer over our own tables, fenced.

With a fence every write is refused once another segment owns the run; without one it is a plain
checkpointer, for reading (admin, forks) and for LangGraph's conformance tests.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, cast

from django.db import transaction
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    PendingWrite,
    get_checkpoint_id,
    get_serializable_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from autonomy.core.state import CHECKPOINTED_TYPES
from autonomy.core.types import EventDraft
from autonomy.runtime import checkpoint_statements as sql
from autonomy.runtime.checkpoint_rows import OUTBOX, execute, inline, mirror
from autonomy.runtime.couriers import hint
from autonomy.runtime.db import run_db
from autonomy.runtime.events import columns, json_text
from autonomy.runtime.fence import Fence, FencedOut

Writes = list[PendingWrite]
"""An alias because a method of the class below is called `list`."""


def strict_serializer() -> JsonPlusSerializer:
    """Reads only types that a run's state may hold, whatever bytes it is given."""
    return JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=CHECKPOINTED_TYPES)


class DjangoCheckpointSaver(BaseCheckpointSaver[str]):
    """Checkpoints in `autonomy_checkpoints`, `…_blobs` and `…_writes`.

    Args:
        fence: who writes; the thread is then the run of the same id, whose row mirrors the state
            and whose log receives the `outbox` of each checkpoint.
        attempt: number kept with those events.
        conversation_id: who else is hinted that events were committed.
    """

    def __init__(
        self,
        fence: Fence | None = None,
        *,
        attempt: int = 1,
        conversation_id: object | None = None,
    ) -> None:
        super().__init__(serde=strict_serializer())
        self._fence = fence
        self._attempt = attempt
        self._conversation_id = conversation_id
        self._mirrored = False

    def get_next_version(self, current: str | None, channel: None) -> str:
        # The random part keeps versions of forks apart: two branches that count from the same
        # number would otherwise share blobs.
        number = 0 if current is None else int(str(current).split(".")[0])
        return f"{number + 1:032}.{random.random():016}"  # noqa: S311 - tells forks apart, guards nothing

    # ------------------------------------------------------------------------- writing

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint and, under a fence, what goes with it.

        Raises:
            FencedOut: another segment owns the run; nothing was stored.
        """
        thread, ns, parent = _address(config)
        stored, blobs = self._split(checkpoint, new_versions)
        parameters: dict[str, Any] = {
            "thread": thread,
            "ns": ns,
            "id": checkpoint["id"],
            "parent": parent,
            "checkpoint": json.dumps(stored),
            "metadata": json_text(get_serializable_checkpoint_metadata(config, metadata)),
            "channels": [blob[0] for blob in blobs],
            "versions": [blob[1] for blob in blobs],
            "types_of": [blob[2] for blob in blobs],
            "blobs": [blob[3] for blob in blobs],
        }
        drafts: list[EventDraft] = []
        if self._fence is not None:
            values = checkpoint["channel_values"]
            if OUTBOX in new_versions:
                drafts = [d for d in values.get(OUTBOX) or () if isinstance(d, EventDraft)]
            # A fork's row has shown nothing yet: the first checkpoint of a segment shows all.
            changed = new_versions if self._mirrored else values
            parameters |= self._guarded() | columns(drafts) | mirror(values, changed)
            parameters |= {"count": len(drafts), "attempt": self._attempt}
        row = execute(sql.PUT if self._fence is not None else sql.PUT_OPEN, parameters)
        if self._fence is not None:
            if not row:
                raise FencedOut(self._fence)
            self._mirrored = True
            if drafts:
                self._announce(int(row[0][0]))
        return _config(thread, ns, checkpoint["id"])

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task wrote, so that it is not run again after a crash.

        Raises:
            FencedOut: another segment owns the run; nothing was stored.
        """
        thread, ns, checkpoint_id = _address(config)
        dumped = [
            (WRITES_IDX_MAP.get(channel, index), channel, *self.serde.dumps_typed(value))
            for index, (channel, value) in enumerate(writes)
        ]
        parameters: dict[str, Any] = {
            "thread": thread,
            "ns": ns,
            "id": checkpoint_id,
            "task": task_id,
            "path": task_path,
            "idxs": [row[0] for row in dumped],
            "channels": [row[1] for row in dumped],
            "types_of": [row[2] for row in dumped],
            "blobs": [row[3] for row in dumped],
        }
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        if self._fence is not None:
            parameters |= self._guarded()
        row = execute(sql.put_writes(self._fence is not None, special), parameters)
        if self._fence is not None and not row:
            raise FencedOut(self._fence)

    def _split(
        self, checkpoint: Checkpoint, new_versions: ChannelVersions
    ) -> tuple[dict[str, Any], list[tuple[str, str, str, bytes]]]:
        """The checkpoint with only plain scalars inside, and the blobs of its new versions."""
        stored = dict(checkpoint)
        values = dict(checkpoint["channel_values"])
        blobs = []
        for channel, value in checkpoint["channel_values"].items():
            if isinstance(value, _DeltaSnapshot):
                values[channel] = True  # marks where a walk through the ancestors may end
            elif inline(value):
                continue
            else:
                del values[channel]
            if channel in new_versions:
                kind, blob = self.serde.dumps_typed(value)
                blobs.append((channel, str(new_versions[channel]), kind, blob))
        stored["channel_values"] = values
        return stored, blobs

    def _guarded(self) -> dict[str, Any]:
        assert self._fence is not None  # noqa: S101 - callers checked
        return {"run": self._fence.run_id, "fence": self._fence.number}

    def _announce(self, last_seq: int) -> None:
        assert self._fence is not None  # noqa: S101 - callers checked
        run_id = self._fence.run_id
        transaction.on_commit(lambda: hint(run_id, self._conversation_id, last_seq))

    # ------------------------------------------------------------------------- reading

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        thread, ns, checkpoint_id = _address(config)
        where = "c.thread_id = %(thread)s AND c.checkpoint_ns = %(ns)s"
        if checkpoint_id:
            where += " AND c.checkpoint_id = %(id)s"
        parameters = {"thread": thread, "ns": ns, "id": checkpoint_id, "limit": 1}
        rows = execute(sql.SELECT.format(where=where), parameters)
        return self._tuple(rows[0]) if rows else None

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        conditions = ["true"]
        parameters: dict[str, Any] = {"limit": limit}
        if config is not None:
            parameters["thread"], _, parameters["id"] = _address(config)
            conditions.append("c.thread_id = %(thread)s")
            if "checkpoint_ns" in config["configurable"]:
                parameters["ns"] = config["configurable"]["checkpoint_ns"]
                conditions.append("c.checkpoint_ns = %(ns)s")
            if parameters["id"]:
                conditions.append("c.checkpoint_id = %(id)s")
        if filter:
            parameters["filter"] = json.dumps(filter)
            conditions.append("c.metadata @> %(filter)s::jsonb")
        if before is not None:
            parameters["before"] = get_checkpoint_id(before)
            conditions.append("c.checkpoint_id < %(before)s")
        for row in execute(sql.SELECT.format(where=" AND ".join(conditions)), parameters):
            yield self._tuple(row)

    def _tuple(self, row: Sequence[Any]) -> CheckpointTuple:
        thread, ns, checkpoint_id, parent, checkpoint_json, metadata_json, blobs, writes = row
        checkpoint = json.loads(checkpoint_json)
        values = checkpoint["channel_values"]
        for channel, kind, blob in blobs or ():
            values[channel.decode()] = self.serde.loads_typed((kind.decode(), blob))
        return CheckpointTuple(
            config=_config(thread, ns, checkpoint_id),
            checkpoint=cast("Checkpoint", checkpoint),
            metadata=cast("CheckpointMetadata", json.loads(metadata_json)),
            parent_config=_config(thread, ns, parent) if parent else None,
            pending_writes=self._writes(writes),
        )

    def _writes(self, rows: Sequence[Sequence[bytes]] | None) -> Writes:
        ordered = sorted(
            rows or (), key=lambda w: writes_sort_key(w[0].decode(), w[1].decode(), int(w[2]))
        )
        return [
            (w[1].decode(), w[3].decode(), self.serde.loads_typed((w[4].decode(), w[5])))
            for w in ordered
        ]

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """One statement for the whole walk; the contract is the base class's."""
        if not channels:
            return {}
        thread, ns, checkpoint_id = _address(config)
        if not checkpoint_id:
            head = self.get_tuple(config)
            checkpoint_id = head.checkpoint["id"] if head else ""
        parameters = {"thread": thread, "ns": ns, "id": checkpoint_id, "channels": [*channels]}
        collected: dict[str, Any] = {name: [] for name in channels}
        seeds: dict[str, Any] = {}
        for wanted, values_json, blobs, rows in execute(sql.DELTA_HISTORY, parameters):
            writes = self._writes(rows)
            values = json.loads(values_json)
            found = {c.decode(): self.serde.loads_typed((t.decode(), b)) for c, t, b in blobs or ()}
            for name in wanted:
                collected[name].append([write for write in writes if write[1] == name])
                if name in found:
                    seeds[name] = found[name]
                elif name in values:
                    seeds[name] = values[name]
        history: dict[str, DeltaChannelHistory] = {}
        for name in channels:
            oldest_first = [write for batch in reversed(collected[name]) for write in batch]
            history[name] = {"writes": oldest_first}
            if name in seeds:
                history[name]["seed"] = seeds[name]
        return history

    # ------------------------------------------------------------------------- upkeep

    def delete_thread(self, thread_id: str) -> None:
        execute(sql.DELETE_THREADS, {"threads": [thread_id]})

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        runs = {"runs": [str(run_id) for run_id in run_ids]}
        with transaction.atomic():
            threads = [row[0] for row in execute(sql.THREADS_OF_RUNS, runs)]
            execute(sql.DELETE_RUNS, runs)
            execute(sql.DELETE_ORPHANS, {"threads": threads})

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        execute(sql.COPY_THREAD, {"source": source_thread_id, "target": target_thread_id})

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Drop history. `keep_latest` keeps the newest checkpoint of each namespace and those of
        its ancestors that its delta channels are rebuilt from; `delete` keeps nothing."""
        if strategy == "delete":
            execute(sql.DELETE_THREADS, {"threads": [*thread_ids]})
            return
        if strategy != "keep_latest":
            raise ValueError(f"unknown strategy {strategy!r}: keep_latest or delete")
        for thread in thread_ids:
            with transaction.atomic():
                for ns, head, deltas in execute(sql.HEADS, {"thread": thread}):
                    where = {"thread": thread, "ns": ns}
                    chain = {**where, "id": head, "channels": deltas}
                    kept = execute(sql.DELTA_ANCESTORS, chain) if deltas else []
                    execute(sql.PRUNE, {**where, "keep": [head, *(row[0] for row in kept)]})
                execute(sql.DELETE_ORPHANS, {"threads": [thread]})

    # ------------------------------------------------------------------------- asynchronous twins

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return await run_db(self.get_tuple, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        rows = await run_db(lambda: [*self.list(config, filter=filter, before=before, limit=limit)])
        for row in rows:
            yield row

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        return await run_db(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        await run_db(self.put_writes, config, writes, task_id, task_path)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        return await run_db(self.get_delta_channel_history, config=config, channels=channels)

    async def adelete_thread(self, thread_id: str) -> None:
        await run_db(self.delete_thread, thread_id)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        await run_db(self.delete_for_runs, run_ids)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        await run_db(self.copy_thread, source_thread_id, target_thread_id)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        await run_db(self.prune, thread_ids, strategy=strategy)


def _address(config: RunnableConfig) -> tuple[str, str, str | None]:
    """Thread, namespace and checkpoint id of a config."""
    found = config["configurable"]
    return str(found["thread_id"]), found.get("checkpoint_ns", ""), get_checkpoint_id(config)


def _config(thread: str, ns: str, checkpoint_id: str) -> RunnableConfig:
    return {
        "configurable": {
            "thread_id": thread,
            "checkpoint_ns": ns,
            "checkpoint_id": checkpoint_id,
        }
    }
