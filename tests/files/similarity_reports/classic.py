"""Classic originality reports: a cover, the document as pictures, then scores, sources and filters."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field

from autonomy.core.originality import Percent, ReadReport, ReportedSource, ReportFormat
from tests.files.similarity_reports.canvas import A4, GREY, WHITE, Colour, Document, Page, width
from tests.files.similarity_reports.printed import CLASSIC, LANGUAGES, Classic
from tests.files.similarity_reports.prose import AUTHORS, TITLES, source_title

PALETTE: tuple[Colour, ...] = (
    (0.85, 0.13, 0.16),
    (0.76, 0.20, 0.60),
    (0.45, 0.26, 0.75),
    (0.16, 0.40, 0.80),
    (0.05, 0.55, 0.62),
    (0.20, 0.60, 0.25),
    (0.70, 0.50, 0.05),
    (0.85, 0.40, 0.08),
)
KINDS = ("internet", "publication", "student_paper")
USUAL = Percent(value=14)
USUAL_KINDS = (Percent(value=10), Percent(value=6), Percent(value=8))


@dataclass(frozen=True)
class Generated:
    """A report and what stands in it."""

    data: bytes
    name: str
    truth: ReadReport
    """`unread` names the fields that nobody could read; its reasons are the reader's to give."""


@dataclass(frozen=True)
class Source:
    title: str
    kind: str
    percent: Percent
    lines: tuple[str, ...] = ()
    """The title as it is broken; on one line when empty."""


@dataclass(frozen=True)
class Options:
    language: str = "en"
    title: str = ""
    words: int = 5_432
    similarity: Percent | None = USUAL
    by_kind: tuple[Percent | None, ...] = USUAL_KINDS
    sources: tuple[Source, ...] = ()
    pictures: int = 3
    """Pages of the document."""
    size: tuple[float, float] = A4
    turn: int = 0
    corner: tuple[float, float] = (0.0, 0.0)
    kerned: bool = False
    """Letters of capitals set so far apart that words fall to pieces."""
    label_lines: int = 1
    percent_low: bool = False
    """The percentage stands beside the last line of a source, not the first."""
    number_low: bool = False
    """The number stands beside the middle of a source."""
    small_signs: bool = False
    """Signs of percentages beside sources are small and raised."""
    apart: bool = False
    """A blank between figure and sign."""
    filters: tuple[str, str, str] = ("on", "off", "few")
    """Quotes, bibliography, matches: `on`, `off`, `few` (words), `percent`, or `blot`."""
    without: frozenset[str] = field(default_factory=frozenset)
    """`cover`, `filters`, `kinds`, `scores`, `numbers` (badges as pictures)."""
    grading: int = 0
    """Pages of remarks behind the report."""
    break_at: int | None = None
    """The source that a page break goes through."""
    name: str = "report.pdf"


def source_list(
    seed: int, count: int, language: str = "en", values: tuple[str, ...] = ()
) -> tuple[Source, ...]:
    """`count` invented sources, the largest first; `values` says some of their percentages."""
    rng = random.Random(seed)
    found: list[Source] = []
    share = 9
    for number in range(count):
        kind = KINDS[rng.randrange(3)]
        percent = Percent(value=share) if share >= 1 else Percent(value=1, below=True)
        if number < len(values):
            percent = _percent(values[number])
        found.append(Source(source_title(rng, kind), kind, percent))
        share = max(0, share - rng.randint(0, 2))
    return tuple(found)


def _percent(text: str) -> Percent:
    return Percent(value=float(text.lstrip("<").replace(",", ".")), below=text.startswith("<"))


def shown(percent: Percent, language: str, *, apart: bool = False) -> str:
    """As a report of that language prints it."""
    figure = f"{percent.value:g}".replace(".", CLASSIC[language].decimal)
    return f"{'<' if percent.below else ''}{figure}{chr(0xA0) if apart else ''}%"


def plain(text: str) -> str:
    """Without ligatures and special spaces, as it is read."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def grouped(number: int, language: str) -> str:
    return f"{number:,}".replace(",", CLASSIC[language].thousands)


def make(options: Options) -> Generated:
    labels = CLASSIC[options.language]
    title = options.title or TITLES[options.language]
    document = Document(options.size)
    if "cover" not in options.without:
        _cover(document, options, labels, title)
    for _ in range(options.pictures):
        document.page(turn=options.turn, corner=options.corner).picture()
    _Report(document, options, labels, title).write()
    for number in range(options.grading):
        page = document.page()
        page.text(60, 80, "GRADEMARK REPORT" if not number else f"PAGE {number}", 9, GREY)
        page.text(60, 120, "General comments", 11)
    return Generated(document.bytes(), options.name, _truth(options, title))


def _truth(options: Options, title: str) -> ReadReport:
    cover = "cover" not in options.without
    filters = "filters" not in options.without
    unread: dict[str, str] = {"passages": ""}
    if not cover:
        unread["word_count"] = ""
    if options.similarity is None:
        unread["similarity"] = ""
    if any(source.kind not in KINDS for source in options.sources):
        unread["sources.kind"] = ""
    by_kind = {}
    for kind, percent in zip(KINDS, options.by_kind, strict=True):
        if "kinds" in options.without or percent is None:
            unread[f"by_kind.{kind}"] = ""
        else:
            by_kind[kind] = percent
    excluded = []
    for name, value in zip(
        ("quotes", "bibliography", "small_matches"), options.filters, strict=True
    ):
        if value in ("on", "few", "percent"):
            excluded.append(name)
        if value == "blot":
            unread[f"excluded.{name}"] = ""
    if not filters:
        excluded = []
        unread = {key: "" for key in unread if not key.startswith("excluded.")} | {"excluded": ""}
    return ReadReport(
        format=ReportFormat.CLASSIC_PDF,
        language=options.language,
        title=plain(title),
        submission_id="2318807451" if cover else None,
        character_count=options.words * 6 + 17 if cover else None,
        word_count=options.words if cover else None,
        similarity=options.similarity,
        by_kind=by_kind,
        sources=tuple(
            ReportedSource(
                number=n,
                title=plain(s.title),
                kind=s.kind if s.kind in KINDS else "",
                percent=s.percent,
            )
            for n, s in enumerate(options.sources, 1)
        ),
        excluded=tuple(excluded),
        unread=unread,
    )


def _cover(document: Document, options: Options, labels: Classic, title: str) -> None:
    page = document.page(turn=options.turn, corner=options.corner)
    y = _lines(page, title, 60, 130, 24, page.width - 140) + 30
    page.text(60, y, f"{labels.by} {AUTHORS[LANGUAGES.index(options.language)]}", 13)
    rows = (
        (labels.date, "12-Mar-2024 07:14AM (UTC+0700)"),
        (labels.submission, "2318807451"),
        (labels.file, "tidal_gardens_final.docx (1.2M)"),
        (labels.words, grouped(options.words, options.language)),
        (labels.characters, grouped(options.words * 6 + 17, options.language)),
    )
    y = max(y + 150, page.height * 0.55)
    for label, value in rows:
        end = page.text(60, y, f"{label}: ", 11, bold=True)
        page.text(end + 4, y, value, 11)
        y += 20


class _Report:
    """The pages behind the document."""

    def __init__(self, document: Document, options: Options, labels: Classic, title: str) -> None:
        self.document, self.options, self.labels, self.title = document, options, labels, title
        self.page = self._page()
        self.y = 0.0

    def _page(self) -> Page:
        return self.document.page(turn=self.options.turn, corner=self.options.corner)

    @property
    def right(self) -> float:
        return self.page.width - 60

    def write(self) -> None:
        self.y = _lines(self.page, self.title, 60, 60, 15, self.right - 60) + 14
        self._capitals(60, self.y, self.labels.heading)
        self.y += 60
        if "scores" not in self.options.without:
            self._scores()
        self.y += 60
        self._capitals(60, self.y, self.labels.primary)
        self.y += 34
        for number, source in enumerate(self.options.sources, 1):
            self._source(number, source)
        if "filters" not in self.options.without:
            self._filters()

    def _capitals(self, x: float, y: float, text: str) -> None:
        """Small capitals; kerned ones fall apart behind each T."""
        if not self.options.kerned:
            self.page.text(x, y, text, 8, GREY, spacing=0.4)
            return
        for piece in _fallen_apart(text):
            x = self.page.text(x, y, piece, 8, GREY, spacing=0.4) + 2.6

    def _scores(self) -> None:
        options = self.options
        step = (self.right - 60) / 4
        figures = (options.similarity, *options.by_kind)
        for index, (percent, label) in enumerate(
            zip(figures, (self.labels.similarity, *self.labels.kinds), strict=True)
        ):
            if index and "kinds" in options.without:
                continue
            x = 60 + index * step
            if percent is None:
                self.page.picture((x, self.y - 26, x + 50, self.y))
            else:
                text = shown(percent, options.language).rstrip("%")
                end = self.page.text(x, self.y, text, 32, PALETTE[index])
                if options.apart:
                    end += 4
                self.page.text(end, self.y - 12, "%", 14, PALETTE[index])
            words = label.split()
            if options.label_lines == 2 and len(words) > 1:
                self._capitals(x, self.y + 16, words[0])
                self._capitals(x, self.y + 27, " ".join(words[1:]))
            else:
                self._capitals(x, self.y + 16, label)

    def _source(self, number: int, source: Source) -> None:
        options = self.options
        lines = source.lines or tuple(wrapped(source.title, 13, self.right - 160))
        needed = 18 * len(lines) + 26
        broken = options.break_at == number
        if not broken and self.y + needed > self.page.height - 60:
            self._next_page()
        if broken:
            # Only the first line finds room on the page.
            self.y = max(self.y, self.page.height - 70)
        colour = PALETTE[(number - 1) % len(PALETTE)]
        at_y = self.y + (9 * len(lines) if options.number_low else 0)
        if "numbers" in options.without:
            self.page.picture((60, at_y - 13, 80, at_y + 5))
        else:
            self.page.box((60, at_y - 13, 80, at_y + 5), colour)
            mark = str(number)
            self.page.text(70 - width(mark, 9) / 2, at_y, mark, 9, WHITE, bold=True)
        if not options.percent_low:
            self._percent(self.y + 4, source.percent, colour)
        for at, line in enumerate(lines):
            if at == 1 and broken:
                self._next_page()
            self.page.text(96, self.y, line, 13)
            self.y += 18
        if broken and len(lines) == 1:
            self._next_page()
        kind = dict(zip(KINDS, self.labels.entries, strict=True)).get(source.kind, source.kind)
        self.page.text(96, self.y - 3, kind, 8, GREY)
        if options.percent_low:
            self._percent(self.y - 3, source.percent, colour)
        self.y += 9
        self.page.box((60, self.y - 1, self.right, self.y), (0.85, 0.85, 0.85))
        self.y += 22

    def _percent(self, y: float, percent: Percent, colour: Colour) -> None:
        options = self.options
        text = shown(percent, options.language, apart=options.apart)
        if not options.small_signs:
            self.page.text(self.right, y, text, 17, colour, right=True)
            return
        self.page.text(self.right - 9, y, text.rstrip("%"), 17, colour, right=True)
        self.page.text(self.right, y - 6, "%", 9, colour, right=True)

    def _next_page(self) -> None:
        self.page = self._page()
        self.y = 70.0

    def _filters(self) -> None:
        if self.y > self.page.height - 110:
            self._next_page()
        labels, values = self.labels, self.options.filters
        said = {
            "on": labels.on,
            "off": labels.off,
            "few": labels.few_words,
            "percent": "< 1%",
            "blot": "",
        }
        y = self.y + 30
        places = ((60, y), (60, y + 20), (320, y))
        for (x, at), label, value in zip(places, labels.filters, values, strict=True):
            self.page.text(x, at, label, 9, GREY)
            if value == "blot":
                self.page.picture((x + 170, at - 8, x + 190, at))
            else:
                self.page.text(x + 170, at, said[value], 9, GREY)


def _fallen_apart(text: str) -> list[str]:
    pieces, held = [], ""
    for char in text:
        if char == " ":
            pieces.append(held)
            held = ""
        else:
            held += char
            if char in "TI":
                pieces.append(held)
                held = ""
    return [piece for piece in (*pieces, held) if piece]


def wrapped(text: str, size: float, room: float) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _lines(page: Page, text: str, x: float, y: float, size: float, room: float) -> float:
    """Write `text` on as many lines as it takes; the baseline of the next one."""
    for line in wrapped(text, size, room):
        page.text(x, y, line, size, bold=True)
        y += size * 1.3
    return y
