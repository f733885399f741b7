"""Messages that ask for no writing: a greeting, thanks, "what can you do?". They are answered as what
they are, without a search that could only fail."""

from __future__ import annotations

import re
from typing import Literal

from autonomy.core.phrases import sentence_case

Kind = Literal["greeting", "thanks", "abilities", "identity", "goodbye"]

_LONGEST = 120
"""Characters. What is longer has a matter of its own."""

_HELLO = (
    r"(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)|hallo|moin|servus|"
    r"guten (?:tag|morgen|abend)|bonjour|salut|hola|buenos d[ií]as|ciao|ol[áa]|hej|こんにちは|你好|您好|"
    r"안녕하세요|مرحبا|привет|здравствуйте)"
)
_WHOM = r"(?: there| all| everyone| handywriterz| you| again)?"
_THANKS = (
    r"(?:(?:many |a lot of )?thanks|thank you|thx|cheers|danke(?: sch[öo]n)?|vielen dank|merci|"
    r"(?:muchas )?gracias|grazie|obrigad[oa]|tack|ありがとう(?:ございます)?|谢谢|감사합니다|شكرا|спасибо)"
)
_PRAISE = (
    r"(?:(?:very|so) much|a lot|lots|again|(?:that(?:'|’)s |that is |that was |really |very |so )*"
    r"(?:great|good|nice|perfect|wonderful|lovely|awesome|super|helpful|excellent|cool|fine)|everyone|all)"
)
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("greeting", rf"{_HELLO}{_WHOM}(?: how are you(?: doing)?(?: today)?)?|how are you(?: doing)?(?: today)?"),
    ("thanks", rf"(?:ok(?:ay)? |great |perfect )?{_THANKS}{_WHOM}(?: (?:for (?:your|the|all your) help|{_PRAISE}))*"),
    (
        "abilities",
        rf"(?:{_HELLO}{_WHOM} )?(?:so )?(?:what (?:can|could|do) you do(?: for me| here)?|how can you help(?: me)?|"
        r"what can i (?:do|ask)(?: you| here)?|what are you able to do|how does (?:this|it) work|"
        r"how do i (?:use this|start|begin)|what is this|help(?: me)?(?: please)?|"
        r"was kannst du|que (?:peux tu|sais tu) faire|qu[ée] puedes hacer)",
    ),
    (
        "identity",
        rf"(?:{_HELLO}{_WHOM} )?(?:so )?(?:who are you|what are you|what(?:'|’)?s your name|what is your name|"
        r"are you (?:an? )?(?:ai|bot|robot|human|person|machine|program|language model|chatgpt|real)|"
        r"wer bist du|qui es tu|qui[ée]n eres)",
    ),
    ("goodbye", r"(?:ok(?:ay)? )?(?:bye(?: bye)?|goodbye|good night|see you(?: later| soon)?|tsch[üu]ss|au revoir|adi[óo]s)"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)


def kind_of(message: str) -> Kind | None:
    """The kind of small talk that the whole of `message` is; None where it may ask for a text."""
    if len(message) > _LONGEST:
        return None
    plain = " ".join(re.sub(r"[^\w'’]+", " ", message.lower()).split())
    return next((kind for kind, pattern in _PATTERNS if pattern.fullmatch(plain)), None)


_WHAT = (
    "I write cited documents from your own sources: essays, reports, literature reviews, annotated "
    "bibliographies, and short answers to questions. Every claim is tied to a passage of your files."
)


def rule_reply(kind: Kind | None, files: int, reading: int = 0) -> str:
    """What is said without a language model.

    Args:
        files: sources that can be searched.
        reading: files that were added and cannot be searched yet.
    """
    there = []
    if files:
        there.append(f"{files} sources are ready" if files > 1 else "One source is ready")
    if reading:
        read = f"{reading} files are" if reading > 1 else "one file is"
        there.append(f"{read} being read")
    if there:
        held = " and ".join(there)
        start = f"{sentence_case(held)}: tell me what you would like written or answered."
    else:
        start = "Add the files that I may write from, and tell me what you would like written or answered."
    match kind:
        case "thanks":
            return "You are welcome. Tell me when you would like something changed or written."
        case "goodbye":
            return "Goodbye. What was written stays here."
        case "abilities":
            return f"{_WHAT} {start}"
        case "identity":
            return f"I am HandyWriterz, a program. {_WHAT} {start}"
        case _:
            return f"Hello. {start}"
