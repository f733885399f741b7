"""Agreement and words that are taken for each other: only where nothing else can be meant.

There is no grammar behind these rules. Each knows a few words in a place in which they are wrong
whatever else the sentence says, so that most mistakes are missed and few right sentences are
touched. How few is measured in `tests/autonomy/tools/prose/test_agreement.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from autonomy.tools.prose.agreement_words import (
    NEVER_VERBS,
    NO_PLURALS,
    ONE_OF_MANY,
    OWNED,
    PARTICIPLES,
    PLAIN_FORMS,
    SAYING,
)

Match = re.Match[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """`text[start:end]` should read `after`."""

    start: int
    end: int
    after: str
    rule: str
    reason: str
    """A sentence for people."""


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    """The group `wrong` is what is replaced."""
    right: Callable[[Match], str]
    """What should stand there, in lower case; empty where it is right after all."""
    rule: str
    reason: str
    """With `{wrong}` and `{right}`."""


def findings(text: str) -> Iterator[Finding]:
    """What of an English paragraph cannot be meant as it stands, in no order."""
    taken: set[int] = set()
    for rule in _RULES:
        for match in rule.pattern.finditer(text):
            wrong = match["wrong"]
            right = rule.right(match)
            if not right or right == wrong.lower() or match.start("wrong") in taken:
                continue
            taken.add(match.start("wrong"))
            if wrong[0].isupper():
                right = right[0].upper() + right[1:]
            if "’" in wrong or "’" in text:
                right = right.replace("'", "’")
            reason = rule.reason.format(wrong=wrong, right=right)
            yield Finding(match.start("wrong"), match.end("wrong"), right, rule.rule, reason)


# --------------------------------------------------------------------------------- building


def _any(words: object) -> str:
    listed = sorted(words, key=len, reverse=True)  # type: ignore[call-overload]
    return "|".join(map(re.escape, listed))


def _rule(pattern: str, right: str | dict[str, str] | Callable[[Match], str], rule: str, reason: str) -> _Rule:  # fmt: skip
    compiled = re.compile(pattern)
    if isinstance(right, str):
        said = right
        return _Rule(compiled, lambda match: said, rule, reason)
    if isinstance(right, dict):
        table = right
        return _Rule(compiled, lambda match: table[match["wrong"].lower()], rule, reason)
    return _Rule(compiled, right, rule, reason)


_JOINING = ("because", "that", "although", "while", "but", "since", "when")
_START = r"(?:^|(?<=[.!?] )|(?<=[.!?]\u00a0)|(?<=[.!?][”\")] ))"
"""Where a sentence begins."""
_CLAUSE = (
    "|".join(
        [
            "(?:" + _START,
            *(rf"(?<=\b{word} )" for word in _JOINING + tuple(map(str.title, _JOINING))),
        ]
    )
    + ")"
)
"""Where a clause may begin: what stands there is its subject."""
_SOME = r"(?:[Tt]he|[Tt]hese|[Tt]hose|[Aa]ll|[Mm]any|[Ss]everal|[Mm]ost|[Ss]ome|[Bb]oth|[Oo]ur|[Tt]heir|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive)"  # fmt: skip
_APOSTROPHE = "['’]"
_IS_TO_ARE = {"was": "were", "is": "are", "has": "have"}
_ARE_TO_IS = {"were": "was", "are": "is", "have": "has"}
_AGREES = "“{right}” goes with the subject here, not “{wrong}”."
_ADJECTIVE = r"(?:(?:new|recent|preliminary|early|first|initial|main|same|two|three|four) )?"
_WITHIN = r"(?i:of|in|on|with|by|from|into|through|within|despite|under|about|among|between)"
_AMONG = _WITHIN.replace("from|", "")
_PLURAL_VERB = rf"(?:{_any(SAYING)}|are|were|have)"
_SINGULAR_VERB = rf"(?:{_any(SAYING.values())}|is|was|has)"


_MEASURES = frozenset(
    """seconds minutes hours days weeks months years decades centuries metres meters kilometres kilometers
    centimetres centimeters millimetres millimeters miles inches yards litres liters gallons grams
    kilograms pounds tonnes tons euros dollars degrees points percents hectares acres volts watts""".split()
)
"""“Five years is a long time”: an amount is one thing."""
_WHOEVER = r"(?:[Ii]t|[Tt]hey|[Ww]e|[Hh]e|[Ss]he|[Yy]ou|I|[Tt]here|which|who)"
"""A subject behind which “might” and “will” are verbs: either is a noun too."""


def _plural_subject(match: Match) -> str:
    noun = match["noun"]
    if noun in NO_PLURALS | _MEASURES or noun.endswith(("ss", "us", "is", "as", "os", "ics")):
        return ""
    return _IS_TO_ARE[match["wrong"]]


_RULES = (
    # Subject and verb.
    _rule(rf"{_CLAUSE}{_SOME} (?P<noun>[a-z]{{3,}}s) (?P<wrong>was|is|has)\b(?![-’'])", _plural_subject, "agreement", _AGREES),
    _rule(rf"{_CLAUSE}{_SOME} [a-z]+ (?:{_any(NEVER_VERBS)}) (?P<wrong>was|is|has)\b(?![-’'])", _IS_TO_ARE, "agreement", _AGREES),
    _rule(rf"{_CLAUSE}(?:[Tt]he|[Tt]hese) (?:criteria|phenomena|hypotheses|analyses) (?P<wrong>was|is|has)\b", _IS_TO_ARE, "agreement", _AGREES),
    _rule(rf"{_START}(?:The|Our|Their|These|Those) (?:results|findings|experiments|studies|authors|analyses|observations|interviews) (?P<wrong>{_any(SAYING.values())})\b(?! (?:are|were|have))", {one: many for many, one in SAYING.items()}, "agreement", _AGREES),
    _rule(rf"{_START}(?:The|This|That|Our|Each|Every) (?:{_any(ONE_OF_MANY)}) (?P<wrong>were|are|have)\b", _ARE_TO_IS, "agreement", _AGREES),
    _rule(rf"{_START}(?:The|This|Our|Each|Every) (?:study|paper|article|result|finding|analysis|experiment|theory) (?P<wrong>{_any(SAYING.keys() - {'support'})})\b(?! (?:was|is|has|were|are))", SAYING, "agreement", _AGREES),
    _rule(rf"{_START}(?:Each|Every) (?!of\b)[a-z]+[a-rt-z] (?P<wrong>were|are|have)\b", _ARE_TO_IS, "agreement", _AGREES),
    _rule(rf"{_CLAUSE}(?:[Ee]ach|[Oo]ne) of (?:the|these|those|our|their) (?:[a-z]+ )?[a-z]+s (?P<wrong>were|are|have)\b", _ARE_TO_IS, "agreement", _AGREES),
    _rule(r"\b(?:[Tt]hey|[Ww]e) (?P<wrong>was|is|has)\b(?![-’'])", _IS_TO_ARE, "agreement", _AGREES),
    _rule(rf"{_START}(?:It|He|She) (?P<wrong>have|are)\b(?![-’'])(?=[^?!.]*\.)", _ARE_TO_IS, "agreement", _AGREES),
    _rule(r"\b[Tt]here (?P<wrong>is|was|has) (?:been )?(?:many(?! a\b)|several|two|three|four|few)\b(?!-)", _IS_TO_ARE, "agreement", _AGREES),
    # Number of a noun.
    _rule(rf"\b(?P<wrong>[Tt]his) {_ADJECTIVE}(?:results|findings|studies|experiments|analyses|observations|authors|hypotheses|factors|differences|papers|methods) {_PLURAL_VERB}\b", "these", "number", "“{right}” goes with a plural, “{wrong}” with a singular."),
    _rule(rf"{_START}(?P<wrong>These|Those) {_ADJECTIVE.replace('|two|three|four', '')}(?:{_any(ONE_OF_MANY)}) {_SINGULAR_VERB}\b", lambda m: "this" if m["wrong"] == "These" else "that", "number", "“{right}” goes with a singular, “{wrong}” with a plural."),
    _rule(rf"\b(?:[Mm]any|[Ss]everal|[Nn]umerous|[Vv]arious|[Tt]hese) (?P<wrong>{_any(ONE_OF_MANY)}) {_PLURAL_VERB}\b(?! in\b)", ONE_OF_MANY, "number", "More than one is meant: “{right}”."),
    _rule(r"\b(?:a|this|one) (?P<wrong>phenomena|criteria)\b(?!-)", {"phenomena": "phenomenon", "criteria": "criterion"}, "number", "One is a “{right}”, several are “{wrong}”."),
    # Words that sound alike.
    _rule(rf"\b(?P<wrong>[Ii]t{_APOSTROPHE}s) own\b(?!-)(?! goals?\b)", "its", "possessive", "“{wrong}” means “it is”; what belongs to it is “{right}”."),
    _rule(rf"\b(?P<wrong>[Ii]t{_APOSTROPHE}s) (?:{_any(OWNED)})\b(?! (?:that|which|who|we|you|driven|based|and not)\b)(?![-’'])", "its", "possessive", "“{wrong}” means “it is”; what belongs to it is “{right}”."),
    _rule(r"\b(?P<wrong>[Ii]ts) (?:been|a(?! priori| posteriori)|an|the|(?:important|possible|clear|likely|necessary|difficult|unlikely|impossible) (?:to|that))\b(?![-’'])", "it's", "possessive", "“{wrong}” is what belongs to it; “it is” is “{right}”."),
    _rule(r"\b(?P<wrong>[Tt]heir) (?:is|are|was|were|exists?|(?:has|have|had|will|may|can|must|should|could) (?:be|been))\b", "there", "their or there", "“{wrong}” is what belongs to them; that something is begins with “{right}”."),
    _rule(rf"\b{_AMONG} (?P<wrong>there) (?:own|{_any(OWNED)}|study|studies|paper|papers|analysis|work|views|lives|opinions)\b(?![-’'])", "their", "their or there", "What belongs to them is “{right}”, not “{wrong}”."),
    _rule(rf"\b(?P<wrong>[Tt]hey{_APOSTROPHE}re) own\b", "their", "their or there", "“{wrong}” means “they are”; what belongs to them is “{right}”."),
    _rule(rf"\b(?:(?:could|should|would)(?:n['’]t| not)?|{_WHOEVER} (?:might|must)|(?:might|must)(?:n['’]t| not)) (?P<wrong>of)\b(?! course\b)", "have", "verb form", "Behind such a verb stands “{right}”; it only sounds like “{wrong}”."),
    _rule(r"\b(?:rather|other) (?P<wrong>then)\b", "than", "than or then", "What is compared is joined by “{right}”."),
    _rule(r"\b(?:more|less|fewer|larger|greater|higher|lower|smaller|better|worse|longer|shorter|faster|slower|older|younger) (?P<wrong>then) (?:\d|those\b|that of\b|expected\b|any\b|half\b|twice\b|one\b|two\b|three\b|ten\b)", "than", "than or then", "What is compared is joined by “{right}”."),
    _rule(r"\b(?:have|has|had|having) (?P<wrong>an affect) on\b", "an effect", "effect or affect", "What something has on another is “{right}”."),
    _rule(r"\b(?:no|little|significant|positive|negative|strong|direct|great|large|big) (?P<wrong>affect) on\b", "effect", "effect or affect", "What something has on another is an “{right}”."),
    _rule(r"\b(?P<wrong>[Pp]rinciple) (?:investigators?|components? analys[ie]s)\b", "principal", "principal or principle", "The first or most important one is the “{right}” one."),
    # Forms of verbs.
    _rule(rf"\bdid(?:n['’]t| not) (?P<wrong>{_any(PLAIN_FORMS)})\b(?!-)", PLAIN_FORMS, "verb form", "Behind “did not” stands “{right}”."),
    _rule(rf"\b(?:have|has) (?:not |also |already |since )?(?P<wrong>{_any(PARTICIPLES)})\b(?!-)", PARTICIPLES, "verb form", "Behind “has” and “have” stands “{right}”."),
    _rule(rf"\b(?:would|should|could|cannot|{_WHOEVER} (?:will|may|might|must)) (?P<wrong>has)\b", "have", "verb form", "Behind such a verb stands “{right}”."),
    _rule(r"\b(?:do|does|did)(?:n['’]t| not) (?P<wrong>has)\b", "have", "verb form", "Behind “does not” stands “{right}”."),
    _rule(r"\b(?:is|are|was|were|be|became|become|becomes|much) (?P<wrong>more (?P<one>better|worse|easier|harder|faster|slower|larger|smaller|higher|lower|cheaper|stronger|weaker|simpler|older|younger))\b(?!-)", lambda m: m["one"], "comparison", "“{right}” says “more” by itself."),
    _rule(r"\bthe (?P<wrong>most (?P<one>best|worst|largest|smallest|highest|lowest|greatest|easiest|strongest|latest|oldest))\b(?!-)", lambda m: m["one"], "comparison", "“{right}” says “most” by itself."),
)  # fmt: skip
"""Longer than lines are elsewhere, so that a rule is read at one look."""
