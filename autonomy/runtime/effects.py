"""Exactly-once effects: intent, call, record.

A node that is run again after a crash gets the recorded result instead of a second call. What is
done about a call whose outcome was lost depends on what it is (`core.ports.Repeat`): reads and
calls that the other side recognises are made again, anything else is asked after, and left alone
when nobody can say.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from django.db import InterfaceError, OperationalError
from pydantic import BaseModel, ValidationError

from autonomy.core.phrases import sentence_case
from autonomy.core.ports import (
    Asked,
    NotDone,
    OutcomeUnknown,
    Repeat,
    ResultLost,
    ResultTooLarge,
)
from autonomy.models import EffectStatus, Run
from autonomy.models.fields import new_id
from autonomy.runtime import content
from autonomy.runtime.db import run_db
from autonomy.runtime.effect_statements import BEGIN, RECORD
from autonomy.runtime.events import storable
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.prepared import execute
from handywriterz.env import env

__all__ = ["OutcomeUnknown", "RunEffects", "lock_run"]

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)

READS = frozenset({"model", "search", "read"})
"""Kinds that leave nothing changed outside; every other kind is `Repeat.ONCE` unless it says."""
KEY_CHARS = 200
CONTENT = "content_sha256"
"""Key of a recorded result that is kept in a file (see `runtime.content`)."""
NOTE_CHARS = 2_000

RECORD_PATIENCE = 10.0
"""Seconds that recording is tried while the database is away: a call was made, and forgetting it
would leave its outcome unknown."""
RECORD_PAUSE = 0.25

INTERRUPTED = "an earlier attempt was interrupted in the middle of it"
LOST = "Begun again: the outcome of an earlier attempt was lost."


class Begun(NamedTuple):
    """How an effect stood when it was begun."""

    status: str
    """Empty when there was none."""
    result: Any
    note: str
    may_call: bool


class RunEffects:
    """`ports.Effects` of one segment.

    Args:
        sleep, clock: time, for tests.
    """

    def __init__(
        self,
        fence: Fence,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fence = fence
        self._sleep = sleep
        self._clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def outside_key(self, key: str) -> str:
        """See `ports.Effects`. A fork is another run, so its calls are other calls."""
        short = short_key(key)
        if not (short.isascii() and short.isprintable()):
            short = hashlib.sha256(short.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self._fence.run_id}:{short}"

    async def once(
        self,
        key: str,
        kind: str,
        call: Callable[[], Awaitable[M]],
        model: type[M],
        *,
        repeat: Repeat | None = None,
        reconcile: Callable[[], Awaitable[M | Asked]] | None = None,
    ) -> M:
        """See `ports.Effects`. What is returned is always what a replay would return.

        A call that raised `NotDone` (a READ: anything) is made anew when the node is run again. A
        cancelled call leaves its intent, which the next attempt treats as a lost outcome.

        Raises:
            FencedOut: the segment no longer owns the run.
            OutcomeUnknown, ResultLost: see `core.ports`.
        """
        if repeat is None:
            repeat = Repeat.READ if kind in READS else Repeat.ONCE
        key = short_key(key)
        # Of two branches that name the same effect, the second waits and gets the first's result.
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:
            effect = _Once(self, key, kind, model, repeat, reconcile)
            return await effect.carried_out(call)

    # ------------------------------------------------------------------ the ledger's two writes

    async def begin(self, key: str, kind: str, *, again: bool, anew: bool = False) -> Begun:
        """Write the intent if the call may be made.

        Args:
            again: a lost outcome is no hindrance.
            anew: nor is a recorded one.
        """
        parameters = {
            "id": new_id(),
            "run": self._fence.run_id,
            "fence": self._fence.number,
            "key": key,
            "kind": kind,
            "lost": LOST,
            "again": again,
            "anew": anew,
        }
        asked_at = self._clock()
        rows = await run_db(execute, BEGIN, parameters)
        if self._clock() - asked_at > env().lease_ttl_seconds and not await run_db(
            _owns, self._fence
        ):
            # This process stood still for longer than its leases last, and the run has an owner
            # who may have been told that no call was made.
            raise FencedOut(self._fence)
        if not rows:
            raise FencedOut(self._fence)
        status, result, note, may_call = rows[0]
        return Begun(status, None if result is None else json.loads(result), note, may_call)

    async def record(
        self, key: str, status: EffectStatus, result: str | None = None, note: str = ""
    ) -> None:
        """Write what came of the call; patient with a database that restarts meanwhile."""
        parameters = {
            "run": self._fence.run_id,
            "fence": self._fence.number,
            "key": key,
            "status": status.value,
            "result": result,
            "note": storable(note)[:NOTE_CHARS],
        }
        deadline = self._clock() + RECORD_PATIENCE
        while True:
            try:
                rows = await run_db(execute, RECORD, parameters)
            except (OperationalError, InterfaceError) as error:
                if self._clock() >= deadline:
                    raise
                logger.warning("effect %s is not recorded yet: %s", key, error)
                await self._sleep(RECORD_PAUSE)
            else:
                break
        if not rows:
            raise FencedOut(self._fence)


class _Once(Generic[M]):
    """One effect of one segment, from intent to record."""

    def __init__(
        self,
        ledger: RunEffects,
        key: str,
        kind: str,
        model: type[M],
        repeat: Repeat,
        reconcile: Callable[[], Awaitable[M | Asked]] | None,
    ) -> None:
        self._ledger = ledger
        self._key = key
        self._kind = kind
        self._model = model
        self._repeat = repeat
        self._reconcile = reconcile

    async def carried_out(self, call: Callable[[], Awaitable[M]]) -> M:
        """The result, recorded before or now."""
        harmless = self._repeat is not Repeat.ONCE
        found = await self._ledger.begin(self._key, self._kind, again=harmless)
        if found.status == EffectStatus.DONE:
            return await self._replayed(found, call)
        if not found.may_call:
            settled = await self._settled(_doubt(found) or INTERRUPTED)
            if settled is not None:
                return settled
            await self._ledger.begin(self._key, self._kind, again=True)
        return await self._called(call)

    async def _replayed(self, found: Begun, call: Callable[[], Awaitable[M]]) -> M:
        try:
            return self._model.model_validate(await self._recalled(found.result))
        except (content.ContentLost, ValidationError) as error:
            if self._repeat is not Repeat.READ:
                why = found.note or "what was recorded cannot be read"
                raise ResultLost(self._key, self._kind, why) from error
            logger.warning("effect %s: its record cannot be read; called again", self._key)
        await self._ledger.begin(self._key, self._kind, again=True, anew=True)
        return await self._called(call)

    async def _recalled(self, recorded: Any) -> Any:
        """A result as it was recorded, fetched from its file where it is in one."""
        if isinstance(recorded, dict) and recorded.keys() == {CONTENT}:
            return json.loads(await run_db(content.load, str(recorded[CONTENT])))
        return recorded

    async def _called(self, call: Callable[[], Awaitable[M]]) -> M:
        try:
            result = await call()
        except (NotDone, ConnectionRefusedError) as error:
            await self._ledger.record(self._key, EffectStatus.FAILED, note=str(error))
            raise
        except Exception as error:
            if self._repeat is Repeat.READ:
                await self._ledger.record(self._key, EffectStatus.FAILED, note=str(error))
                raise
            settled = await self._settled(f"the call ended with {type(error).__name__}: {error}")
            if settled is None:
                await self._ledger.record(self._key, EffectStatus.FAILED, note=str(error))
                raise
            return settled
        return await self._kept(result)

    async def _settled(self, why: str) -> M | None:
        """The result as the outside tells it; None when it says that nothing was done.

        Raises:
            OutcomeUnknown: it cannot say, or there is nobody to ask. The ledger says so too.
        """
        answer: M | Asked = Asked.CANNOT_SAY
        note = f"{UNKNOWN}{_one_line(why)}."
        if self._reconcile is not None and self._repeat is Repeat.ONCE:
            try:
                answer = await self._reconcile()
            except Exception as error:  # noqa: BLE001 - whatever keeps us from asking, we do not know
                note += f"\nAsking after it failed: {type(error).__name__}: {error}"
        if isinstance(answer, BaseModel):
            return await self._kept(answer, note=f"The other side knew of it: {why}.")
        if answer is Asked.NOT_DONE:
            return None
        await self._ledger.record(self._key, EffectStatus.UNKNOWN, note=note)
        raise OutcomeUnknown(self._key, self._kind, why)

    async def _kept(self, result: M, note: str = "") -> M:
        """Record the result and return it as a replay would.

        Raises:
            ResultLost: it is one that cannot be kept; the ledger says that the call was made.
        """
        value = canonical(result.model_dump(mode="json"))
        text = json.dumps(value, ensure_ascii=False)
        size = len(text.encode())
        most = env().effect_result_max_bytes
        if size > most:
            raise await self._lost(
                f"its result of {size:,} bytes is larger than the {most:,} that are kept",
                ResultTooLarge if self._repeat is Repeat.READ else ResultLost,
            )
        try:
            as_replayed = self._model.model_validate(value)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise await self._lost(
                f"what can be stored of its result is not valid: {where}: "
                f"{error.errors()[0]['msg']}",
                ResultLost,
            ) from error
        if size > env().effect_inline_bytes:
            text = await run_db(_in_a_file, text)
        await self._ledger.record(self._key, EffectStatus.DONE, text, note)
        return as_replayed

    async def _lost(self, why: str, as_what: type[ResultLost]) -> ResultLost:
        """Record that the call was made and its result is not kept; the error to raise."""
        status = EffectStatus.FAILED if self._repeat is Repeat.READ else EffectStatus.DONE
        await self._ledger.record(self._key, status, note=f"{sentence_case(why)}.")
        return as_what(self._key, self._kind, why)


UNKNOWN = "Unknown: "


def _doubt(found: Begun) -> str:
    """Why the outcome was called unknown before, if it was."""
    if found.status != EffectStatus.UNKNOWN or not found.note.startswith(UNKNOWN):
        return ""
    return found.note.splitlines()[0].removeprefix(UNKNOWN).removesuffix(".")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _in_a_file(text: str) -> str:
    """Put a large result in a file; the reference to record in its place."""
    try:
        reference = {CONTENT: content.keep(text.encode())}
    except OSError as error:
        # The call was made: rather a large row than a lost result.
        logger.warning("a result is kept in the database, not in a file: %s", error)
        return text
    return json.dumps(reference)


def canonical(value: Any) -> Any:
    """`value` as JSONB gives it back: without what cannot be stored, keys in JSONB's order. What
    is built on the first result is then the same as what a replay builds."""
    return _ordered(storable(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def short_key(key: str) -> str:
    """`key`, or where it is too long for its column a beginning of it and its digest."""
    key = storable(key)
    if len(key) <= KEY_CHARS:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: KEY_CHARS - 65]}~{digest}"


def _owns(fence: Fence) -> bool:
    rows = Run.objects.filter(pk=fence.run_id, fence=fence.number, status="running")
    return bool(rows.exists())


def lock_run(fence: Fence) -> Run:
    """The run's row, locked until the transaction ends.

    Raises:
        FencedOut: the segment no longer owns the run.
    """
    run = (
        Run.objects.select_for_update(no_key=True)
        .filter(pk=fence.run_id, fence=fence.number, status="running")
        .first()
    )
    if run is None:
        raise FencedOut(fence)
    return run
