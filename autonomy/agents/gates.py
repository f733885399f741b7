"""The deterministic gates of a draft. They always run, model or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autonomy.agents.analysed import Analysed
from autonomy.agents.data_layout import UNCOMPUTED, as_read
from autonomy.agents.reply import STEP as REPLY_STEP
from autonomy.agents.retractions import retracted_ids, undeclared
from autonomy.agents.verification import BAD
from autonomy.agents.writing_steps import BEGIN, END
from autonomy.core.journey import Journey
from autonomy.core.markers import MARKER
from autonomy.core.phrases import counted
from autonomy.core.types import Author, CitationCheck, GateResult, ReferenceCheck, ReferenceVerdict
from autonomy.export.claims import uncited_sentences
from autonomy.export.document import Document, Section
from autonomy.export.draft_text import BETWEEN
from autonomy.export.structure import check_structure
from autonomy.tools.analysis.numerals import Computed
from autonomy.tools.similarity.copying import unquoted_share

NAMED = 5
"""Claims that a gate's message spells out, for the writer who is to mend them."""

ALWAYS_BARE = 2
"""Sentences without a source that a document of any length may have."""

FRAMES = (f"write-{BEGIN}", f"write-{END}", REPLY_STEP)
"""Sections that need no evidence of their own."""


def thin_sections(document: Document, minimum: int) -> list[str]:
    """Ids of body sections with fewer than `minimum` citations."""
    return [
        section.id
        for section in document.sections
        if section.id not in FRAMES
        and not section.computed
        and len(MARKER.findall(section.markdown)) < minimum
    ]


def _length(document: Document, asked: int, lost: str, tolerance: float) -> GateResult:
    words = document.words()
    low, high = round(asked * (1 - tolerance)), round(asked * (1 + tolerance))
    passed = low <= words <= high
    verdict = "within" if passed else "below" if words < low else "above"
    return GateResult(
        gate="length",
        passed=passed,
        observed=f"{words} words",
        expected=f"{low} to {high} words",
        message=f"The draft has {words} words, {verdict} what was asked for ({asked} ± {tolerance:.0%})."
        if not lost or words >= low
        else f"The draft has {words:,} of the {asked:,} words asked for (below it by more than "
        f"{tolerance:.0%}): {lost}.",
    )


def _sources(document: Document, minimum: int, available: int) -> GateResult:
    wanted = min(minimum, available)
    cited = len(document.sources)
    return GateResult(
        gate="sources",
        passed=cited >= max(wanted, 1),
        observed=f"{cited} cited",
        expected=f"at least {max(wanted, 1)}",
        message=f"{cited} of the {available} sources that can be searched are cited.",
    )


def _coverage(document: Document, minimum: int) -> GateResult:
    thin = thin_sections(document, minimum)
    names = [s.heading or "the answer" for s in document.sections if s.id in thin]
    return GateResult(
        gate="coverage",
        passed=not thin,
        observed=f"{len(document.sections) - len(thin)} of {len(document.sections)} sections with evidence",
        expected=f"at least {counted(minimum, 'citation')} in each section",
        message=f"Too little evidence in: {', '.join(names)}."
        if thin
        else "Every section rests on evidence.",
    )


def _grounding(document: Document, minimum: float) -> GateResult:
    """Sentences a model wrote that name no source; what it says of gaps may stand without one."""
    bare: list[str] = []
    total = 0
    for section in document.sections:
        if section.author is Author.MODEL and section.id not in FRAMES and not section.computed:
            loose, count = uncited_sentences(section.markdown)
            bare += loose
            total += count
    passed = len(bare) <= max(ALWAYS_BARE, total * (1 - minimum))
    return GateResult(
        gate="grounding",
        passed=passed,
        observed=f"{total - len(bare)} of {total} sentences cite a source",
        expected=f"at least {minimum:.0%}",
        message="What a model wrote names its sources."
        if passed
        else f"{len(bare)} sentences name no source, for example: “{bare[0][:160]}”",
    )


def _citations(checks: Sequence[CitationCheck]) -> GateResult:
    bad = [c for c in checks if c.verdict in BAD]
    message = "Every citation was checked against its passage."
    if bad:
        said = [f"“{c.claim[:160]}” ({c.reason[:160]})" for c in bad[:NAMED]]
        more = f", and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        message = f"Not borne out by the passage: {'; '.join(said)}{more}."
    return GateResult(
        gate="citations",
        passed=not bad,
        observed=f"{len(checks) - len(bad)} of {len(checks)} hold",
        expected="all",
        message=message,
    )


def _retractions(
    document: Document, checks: Sequence[CitationCheck], references: Sequence[ReferenceCheck]
) -> GateResult:
    retracted = retracted_ids(document.sources, references)
    open_markers = undeclared(checks, retracted)
    cited = {c.source_id for c in checks if c.marker in open_markers}
    titles = [str(s.csl.get("title") or s.file_name) for s in document.sources if s.id in cited]
    return GateResult(
        gate="retractions",
        passed=not cited,
        observed=f"{len(cited)} retracted works cited as if they stood",
        expected="none",
        message=f"Retracted, and not said to be: “{titles[0][:160]}”. Leave it out, or say so."
        if titles
        else "No retracted work is cited as if it stood.",
    )


def _references(references: Sequence[ReferenceCheck]) -> GateResult:
    """How the cited works stand with registries. It never holds a document back: a reference is
    mended by a person, and a registry that is silent is nobody's fault."""
    asked = [r for r in references if r.verdict is not None]
    counts = Counter(str(r.verdict) for r in asked)
    said = ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in sorted(counts.items()))
    doubtful = [r for r in asked if r.verdict is not ReferenceVerdict.VERIFIED]
    return GateResult(
        gate="registries",
        passed=True,
        observed=said or "nobody was asked",
        expected="told, not required",
        message=f"{counted(len(doubtful), 'cited work')} could not be confirmed: {doubtful[0].reason}"
        if doubtful
        else "Registries describe every cited work as it is cited."
        if asked
        else "References were not checked: no registry was asked.",
    )


def _structure(document: Document) -> GateResult:
    # A work that was uploaded twice is listed once when the document is rendered.
    problems = [p for p in check_structure(document) if p.kind != "duplicate"]
    return GateResult(
        gate="references",
        passed=not problems,
        observed=f"{len(problems)} problems",
        expected="no dangling, uncited or duplicate reference",
        message=problems[0].message
        if problems
        else "Citations and reference list match one to one.",
    )


def _prose(section: Section) -> str:
    """The section without the rows of tables that a rule took over whole, under their citation."""
    if section.author is not Author.RULE:
        return section.markdown
    return "\n".join(line for line in section.markdown.splitlines() if not line.startswith("|"))


def _computed(document: Document, analyses: Sequence[Analysed]) -> GateResult:
    """Numbers of the computed sections that no cell of a result has; without any result there is
    nothing that a document of data could tell."""
    if not analyses:
        return GateResult(
            gate="data",
            passed=False,
            observed="no analysis",
            expected="one at least",
            message="The analysis of the data did not end, so no number was computed: try again, or attach the data in another form.",
        )
    computed = Computed(*(one.result for one in analyses))
    names = [name for one in analyses for name in one.profile.names]
    names += [remark for one in analyses for remark in one.profile.remarks]
    strange = [
        (number, section.heading)
        for section in document.sections
        if section.computed
        for paragraph in section.markdown.split("\n\n")
        if not paragraph.startswith(UNCOMPUTED)
        for number in computed.strangers(as_read(paragraph), names)
    ]
    return GateResult(
        gate="data",
        passed=not strange,
        observed=f"{len(strange)} numbers that were not computed",
        expected="none",
        message=f"“{strange[0][1]}” says {strange[0][0]}, which no table or figure of it has."
        if strange
        else "Every number told of the data is one that was computed.",
    )


def _originality(document: Document, maximum: float) -> GateResult:
    text = BETWEEN.join(_prose(s) for s in document.sections)
    share = unquoted_share(text, document.passages)
    return GateResult(
        gate="originality",
        passed=share <= maximum,
        observed=f"{share:.1%} copied outside quotation marks",
        expected=f"at most {maximum:.0%}",
        message="Text taken from the sources stands between quotation marks."
        if share <= maximum
        else "Parts of the draft repeat a source without quotation marks.",
    )


def _likeness(now: float, before: float | None) -> GateResult:
    """The product's own figure. It never holds a draft back: a report decides that."""
    was = "" if before is None else f" (was {before:g} %)"
    return GateResult(
        gate="similarity",
        passed=True,
        observed=f"{now:g} %{was}",
        expected="told, not required",
        message=f"{now:g} % of the draft is like your own sources or earlier documents without being "
        f"quoted and cited{f', {before:g} % before' if before is not None else ''}.",
    )


def run_gates(
    document: Document,
    checks: Sequence[CitationCheck],
    journey: Journey,
    *,
    references: Sequence[ReferenceCheck] = (),
    asked_words: int | None,
    lost: str = "",
    available_sources: int,
    likeness: tuple[float, float | None] | None = None,
    analyses: Sequence[Analysed] = (),
) -> tuple[GateResult, ...]:
    """Every gate that the journey switches on. `asked_words` None leaves the length open;
    `lost` is what a similarity report has cost it, as a clause; `likeness` is the product's own
    figure of this draft and of the one before it, per cent; `analyses` are those that the document
    tells of."""
    gates = journey.gates
    results = [_structure(document)]
    if gates.length_tolerance is not None and asked_words:
        results.append(_length(document, asked_words, lost, gates.length_tolerance))
    if gates.minimum_sources is not None and not all(s.computed for s in document.sections):
        results.append(_sources(document, gates.minimum_sources, available_sources))
    if gates.minimum_citations_per_section is not None:
        results.append(_coverage(document, gates.minimum_citations_per_section))
    if gates.minimum_cited_sentences is not None:
        results.append(_grounding(document, gates.minimum_cited_sentences))
    if gates.citations_verified:
        results.append(_citations(checks))
    results.append(_retractions(document, checks, references))
    if gates.references_checked:
        results.append(_references(references))
    if gates.maximum_unquoted_overlap is not None:
        results.append(_originality(document, gates.maximum_unquoted_overlap))
    if any(section.computed for section in document.sections):
        results.append(_computed(document, analyses))
    if likeness is not None:
        results.append(_likeness(*likeness))
    return tuple(results)
