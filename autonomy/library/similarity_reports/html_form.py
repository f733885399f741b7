"""A report as a saved web page: its labels and figures wherever they stand, the list of sources, and
what it marks. Scripts are never run; what they would have drawn is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from autonomy.core.originality import (
    MatchGroup,
    Percent,
    ReadReport,
    ReportedPassage,
    ReportedSource,
    ReportFormat,
)
from autonomy.library.encoding import decode
from autonomy.library.normalise import one_line
from autonomy.library.similarity_reports import figures
from autonomy.library.similarity_reports.errors import NotAReport, OtherReport
from autonomy.library.similarity_reports.labels import KINDS, Voices, fold, holds, meaning
from autonomy.library.similarity_reports.limits import ReportLimits

_SILENT = ("script", "style", "noscript", "template", "svg", "iframe", "object", "head")
_BLOCKS = frozenset(
    "address article blockquote body dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr li main nav ol p pre section table tbody td tfoot th thead tr ul br".split()
)
_MARKED = (
    "mark, [data-source], [data-source-number], [data-match], .highlight, .match, .match-highlight"
)
_NUMBER_NAMES = ("data-source-number", "data-source", "data-match")
_GROUPS = tuple(group.value for group in MatchGroup)
_MATCH = re.compile(
    r"^(?P<percent>[<＜]?\s?[\d.,]+\s?%)\s*match\s*\((?P<kind>[^)]*)\)\s*(?P<rest>.*)$", re.I
)
_FILTERS = {
    "exclude_quotes": "quotes",
    "exclude_bibliography": "bibliography",
    "exclude_small_matches": "small_matches",
}
_PIECE_CHARS, _TITLE_CHARS, _TEXT_CHARS = 4_000, 1_000, 20_000
_MOST_PIECES = 50_000
_DEPTH = 12
_WINDOW = 4
"""Pieces that a label, its count and its percentage are spread over."""


def read_html(data: bytes, limits: ReportLimits) -> ReadReport:
    """
    Raises:
        NotAReport: the page shows no similarity and no sources.
        OtherReport: it is another paper of the same service.
    """
    tree = LexborHTMLParser(decode(data))
    for node in tree.css(", ".join(_SILENT)):
        node.decompose()
    body = tree.body
    pieces = list(_pieces(body)) if body is not None else []
    reading = _Reading(pieces, limits)
    report = reading.read(_marked(body, limits) if body is not None else [])
    if report.similarity is None and not report.sources and not report.by_kind:
        said = fold(" ".join(pieces[:200]))
        if holds(said, ("ai_report",)):
            raise OtherReport("a report on AI writing")
        if holds(said, ("receipt",)):
            raise OtherReport("a receipt for a submission")
        raise NotAReport("a web page")
    return report


def _pieces(body: LexborNode) -> Iterator[str]:
    """What stands together on the page, in its order."""
    held: list[str] = []
    count = 0
    for node in body.traverse(include_text=True):
        if node.tag == "-text":
            held.append(node.text(deep=False))
            continue
        if node.tag in _BLOCKS and held:
            text = one_line("".join(held))[:_PIECE_CHARS]
            held = []
            if text:
                yield text
                count += 1
                if count >= _MOST_PIECES:
                    return
    text = one_line("".join(held))[:_PIECE_CHARS]
    if text:
        yield text


def _marked(body: LexborNode, limits: ReportLimits) -> list[ReportedPassage]:
    found: list[ReportedPassage] = []
    wanted = {node.mem_id for node in body.css(_MARKED)}
    for node in body.traverse() if wanted else ():
        if node.mem_id not in wanted or _inside(node, wanted):
            continue
        text = one_line(node.text(deep=True))[:_TEXT_CHARS]
        if len(text.split()) < 2:
            continue
        attributes = node.attributes
        number = next(
            (
                int(value)
                for name in _NUMBER_NAMES
                if (value := (attributes.get(name) or "").strip()).isdecimal() and len(value) <= 5
            ),
            None,
        )
        said = " ".join((attributes.get("data-group") or "", attributes.get("class") or ""))
        groups = {label.name for word in said.split() if (label := meaning(word, _GROUPS))}
        group = MatchGroup(groups.pop()) if len(groups) == 1 else None
        found.append(ReportedPassage(text=text, source_number=number, group=group))
        if len(found) >= limits.max_passages:
            break
    return found


def _inside(node: LexborNode, marked: set[int]) -> bool:
    """Whether a marked element is around it."""
    around = node.parent
    for _ in range(_DEPTH):
        if around is None:
            return False
        if around.mem_id in marked:
            return True
        around = around.parent
    return False


class _Reading:
    def __init__(self, pieces: list[str], limits: ReportLimits) -> None:
        self._pieces = pieces
        self._limits = limits
        self._voices = Voices()
        self._unread: dict[str, str] = {}

    def read(self, passages: list[ReportedPassage]) -> ReadReport:
        similarity = self._figure(("similarity_index", "overall_similarity"))
        if similarity is None:
            self._unread["similarity"] = "no figure can be read beside its label"
        by_kind: dict[str, Percent] = {}
        for kind in KINDS:
            value = self._figure((kind,), among=KINDS)
            if value is None:
                self._unread[f"by_kind.{kind}"] = "the page does not show it"
            else:
                by_kind[kind] = value
        groups, counts = self._groups()
        sources = self._sources()
        if not passages:
            self._unread["passages"] = "the page marks no passages in a way that is known here"
        elif any(p.source_number is None for p in passages):
            self._unread["passages.source_number"] = "some passages do not name their source"
        if any(p.group is None for p in passages):
            self._unread["passages.group"] = "some passages do not say what is missing"
        words, title = self._value("words"), self._value("document_title")
        word_count = figures.count(words) if words else None
        if word_count is None:
            self._unread["word_count"] = "the page does not show it"
        if not title:
            self._unread["title"] = "the page does not show it beside its label"
        self._unread["flags"] = "integrity flags are not read from web pages"
        return ReadReport(
            format=ReportFormat.HTML,
            language=self._voices.language,
            title=title[:_TITLE_CHARS] if title else None,
            word_count=word_count,
            similarity=similarity,
            by_kind=by_kind,
            groups=groups,
            group_counts=counts,
            sources=sources,
            passages=tuple(passages),
            excluded=self._excluded(),
            unread=self._unread,
        )

    def _figure(
        self, names: tuple[str, ...], among: tuple[str, ...] | None = None
    ) -> Percent | None:
        """The percentage beside a label: in its piece, or alone in the one before or behind."""
        for index, piece in enumerate(self._pieces):
            before, value, behind = figures.split_percent(piece)
            said = (behind or before).strip(" :-–")
            label = meaning(said, among or names)
            if label is None or label.name not in names:
                continue
            if value is None:
                for other in (index + 1, index - 1):
                    if 0 <= other < len(self._pieces):
                        rest, value, tail = figures.split_percent(self._pieces[other])
                        if value is not None and not rest and not tail:
                            break
                        value = None
            if value is not None:
                self._voices.hear(label)
                return value
        return None

    def _value(self, name: str) -> str:
        """What follows a label and its colon, in its piece or in the next one."""
        for index, piece in enumerate(self._pieces):
            before, colon, value = piece.partition(":")
            label = meaning(before, (name,))
            if label is None:
                continue
            if not colon and index + 1 >= len(self._pieces):
                continue
            self._voices.hear(label)
            return value.strip() or (
                self._pieces[index + 1] if index + 1 < len(self._pieces) else ""
            )
        return ""

    def _groups(self) -> tuple[dict[MatchGroup, Percent], dict[MatchGroup, int]]:
        percents: dict[MatchGroup, Percent] = {}
        counts: dict[MatchGroup, int] = {}
        for index, piece in enumerate(self._pieces):
            before, value, _ = figures.split_percent(piece)
            if not piece[:1].isdecimal() or (value is not None and not before):
                continue
            for width in range(1, _WINDOW + 1):
                text = " ".join(self._pieces[index : index + width])
                before, value = figures.last_percent(text)
                count = figures.count(before)
                if value is None or count is None:
                    continue
                label = meaning(figures.after_count(before), _GROUPS)
                if label is not None:
                    group = MatchGroup(self._voices.hear(label))
                    percents.setdefault(group, value)
                    counts.setdefault(group, count)
                    break
        if not percents:
            self._unread["groups"] = self._unread["group_counts"] = (
                "the page does not show match groups"
            )
        else:
            for group in MatchGroup:
                if group not in percents:
                    self._unread[f"groups.{group}"] = "the page does not show it"
        return percents, counts

    def _sources(self) -> tuple[ReportedSource, ...]:
        heading = next(
            (
                at
                for at in range(len(self._pieces) - 1, -1, -1)
                if meaning(self._pieces[at], ("primary_sources", "top_sources"))
            ),
            None,
        )
        found = self._matches() or (self._listed(heading + 1) if heading is not None else [])
        if not found and heading is None:
            self._unread["sources"] = "the page has no list of sources that is known here"
        if any(source.percent is None for source in found):
            self._unread["sources.percent"] = "some sources have no percentage beside them"
        if any(not source.kind for source in found):
            self._unread["sources.kind"] = "some sources do not say of what kind they are"
        return tuple(found[: self._limits.max_sources])

    def _matches(self) -> list[ReportedSource]:
        """Sources that begin with “3% match (Internet from …)”."""
        found: list[ReportedSource] = []
        for index, piece in enumerate(self._pieces):
            match = _MATCH.match(piece)
            if match is None:
                continue
            title = match["rest"] or next(iter(self._pieces[index + 1 : index + 2]), "")
            kind = meaning(re.split(r"\s+(?:from|on)\s+", match["kind"])[0], KINDS)
            found.append(
                ReportedSource(
                    number=len(found) + 1,
                    title="" if _MATCH.match(title) else title[:_TITLE_CHARS],
                    kind=self._voices.hear(kind),
                    percent=figures.percent(match["percent"]),
                )
            )
        return found

    def _listed(self, start: int) -> list[ReportedSource]:
        """Sources behind their heading: a number, then title, kind and percentage in any order."""
        found: list[ReportedSource] = []
        titles: list[str] = []
        kind, percent, open_ = "", None, False

        def finish() -> None:
            nonlocal kind, percent, open_
            if open_:
                title = " ".join(titles)[:_TITLE_CHARS]
                found.append(
                    ReportedSource(number=len(found) + 1, title=title, kind=kind, percent=percent)
                )
            titles.clear()
            kind, percent, open_ = "", None, False

        for piece in self._pieces[start:]:
            expected = str(len(found) + (2 if open_ else 1))
            if piece.rstrip(".") == expected:
                finish()
                open_ = True
                continue
            if not open_ or meaning(piece, _FILTERS) is not None:
                continue
            rest, value = figures.last_percent(piece)
            if value is not None and percent is None:
                percent = value
            label = meaning(rest, KINDS)
            if label is not None and not kind:
                kind = self._voices.hear(label)
            elif rest and (percent is None or not titles):
                titles.append(rest)
        finish()
        return found

    def _excluded(self) -> tuple[str, ...]:
        settings: dict[str, bool | None] = {}
        for index, piece in enumerate(self._pieces):
            before, _, value = piece.partition(":")
            label = meaning(before, _FILTERS)
            if label is None:
                continue
            value = value.strip() or next(iter(self._pieces[index + 1 : index + 2]), "")
            said = meaning(value, ("switched_on", "switched_off"))
            by_size = value.startswith("<") and any(map(str.isdigit, value))
            settings[_FILTERS[self._voices.hear(label)]] = (
                True if by_size else None if said is None else said.name == "switched_on"
            )
        if not settings:
            self._unread["excluded"] = "the page does not list its filters"
        for name, state in settings.items():
            if state is None:
                self._unread[f"excluded.{name}"] = "its setting cannot be read"
        return tuple(name for name in _FILTERS.values() if settings.get(name))
