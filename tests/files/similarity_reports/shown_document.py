"""The document in a new similarity report: lines of words, some of them highlighted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.files.similarity_reports.canvas import WHITE, Colour, Document, Page, width
from tests.files.similarity_reports.classic import PALETTE

_SIZE = 11.0
_LEFT = 72.0
_SMALLER, _ASIDE, _DOWN = 0.82, 50.0, 60.0
"""How a page of the document stands in the report's."""


@dataclass(frozen=True)
class Passage:
    text: str
    group: int = 0
    source: int = 1


class ShownDocument:
    def __init__(
        self,
        document: Document,
        page: Callable[[], Page],
        sentence: Callable[[], str],
        *,
        colours: Sequence[Colour] | None,
        badges: str,
        annotated: bool,
        hyphens: bool,
        ligatures: bool,
        embedded: str = "",
    ) -> None:
        """
        Args:
            page: makes the next page.
            sentence: makes what stands between passages.
            embedded: `text` or `all` of the document is a page of its own, shown smaller.
            colours: of the groups; without them each source has its own, used again and again.
        """
        self._document = document
        self._page = page
        self._sentence = sentence
        self._colours = colours
        self._badges = badges
        self._annotated = annotated
        self._hyphens = hyphens
        self._ligatures = ligatures
        self._embedded = embedded
        self._passages: Sequence[Passage] = ()
        self._found_on: list[int] = []

    def write(self, title: str, passages: Sequence[Passage]) -> list[int]:
        """The number of the page on which each passage begins."""
        self._passages = passages
        self._found_on = [0] * len(passages)
        page, text = self._pages()
        y = 90.0
        text.text(_LEFT, y, title, 14, bold=True)
        y += 34
        for line in self._lines(page.width - 2 * _LEFT):
            if y > page.height - 70:
                page, text = self._pages()
                y = 90.0
            self._line(page, text, y, line)
            y += 17
        return self._found_on

    def _pages(self) -> tuple[Page, Page]:
        """The next page for highlights, and that for text."""
        page = self._page()
        if not self._embedded:
            return page, page
        inner = page.embed(_SMALLER, _ASIDE, _DOWN)
        return (inner, inner) if self._embedded == "all" else (page, inner)

    def _placed(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the document is on the page that its highlights are drawn on."""
        if self._embedded != "text":
            return x, y
        return _ASIDE + _SMALLER * x, _DOWN + _SMALLER * y

    def _lines(self, room: float) -> Iterator[list[tuple[str, int | None]]]:
        """Words, line by line, each with the passage that it belongs to."""
        left = room
        line: list[tuple[str, int | None]] = []
        for token, passage in self._tokens():
            word = token
            taken = width(word, _SIZE)
            if taken <= left:
                line.append((word, passage))
                left -= taken + width(" ", _SIZE)
                continue
            if self._hyphens and len(word) > 6 and word.isalpha():
                head = f"{word[: len(word) // 2]}-"
                if width(head, _SIZE) <= left:
                    line.append((head, passage))
                    word = word[len(word) // 2 :]
            yield line
            line = [(word, passage)]
            left = room - width(f"{word} ", _SIZE)
        if line:
            yield line

    def _tokens(self) -> Iterator[tuple[str, int | None]]:
        for index, passage in enumerate(self._passages):
            for word in f"{self._sentence()} {self._sentence()}".split():
                yield word, None
            for word in passage.text.split():
                yield word, index
        for word in self._sentence().split():
            yield word, None

    def _line(
        self, page: Page, text_page: Page, y: float, line: list[tuple[str, int | None]]
    ) -> None:
        x = _LEFT
        runs: dict[int, list[float]] = {}
        for word, passage in line:
            end = x + width(word, _SIZE)
            if passage is not None:
                runs.setdefault(passage, [x, end])[1] = end
            x = end + width(" ", _SIZE)
        for index, (left, right) in runs.items():
            first = not self._found_on[index]
            if first:
                self._found_on[index] = len(self._document.pages)
            self._highlight(page, y, left, right, self._passages[index], first)
        text = " ".join(word for word, _ in line)
        if self._ligatures:
            _with_ligatures(text_page, _LEFT, y, text)
        else:
            text_page.text(_LEFT, y, text, _SIZE)

    def _highlight(
        self, page: Page, y: float, left: float, right: float, passage: Passage, first: bool
    ) -> None:
        solid = (
            self._colours[passage.group]
            if self._colours
            else PALETTE[(passage.source - 1) % len(PALETTE)]
        )
        numbered = first and self._badges != "none"
        mark = str(passage.source)
        box = (*self._placed(left - 0.5, y - 9), *self._placed(right + 0.5, y + 3))
        if self._annotated:
            page.highlight([box], solid, mark if numbered else "")
            return
        light = (1 - (1 - solid[0]) * 0.3, 1 - (1 - solid[1]) * 0.3, 1 - (1 - solid[2]) * 0.3)
        page.box(box, light)
        if numbered:
            left, y = self._placed(left, y)
            at = left - 3 if self._badges == "inline" else 50.0
            up = y - 11 if self._badges == "inline" else y - 4
            wide = max(7.0, width(mark, 5) + 3)
            page.round((at - wide / 2, up - 4, at + wide / 2, up + 3), solid)
            page.text(at - width(mark, 5) / 2, up + 1.5, mark, 5, WHITE, bold=True)


def _with_ligatures(page: Page, x: float, y: float, text: str) -> None:
    """Ligatures are set as wide as their letters."""
    rest = text
    while rest:
        cut = min((at for at in (rest.find("fi"), rest.find("fl")) if at >= 0), default=-1)
        if cut < 0:
            page.text(x, y, rest, _SIZE)
            return
        page.text(x, y, rest[:cut], _SIZE)
        x += width(rest[:cut], _SIZE)
        page.text(x, y, "ﬁ" if rest[cut : cut + 2] == "fi" else "ﬂ", _SIZE)
        x += width(rest[cut : cut + 2], _SIZE)
        rest = rest[cut + 2 :]
