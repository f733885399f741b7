"""How much a model reads at once, as its provider said when it was too much."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from pydantic_ai.exceptions import ModelAPIError

_NUMBER = r"(\d[\d,_]{2,9})"
_SAYINGS = tuple(
    re.compile(pattern, re.I | re.S)
    for pattern in (
        r"""["']?n_ctx["']?\s*[:=]\s*""" + _NUMBER,
        r"(?:maximum|max|available|model(?:'s)?) (?:context|model|sequence)?\s*(?:length|size|window|len)"
        r"\D{0,24}?" + _NUMBER,
        r"context (?:length|size|window|limit)\D{0,24}?\d[\d,_]*\s*\+\s*\d[\d,_]*\s*>\s*" + _NUMBER,
        r"context (?:length|size|window|limit)\D{0,24}?" + _NUMBER,
        r"\d tokens?\s*>\s*" + _NUMBER + r" maximum",
        r"maximum number of tokens allowed\D{0,6}" + _NUMBER,
    )
)
_OVERFLOWS = re.compile(
    r"context[_ ](?:length|size|window|limit)|maximum model length|prompt is too long"
    r"|exceed\w* (?:the )?(?:available |maximum )?(?:context|number of tokens)|too many (?:input )?tokens",
    re.I,
)
_PLAUSIBLE = range(256, 20_000_001)


def wording(error: BaseException) -> str:
    """All that the provider wrote. For rules to read, never for people."""
    body = error.body if isinstance(error, ModelAPIError) else None
    return f"{error} {body or ''}"


def overflows(text: str) -> bool:
    """Whether a rejection speaks of too long a prompt."""
    return _OVERFLOWS.search(text) is not None


def stated_window(text: str) -> int | None:
    """The window in tokens that a rejection names; None where it names none."""
    for saying in _SAYINGS:
        for match in saying.finditer(text):
            tokens = int(re.sub(r"[,_]", "", match[1]))
            if tokens in _PLAUSIBLE:
                return tokens
    return None


_LEAST = 1_024
"""No smaller window is learnt: nothing can be written in it, so that the figure is a mistake."""
_KEPT_SECONDS = 3_600.0
_KEPT = 4_096
_NEARLY = 0.97


def read_in_part(read: int, announced: int | None) -> bool:
    """Whether `read`, the tokens that a server says it read of a longer prompt, looks like a window
    that was filled to its brim: the one that was announced, or one of the usual sizes.

    A low figure alone is no sign: some servers leave out what they had in their cache, some count
    wrongly.
    """
    usual = 1 << (read - 1).bit_length()
    sizes = (announced, usual if usual >= _LEAST else None)
    return any(size is not None and size * _NEARLY <= read <= size for size in sizes)


class Windows:
    """What was learnt of models' windows, by endpoint and model. It is forgotten after an hour: the
    server may have been given a larger one, or the lesson may have been wrong."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._learnt: dict[tuple[str, str], tuple[int, float]] = {}

    def of(self, endpoint: str, model: str) -> int | None:
        window, until = self._learnt.get((endpoint, model), (None, 0.0))
        return window if self._clock() < until else None

    def learn(self, endpoint: str, model: str, *, sent: int, stated: int | None) -> int:
        """The window after a request of `sent` tokens (prompt and room for the answer, estimated)
        was too long, `stated` being what the provider said it is.

        A window that should have held what was sent means that the estimate was low: then, as
        without any word of it, three quarters of that are tried next.
        """
        window = stated if stated is not None and stated < sent else sent * 3 // 4
        before = self.of(endpoint, model)
        learnt = max(_LEAST, window if before is None else min(before, window))
        self._learnt.pop((endpoint, model), None)
        self._learnt[(endpoint, model)] = (learnt, self._clock() + _KEPT_SECONDS)
        if len(self._learnt) > _KEPT:
            del self._learnt[next(iter(self._learnt))]
        return learnt
