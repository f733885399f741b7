"""The notice on a document's first page: what was made without a language model, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from autonomy.agents.reply import STEP as REPLY_STEP
from autonomy.core.phrases import clause, counted, series
from autonomy.core.types import Author
from autonomy.export.document import Section

RULE_NOTICE = (
    "{what} without a language model: every statement about the literature below is quoted word for "
    "word from the sources named. It orders the evidence and does not weigh or compare it: that "
    "argument is yours to make."
)
MIXED_NOTICE = (
    "Parts of this document were composed by rule from quotations, without a language model."
)
MIXED_DATA_NOTICE = "Parts of this document that tell of computed data were composed by rule, without a language model."
DATA_NOTICE = (
    "Composed without a language model: every number was computed from the data by a program that is "
    "kept with the document, and its sentences follow fixed forms."
)
UNCOMPUTED_NOTICE = (
    "The analysis of the data did not end: nothing was computed, and this document says no more than "
    "why. Try again, or attach the data in another form."
)
_SHORTER = (
    "The document has {words:,} words and not {asked:,}: it says what the data bear out, and is not "
    "filled up."
)
_BECAUSE = ", because "
_REPHRASED = re.compile(
    r" ?After a similarity report, a language model said (\d+) passages? otherwise\."
)


_ADDED_BY_RULE = re.compile(
    r" ?After a similarity report, (\d+) paragraphs? composed by rule from quotations (?:was|were) "
    r"added\."
)
_ADDED_BY_MODEL = re.compile(
    r" ?After a similarity report, a language model added (\d+) paragraphs?\."
)


def composed_by_rule(headings: Sequence[str], reason: str, *, of: int) -> str:
    """The sentence for sections of a document of `of` sections that have one `reason` in common,
    which goes on after "because" and ends in a full stop."""
    named = [f"“{heading}”" for heading in headings if heading]
    if not named:
        what = "The answer was"
    elif len(headings) == 1:
        what = f"{named[0]} was"
    elif len(headings) == of:
        what = f"All {of} sections were"
    else:
        what = f"{len(headings)} of {of} sections ({series(named)}) were"
    return f"{what} composed by rule{_BECAUSE}{reason}"


def notice_for(
    sections: Sequence[Section],
    reasons: Mapping[str, str],
    *,
    of_plan: str = "",
    planner: Author = Author.RULE,
) -> str:
    """What the first page says of how the document was made.

    Args:
        reasons: section id to why it was composed by rule although a model was wanted.
        of_plan: the same of the plan, as a sentence.
        planner: who made the plan.
    """
    by_rule = [s for s in sections if s.author is Author.RULE]
    if not by_rule or all(s.id == REPLY_STEP for s in sections):
        return ""  # There is nothing to explain; a reply is not composed from sources.
    if len(by_rule) < len(sections):
        said = MIXED_NOTICE if not all(s.computed for s in by_rule) else MIXED_DATA_NOTICE
    elif all(s.computed for s in sections):
        said = DATA_NOTICE
    else:
        # A model's title and headings stand over sections that have none.
        planned = planner is Author.MODEL
        said = RULE_NOTICE.format(what="The sections were composed" if planned else "Composed")
    return " ".join([said, *_sentences(by_rule, reasons, of_plan, len(sections))])


def shorter_than_asked(words: int, asked: int | None) -> str:
    """What the first page says of computed sections that are shorter than was asked; nothing where
    no length was asked for."""
    return _SHORTER.format(words=words, asked=asked) if asked else ""


def with_rephrased(notice: str, sections: Sequence[Section], rephrased: Mapping[str, int]) -> str:
    """The notice with how many passages of sections composed by rule a model said otherwise, besides
    those that it tells of already; as it is where there is none."""
    by_rule = {section.id for section in sections if section.author is Author.RULE}
    number = sum(count for section_id, count in rephrased.items() if section_id in by_rule)
    return _tallied(
        notice,
        _REPHRASED,
        number,
        lambda n: (
            f"After a similarity report, a language model said {counted(n, 'passage')} otherwise."
        ),
    )


def with_added(
    notice: str, sections: Sequence[Section], added: Mapping[str, Mapping[Author, int]]
) -> str:
    """The notice with how many paragraphs were added to sections of another author, besides those
    that it tells of already; as it is where there is none.

    Args:
        added: section id to its additions, by who worded them.
    """
    author = {section.id: section.author for section in sections}

    def number(of: Author) -> int:
        return sum(by.get(of, 0) for one, by in added.items() if author.get(one, of) is not of)

    notice = _tallied(
        notice,
        _ADDED_BY_RULE,
        number(Author.RULE),
        lambda n: (
            f"After a similarity report, {counted(n, 'paragraph')} composed by rule from "
            f"quotations {'was' if n == 1 else 'were'} added."
        ),
    )
    return _tallied(
        notice,
        _ADDED_BY_MODEL,
        number(Author.MODEL),
        lambda n: f"After a similarity report, a language model added {counted(n, 'paragraph')}.",
    )


def _tallied(notice: str, told: re.Pattern[str], number: int, say: Callable[[int], str]) -> str:
    """The notice with one sentence for `number` and what a sentence like it counted before."""
    if not number:
        return notice
    if before := told.search(notice):
        number += int(before[1])
        notice = told.sub("", notice)
    return f"{notice} {say(number)}".strip()


def _sentences(
    by_rule: Sequence[Section], reasons: Mapping[str, str], of_plan: str, of: int
) -> list[str]:
    """One sentence per reason, in the order in which the sections meet them."""
    sharing: dict[str, list[str]] = {}
    for section in by_rule:
        if reason := reasons.get(section.id):
            sharing.setdefault(reason, []).append(section.heading)
    said = {why: composed_by_rule(names, why, of=of) for why, names in sharing.items()}
    plan, _, why = of_plan.partition(_BECAUSE)
    if why in said:
        said[why] = f"{plan}, and {clause(said[why])}"
        return list(said.values())
    return [of_plan, *said.values()] if of_plan else list(said.values())
