"""Model text without what a reader's program would act on: links, images, HTML, tool calls.

A document needs none of them, since its references are made by code from the sources. What a model
was talked into writing therefore stays words.
"""

from __future__ import annotations

import re

_MATH = re.compile(
    r"\$\$[^$]{1,2000}\$\$|(?<![\w\\$])\$(?=[^\s$])[^$\n]{1,500}(?<=[^\s$])\$(?!\d)|\\\([^\n]{1,500}?\\\)"
)
_INVISIBLE = re.compile("[\u200b\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069]")
"""Zero width and overrides of direction. Joiners and marks that scripts need stay."""
_BLOCKS = re.compile(
    r"<(script|style|tool_call|function|invoke|iframe|object|svg)\b[^<>]{0,500}>.{0,5000}?</\1\s*>",
    re.S | re.I,
)
_COMMENT = re.compile(r"<!(?:--.{0,5000}?--|[^<>]{0,500})>", re.S)
_AUTOLINK = re.compile(r"<[a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,2000}>", re.I)
_MAIL = re.compile(r"<([^\s<>@]{1,100}@[^\s<>@]{1,200})>")
_TAG = re.compile(
    r"</?[a-z][\w:-]{0,40}(?:=[\w.-]{1,60})?(?:\s[^<>]{0,2000}=[^<>]{0,2000}|\s{0,9})/?>", re.I
)
_TORN_TAG = re.compile(
    r"</?(?:[a-z][\w-]{0,40}\s[^<>]{0,500}=|(?:script|style|img|iframe|object|svg|a|form|input|link)\b)"
    r"[^<>]{0,500}\Z",
    re.I,
)
_DEFINITION = re.compile(r"^[ ]{0,3}\[[^\[\]\n]{1,200}\]:[ \t]*\S.*$", re.M)
_LINK = re.compile(
    r"!?\[(?!\[)([^\[\]\n]{0,500})\]\(\s{0,20}[^()\n]{0,500}(?:\([^()\n]{0,300}\)[^()\n]{0,300})?\)"
)
_TORN_LINK = re.compile(r"!?\[(?!\[)([^\[\]\n]{0,500})\]\([^()\n]{0,500}\Z")
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\](?:\[[^\[\]\n]{0,200}\])?")
_ADDRESS = re.compile(
    r"(?:\b(?:https?|ftp|file|wss?)://|\bwww\.|\b(?:javascript|vbscript):|\bmailto:|(?<![:\w/])//(?=[\w-]{1,60}\.\w)|\bdata:\w{1,20}/)[^\s<>\"“”]*[^\s<>\"“”.,;:!?)\]]",
    re.I,
)
_ROUNDS = 4
"""What is taken out may join what stood around it into more of the same."""


def plain_prose(text: str) -> str:
    """Markdown without links (their words stay), images, addresses, HTML and tool calls.

    Mathematics is left alone, unless an address stands in it. Citation markers stay.
    """
    text = _INVISIBLE.sub("", text)
    kept: list[str] = []
    at = 0
    for span in _MATH.finditer(text):
        if _ADDRESS.search(span.group()):
            continue
        kept += [_words(text[at : span.start()]), span.group()]
        at = span.end()
    return "".join([*kept, _words(text[at:])])


def _words(text: str) -> str:
    for _ in range(_ROUNDS):
        before = text
        for pattern, words in (
            (_BLOCKS, ""),
            (_COMMENT, ""),
            (_AUTOLINK, ""),
            (_MAIL, r"\1"),
            (_TAG, ""),
            (_TORN_TAG, ""),
            (_DEFINITION, ""),
            (_LINK, r"\1"),
            (_TORN_LINK, r"\1"),
            (_IMAGE, r"\1"),
            (_ADDRESS, "…"),
        ):
            text = pattern.sub(words, text)
        if text == before:
            break
    return text


_ECHO_WORDS = 9
"""So many words in a row that stand in the instructions are no coincidence."""
_WORD = re.compile(r"\w+")


def without_echo(text: str, instructions: str) -> str:
    """`text` without the lines that repeat `instructions`: a model that was talked into reciting what
    it was told recites it to the reader. A line shorter than that run of words stays unless it is
    a line of the instructions itself."""
    told = _runs(instructions)
    lines = {line.strip() for line in instructions.splitlines() if len(line.split()) > 1}
    kept = [
        line
        for line in text.splitlines()
        if line.strip() not in lines and told.isdisjoint(_runs(line))
    ]
    return "\n".join(kept)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [match.group().lower() for match in _WORD.finditer(text)]
    return {tuple(words[at : at + _ECHO_WORDS]) for at in range(len(words) - _ECHO_WORDS + 1)}


def plain_line(text: str) -> str:
    """The same for a title, a heading or a remark, in one line and without citation markers."""
    unfenced = text.replace("<<<", "").replace(">>>", "")
    line = " ".join(plain_prose(unfenced).split())
    return line.replace("[[", "[").replace("]]", "]")
