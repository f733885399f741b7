"""Texts that patterns may take very long over, and the time that a reader takes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

LONG = 19_990
"""Characters: as long as a message may be."""
SLOWEST_SECONDS = 0.25
"""Of processor time, for any reader and any text."""

_LEADS = (
    "",
    "about ",
    "add a section on ",
    "call it ",
    "can you ",
    "cover ",
    "drop the ",
    "make it 5",
    "review ",
    "what is ",
    "write about ",
)
_UNITS = {
    "digits": "1",
    "digits apart": "1 ",
    "digits and commas": "1,",
    "lengths": "500 words ",
    "blanks": " ",
    "no-break spaces": "\u00a0",
    "newlines": "\n",
    "tabs and newlines": "\t\n",
    "commas": ",",
    "commas apart": ", ",
    "semicolons": "a;",
    "stops": "a. ",
    "dashes": "-",
    "quotes": '"',
    "curly quotes": "“x",
    "words": "words ",
    "joined": " and ",
    "polite": "please also then ",
    "more": "more ",
    "requests": "add a section on x, ",
    "prepositions": " in 1",
    "trailing words": "of ",
    "articles": "the ",
    "sections": "section ",
    "styles": "in harvard ",
    "refusals": "not see ",
    "more refusals": "don't ",
    "wishes to see": "show me the plan of ",
    "both": "show me the plan. not see the plan. ",
    "one word": "x",
}
TEXTS = {
    f"{lead or 'only '}{name}": (lead + unit * (LONG // len(unit)))[:LONG] + "z"
    for lead, (name, unit) in itertools.product(_LEADS, _UNITS.items())
}


def slow(reader: Callable[[str], object]) -> dict[str, float]:
    """The texts over which `reader` takes too long, with its best of three in seconds."""
    found = {}
    for name, text in TEXTS.items():
        taken = _takes(reader, text)
        if taken > SLOWEST_SECONDS:  # once more: the machine may have been busy
            taken = min(taken, _takes(reader, text), _takes(reader, text))
        if taken > SLOWEST_SECONDS:
            found[name] = taken
    return found


def _takes(reader: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    reader(text)
    return time.process_time() - began
