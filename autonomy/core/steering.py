"""What a message to a running run asks for, as far as a rule can read it."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict

from autonomy.core.brief import asks_for_plan, length_in, style_in
from autonomy.core.types import Steering
from autonomy.core.words import legible

KEPT_MESSAGES = 8
KEPT_CHARS = 2_000
"""Of one message: what the state carries for models; the whole text stays in its row."""
KEPT_WISHES = 12
"""Of one kind: what a message is taken to ask for, and what the state carries."""
READ_CHARS = 2_000
"""Of one message: what is read by rule, as much as models are given of it."""
HEADING_CHARS = 80
"""Of a section that is asked for: its steps repeat it many times over."""
CLAUSE_CHARS = 300
CLAUSES = 60
"""Of one message, and of one clause: patterns look at no more."""

_VERBS = (
    "make|use|switch|add|include|insert|drop|remove|delete|leave|skip|omit|cut|focus|concentrate|"
    "emphasi[sz]e|highlight|stop|call|title|rename|cover|write|keep|shorten|show|cite"
)
_CLAUSES = re.compile(
    rf"(?<=[.!?;])\s+|\n+|;\s*|,?\s+(?:and|but|then)\s+(?=(?:please\s+|also\s+|then\s+){{0,3}}(?:{_VERBS})\b)"
    rf"|,\s+(?=(?:please\s+|also\s+){{0,3}}(?:{_VERBS})\b)",
    re.IGNORECASE,
)
_SECTION = r"(?:section|part|chapter|paragraph)"
_TITLE = re.compile(
    r"\b(?:call it|title it|(?:the )?title (?:is|should be|to)|rename (?:it|the document) to)\s*:?\s*"
    r"[“”\"'‘]?(?P<what>[^“”\"]+?)[“”\"'’]?$",
    re.IGNORECASE,
)
_ADD = re.compile(
    rf"\b(?:add|include|insert|write|want|need)\s+(?:a|an|another|one|some)?\s*(?:more\s+|short\s+|new\s+|brief\s+)*"
    rf"{_SECTION}\s+(?:on|about|regarding|covering|called|titled|discussing|for|of)\s+(?P<what>.+)"
    r"|\b(?:also\s+)?(?:cover|address|discuss)\s+(?:also\s+)?(?P<cover>.+)",
    re.IGNORECASE,
)
_DROP = re.compile(
    rf"\b(?:drop|remove|delete|leave out|skip|omit|cut(?: out)?|without)\s+(?:the\s+|its\s+|any\s+|that\s+)?"
    rf"(?:{_SECTION}\s+(?:on|about|called|titled)\s+)?(?P<what>.+?)(?:\s+{_SECTION})?$",
    re.IGNORECASE,
)
_FOCUS = re.compile(
    r"\b(?:focus(?:ing)?|concentrate|dwell)\s+(?:more\s+|mainly\s+|only\s+|especially\s+)*(?:up)?on\s+(?P<what>.+)"
    r"|\b(?:emphasi[sz]e|highlight|stress)\s+(?P<stress>.+)"
    r"|\b(?:more|say more)\s+(?:on|about)\s+(?P<more>.+)",
    re.IGNORECASE,
)
_LONGER = re.compile(r"\b(?P<much>much|a lot|far)?\s*(?P<way>shorter|longer)\b", re.IGNORECASE)
_SHORTEN = re.compile(r"\b(?:shorten|cut it down)\b", re.IGNORECASE)
_LENGTH_WORDS = re.compile(
    r"(?<![\s,])[\s,]*\b(?:in|with|of|at)?\s*(?:about|around|roughly)?\s*\d[\d,. ]{0,12}[\s-]{0,3}words?\b.*$",
    re.IGNORECASE,
)
_STYLE_CONTEXT = re.compile(
    r"^(?:please\s+)?(?:now\s+)?(?:in\s+|use\s+)?(?:harvard|apa|mla|chicago|vancouver|ieee)(?:\s+(?:style|please))*$"
    r"|\b(?:use|using|in|to|with|as|cite|switch|follow)\s+(?:the\s+)?(?:harvard|apa|mla|chicago|vancouver|ieee)\b"
    r"|\b(?:harvard|apa|mla|chicago|vancouver|ieee)\s+(?:style|format|referenc|citation)",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:please|thanks?(?: you)?|ok(?:ay)?|hi|hello|great|good|nice|cheers)$", re.IGNORECASE
)


class Wishes(BaseModel):
    """What one message asks for. Nothing is guessed: what no rule reads is in `unread`."""

    model_config = ConfigDict(frozen=True)

    length_words: int | None = None
    stretch: float | None = None
    """Factor on the length, for "shorter" and "longer"."""
    style: str | None = None
    title: str = ""
    focus: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    ask_plan: bool = False
    unread: tuple[str, ...] = ()
    cut: bool = False
    """It was longer, or asked for more, than is read of one message."""

    @property
    def empty(self) -> bool:
        return self == Wishes(unread=self.unread, cut=self.cut)


def _subject(match: re.Match[str]) -> str:
    """What a clause is about, without article, length and closing marks."""
    found = next(text for text in match.groups() if text)
    found = _LENGTH_WORDS.sub("", found).strip(" ,.;:!?“”\"'")
    found = re.sub(r"^(?:the|a|an|its|their)\s+", "", found, flags=re.IGNORECASE)
    return re.sub(r"\s+(?:please|instead|too|as well)$", "", found, flags=re.IGNORECASE)[
        :120
    ].strip()


def read_message(text: str) -> Wishes:
    """Read a message clause by clause, in time that its length and content cannot stretch."""
    whole = legible(text)
    clauses = _CLAUSES.split(whole[:READ_CHARS])
    cut = len(whole) > READ_CHARS or len(clauses) > CLAUSES
    found: dict[str, object] = {}
    lists: dict[str, list[str]] = {"focus": [], "add": [], "drop": [], "unread": []}
    for raw in clauses[:CLAUSES]:
        cut = cut or len(raw) > CLAUSE_CHARS
        part = raw[:CLAUSE_CHARS].strip(" ,.;:!")
        if not any(c.isalnum() for c in part) or _POLITE.match(part):
            continue
        known = False
        if asks_for_plan(part):
            found["ask_plan"] = known = True
        elif match := _TITLE.search(part):
            found["title"], known = _subject(match), True
        else:
            for name, pattern in (("add", _ADD), ("focus", _FOCUS), ("drop", _DROP)):
                match = pattern.search(part)
                if match is not None and len(subject := _subject(match)) > 1:
                    lists[name].append(
                        subject[:HEADING_CHARS].strip() if name == "add" else subject
                    )
                    known = True
                    break
        if not lists["add"] and (words := length_in(part)) is not None:
            found["length_words"], known = words, True
        elif not known and (match := _LONGER.search(part)):
            strong = bool(match["much"])
            shorter = match["way"].lower() == "shorter"
            found["stretch"] = (0.5 if strong else 0.75) if shorter else (1.75 if strong else 1.35)
            known = True
        elif not known and _SHORTEN.search(part):
            found["stretch"], known = 0.75, True
        if _STYLE_CONTEXT.search(part) and (style := style_in(part)):
            found["style"], known = style, True
        if not known:
            lists["unread"].append(part)
    cut = cut or any(len(lists[kind]) > KEPT_WISHES for kind in ("focus", "add", "drop"))
    kept = {kind: tuple(v if kind == "unread" else v[:KEPT_WISHES]) for kind, v in lists.items()}
    return Wishes.model_validate({**found, **kept, "cut": cut})


def remember(steering: Steering, text: str, wishes: Wishes) -> Steering:
    """The steering with one more message in it; later wishes win over earlier ones."""

    def joined(known: tuple[str, ...], new: tuple[str, ...], gone: tuple[str, ...] = ()) -> Any:
        taken_back = {subject.lower() for subject in gone}
        kept = [item for item in known if item.lower() not in taken_back]
        return tuple(dict.fromkeys([*kept, *new]))[-KEPT_WISHES:]

    return steering.model_copy(
        update={
            "messages": (*steering.messages, text[:KEPT_CHARS])[-KEPT_MESSAGES:],
            "length_words": wishes.length_words or steering.length_words,
            "style": wishes.style or steering.style,
            "title": wishes.title or steering.title,
            "focus": joined(steering.focus, wishes.focus),
            "added": joined(steering.added, wishes.add, wishes.drop),
            "dropped": joined(steering.dropped, wishes.drop, wishes.add),
            "ask_plan": wishes.ask_plan or steering.ask_plan,
        }
    )
