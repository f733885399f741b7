"""A call going down its chain of models: what is tried again, what is tried instead, and when."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from autonomy.core.llm.attempts import Attempts
from autonomy.core.llm.booking import Bookings, NotSent
from autonomy.core.llm.call import Answer, Call, Failed
from autonomy.core.llm.exchange import Followup
from autonomy.core.llm.failures import PROVIDER_CLOSED, RETRIED, Failure, FailureKind
from autonomy.core.llm.narration import Narration
from autonomy.core.llm.portfolio import CallLimits
from autonomy.core.llm.providers import Providers
from autonomy.core.llm.request import Sleep
from autonomy.core.llm.seam import kept_of
from autonomy.core.llm.selection import Candidate, Selection, taken_by
from autonomy.core.ports import BudgetExhausted, ModelUnavailable
from autonomy.core.types import StopReason

_BACKOFF_BASE = 1.0
_BACKOFF_CAP = 30.0
PATIENCE = 5.0
"""Seconds that a model is waited for while another could be asked."""
_REPACKINGS = 2
"""Times that one model is sent less, before another is asked."""
_HARDLY_TOO_LONG = 2_000
"""Tokens that every model reads at once: of less than these, only a stated window is believed."""
_WORTH_KEEPING = 1 / 3
"""Of the length asked for: with more than this there, the rest is asked for, not all anew."""


def backoff(attempt: int, rng: random.Random) -> float:
    """Seconds before the next attempt: full jitter up to a doubling ceiling."""
    return rng.uniform(0, min(_BACKOFF_CAP, _BACKOFF_BASE * 2 ** (attempt - 1)))


class Chain:
    """The retries and fallbacks of one gateway's calls."""

    def __init__(
        self,
        *,
        selection: Selection,
        attempts: Attempts,
        bookings: Bookings,
        providers: Providers,
        narration: Narration,
        limits: CallLimits,
        sleep: Sleep,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._selection = selection
        self._attempts = attempts
        self._bookings = bookings
        self._providers = providers
        self._narration = narration
        self._limits = limits
        self._sleep = sleep
        self._clock = clock
        self._rng = rng

    async def answer(self, call: Call) -> Answer:
        """The first usable answer of the role's models.

        Raises:
            ModelUnavailable: none gave one.
            BudgetExhausted: the run may not spend what any of them needs.
        """
        choice = self._selection.of(call)
        if not choice.candidates:
            failure = choice.passed[0].failure if choice.passed else None
            raise ModelUnavailable(
                failure.reason
                if failure
                else f"no language model is configured for the {call.role}.",
                (failure.kind if failure else FailureKind.NOT_CONFIGURED).value,
            )
        for passed in choice.passed:
            code = passed.failure.kind.value
            await self._narration.once(
                (call.role, passed.model, code), passed.why, call, model=passed.model, code=code
            )
        candidates, failed, broke = choice.candidates, None, None
        cut: Answer | None = None
        for candidate in candidates[1:]:
            self._providers.warm(candidate.model, candidate.access)
        for position, candidate in enumerate(candidates):
            if candidate.endpoint in call.refused:
                continue
            others = [c for c in candidates[position + 1 :] if c.endpoint not in call.refused]
            try:
                return await self._with_retries(call, candidate, others)
            except NotSent as error:
                failed = await self._not_sent(call, candidate, error, others)
            except Failed as error:
                failed, cut = error, error.answer or cut
                await self._fall_back(call, candidate, error, others)
            except BudgetExhausted as limit:
                broke = limit
                if not await self._cheaper(call, candidate, limit, others):
                    raise
        if cut is not None:
            return await self._attempts.end_cut(call, cut, shown=False)
        if failed is not None:
            raise ModelUnavailable(failed.failure.reason, failed.failure.kind.value) from failed
        raise broke or AssertionError("unreachable: a candidate answers, fails or is too dear")

    # ------------------------------------------------------------------ the next model

    async def _fall_back(
        self, call: Call, candidate: Candidate, failed: Failed, others: Sequence[Candidate]
    ) -> None:
        failure = failed.failure
        if failure.kind in PROVIDER_CLOSED:
            call.refused.add(candidate.endpoint)
        if failure.kind is FailureKind.ADDRESS:
            call.refused.add(candidate.endpoint)
            self._selection.refuse(candidate.endpoint)
        following = next((c for c in others if c.endpoint not in call.refused), None)
        if following is not None:
            content = f"{failure.sentence} Trying {following.model} instead."
            await self._narration.tell("retry", content, call, failure, fallback=following.model)

    async def _not_sent(
        self, call: Call, candidate: Candidate, error: NotSent, others: Sequence[Candidate]
    ) -> Failed:
        rate = error.refused.kind == "rate"
        kind = FailureKind.RATE_LIMIT if rate else FailureKind.CIRCUIT_OPEN
        failed = Failed(Failure(kind, candidate.model, retry_after=error.refused.seconds))
        if others:
            await self._narration.once(
                (call.role, candidate.model, kind.value),
                f"{failed.failure.sentence} {others[0].model} is asked instead.",
                call,
                model=candidate.model,
                code=kind.value,
                fallback=others[0].model,
            )
        return failed

    async def _cheaper(
        self, call: Call, candidate: Candidate, limit: BudgetExhausted, others: Sequence[Candidate]
    ) -> bool:
        """Whether a model that costs less follows one that the run cannot pay."""
        if limit.stop_reason not in (StopReason.BUDGET_USD, StopReason.QUOTA):
            return False
        sent = taken_by(call) + call.prompt.size()

        def most(of: Candidate) -> float:
            return self._bookings.cost(of.model, of.access, sent, of.most).usd

        cheaper = next((c for c in others if most(c) < most(candidate)), None)
        if cheaper is None:
            return False
        await self._narration.once(
            (call.role, candidate.model, "too_dear"),
            f"{candidate.model} would cost more than is left; {cheaper.model} is asked instead.",
            call,
            model=candidate.model,
            code="too_dear",
            fallback=cheaper.model,
        )
        return True

    # ------------------------------------------------------------------ the same model again

    async def _with_retries(
        self, call: Call, candidate: Candidate, others: Sequence[Candidate]
    ) -> Answer:
        """Attempts at one model, the re-ask of an unreadable answer among them.

        Raises:
            Failed: none succeeded, or one failed in a way that another would not cure.
            NotSent, BudgetExhausted: see `Attempts.make`.
        """
        followup = Followup()
        # A model with another behind it leaves half of the attempts for that one.
        left = max(1, self._limits.attempts - call.attempts)
        allowed = (left + 1) // 2 if others else left
        for attempt in range(1, allowed + 1):
            left_over = call.deadline - self._clock()
            try:
                return await self._attempts.make(
                    call,
                    candidate,
                    followup,
                    patience=min(PATIENCE, left_over) if others else left_over,
                    last=attempt == allowed and not others,
                )
            except Failed as failed:
                delay = self._delay(call, candidate, followup, failed, attempt, bool(others))
                if attempt == allowed or delay is None or self._clock() + delay >= call.deadline:
                    delay = None
                    followup.kept = ""  # Nobody goes on with it.
                await self._void(call, candidate, followup, failed)
                if delay is None:
                    raise
                await self._tell_again(call, followup, failed, delay)
                await self._sleep(delay)
                candidate = self._selection.measured(
                    candidate.model, call, generous=followup.generous
                )
        raise AssertionError("unreachable: the last attempt answers or raises")

    def _delay(
        self,
        call: Call,
        candidate: Candidate,
        followup: Followup,
        failed: Failed,
        attempt: int,
        others: bool,
    ) -> float | None:
        """Seconds until the model is asked again, as `followup` then says; None for never."""
        kind, broken_rest = failed.failure.kind, followup.kept
        followup.kept = followup.lost = ""
        if kind is FailureKind.REJECTED:
            # Many compatible servers reject schemas: describe the shape in words instead.
            if call.output is None or followup.mode is not None:
                return None
            followup.mode = "prompted"
            return 0.0
        if kind is FailureKind.CONTEXT_OVERFLOW:
            return self._repacked(call, candidate, followup, failed)
        if kind is FailureKind.CUT:
            if not self._keep(call, followup, failed):
                if followup.generous:
                    return None
                followup.generous = True
            return 0.0
        if kind is FailureKind.MALFORMED and call.output is not None:
            if followup.correction is not None:
                return None
            followup.correction = failed
            return 0.0
        if kind is FailureKind.MALFORMED and broken_rest:
            return 0.0  # The rest could not be joined: all of it anew, at once.
        if kind not in RETRIED:
            return None
        asked_to_wait = failed.failure.retry_after or 0.0
        if others and asked_to_wait > PATIENCE:
            return None
        self._keep(call, followup, failed)
        return max(asked_to_wait, backoff(attempt, self._rng))

    def _repacked(
        self, call: Call, candidate: Candidate, followup: Followup, failed: Failed
    ) -> float | None:
        """Learn how much the model reads, and try again with less, if less is possible."""
        prompt_tokens = taken_by(call) + call.prompt.size()
        if failed.failure.window is None and prompt_tokens < _HARDLY_TOO_LONG:
            return None
        if failed.sent and failed.complaint != "silently":
            self._providers.windows.learn(
                candidate.endpoint, candidate.model, sent=failed.sent, stated=failed.failure.window
            )
        followup.repacked += 1
        room = self._selection.measured(candidate.model, call).room(taken_by(call))
        fits = room is None or room >= call.prompt.least()
        return 0.0 if failed.sent and fits and followup.repacked <= _REPACKINGS else None

    def _keep(self, call: Call, followup: Followup, failed: Failed) -> bool:
        """Whether enough of a text came before it broke off to ask for the rest only."""
        if call.output is not None or not call.prompt.words:
            return False
        kept = kept_of(failed.reply)
        if len(kept.split()) < call.prompt.words * _WORTH_KEEPING:
            return False
        followup.kept, followup.lost = kept, failed.reply[len(kept) :]
        return True

    # ------------------------------------------------------------------ telling

    async def _void(
        self, call: Call, candidate: Candidate, followup: Followup, failed: Failed
    ) -> None:
        """Tell readers which of the text that they saw so far is void."""
        if call.on_token is None or not failed.reply:
            return
        if not followup.kept:
            content = "The answer broke off; what was shown of it is discarded."
            await self._narration.tell("attempt.restarted", content, call, failed.failure)
        elif followup.lost.strip():
            content = (
                "The answer broke off; what was shown of it is kept to its last whole sentence."
            )
            await self._narration.tell("attempt.restarted", content, call, failed.failure)
            await call.on_token(followup.kept)

    async def _tell_again(
        self, call: Call, followup: Followup, failed: Failed, delay: float
    ) -> None:
        failure = failed.failure
        if followup.kept:
            words = len(followup.kept.split())
            content = f"{failure.sentence} Asking for the rest only: {words} words are there."
            await self._narration.tell("note", content, call, failure, resumed_words=words)
            return
        again = f"Trying again in {delay:.0f} s." if delay >= 1 else "Trying again."
        await self._narration.tell(
            "retry", f"{failure.sentence} {again}", call, failure, delay=round(delay, 3)
        )
