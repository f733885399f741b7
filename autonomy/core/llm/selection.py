"""Which models of a role's chain a call may go to, in which order, and why others are passed over."""

from __future__ import annotations

from dataclasses import dataclass

from autonomy.core.llm import request
from autonomy.core.llm.call import Call
from autonomy.core.llm.facts import ModelFacts, facts
from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.portfolio import Access, Portfolio
from autonomy.core.llm.providers import Providers
from autonomy.core.tokens import estimate_tokens

FRAME_TOKENS = 64
"""What a chat template adds around the messages, counted high."""
_LEAST_ANSWER = 256


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that a call may go to."""

    model: str
    access: Access | None
    endpoint: str
    facts: ModelFacts
    window: int | None
    """Tokens of prompt and answer together; None is unknown and holds anything."""
    most: int
    """Tokens that the answer may have."""

    @property
    def account(self) -> str:
        """The model at its endpoint, as what was learnt of it is kept."""
        return f"{self.endpoint}/{self.model}"

    def room(self, taken: int) -> int | None:
        """Tokens left for the user text beside `taken` others and the answer."""
        return None if self.window is None else self.window - self.most - taken


@dataclass(frozen=True, slots=True)
class Passed:
    """A model that was passed over, and why."""

    model: str
    failure: Failure
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates of a call, best first, and the models passed over for them."""

    candidates: tuple[Candidate, ...]
    passed: tuple[Passed, ...]


def taken_by(call: Call) -> int:
    """Tokens of a request beside the user text and the answer, estimated high."""
    texts = [call.prompt.system]
    if call.output is not None:
        texts.append(request.in_words(call.output))
    return estimate_tokens(*texts) + FRAME_TOKENS


class Selection:
    """Chooses by what is known of models, their providers' health and their windows."""

    def __init__(self, portfolio: Portfolio, providers: Providers) -> None:
        self._portfolio = portfolio
        self._providers = providers
        self._refused: set[str] = set()
        """Endpoints at addresses that may not be called from here."""

    def refuse(self, endpoint: str) -> None:
        """Pass over the models of `endpoint` from now on: its address may not be called, and that
        does not change while a run goes on."""
        self._refused.add(endpoint)

    def hindrance(self, model: str) -> Failure | None:
        """Why `model` cannot be called now: it is not set up, its address was refused before, or
        its provider's circuit is open."""
        if not self._providers.usable(model, self._portfolio):
            return Failure(FailureKind.NOT_CONFIGURED, model)
        if self._portfolio.endpoint_of(model) in self._refused:
            return Failure(FailureKind.ADDRESS, model)
        if self._providers.health.is_open(self._portfolio.endpoint_of(model)):
            return Failure(FailureKind.CIRCUIT_OPEN, model)
        return None

    def measured(self, model: str, call: Call, *, generous: bool = False) -> Candidate:
        """`model` as a candidate for `call`, by what is known of its window now.

        Args:
            generous: an answer was cut at the length that this kind of answer usually needs: allow
                as much as the setting does.
        """
        limits = self._portfolio.limits
        access, endpoint = self._portfolio.access_to(model), self._portfolio.endpoint_of(model)
        known = facts(model, access)
        windows = (known.context_tokens, self._providers.windows.of(endpoint, model))
        window = min((tokens for tokens in windows if tokens), default=None)
        most = limits.output_tokens
        if call.prompt.answer_tokens and not generous and not known.thinks:
            most = min(most, call.prompt.answer_tokens)
        if known.output_tokens is not None:
            most = min(most, known.output_tokens)
        if window is not None:
            # A small window is shared: the answer takes no more than half of it.
            most = max(min(most, window // 2), min(most, _LEAST_ANSWER))
        return Candidate(model, access, endpoint, known, window, most)

    def of(self, call: Call) -> Choice:
        """Those that hold the prompt whole in the order they were chosen in, then those that hold
        what may not be left out; where none holds it whole, the largest window first."""
        passed: list[Passed] = []
        open_to: list[Candidate] = []
        for model in self._portfolio.chain_for(call.role):
            hindrance = self.hindrance(model)
            if hindrance is None:
                open_to.append(self.measured(model, call))
            else:
                why = f"{hindrance.sentence} Another model is asked instead."
                passed.append(Passed(model, hindrance, why))
        if len(open_to) == 1:
            return Choice(tuple(open_to), tuple(passed))
        return self._by_size(call, open_to, passed)

    def _by_size(self, call: Call, open_to: list[Candidate], passed: list[Passed]) -> Choice:
        taken, size, least = taken_by(call), call.prompt.size(), call.prompt.least()
        whole, packed, small = [], [], []
        for candidate in open_to:
            room = candidate.room(taken)
            if room is None or room >= size:
                whole.append(candidate)
            elif room >= least:
                packed.append(candidate)
            else:
                small.append(candidate)
        if not whole:
            packed.sort(key=lambda candidate: -(candidate.room(taken) or 0))
        ordered = [*whole, *packed] or small
        need = min(call.prompt.answer_tokens, self._portfolio.limits.output_tokens)
        short = [c for c in ordered if c.most < need]
        if len(short) < len(ordered):
            ordered = [*(c for c in ordered if c.most >= need), *short]
        first = open_to.index(ordered[0]) if ordered else 0
        for candidate in open_to[:first]:
            if candidate in short and candidate not in small:
                said = f"{candidate.model} writes at most {candidate.most:,} tokens at once"
            else:
                said = f"{candidate.model} reads at most {candidate.window or 0:,} tokens at once"
            why = f"{said}, too few for this; {ordered[0].model} is asked instead."
            failure = Failure(FailureKind.CONTEXT_OVERFLOW, candidate.model)
            passed.append(Passed(candidate.model, failure, why))
        return Choice(tuple(ordered), tuple(passed))
