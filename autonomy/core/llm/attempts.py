"""One attempt at one model: packed, paid for, let through, sent, read and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic_ai.models import Model

from autonomy.core.llm import ladder, request
from autonomy.core.llm.admission import Refused
from autonomy.core.llm.booking import PROVIDER_ERRORS, Booking, Bookings, NotSent
from autonomy.core.llm.call import Answer, Call, Failed
from autonomy.core.llm.exchange import Exchange, Followup
from autonomy.core.llm.failures import Failure, FailureKind, Unusable, classify
from autonomy.core.llm.health import turn
from autonomy.core.llm.ladder import Rung
from autonomy.core.llm.narration import Narration
from autonomy.core.llm.portfolio import Portfolio
from autonomy.core.llm.providers import OutputMode, Providers
from autonomy.core.llm.record import CallLog
from autonomy.core.llm.request import Heard, Reply, Sleep
from autonomy.core.llm.seam import Seam, kept_of
from autonomy.core.llm.selection import Candidate
from autonomy.core.llm.thinking import Live
from autonomy.core.llm.windows import read_in_part
from autonomy.core.ports import Effects
from autonomy.core.tokens import fewest_tokens

_REQUEST_ID_CHARS = 200
_TELLING_TOKENS = 1_500
"""Prompts of fewer tokens are never suspected of having been cut by the server."""
_MOST_OF_IT = 0.5
"""Of a cut text, to be worth ending it where a sentence ends; a list or table may have none."""


def _made(call: Call, candidate: Candidate, reply: Reply) -> dict[str, Any]:
    return {
        "model": candidate.model,
        "cut": reply.cut,
        "attempts": call.attempts,
        "simulated": candidate.facts.simulated,
    }


class Attempts:
    """Makes the attempts of one gateway."""

    def __init__(
        self,
        *,
        portfolio: Portfolio,
        providers: Providers,
        bookings: Bookings,
        effects: Effects,
        narration: Narration,
        log: CallLog,
        sleep: Sleep,
        clock: Callable[[], float],
    ) -> None:
        self._portfolio = portfolio
        self._limits = portfolio.limits
        self._providers = providers
        self._bookings = bookings
        self._effects = effects
        self._narration = narration
        self._log = log
        self._sleep = sleep
        self._clock = clock

    async def make(
        self, call: Call, candidate: Candidate, followup: Followup, *, patience: float, last: bool
    ) -> Answer:
        """One attempt.

        Args:
            patience: seconds to wait for the provider's rate.
            last: no other attempt will follow: take a cut answer rather than none.

        Raises:
            Failed: what the model or its provider is to blame for.
            NotSent: the provider's rate or circuit does not let it through.
            BudgetExhausted: the run may not spend what it needs.
        """
        if self._clock() >= call.deadline:
            raise Failed(Failure(FailureKind.EXPIRED, candidate.model))
        this = Exchange(heard=Heard(clock=self._clock), live=Live(begun=bool(followup.kept)))
        health, model = self._providers.health, candidate.model
        seam = Seam(followup.kept, followup.lost) if followup.kept else None
        try:
            reply = await self._request(call, candidate, followup, this, seam, patience)
        except NotSent:
            raise
        except PROVIDER_ERRORS as error:
            failure = classify(error, model, shaped=this.mode in ("native", "tool"))
            self._record(call, candidate, this, failure.kind.value, failure)
            if this.admission is not None:
                if this.blames(failure):
                    change = await health.failed(candidate.endpoint, failure, this.admission)
                    await self._narration.changed(change, call, model, failure)
                else:
                    await health.abandoned(candidate.endpoint, this.admission)
            text = seam.text if seam is not None else this.heard.text
            raise Failed(failure, reply=text, sent=this.sent + candidate.most) from error
        except BaseException:
            # Cancelled, out of budget, or a bug: nothing was learnt of the provider.
            self._record(call, candidate, this, "cancelled")
            if this.admission is not None:
                await asyncio.shield(health.abandoned(candidate.endpoint, this.admission))
            raise
        if this.admission is not None:
            change = await health.succeeded(candidate.endpoint, this.admission)
            await self._narration.changed(change, call, model)
        return await self._answer(call, candidate, followup, this, reply, seam, last=last)

    # ------------------------------------------------------------------ sending

    async def _request(
        self,
        call: Call,
        candidate: Candidate,
        followup: Followup,
        this: Exchange,
        seam: Seam | None,
        patience: float,
    ) -> Reply:
        async with self._providers.connected(candidate.model, candidate.access) as connected:
            mode = followup.mode or self._output_mode(candidate, connected)
            mode = this.prepare(call, candidate, followup, mode)

            async def show(piece: str) -> None:
                await self._show(call, candidate, this, seam.feed(piece) if seam else piece)

            async def send(booked_as: str) -> Reply:
                # Setting the money aside and waiting for one's turn may both have taken long.
                self._seconds_left(call)
                await self._wait_for_turn(call, candidate, this, patience)
                seconds = min(self._limits.attempt_seconds, self._seconds_left(call))
                this.hurried = seconds < self._limits.attempt_seconds
                call.attempts += 1
                return await request.send(
                    connected,
                    request.conversation(
                        this.system,
                        this.user,
                        answer=this.answer,
                        complaint=this.complaint,
                        rest=this.rest,
                    ),
                    request.parameters(call.output, mode),
                    seconds=seconds,
                    output_tokens=candidate.most,
                    heard=this.heard,
                    on_token=show if call.on_token is not None else None,
                    stall_seconds=self._limits.stall_seconds,
                    request_id=self._request_id(booked_as),
                )

            booking = Booking(
                entry=f"{call.key}#{call.attempts + 1}",
                role=call.role,
                model=candidate.model,
                access=candidate.access,
                sent=this.sent,
                most=candidate.most,
                heard=this.heard,
                bill=this.bill,
            )
            reply = await self._bookings.book(booking, send)
        if followup.mode is not None:
            # It took the prompt in words after it had rejected the schema: remember that.
            self._providers.refuses_schemas(candidate.account)
        return reply

    def _seconds_left(self, call: Call) -> float:
        """Until the call's deadline.

        Raises:
            Unusable: it has passed.
        """
        left = call.deadline - self._clock()
        if left <= 0:
            raise Unusable(FailureKind.EXPIRED)
        return left

    async def _wait_for_turn(
        self, call: Call, candidate: Candidate, this: Exchange, patience: float
    ) -> None:
        """Wait for leave to send.

        Raises:
            NotSent: it is not given, or not in time.
        """
        while this.admission is None or not self._providers.health.fresh(this.admission):
            if this.admission is not None:
                held, this.admission = this.admission, None
                await self._providers.health.abandoned(candidate.endpoint, held)
            leave, slept = await turn(
                self._providers.health,
                candidate.endpoint,
                per_minute=self._limits.requests_per_minute,
                longest=min(patience - this.waited, self._seconds_left(call)),
                sleep=self._sleep,
            )
            this.waited += slept
            if isinstance(leave, Refused):
                raise NotSent(leave)
            this.admission = leave

    def _output_mode(self, candidate: Candidate, connected: Model) -> OutputMode:
        """How the model is asked for structure: in words where it was found to know no better."""
        mode = self._providers.output_mode(candidate.account, connected)
        known = candidate.facts
        if known.structured is False or (mode == "tool" and known.tools is False):
            return "prompted"
        return mode

    def _request_id(self, booked_as: str) -> str:
        return self._effects.outside_key(booked_as)[-_REQUEST_ID_CHARS:]

    # ------------------------------------------------------------------ reading

    async def _answer(
        self,
        call: Call,
        candidate: Candidate,
        followup: Followup,
        this: Exchange,
        reply: Reply,
        seam: Seam | None,
        *,
        last: bool,
    ) -> Answer:
        this.reply = reply.text
        try:
            self._check_read_whole(candidate, this, reply)
            if seam is not None:
                fresh = seam.finish() if call.on_token else seam.feed(reply.text) + seam.finish()
                await self._show(call, candidate, this, fresh)
                reply = Reply(seam.text, reply.cut, reply.input_tokens, reply.output_tokens)
            await self._show(call, candidate, this, "", done=True)
            answer = self._read(call, candidate, reply, followup, last=last)
        except Unusable as error:
            failure = Failure(error.kind, candidate.model, billed=True)
            self._record(call, candidate, this, error.kind.value, failure)
            raise Failed(
                failure,
                complaint=error.detail,
                reply=reply.text,
                sent=this.sent + candidate.most,
                answer=self._cut_answer(call, candidate, reply, error),
            ) from error
        this.rung = answer.rung.value if call.output is not None else ""
        self._record(call, candidate, this, "answered")
        if this.left_out:
            await self._tell_left_out(call, candidate, this.left_out)
        if answer.cut and call.output is None:
            answer = await self.end_cut(call, answer, shown=True)
        if answer.rung in (Rung.REPAIRED, Rung.COERCED, Rung.REASKED):
            content = (
                f"The answer of {candidate.model} had to be {answer.rung.value} before it could be "
                "read."
            )
            await self._narration.tell(
                "note", content, call, model=candidate.model, rung=answer.rung.value
            )
        return answer

    def _read(
        self, call: Call, candidate: Candidate, reply: Reply, followup: Followup, *, last: bool
    ) -> Answer:
        """The answer inside a reply.

        Raises:
            Unusable: it is empty, cut, unreadable or a refusal.
        """
        more = candidate.most < self._limits.output_tokens and not followup.generous
        made = _made(call, candidate, reply)
        if call.output is None:
            prose = ladder.without_thinking(reply.text)
            if reply.cut and not last and (more or call.prompt.words):
                raise Unusable(FailureKind.CUT)
            if not prose:
                raise Unusable(FailureKind.MALFORMED, "The answer was empty.")
            return Answer(text=prose, **made)
        if reply.cut and not last and more:
            raise Unusable(FailureKind.CUT)
        parsed = ladder.parse(reply.text, call.output)
        rung = Rung.REASKED if followup.correction is not None else parsed.rung
        return Answer(text="", data=parsed.value.model_dump(mode="json"), rung=rung, **made)

    @staticmethod
    def _cut_answer(
        call: Call, candidate: Candidate, reply: Reply, error: Unusable
    ) -> Answer | None:
        if error.kind is not FailureKind.CUT or call.output is not None:
            return None
        prose = ladder.without_thinking(reply.text)
        return Answer(text=prose, **_made(call, candidate, reply)) if prose else None

    def _check_read_whole(self, candidate: Candidate, this: Exchange, reply: Reply) -> None:
        """Notice a server that cuts what it is sent without a word.

        Raises:
            Unusable: it says that it read less than any tokenizer makes of the prompt, and just as
                much as a window holds.
        """
        if reply.input_tokens is None or this.sent < _TELLING_TOKENS:
            return
        least = fewest_tokens(this.system, this.said)
        if 0 < reply.input_tokens < least and read_in_part(reply.input_tokens, candidate.window):
            self._providers.windows.learn(
                candidate.endpoint, candidate.model, sent=this.sent, stated=reply.input_tokens
            )
            raise Unusable(FailureKind.CONTEXT_OVERFLOW, "silently")

    # ------------------------------------------------------------------ telling

    async def end_cut(self, call: Call, answer: Answer, *, shown: bool) -> Answer:
        """A prose answer that was cut, ended at its last whole sentence, with a note of it.

        Args:
            shown: readers of a stream have all of it before them, otherwise nothing.
        """
        kept = kept_of(answer.text)
        ended = len(kept) >= len(answer.text) * _MOST_OF_IT
        text = kept if ended else answer.text
        where = "; it ends at its last whole sentence" if ended else " and may lack its end"
        content = f"{answer.model} wrote as much as it could in one answer{where}."
        if call.on_token is not None and (ended or not shown):
            if shown:
                await self._narration.tell(
                    "attempt.restarted", content, call, model=answer.model, code="cut"
                )
            await call.on_token(text)
        await self._narration.tell("note", content, call, model=answer.model, code="cut")
        return answer.model_copy(update={"text": text})

    async def _show(
        self, call: Call, candidate: Candidate, this: Exchange, piece: str, *, done: bool = False
    ) -> None:
        """Give readers what is no reasoning of a piece."""
        if call.on_token is None:
            return
        shown = this.live.feed(piece, done=done)
        if shown.void:
            await self._narration.tell(
                "attempt.restarted",
                f"What was shown was reasoning of {candidate.model}; its answer follows.",
                call,
                model=candidate.model,
                code="reasoning",
            )
        if shown.text:
            await call.on_token(shown.text)

    async def _tell_left_out(
        self, call: Call, candidate: Candidate, left_out: tuple[str, ...]
    ) -> None:
        some = "; ".join(left_out[:4]) + (" and others" if len(left_out) > 4 else "")
        await self._narration.tell(
            "note",
            f"{candidate.model} cannot read all of it at once. Left out: {some}.",
            call,
            model=candidate.model,
            code="left_out",
            left_out=list(left_out[:50]),
        )

    def _record(
        self,
        call: Call,
        candidate: Candidate,
        this: Exchange,
        outcome: str,
        failure: Failure | None = None,
    ) -> None:
        """Hand the request to the log, if there was one."""
        record = this.recorded(call, candidate, outcome, failure, now=self._clock())
        if record is not None:
            self._log.record(record)
