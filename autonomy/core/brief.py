"""What a request in plain words asks for: topic, length, style and the aspects to cover."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

from autonomy.core.types import TaskSpec
from autonomy.core.words import REQUEST_WORDS, STOP_WORDS, WORD, legible, stem, stems

READ_CHARS = 1_000
"""Of a sentence: rules look for the topic and the aspects in no more than this."""
ENDS_CHARS = 2_000
"""Of a text at either end: where the wish to see the plan is looked for."""

_LENGTH = re.compile(r"\b(\d{1,3}(?:[,. ]\d{3})|\d{3,5})[\s-]{0,3}words?\b", re.IGNORECASE)
_ABOUT_SO_LONG = re.compile(
    rf"(?:[,;\s]+(?:of\s+)?(?:about|around|approximately|roughly|some|circa|ca\.|nearly|at\s+most|up\s+to|"
    rf"no\s+more\s+than))?\s*{_LENGTH.pattern}",
    re.IGNORECASE,
)
_AS_WHAT = re.compile(
    r"\s+in\s+(?:an?|one)\s+(?:(?:short|brief|concise|long|detailed|written)\s+)?"
    r"(?:report|essay|paper|review|summary|overview|document|analysis)(?=\s*(?:[:,;.]|$))",
    re.IGNORECASE,
)
"""What is to be written: no part of what it is about."""
_STYLE = re.compile(r"\b(harvard|apa|mla|chicago|vancouver|ieee)\b", re.IGNORECASE)
_ASPECTS = re.compile(
    r"\b(?:cover(?:ing)?|address(?:ing)?|focus(?:ing)? on|includ(?:e|ing)|sections? on|discuss(?:ing)?)\s+"
    r"(?P<list>[^.;:!?\n]+)",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"\b(?:about|on(?: the topic of)?|of|into|regarding|concerning|how|why|whether)\s+(?P<topic>[^.;!?\n]+)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?<![,\s])[,\s]+(?:(?:based (?:only )?on|from|using|drawing on|with|in|citing)\s+"
    r"(?:only\s+)?(?:these|those|my|the|both|attached|uploaded|two|three|four|five|harvard|apa|mla|chicago|vancouver|ieee)\b"
    r"|(?:based (?:only )?on|from|using|drawing on)\s+(?:this|that|our|an?)\s+(?:[\w-]+\s+){0,2}?"
    r"(?:surveys?|data\s?(?:set|file)?|files?|csv|tsv|excel|xlsx|spreadsheet|sheet|workbook|table|papers?|pdfs?|"
    r"articles?|documents?|reports?|sources?|exports?)\b"
    r"|in \d|(?:harvard|apa|mla|chicago|vancouver|ieee)\b|cover(?:ing)?\b|address(?:ing)?\b|focus(?:ing)?\b"
    r"|includ(?:e|ing)\b|\d[\d,. ]{0,12}words?\b|please\b).*$",
    re.IGNORECASE | re.DOTALL,
)
_FILES = re.compile(
    r"^(?:(?:the|these|those|my|both)\s+)*(?:attached|uploaded|following|given)?\s*"
    r"(?:papers?|files?|sources?|pdfs?|articles?|documents?)\s+(?:on|about|regarding|concerning)\s+",
    re.IGNORECASE,
)
_ONLY_THESE = re.compile(
    r"\b(only|solely|exclusively|nothing else|these|attached)\b", re.IGNORECASE
)

_ONLY_OWN = re.compile(
    r"\b(?:only|solely|exclusively|just)\b[^.;!?\n]{0,30}?\b(?:my|our)\s+(?:own\s+)?"
    r"(?:files?|sources?|papers?|pdfs?|documents?|library|uploads?)\b"
    r"|\b(?:do\s+not|don['’]?t|without)\s+(?:search|searching|look|looking|us(?:e|ing))\b[^.;!?\n]{0,30}?"
    r"\b(?:outside|online|the\s+(?:web|internet)|other\s+sources|anything\s+else|registries)\b",
    re.IGNORECASE,
)
_LITERATURE = re.compile(
    r"\b(?:find|search|look)\s+(?:(?:me|for|up|through|the|some|more|recent|relevant|scholarly|"
    r"academic|peer[- ]reviewed|published|further|other)\s+){0,4}(?:sources|papers|literature|articles|studies|publications)\b"
    r"|\b(?:scholarly|peer[- ]reviewed|academic|published)\s+(?:sources|papers|literature|articles|studies|research)\b",
    re.IGNORECASE,
)


_LEFT_OVER = frozenset("in from using with of to and for on by".split())
"""Words a topic cannot end in."""
_THE_PLAN = r"(?:the|your|its|this)\s+(?:outline|plan)\b(?!['’]s)"
_SEE = r"(?:see|approve|check|review|read|confirm|edit|look\s+(?:at|over)|agree\s+to)(?:\s+(?:and|or)\s+\w+)?"
_NOT_THE_SUBJECT = (
    r"(?!\s+(?:of|for|in|to|on|by|behind|that|which|used)\b"
    r"(?![^.;!?\n]{0,120}\b(?:first\s*(?:[,.;!?\n]|$)|before\s+(?:you|writing|anything))))"
)
"""A plan that a text is to be about (“show me the plan of the rising”) is not the run's."""
_PLAN_FIRST = re.compile(
    rf"\b(?:(?:show|send|give|present)(?:ing)?\s+(?:me|us)\s+{_THE_PLAN}{_NOT_THE_SUBJECT}"
    r"|(?:show|send|give)\s+(?:me|us)\s+an?\s+(?:outline|plan)\s+first\b"
    rf"|let\s+(?:me|us)\s+(?:first\s+)?{_SEE}\s+{_THE_PLAN}{_NOT_THE_SUBJECT}"
    rf"|(?:i|we)(?:\s+(?:want|need|would\s+like|wish)|['’]d\s+like)\s+to\s+(?:first\s+)?{_SEE}\s+{_THE_PLAN}"
    rf"{_NOT_THE_SUBJECT}"
    r"|(?:stop|wait|pause)\s+(?:after|at|before|with)\s+(?:the\s+)?(?:outline|plan|writing)\b"
    r"|ask\s+(?:me|us)\s+(?:first\s+)?before\s+(?:you\s+)?(?:writ|start|begin)\w*"
    r"|wait\s+for\s+my\s+(?:approval|agreement|ok(?:ay)?)\b"
    r"|(?:do\s+not|don['’]?t)\s+(?:start|begin|write)\b[^.;!?\n]{0,40}?\b(?:before|until)\s+(?:i|we)(?:['’]ve|\s+have)?"
    r"\s+(?:see|seen|saw|approved?|agreed?|checked|read|confirmed)\b)"
    r"(?:\s+(?:first|before\s+(?:you|writing|anything)[^.;!?\n]*))?",
    re.IGNORECASE,
)
_NO_PLAN = re.compile(
    r"\b(?:no\s+need|need\s*n['’]?t|not|never|without|don['’]?t|won['’]?t|no\s+reason)\b"
    r"(?:(?!\b(?:before|until|but)\b)[^,.;!?\n]){0,40}?"
    r"\b(?:see|seeing|show|showing|send|sending|give|giving|approve|approving|check|review|ask|asking|wait|stop)\b"
    r"(?:(?!\b(?:before|until|but)\b)[^,.;!?\n]){0,40}?\b(?:outline|plan|approval)\b(?:\s+first\b)?",
    re.IGNORECASE,
)
_LEAD = r"[\s,;:]{0,4}(?:\b(?:and|but|then|please|also|can\s+you|could\s+you)\b[\s,]{0,4}){0,4}"


_VAGUE = frozenset(
    "attached common following these topic topics subject theme themes both two three four five "
    "approach approaches findings results main key differences similarities limits".split()
)
_UNNAMED = frozenset(stem(word) for word in REQUEST_WORDS | _VAGUE)
_SOURCES = re.compile(r"\b(?:sources?|papers?|files?|pdfs?|articles?|documents?)\b", re.IGNORECASE)
_SOURCES_DO = frozenset(
    stem(word)
    for word in (
        "agree argue assume claim conclude conclusion conclusions contribute contribution "
        "contributions disagree find measure message point points present propose recommend say "
        "show study suggest take takeaway takeaways tell"
    ).split()
)
"""What a question about the sources as such asks of them."""
_THAT_DOES = re.compile(
    r"\b(?:that|which)\s+(?:compares|contrasts|reviews|discusses|summari[sz]es|synthesi[sz]es|examines|"
    r"evaluates|describes|explains|critiques|surveys)\b",
    re.IGNORECASE,
)
"""What the document is to do is no part of what it is about."""


_USES_TOOL = re.compile(
    r"^(?:please\s+)?(?:use|call|ask|query)\s+(?:(?:the|my|our)\s+)?"
    r"(?P<what>[\w'’./-]{1,60}(?:\s+[\w'’./-]{1,60}){0,4}?)\s+(?:tool|api|service)\b[\s,:]*"
    r"(?:(?:for|with|on|about|of)\s+)?(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""“Use the exchange-rate tool for EUR/USD on 2024-01-05”."""
_AND_DO = re.compile(
    r"(?:^|[\s,;]+)(?:and|then|to)\s+(?:then\s+)?"
    r"(?=(?:write|say|tell|explain|describe|discuss|compare|report|summari[sz]e|draft)\b)",
    re.IGNORECASE,
)


class Brief(BaseModel):
    """The request, read. Every field can be traced to words of the goal or to a setting."""

    model_config = ConfigDict(frozen=True)

    topic: str
    """What the document is about; for a request that names none ("review the attached papers")
    its words as they are, with `named` False."""
    named: bool = True
    question: bool = False
    """The request is a question; the topic is its words without the mark."""
    of_sources: bool = False
    """The question is about the sources as such ("what do my sources conclude?"), whatever they
    treat: no passage could share its words."""
    length_words: int | None
    style: str
    aspects: tuple[str, ...] = ()
    only_attached: bool = False
    """The person limited the sources to the files at hand; do not look elsewhere unasked."""
    only_own: bool = False
    """The person limited the sources to what is theirs; nothing is looked for outside."""
    asks_literature: bool = False
    """The person asked for published literature to be found or used."""


def _topic(goal: str) -> str:
    first = re.split(r"(?<=[.!?])\s+|\n", goal, maxsplit=1)[0][:READ_CHARS]
    if first.rstrip().endswith("?"):
        return first.rstrip(" ?")
    if (asked := _USES_TOOL.match(first)) is not None:
        return _asked_of_tool(asked)
    # “A report of about 800 words on sales” is about sales.
    match = _TOPIC.search(first := _ABOUT_SO_LONG.sub("", first))
    found = _FILES.sub("", match["topic"] if match else _THAT_DOES.sub("", first))
    found = _TAIL.sub("", _AS_WHAT.sub("", found)).strip(" ,.;:-")
    if match is None:
        # "Write a 900-word essay: transformers" or a bare topic: drop the request words in front.
        words = found.split()
        while (
            words
            and WORD.fullmatch(words[0].strip(":,"))
            and (words[0].strip(":,").lower() in REQUEST_WORDS | STOP_WORDS)
        ):
            words.pop(0)
        found = " ".join(words)
    words = found.strip(" ,.;:-").split()
    while len(words) > 1 and words[-1].lower() in _LEFT_OVER:
        words.pop()
    return " ".join(words)[:200].strip(" ,.;:-") or first[:200]


def _asked_of_tool(asked: re.Match[str]) -> str:
    """What a request that begins with a tool is about: what it says is to be written, or else what
    is asked of the tool."""
    given, *task = _AND_DO.split(asked["rest"], maxsplit=1)
    if task and _TOPIC.search(task[0]):
        return _topic(task[0])
    return f"{asked['what'].replace('-', ' ')} {given}"[:200].strip(" ,.;:-")


def _aspects(goal: str) -> tuple[str, ...]:
    match = _ASPECTS.search(goal)
    if not match:
        return ()
    listed = _TAIL.sub("", match["list"][:READ_CHARS])
    parts = re.split(r",\s*(?:and\s+)?|\s+and\s+", listed)
    clean = (
        re.sub(r"^(?:the|its|their|a|an)\s+", "", part.strip(" ,."), flags=re.IGNORECASE)
        for part in parts
    )
    return tuple(part for part in clean if 2 < len(part) < 80)[:8]


def length_in(text: str) -> int | None:
    """Words that a text asks for. The last figure counts: a follow-up ("make it 300 words") comes
    after the first request."""
    named = _LENGTH.findall(text)
    return min(30_000, max(100, int(re.sub(r"\D", "", named[-1])))) if named else None


def style_in(text: str) -> str | None:
    """The citation style that a text names last."""
    named = _STYLE.findall(text)
    return named[-1].lower() if named else None


def asks_for_plan(text: str) -> bool | None:
    """Whether a text asks that its plan be shown before anything is written (True) or says that
    it need not be (False); None when it says neither. What it says last counts; of a long text
    its beginning and its end are read."""
    if len(text) > 2 * ENDS_CHARS:
        text = f"{text[:ENDS_CHARS]}\n{text[-ENDS_CHARS:]}"
    refused = [match.span() for match in _NO_PLAN.finditer(text)]
    asked = [
        match.start()
        for match in _PLAN_FIRST.finditer(text)
        if not any(start <= match.start() < end for start, end in refused)
    ]
    if not asked and not refused:
        return None
    return max(asked, default=-1) > max((start for start, _ in refused), default=-1)


def _without_plan_wish(goal: str) -> str:
    """The request without the words that ask to see the plan: no part of its topic, for which its
    beginning is read."""
    begins, rest = goal[:ENDS_CHARS], goal[ENDS_CHARS:]
    for pattern in (_NO_PLAN, _PLAN_FIRST):
        begins = re.sub(f"{_LEAD}(?:{pattern.pattern})", " ", begins, flags=re.IGNORECASE)
    goal = begins + rest
    return goal.strip(" ,;:.!\n")


def read_brief(task: TaskSpec) -> Brief:
    """Read the goal; an explicit setting wins over the goal's words, except the default style."""
    goal = legible(task.goal)
    if asks_for_plan(goal) is not None:
        goal = _without_plan_wish(goal) or goal
    length = task.settings.length_words
    if length is None:
        length = length_in(goal)
    style = task.settings.style
    if style == "harvard":
        style = style_in(goal) or style
    topic = _topic(goal)
    ends = goal if len(goal) <= 2 * ENDS_CHARS else f"{goal[:ENDS_CHARS]}\n{goal[-ENDS_CHARS:]}"
    question = goal.partition("\n")[0].endswith("?")
    return Brief(
        topic=topic,
        question=question,
        of_sources=question
        and bool(_SOURCES.search(topic))
        and not stems(topic) - _UNNAMED - _SOURCES_DO,
        named=bool(stems(topic) - _UNNAMED),
        length_words=length,
        style=style,
        aspects=_aspects(goal),
        only_attached=bool(task.source_ids) and bool(_ONLY_THESE.search(goal)),
        only_own=bool(_ONLY_OWN.search(ends)),
        asks_literature=bool(_LITERATURE.search(ends)),
    )
