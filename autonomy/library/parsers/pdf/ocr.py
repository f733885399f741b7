"""Pages that are pictures, read by Tesseract where it is installed.

https://tesseract-ocr.github.io/tessdoc/Command-Line-Usage.html describes the program; its TSV lists
words with their boxes in pixels and how sure it is of each, in percent.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from autonomy.library.normalise import one_line
from autonomy.library.parsed import ParseLimits
from autonomy.library.parsers.pdf.frame import Frame
from autonomy.library.parsers.pdf.lines import Line, Word
from autonomy.library.parsers.pdf.page_text import PageText

DPI = 200
_MAX_PIXELS = 30_000_000
_UNSURE = 70.0
"""A page whose words Tesseract is less sure of on average (percent) is remarked."""
_NOISE = 20.0
_WORD_LEVEL = "5"
# The height of a line of ordinary text in its font size, with ascenders and descenders.
_LINE_HEIGHT = 0.98


@dataclass(frozen=True, slots=True)
class _Seen:
    line: tuple[str, str, str]
    text: str
    left: float
    top: float
    width: float
    height: float
    confidence: float


class Recogniser:
    """Reads pictures of pages of one document, within its limits."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._program = shutil.which("tesseract") if limits.ocr_languages else None
        self._seconds_left = limits.ocr_seconds
        self.read_pages: list[int] = []
        self.unsure: list[int] = []
        self._late = False

    @property
    def refusal(self) -> str:
        """Why a document of pictures has no text."""
        if self._program is None:
            return (
                "This PDF has no text, only pictures of pages (a scan). Run text recognition (OCR) "
                "on it and upload the result, or ask your administrator to install Tesseract."
            )
        return (
            "This PDF has no text, only pictures of pages (a scan), and text recognition (OCR) "
            "found no words in them. Upload a sharper scan."
        )

    @property
    def remarks(self) -> list[str]:
        found: list[str] = []
        if self.read_pages:
            count = len(self.read_pages)
            found.append(
                f"Read by OCR ({self._limits.ocr_languages}): {count} "
                f"{'page is a picture' if count == 1 else 'pages are pictures'}, so words may be "
                "misread. Check quotations against the page."
            )
        if self.unsure:
            pages = ", ".join(map(str, self.unsure[:20]))
            found.append(f"The scan is hard to read on page {pages}: expect wrong words there.")
        if self._late:
            found.append(
                "Text recognition (OCR) was stopped because it took too long, so some pages were "
                "left unread. Split the file to have them read."
            )
        return found

    def read(self, page: Any, number: int) -> PageText | None:
        """The text of a pypdfium2 page as a person sees it; None when it was not or cannot be read."""
        if self._program is None:
            return None
        if self._seconds_left <= 0 or len(self.read_pages) >= self._limits.ocr_max_pages:
            self._late = True
            return None
        began = time.monotonic()
        try:
            picture, scale = _picture(page)
            said = self._recognise(picture)
        except subprocess.TimeoutExpired:
            self._late = True
            return None
        finally:
            self._seconds_left -= time.monotonic() - began
        words = _words(said)
        if not words:
            return None
        self.read_pages.append(number)
        if sum(word.confidence for word in words) < _UNSURE * len(words):
            self.unsure.append(number)
        width, height = page.get_size()
        return PageText(
            width=width,
            height=height,
            lines=_lines(words, scale),
            chars=sum(len(word.text) for word in words),
            frame=Frame(width, height, 0, 0),
            ocr=True,
        )

    def _recognise(self, picture: bytes) -> str:
        done = subprocess.run(
            [str(self._program), "stdin", "stdout", "-l", self._limits.ocr_languages,
             "--dpi", str(DPI), "tsv"],
            input=picture,
            capture_output=True,
            timeout=min(self._limits.ocr_page_seconds, max(self._seconds_left, 0.1)),
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
            | {k: os.environ[k] for k in ("TESSDATA_PREFIX",) if k in os.environ},
            check=False,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def _picture(page: Any) -> tuple[bytes, float]:
    """The page as a grey PGM image, and how many points a pixel is."""
    width, height = page.get_size()
    scale = DPI / 72
    while width * height * scale * scale > _MAX_PIXELS:
        scale /= 1.2
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        stride, rows = bitmap.stride, bitmap.height
        content = bytes(bitmap.buffer)
        lines = (content[row * stride : row * stride + bitmap.width] for row in range(rows))
        return f"P5 {bitmap.width} {rows} 255\n".encode() + b"".join(lines), 1 / scale
    finally:
        bitmap.close()


def _words(tsv: str) -> list[_Seen]:
    found: list[_Seen] = []
    for row in csv.DictReader(io.StringIO(tsv), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = one_line(row.get("text") or "")
        try:
            confidence = float(row["conf"])
            left, top, width, height = (
                float(row[key]) for key in ("left", "top", "width", "height")
            )
        except (KeyError, TypeError, ValueError):
            continue
        # Specks and rules come out as single signs that it is not sure of.
        if row.get("level") != _WORD_LEVEL or not text or confidence < _NOISE:
            continue
        line = (row.get("block_num") or "", row.get("par_num") or "", row.get("line_num") or "")
        found.append(_Seen(line, text, left, top, width, height, confidence))
    return found


def _lines(words: list[_Seen], scale: float) -> list[Line]:
    """Lines in points; a line's height tells its size, since a scan has no fonts."""
    groups: dict[tuple[str, str, str], list[_Seen]] = {}
    for word in words:
        groups.setdefault(word.line, []).append(word)
    heights = sorted(_height(group) for group in groups.values())
    usual = heights[len(heights) // 2] * scale / _LINE_HEIGHT
    lines: list[Line] = []
    for group in groups.values():
        bottom = max(word.top + word.height for word in group) * scale
        size = _height(group) * scale / _LINE_HEIGHT
        # Lines without ascenders or descenders are no smaller print.
        size = usual if 0.65 * usual < size < 1.35 * usual else size
        baseline = bottom - 0.22 * size
        lines.append(
            Line(
                [
                    Word(
                        word.text,
                        word.left * scale,
                        (word.left + word.width) * scale,
                        baseline,
                        size,
                        bold=False,
                        italic=False,
                    )
                    for word in group
                ]
            ).measure()
        )
    return [line for line in lines if line.text]


def _height(group: list[_Seen]) -> float:
    top = min(word.top for word in group)
    return max(word.top + word.height for word in group) - top
