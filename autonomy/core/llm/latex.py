"""LaTeX inside JSON: models write `"\\frac"` with one backslash, which JSON reads as a form feed.

The damage is silent, since `\\f`, `\\b`, `\\n`, `\\r` and `\\t` are valid escapes. It is undone before
parsing, where the letters behind the backslash still show what was meant. Backslashes that begin no
valid escape need none of this: `lenient` takes them as they stand.
"""

from __future__ import annotations

import re

_COMMANDS = {
    "b": "bar begin beta between big bigcap bigcup bigg bigl bigr binom bm boldsymbol bot boxed bullet",
    "f": "flat forall frac frown",
    "r": "rangle rbrace rceil real rfloor rho right rightarrow rightharpoonup rm root",
    "t": "tan tanh tau tbinom tensor text textbf textit textrm tfrac theta tilde times to top triangle",
    "n": "nabla natural nearrow neg neq nexists nolimits nonumber norm notin nparallel nsubseteq",
}
# These also begin ordinary words after a line break, so they count as LaTeX only inside $…$.
_MATH_ONLY = "ne ni not nu"

_ANYWHERE = re.compile(
    r"(?<!\\)((?:\\\\)*)\\(" + "|".join(" ".join(_COMMANDS.values()).split()) + r")(?![A-Za-z])"
)
_MATH = re.compile(r"\$[^$\"\n]{1,400}\$")
_IN_MATH = re.compile(r"(?<!\\)((?:\\\\)*)\\(" + "|".join(_MATH_ONLY.split()) + r")(?![A-Za-z])")


def double_backslashes(raw: str) -> str:
    """JSON text in which the LaTeX commands that read as escapes carry two backslashes."""
    text = _ANYWHERE.sub(r"\1\\\\\2", raw)
    return _MATH.sub(lambda span: _IN_MATH.sub(r"\1\\\\\2", span.group()), text)
