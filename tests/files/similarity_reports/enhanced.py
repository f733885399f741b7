"""New similarity reports: cover, integrity overview, sources, and the document with highlights."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from autonomy.core.originality import (
    MatchGroup,
    Percent,
    ReadReport,
    ReportedPassage,
    ReportedSource,
    ReportFormat,
)
from tests.files.similarity_reports.canvas import A4, GREY, WHITE, Colour, Document, Page, width
from tests.files.similarity_reports.classic import (
    KINDS,
    PALETTE,
    USUAL,
    USUAL_KINDS,
    Generated,
    Source,
    grouped,
    shown,
    wrapped,
)
from tests.files.similarity_reports.printed import ENHANCED, LANGUAGES
from tests.files.similarity_reports.prose import AUTHORS, TITLES, sentence
from tests.files.similarity_reports.shown_document import Passage, ShownDocument

GROUPS = tuple(MatchGroup)
GROUP_COLOURS: tuple[Colour, ...] = (
    (0.86, 0.16, 0.22),
    (0.94, 0.52, 0.08),
    (0.48, 0.28, 0.74),
    (0.16, 0.60, 0.36),
)
USUAL_GROUPS = (
    (52, Percent(value=12)),
    (3, Percent(value=1, below=True)),
    (2, Percent(value=1)),
    (0, Percent(value=0)),
)
SUBMISSION = "trn:oid:::1:3094823450"


@dataclass(frozen=True)
class Options:
    language: str = "en"
    title: str = ""
    words: int = 5_432
    similarity: Percent | None = USUAL
    groups: tuple[tuple[int, Percent], ...] = USUAL_GROUPS
    """Counts and percentages; where the document is shown, the counts are those of `passages`."""
    by_kind: tuple[Percent, Percent, Percent] = USUAL_KINDS
    sources: tuple[Source, ...] = ()
    passages: tuple[Passage, ...] = ()
    filters: tuple[int, ...] = (0, 1, 3)
    """Of bibliography, quoted text, cited text, small matches."""
    flags: int = 0
    """Kinds of manipulation that were found."""
    size: tuple[float, float] = A4
    turn: int = 0
    corner: tuple[float, float] = (0.0, 0.0)
    apart: bool = False
    narrow: bool = False
    """Labels of groups and kinds do not fit on one line."""
    badges: str = "inline"
    """`inline`, `margin` or `none`."""
    marks: str = "boxes"
    """`boxes` or `annotations`."""
    colours: str = "group"
    """What the colour of a highlight says: `group` or `source`."""
    icons: bool = True
    """Whether groups have a coloured sign; pictures otherwise."""
    ligatures: bool = False
    hyphens: bool = False
    embedded: str = ""
    """As of `ShownDocument`."""
    plain_pages: int = 0
    """Pages without any highlight behind the others."""
    pictures: bool = False
    """The document's pages are pictures."""
    break_at: int | None = None
    same_size: bool = False
    """Author and title of the cover are set alike."""
    without: frozenset[str] = field(default_factory=frozenset)
    """`cover`, `words`, `score`, `filters`, `groups`, `kinds`, `flags`, `sources`, `submission`."""
    name: str = "report.pdf"


def passage_list(seed: int, count: int, language: str, sources: int) -> tuple[Passage, ...]:
    rng = random.Random(seed)
    return tuple(
        Passage(
            sentence(rng, language, rng.randint(7, 30)),
            rng.randrange(4),
            rng.randint(1, max(1, sources)),
        )
        for _ in range(count)
    )


def make(options: Options, seed: int = 1) -> Generated:
    writer = _Writer(options, seed)
    writer.write()
    data = writer.document.bytes(metadata={"Title": "report", "Producer": "tests"})
    return Generated(data, options.name, writer.truth())


class _Writer:
    def __init__(self, options: Options, seed: int) -> None:
        self.options = options
        self.labels = ENHANCED[options.language]
        self.title = options.title or TITLES[options.language]
        self.document = Document(options.size)
        self.rng = random.Random(seed * 7 + 1)
        self.groups = options.groups
        if options.passages and "submission" not in options.without and not options.pictures:
            counted = Counter(passage.group for passage in options.passages)
            self.groups = tuple((counted[i], p) for i, (_, p) in enumerate(options.groups))
        self.sections: list[str] = []
        self.found_on: list[int] = []

    def write(self) -> None:
        options = self.options
        if "cover" not in options.without:
            self._cover()
        self._overview()
        if "sources" not in options.without:
            self._sources()
        if "submission" not in options.without:
            self._submission()
        for _ in range(options.plain_pages):
            page = self._page(2)
            for line in range(6):
                page.text(72, 120 + 16 * line, self._sentence(), 11)
        self._headers()

    def _sentence(self) -> str:
        return sentence(self.rng, self.options.language)

    def _page(self, section: int) -> Page:
        self.sections.append(self.labels.sections[section])
        return self.document.page(turn=self.options.turn, corner=self.options.corner)

    def _headers(self) -> None:
        total = len(self.document.pages)
        for number, (page, section) in enumerate(
            zip(self.document.pages, self.sections, strict=True), 1
        ):
            said = self.labels.page.format(n=number, total=total)
            for y in (28, page.height - 18):
                page.picture((30, y - 10, 60, y))
                page.text(68, y, f"{said} - {section}", 8, GREY)
                page.text(
                    page.width - 30,
                    y,
                    f"{self.labels.submission} {SUBMISSION}",
                    8,
                    GREY,
                    right=True,
                )

    def _cover(self) -> None:
        options, labels = self.options, self.labels
        page = self._page(0)
        author = AUTHORS[LANGUAGES.index(options.language)]
        page.text(50, 130, author, 16, bold=True)
        y = 170.0
        for line in wrapped(self.title, 16 if options.same_size else 22, page.width - 120):
            page.text(50, y, line, 16 if options.same_size else 22, bold=True)
            y += 28
        page.text(50, y + 20, "Quick Submit", 9, GREY)
        page.text(50, y + 36, "Westmark", 9, GREY)
        y += 90
        page.text(50, y, labels.details, 14, bold=True)
        y += 30
        at = y
        for label, value in (
            (labels.submission, SUBMISSION),
            (labels.date, "Dec 2, 2024, 10:12 AM GMT+5"),
            (labels.download, "Dec 2, 2024, 10:15 AM GMT+5"),
            (labels.file, "tidal_gardens_final.docx"),
            (labels.size, "1.2 MB"),
        ):
            page.text(50, at, label, 8, GREY)
            page.text(50, at + 13, value, 10)
            at += 36
        if "words" not in options.without:
            for row, (count, label) in enumerate(
                (
                    (str(max(1, options.words // 400)), labels.pages),
                    (self._count(options.words), labels.words),
                    (self._count(options.words * 6 + 17), labels.characters),
                )
            ):
                page.text(page.width * 0.6, y + 14 + row * 32, f"{count} {label}", 10)

    def _count(self, number: int) -> str:
        language = self.options.language
        return f"{number:,}" if language == "en" else grouped(number, language)

    def _shown(self, percent: Percent) -> str:
        return shown(percent, self.options.language, apart=self.options.apart)

    def _overview(self) -> None:
        options, labels = self.options, self.labels
        page = self._page(1)
        y = 90.0
        if options.similarity is None:
            page.picture((50, y - 20, 100, y))
            page.text(110, y, labels.overall, 22, bold=True)
        elif "score" not in options.without:
            page.text(50, y, f"{self._shown(options.similarity)} {labels.overall}", 22, bold=True)
        page.text(50, y + 20, labels.total, 9)
        y += 60
        if "filters" not in options.without:
            page.text(50, y, labels.filtered, 12, bold=True)
            for index in options.filters:
                y += 16
                page.box((52, y - 6, 55, y - 3), (0.2, 0.2, 0.2))
                page.text(62, y, labels.filters[index], 9)
        y = self._columns(page, y + 50)
        if "flags" not in options.without:
            self._flags(page, y + 30)

    def _columns(self, page: Page, y: float) -> float:
        """Match groups on the left, kinds of sources on the right; where they end."""
        options, labels = self.options, self.labels
        middle = page.width * 0.56
        top = y
        if "groups" not in options.without:
            page.text(50, y, labels.groups_heading, 12, bold=True)
            for index, (count, percent) in enumerate(self.groups):
                y += 26
                if options.icons:
                    page.round((50, y - 9, 62, y + 3), GROUP_COLOURS[index])
                    page.picture((53, y - 6, 59, y))
                else:
                    page.picture((50, y - 9, 62, y + 3))
                label = f"{count} {labels.groups[index]}"
                room = 110 if options.narrow else 400
                lines = wrapped(label, 9, room)
                for line in lines[:-1]:
                    page.text(68, y, line, 9, bold=True)
                    y += 12
                end = page.text(68, y, lines[-1], 9, bold=True)
                page.text(end + 12, y, self._shown(percent), 9, GREY)
                y += 12
                page.text(68, y, labels.notes[index], 7, GREY)
        right = top
        if "kinds" not in options.without:
            page.text(middle, right, labels.top, 12, bold=True)
            for percent, label in zip(options.by_kind, labels.kinds, strict=True):
                right += 22
                page.text(middle, right, self._shown(percent), 9)
                page.picture((middle + 34, right - 8, middle + 42, right))
                lines = wrapped(label, 9, 90 if options.narrow else 400)
                for at, line in enumerate(lines):
                    page.text(middle + 50, right + 12 * at, line, 9)
                right += 12 * (len(lines) - 1)
        return max(y, right)

    def _flags(self, page: Page, y: float) -> None:
        labels = self.labels
        page.text(50, y, labels.flags_heading, 12, bold=True)
        y += 20
        page.text(50, y, labels.flags.format(n=self.options.flags), 10, bold=True)
        if not self.options.flags:
            page.text(50, y + 14, labels.no_flags, 8, GREY)
        for name, detail in (labels.replaced, labels.hidden)[: self.options.flags]:
            y += 22
            page.text(62, y, name, 9, bold=True)
            page.text(62, y + 11, detail, 8)
            y += 11
        for at, line in enumerate((self._sentence(), self._sentence())):
            page.text(page.width * 0.56, y + 12 * at, line[:46], 7, GREY)

    def _sources(self) -> None:
        options, labels = self.options, self.labels
        page = self._page(1)
        y = self._columns(page, 80) + 40
        page.text(50, y, labels.top, 14, bold=True)
        page.text(50, y + 16, labels.top_note, 8, GREY)
        y += 44
        right = page.width - 50
        for number, source in enumerate(options.sources, 1):
            lines = source.lines or tuple(wrapped(source.title, 10, right - 150))
            broken = options.break_at == number
            if broken:
                y = max(y, page.height - 64)
            elif y + 14 * len(lines) + 20 > page.height - 50:
                page, y = self._page(1), 70.0
            kind = dict(zip(KINDS, labels.entries, strict=True)).get(source.kind, source.kind)
            page.round((50, y - 10, 66, y + 6), PALETTE[(number - 1) % len(PALETTE)])
            page.text(58 - width(str(number), 8) / 2, y + 1, str(number), 8, WHITE, bold=True)
            page.text(76, y, kind, 8, GREY)
            if broken:
                page, y = self._page(1), 56.0
            for at, line in enumerate(lines):
                y += 14
                page.text(76, y, line, 10)
                if at == 0:
                    page.text(right, y, self._shown(source.percent), 10, right=True)
            y += 22

    def _submission(self) -> None:
        options = self.options
        if options.pictures:
            for _ in range(2):
                self._page(2).picture((40, 60, options.size[0] - 40, options.size[1] - 60))
            return
        shown = ShownDocument(
            self.document,
            lambda: self._page(2),
            self._sentence,
            colours=GROUP_COLOURS if options.colours == "group" else None,
            badges=options.badges,
            annotated=options.marks == "annotations",
            hyphens=options.hyphens,
            ligatures=options.ligatures,
            embedded=options.embedded,
        )
        self.found_on = shown.write(self.title, options.passages)

    def truth(self) -> ReadReport:
        options = self.options
        without = options.without
        unread: dict[str, str] = {}
        absent = {
            "cover": ("title", "word_count", "character_count"),
            "words": ("word_count", "character_count"),
            "score": ("similarity",),
            "filters": ("excluded",),
            "groups": ("groups", "group_counts"),
            "kinds": tuple(f"by_kind.{kind}" for kind in KINDS),
            "flags": ("flags",),
            "sources": ("sources",),
            "submission": ("passages",),
        }
        for part in without:
            unread |= dict.fromkeys(absent[part], "")
        if options.similarity is None:
            unread["similarity"] = ""
        if options.pictures:
            unread["passages"] = ""
        shows = "submission" not in without and not options.pictures
        by_group = options.colours == "group" and options.icons and "groups" not in without
        numbered = options.badges != "none"
        counted = 0 if "groups" in without else sum(count for count, _ in self.groups)
        if shows and counted > len(options.passages):
            unread["passages"] = ""
        if shows and options.passages:
            if not by_group:
                unread["passages.group"] = ""
            if not numbered:
                unread["passages.source_number"] = ""
        names = ("bibliography", "quotes", "citations", "small_matches")
        found = (self.labels.replaced, self.labels.hidden)[: options.flags]
        return ReadReport(
            format=ReportFormat.SIMILARITY_PDF,
            language=options.language,
            title=None if "cover" in without else self.title,
            submission_id=SUBMISSION,
            word_count=None if {"cover", "words"} & without else options.words,
            character_count=None if {"cover", "words"} & without else options.words * 6 + 17,
            similarity=None if "score" in without else options.similarity,
            by_kind={} if "kinds" in without else dict(zip(KINDS, options.by_kind, strict=True)),
            groups={}
            if "groups" in without
            else {g: p for g, (_, p) in zip(GROUPS, self.groups, strict=True)},
            group_counts={}
            if "groups" in without
            else {g: n for g, (n, _) in zip(GROUPS, self.groups, strict=True)},
            sources=()
            if "sources" in without
            else tuple(
                ReportedSource(number=n, title=s.title, kind=s.kind, percent=s.percent)
                for n, s in enumerate(options.sources, 1)
            ),
            passages=tuple(
                ReportedPassage(
                    text=passage.text,
                    page=self.found_on[index],
                    source_number=passage.source if numbered else None,
                    group=GROUPS[passage.group] if by_group else None,
                )
                for index, passage in enumerate(options.passages)
            )
            if shows
            else (),
            flags=()
            if "flags" in without
            else tuple(f"{name}: {detail}" for name, detail in found),
            excluded=()
            if "filters" in without
            else tuple(names[index] for index in options.filters),
            unread=unread,
        )
