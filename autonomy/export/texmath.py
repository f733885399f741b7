"""Which TeX may pass as mathematics.

A formula goes verbatim into the LaTeX export and is compiled on somebody's machine, so commands
are allowed by name: `\\input` and its kin never get through, whatever they are wrapped in.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"\\([A-Za-z]+|.|$)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{([^{}]*)\}")
_WORD = re.compile(r"\\(?:mathrm|text)\s*\{([A-Za-z]{2,})\}")
_MAX_CHARS = 2_000
_MAX_DEPTH = 30

_ENVIRONMENT_NAMES = """
    matrix pmatrix bmatrix vmatrix Vmatrix Bmatrix cases aligned array gathered split
"""
_COMMAND_NAMES = """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi
    varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi
    Pi Sigma Upsilon Phi Psi Omega
    frac dfrac tfrac binom sqrt sum prod coprod int iint iiint oint bigcup bigcap bigoplus bigotimes
    lim limsup liminf max min sup inf arg argmax argmin det dim ker exp log ln lg sin cos tan cot sec
    csc arcsin arccos arctan sinh cosh tanh deg gcd hom Pr mod bmod pmod
    cdot cdots ldots dots vdots ddots times div pm mp ast star circ bullet oplus ominus otimes odot
    cup cap setminus land lor lnot neg wedge vee in notin ni subset subseteq supset supseteq
    emptyset varnothing forall exists nexists top bot vdash models mid nmid parallel perp
    le leq ge geq ne neq equiv approx sim simeq cong propto ll gg prec succ preceq succeq asymp
    to rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow longrightarrow
    longleftarrow Longrightarrow iff implies mapsto uparrow downarrow hookrightarrow rightharpoonup
    infty partial nabla ell hbar Re Im aleph angle triangle square prime degree
    hat widehat bar overline underline tilde widetilde vec dot ddot overbrace underbrace overset
    underset stackrel
    mathbb mathbf mathcal mathfrak mathit mathrm mathsf mathtt boldsymbol text textbf textit textrm
    operatorname left right big Big bigg Bigg bigl bigr Bigl Bigr langle rangle lfloor rfloor lceil
    rceil lvert rvert lVert rVert vert Vert lbrace rbrace backslash
    quad qquad displaystyle textstyle limits nolimits begin end
"""
_ENVIRONMENTS = frozenset(_ENVIRONMENT_NAMES.split())
_COMMANDS = frozenset(_COMMAND_NAMES.split())
_SYMBOLS = frozenset(r"{}_%$&#,;:! \|")


def is_safe(tex: str) -> bool:
    """Whether `tex` uses mathematical commands only, with balanced braces and sane size."""
    if not tex.strip() or len(tex) > _MAX_CHARS or "^^" in tex:
        return False
    for match in _COMMAND.finditer(tex):
        name = match[1]
        if name not in (_COMMANDS if name[:1].isalpha() else _SYMBOLS):
            return False
    environments = _ENVIRONMENT.findall(tex)
    if len(environments) != len(re.findall(r"\\(?:begin|end)(?![A-Za-z])", tex)):
        return False
    return _ENVIRONMENTS.issuperset(environments) and _balanced(tex)


def _balanced(tex: str) -> bool:
    depth = 0
    bare = re.sub(r"\\.", "", tex, flags=re.DOTALL)
    if "%" in bare or "#" in bare or "$" in bare:
        return False
    for char in bare:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if not 0 <= depth <= _MAX_DEPTH:
            return False
    return depth == 0


def tidy(tex: str) -> str:
    """`tex` with upright words as operator names: set as separate letters, "softmax" falls apart
    into s o f t m a x in every format but LaTeX."""
    return _WORD.sub(r"\\operatorname{\1}", tex.strip())
