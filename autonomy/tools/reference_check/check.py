"""One reference and what registries say of it: verified, mismatch, not found, or nobody to ask.

The four are kept strictly apart: that a registry did not answer says nothing of a work, and that
one knows no such work says something only where it should.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from autonomy.core.ports import Scholar
from autonomy.core.types import ReferenceCheck, ReferenceVerdict
from autonomy.core.works import Answer, Found, ProviderAnswer, Retraction, Work
from autonomy.tools.literature.questions import provider_name
from autonomy.tools.reference_check.compare import Comparison, compare
from autonomy.tools.reference_check.metadata import Described, described, fingerprint

_GENERAL = frozenset({"crossref", "openalex", "semantic_scholar"})
_MEDICAL = frozenset({"europe_pmc", "pubmed"})
CONCERN = "expression_of_concern"
_FIELDS = {
    "title": "title",
    "author": "authors",
    "issued": "year",
    "DOI": "DOI",
    "container-title": "journal",
}
OFFERED = (
    "type", "title", "author", "issued", "DOI", "container-title", "volume", "issue", "page",
    "publisher", "URL",
)  # fmt: skip
"""What a person may take over from a registry."""


async def check_reference(
    csl: dict[str, Any], scholar: Scholar, *, now: datetime | None = None
) -> ReferenceCheck:
    """Ask the registries for the work of `csl` and compare."""
    ours = described(csl)
    stamp = {
        "fingerprint": fingerprint(csl),
        "checked_at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
    }
    if not ours.expected:
        return ReferenceCheck(
            reason="Registries do not list works of this kind."
            if ours.plain_title
            else "It has no title by which registries could be asked.",
            **stamp,
        )
    found = await scholar.lookup(csl)
    return judge(csl, found).model_copy(update=stamp)


def judge(csl: dict[str, Any], found: Found) -> ReferenceCheck:
    """The verdict that the registries' answers allow, without times."""
    ours = described(csl)
    best = _best(ours, csl, found.works)
    if best is None:
        return _absent(ours, csl, found.answers)
    work, comparison = best
    theirs = described(work.csl)
    # A notice is about the work that carries it, which is ours only if the titles say so.
    another = any(d.field == "title" for d in comparison.differences)
    notices = () if another else work.notices
    retracted = not another and (theirs.marked_retracted or any(n.ends for n in notices))
    verdict = ReferenceVerdict.MISMATCH if comparison.differences else ReferenceVerdict.VERIFIED
    return ReferenceCheck(
        verdict=verdict,
        reason=_reason(comparison, work, ours, another=another),
        differences=comparison.differences,
        offered={name: work.csl[name] for name in OFFERED if work.csl.get(name)},
        remarks=(*comparison.remarks, *_noticed(notices)),
        notices=notices,
        retracted=retracted,
        answers=found.answers,
        url=work.url,
    )


def _best(
    ours: Described, csl: dict[str, Any], works: Sequence[Work]
) -> tuple[Work, Comparison] | None:
    """The candidate that is this work and agrees best; one that only shares our identifier counts
    if none has our title."""
    compared = [(work, compare(ours, described(work.csl))) for work in works]
    same = [(work, c) for work, c in compared if c.same_work]
    if same:
        return max(same, key=lambda one: (-len(one[1].differences), one[1].score))
    carried = [work for work in works if _carries(work, ours, csl)]
    if not carried:
        return None
    return carried[0], compare(ours, described(carried[0].csl), identified=True)


def _carries(work: Work, ours: Described, csl: dict[str, Any]) -> bool:
    if ours.doi:
        return ours.doi in (work.identifiers.get("doi"), described(work.csl).doi)
    pmid = str(csl.get("PMID") or "")
    return bool(pmid) and pmid == work.identifiers.get("pmid")


def _reason(comparison: Comparison, work: Work, ours: Described, *, another: bool) -> str:
    who = ", ".join(provider_name(name) for name in work.providers) or "the registries"
    if another and ours.doi and ours.doi == described(work.csl).doi:
        return f"Its DOI belongs to another work: “{work.csl.get('title', '')}”."[:500]
    if comparison.differences:
        fields = ", ".join(_FIELDS.get(d.field, d.field) for d in comparison.differences)
        return f"Known to {who}, who describe it otherwise: {fields}."
    return f"Title, authors and year agree with {who}."


def _noticed(notices: Sequence[Retraction]) -> list[str]:
    words = {
        "retraction": "It has been retracted",
        "withdrawal": "It has been withdrawn",
        CONCERN: "There is an expression of concern about it",
        "correction": "A correction to it was published",
    }
    return [
        f"{words.get(n.kind, 'There is a notice about it')}"
        + (f" ({n.date})" if n.date else "")
        + (f", see {n.doi}" if n.doi else "")
        + "."
        for n in notices[:5]
    ]


def _absent(
    ours: Described, csl: dict[str, Any], answers: Sequence[ProviderAnswer]
) -> ReferenceCheck:
    if not answers:
        return ReferenceCheck(reason="No registry is configured, so nobody was asked.")
    answered = {a.provider for a in answers if a.answer in (Answer.FOUND, Answer.NOTHING)}
    failed = [a for a in answers if a.provider not in answered]
    should = set(_GENERAL)
    if csl.get("PMID") or csl.get("PMCID"):
        should |= _MEDICAL
    if "arxiv" in ours.doi or "arxiv" in str(csl.get("URL", "")).lower():
        should.add("arxiv")
    silent = ", ".join(provider_name(a.provider) for a in failed)
    remarks = [f"Not answered: {silent}."] if failed and answered else []
    if answered & should:
        known = ", ".join(provider_name(name) for name in sorted(answered & should))
        return ReferenceCheck(
            verdict=ReferenceVerdict.NOT_FOUND,
            reason=f"Asked: {known}. None knows a work of this title and these authors.",
            remarks=tuple(remarks),
            answers=tuple(answers),
        )
    reason = (
        f"None of the registries that should know it answered ({silent})."
        if silent
        else "No registry that should know it is set up."
    )
    return ReferenceCheck(
        verdict=ReferenceVerdict.UNREACHABLE,
        reason=reason[:500],
        remarks=tuple(remarks),
        answers=tuple(answers),
    )
