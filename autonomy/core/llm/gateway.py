"""The gateway: one call of a role, from budget to parsed answer.

Read it from `Gateway.structured` and `Gateway.text` down: an effect makes the call happen once,
the chain picks the model, attempts are retried, and every attempt is reserved and booked.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from autonomy.core.llm import ladder, request
from autonomy.core.llm.booking import PROVIDER_ERRORS, Bookings
from autonomy.core.llm.failures import RETRIED, Failure, FailureKind, Unusable, classify
from autonomy.core.llm.ladder import Rung
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.portfolio import Portfolio
from autonomy.core.llm.price import estimate_tokens
from autonomy.core.llm.providers import SHARED, OutputMode, Providers
from autonomy.core.llm.request import Heard, OnToken, Reply
from autonomy.core.packing import Prompt
from autonomy.core.ports import Effects, ModelUnavailable, Repeat
from autonomy.core.types import EventDraft

M = TypeVar("M", bound=BaseModel)

_BACKOFF_BASE = 1.0
_BACKOFF_CAP = 30.0

OnEvent = Callable[[EventDraft], Awaitable[None]]


class Answer(BaseModel):
    """What an effect records of a call, so that a re-executed node replays it for nothing."""

    model_config = ConfigDict(frozen=True)

    text: str
    data: dict[str, Any] | None = None
    """The parsed value of a structured call."""
    model: str
    rung: Rung = Rung.NATIVE
    cut: bool = False
    attempts: int = 1


@dataclass(slots=True)
class _Call:
    """One call of a role, over all its attempts."""

    role: str
    key: str
    prompt: Prompt
    output: type[BaseModel] | None
    on_token: OnToken | None
    deadline: float
    attempts: int = 0
    mode: OutputMode | None = None
    """How to ask for structure, once the model's own way was rejected."""


class _Failed(Exception):
    """One attempt failed."""

    def __init__(self, failure: Failure, *, complaint: str = "", reply: str = "") -> None:
        super().__init__(failure.sentence)
        self.failure = failure
        self.complaint = complaint
        """What to tell the model about its answer, when it is worth asking again."""
        self.reply = reply


SHARE_OF_TIME = 0.7
"""Of the run time that is left, what one call may use."""


class Gateway:
    """Implements `autonomy.core.ports.ModelGateway` for one segment of a run.

    Args:
        portfolio: role to models, see `Portfolio.from_env`.
        ledger: the run's account.
        effects: the run's exactly-once ledger.
        seconds_left: of the run's time budget; a call may use most of it, never all, so that the
            rule path can still hand something over.
        on_event: told of retries, fallbacks and repaired answers; usually `Events.emit`.
        providers: connections and health, shared by the process unless given.
        sleep, clock, rng: time and chance, for tests.
    """

    def __init__(
        self,
        *,
        portfolio: Portfolio,
        ledger: Ledger,
        effects: Effects,
        on_event: OnEvent | None = None,
        seconds_left: Callable[[], Awaitable[float]] | None = None,
        providers: Providers | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._portfolio = portfolio
        self._limits = portfolio.limits
        self._bookings = Bookings(
            ledger, unknown_usd_per_mtok=portfolio.limits.unknown_usd_per_mtok
        )
        self._effects = effects
        self._on_event = on_event
        self._seconds_left = seconds_left
        self._providers = providers or SHARED
        self._sleep = sleep
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  # spreads retries, guards nothing

    async def _longest(self) -> float:
        """Seconds that a call may take, its retries included."""
        longest = self._limits.deadline_seconds
        if self._seconds_left is not None:
            longest = min(longest, max(1.0, SHARE_OF_TIME * await self._seconds_left()))
        return longest

    # ------------------------------------------------------------------ what agents see

    def available(self, role: str) -> bool:
        """Whether some model of `role` is set up and its provider's circuit is closed."""
        return any(
            self._providers.usable(model, self._portfolio)
            and not self._providers.breaker(model).is_open
            for model in self._portfolio.chain_for(role)
        )

    def describe(self) -> dict[str, Any]:
        """For people: models per role, and whether each may be called now. Holds no secret."""
        described = self._portfolio.describe()
        for role, item in described["roles"].items():
            item["available"] = self.available(role)
        return described

    async def structured(self, role: str, *, key: str, prompt: Prompt, output: type[M]) -> M:
        """One call whose answer is parsed into `output`.

        Raises:
            ModelUnavailable: no usable answer from any model of the role.
            BudgetExhausted: the run may not spend what the call needs.
        """
        answer = await self._once(role, key, prompt, output, None)
        return output.model_validate(answer.data)

    async def text(
        self,
        role: str,
        *,
        key: str,
        prompt: Prompt,
        on_token: OnToken | None = None,
    ) -> str:
        """One call whose answer is prose. Raises as `structured`.

        A replayed answer is returned whole, without `on_token`.
        """
        return (await self._once(role, key, prompt, None, on_token)).text

    # ------------------------------------------------------------------ one call

    async def _once(
        self,
        role: str,
        key: str,
        prompt: Prompt,
        output: type[BaseModel] | None,
        on_token: OnToken | None,
    ) -> Answer:
        async def call() -> Answer:
            deadline = self._clock() + await self._longest()
            return await self._down_the_chain(_Call(role, key, prompt, output, on_token, deadline))

        # An answer that was lost is asked for again: that costs money, and changes nothing.
        return await self._effects.once(key, "model", call, Answer, repeat=Repeat.READ)

    async def _down_the_chain(self, call: _Call) -> Answer:
        chain = self._portfolio.chain_for(call.role)
        if not chain:
            raise ModelUnavailable(
                f"no language model is configured for the {call.role}.",
                FailureKind.NOT_CONFIGURED.value,
            )
        for position, model in enumerate(chain):
            call.mode = None
            # A model with another behind it leaves half of the attempts for that one.
            left = max(1, self._limits.attempts - call.attempts)
            allowed = left if position == len(chain) - 1 else (left + 1) // 2
            try:
                return await self._with_retries(call, model, allowed)
            except _Failed as failed:
                if position == len(chain) - 1:
                    raise ModelUnavailable(
                        failed.failure.reason, failed.failure.kind.value
                    ) from failed
                await self._tell(
                    "retry",
                    f"{failed.failure.sentence} Trying {chain[position + 1]} instead.",
                    call,
                    failed.failure,
                    fallback=chain[position + 1],
                )
        raise AssertionError("unreachable: the last model of a chain answers or raises")

    async def _with_retries(self, call: _Call, model: str, allowed: int) -> Answer:
        """Up to `allowed` attempts at one model, the re-ask of an unreadable answer among them.

        Raises:
            _Failed: none succeeded, or one failed in a way that another would not cure.
        """
        correction: _Failed | None = None
        for attempt in range(1, allowed + 1):
            try:
                return await self._attempt(call, model, correction)
            except _Failed as failed:
                failure = failed.failure
                schema_refused = (
                    failure.kind is FailureKind.REJECTED
                    and call.output is not None
                    and call.mode is None
                )
                unreadable = failure.kind is FailureKind.MALFORMED and call.output is not None
                if attempt == allowed or (unreadable and correction is not None):
                    raise
                if schema_refused:
                    # Many compatible servers reject schemas: describe the shape in words instead.
                    call.mode, delay = "prompted", 0.0
                elif unreadable:
                    correction, delay = failed, 0.0
                elif failure.kind in RETRIED:
                    delay = self._delay(attempt, failure.retry_after)
                else:
                    raise
                if self._clock() + delay >= call.deadline:
                    raise
                await self._tell(
                    "retry",
                    f"{failure.sentence} "
                    + (f"Trying again in {delay:.0f} s." if delay >= 1 else "Trying again."),
                    call,
                    failure,
                    delay=round(delay, 3),
                )
                await self._sleep(delay)
        raise AssertionError("unreachable: the last attempt answers or raises")

    def _delay(self, attempt: int, retry_after: float | None) -> float:
        """Full jitter up to a doubling ceiling; never sooner than the provider asked."""
        ceiling = min(_BACKOFF_CAP, _BACKOFF_BASE * 2 ** (attempt - 1))
        return max(retry_after or 0.0, self._rng.uniform(0, ceiling))

    # ------------------------------------------------------------------ one attempt

    async def _attempt(self, call: _Call, model: str, correction: _Failed | None) -> Answer:
        breaker = self._providers.breaker(model)
        if not self._providers.usable(model, self._portfolio):
            raise _Failed(Failure(FailureKind.NOT_CONFIGURED, model))
        if self._clock() >= call.deadline:
            raise _Failed(Failure(FailureKind.EXPIRED, model))
        if not breaker.admit():
            raise _Failed(Failure(FailureKind.CIRCUIT_OPEN, model))
        call.attempts += 1
        heard = Heard()
        try:
            reply = await self._request(call, model, correction, heard)
        except PROVIDER_ERRORS as error:
            failure = classify(error, model)
            breaker.failed(failure)
            if failure.kind is FailureKind.NOT_CONFIGURED:
                self._providers.mark_unusable(model, self._portfolio)
            await self._discard(call, heard, failure)
            raise _Failed(failure) from error
        except BaseException:
            # Cancelled, out of budget, or a bug: nothing was learnt of the provider.
            breaker.abandoned()
            raise
        breaker.succeeded()
        try:
            answer = self._read(call, model, reply)
        except Unusable as error:
            failure = Failure(error.kind, model, billed=True)
            await self._discard(call, heard, failure)
            raise _Failed(failure, complaint=error.detail, reply=reply.text) from error
        if correction is not None:
            answer = answer.model_copy(update={"rung": Rung.REASKED})
        if answer.rung in (Rung.REPAIRED, Rung.COERCED, Rung.REASKED):
            content = (
                f"The answer of {model} had to be {answer.rung.value} before it could be read."
            )
            await self._tell("note", content, call, None, rung=answer.rung.value, model=model)
        return answer

    async def _request(
        self, call: _Call, model: str, correction: _Failed | None, heard: Heard
    ) -> Reply:
        connected = await self._providers.connect(model, self._portfolio)
        mode: OutputMode = call.mode or self._providers.output_mode(model, connected)
        await self._providers.take_turn(model, self._limits.requests_per_minute)
        system, user, schema = call.prompt.system, call.prompt.user(), ""
        if call.output is not None:
            schema = request.in_words(call.output)
            if request.free_form(call.output):
                mode = "prompted"
            if mode == "prompted":
                system, schema = f"{system}\n\n{schema}", ""
        texts = [system, user, schema]
        if correction is not None:
            texts += [correction.reply, correction.complaint]
        reply = await self._bookings.book(
            f"{call.key}#{call.attempts}",
            role=call.role,
            model=model,
            sent=estimate_tokens(*texts),
            most=self._limits.output_tokens,
            heard=heard,
            send=lambda: request.send(
                connected,
                request.conversation(
                    system,
                    user,
                    answer=correction.reply if correction else None,
                    complaint=correction.complaint if correction else "",
                ),
                request.parameters(call.output, mode),
                seconds=min(self._limits.attempt_seconds, call.deadline - self._clock()),
                output_tokens=self._limits.output_tokens,
                heard=heard,
                on_token=call.on_token,
            ),
        )
        if call.mode is not None:
            # It took the prompt in words after it had rejected the schema: remember that.
            self._providers.refuses_schemas(model)
        return reply

    def _read(self, call: _Call, model: str, reply: Reply) -> Answer:
        """The answer inside a reply.

        Raises:
            Unusable: it is empty, unreadable or a refusal.
        """
        if call.output is None:
            prose = ladder.without_thinking(reply.text)
            if not prose:
                raise Unusable(FailureKind.MALFORMED, "The answer was empty.")
            return Answer(text=prose, model=model, cut=reply.cut, attempts=call.attempts)
        parsed = ladder.parse(reply.text, call.output)
        return Answer(
            text="",
            data=parsed.value.model_dump(mode="json"),
            model=model,
            rung=parsed.rung,
            cut=reply.cut,
            attempts=call.attempts,
        )

    async def _discard(self, call: _Call, heard: Heard, failure: Failure) -> None:
        """Tell readers that the text they saw so far is void."""
        if heard.pieces:
            content = "The answer broke off; what was shown of it is discarded."
            await self._tell("attempt.restarted", content, call, failure)

    async def _tell(
        self, kind: Any, content: str, call: _Call, failure: Failure | None, **detail: Any
    ) -> None:
        if self._on_event is None:
            return
        meta = {"role": call.role, "key": call.key, "call_attempt": call.attempts, **detail}
        if failure is not None:
            meta |= {"model": failure.model, "code": failure.kind.value}
        await self._on_event(EventDraft(type=kind, content=content, source=call.role, meta=meta))
