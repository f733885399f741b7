"""One exchange with a model: what is said, packed to its window, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from autonomy.core.llm import request
from autonomy.core.llm.admission import Admission
from autonomy.core.llm.booking import Bill
from autonomy.core.llm.call import Call, Failed
from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.portfolio import provider_of
from autonomy.core.llm.providers import OutputMode
from autonomy.core.llm.record import CallRecord
from autonomy.core.llm.request import Heard
from autonomy.core.llm.seam import request_for_rest
from autonomy.core.llm.selection import FRAME_TOKENS, Candidate
from autonomy.core.llm.thinking import Live
from autonomy.core.packing import TooLong
from autonomy.core.tokens import estimate_tokens


@dataclass(slots=True)
class Followup:
    """What a further attempt at the same model builds on."""

    mode: OutputMode | None = None
    """How to ask for structure, once the model's own way was rejected."""
    correction: Failed | None = None
    """An answer that could not be read."""
    kept: str = ""
    """What had come of a text before it broke off, up to its last whole sentence."""
    lost: str = ""
    """What had come after that."""
    generous: bool = False
    """The answer was cut at its usual length."""
    repacked: int = 0


@dataclass(slots=True)
class Exchange:
    """One request as it is sent, and what becomes of it."""

    mode: str = ""
    system: str = ""
    user: str = ""
    answer: str | None = None
    """What the model said before, quoted to it."""
    complaint: str = ""
    rest: str = ""
    left_out: tuple[str, ...] = ()
    sent: int = 0
    """Tokens, estimated high."""
    waited: float = 0.0
    hurried: bool = False
    """It was given less time than an attempt may take: the call had not more left."""
    admission: Admission | None = None
    bill: Bill = field(default_factory=Bill)
    heard: Heard = field(default_factory=Heard)
    live: Live = field(default_factory=Live)
    reply: str = ""
    rung: str = ""

    @property
    def said(self) -> str:
        """All that was said beside the system text, as it is kept for staff."""
        if self.answer is None:
            return self.user
        return f"{self.user}\n\n[the model]\n{self.answer}\n\n[then]\n{self.rest or self.complaint}"

    def blames(self, failure: Failure) -> bool:
        """Whether `failure` tells anything of the provider: a request that was never sent does
        not, nor one that had too little time."""
        hasty = self.hurried and failure.kind is FailureKind.TIMEOUT
        return self.heard.sent_at is not None and not hasty

    def prepare(
        self,
        call: Call,
        candidate: Candidate,
        followup: Followup,
        mode: OutputMode,
    ) -> OutputMode:
        """Fill in what is said, packed to the model's window; returns how structure is asked for.

        Raises:
            Failed: not even what may not be left out fits.
        """
        self.system, schema = call.prompt.system, ""
        self.mode = "text"
        if call.output is not None:
            schema = request.in_words(call.output)
            if request.free_form(call.output):
                mode = "prompted"
            if mode == "prompted":
                self.system, schema = f"{self.system}\n\n{schema}", ""
            self.mode = mode
        if followup.kept:
            words = call.prompt.words - len(followup.kept.split())
            self.answer, self.rest = followup.kept, request_for_rest(words)
        elif followup.correction is not None:
            self.answer, self.complaint = followup.correction.reply, followup.correction.complaint
        fixed = [self.system, schema, self.answer or "", self.complaint, self.rest]
        taken = estimate_tokens(*fixed) + FRAME_TOKENS
        room = candidate.room(taken)
        if room is None or call.prompt.size() <= room:
            self.user = call.prompt.user()
        else:
            try:
                packed = call.prompt.packed(room)
            except TooLong as error:
                failure = Failure(FailureKind.CONTEXT_OVERFLOW, candidate.model)
                raise Failed(failure) from error
            self.user, self.left_out = packed.text, packed.left_out
        self.sent = taken + estimate_tokens(self.user)
        return mode

    def recorded(
        self,
        call: Call,
        candidate: Candidate,
        outcome: str,
        failure: Failure | None,
        *,
        now: float,
    ) -> CallRecord | None:
        """The row of it, when it was sent at all."""
        heard, bill = self.heard, self.bill
        if heard.sent_at is None:
            return None
        first = None if heard.first_at is None else heard.first_at - heard.sent_at
        return CallRecord(
            key=call.key,
            attempt=call.attempts,
            role=call.role,
            provider=provider_of(candidate.model),
            model=candidate.model,
            outcome=outcome,
            prompt_name=call.prompt.name,
            prompt_version=call.prompt.version,
            mode=self.mode,
            streamed=call.on_token is not None,
            simulated=candidate.facts.simulated,
            rung=self.rung,
            left_out=self.left_out,
            retry_after=failure.retry_after if failure else None,
            waited_ms=_ms(self.waited),
            first_token_ms=None if first is None else _ms(first),
            latency_ms=_ms(now - heard.sent_at),
            input_tokens=bill.input_tokens,
            output_tokens=bill.output_tokens,
            usd=None if bill.usd is None else Decimal(f"{bill.usd:.6f}"),
            price_known=bill.known,
            system=self.system,
            prompt=self.said,
            reply=self.reply or heard.text,
        )


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1_000))
