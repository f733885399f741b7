"""Pages of a file as they become final, parsed beside whoever takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autonomy.library.isolated import parse_in_subprocess
from autonomy.library.parsed import ParsedDocument, ParsedPage, ParseLimits


@dataclass(frozen=True, slots=True)
class Batch:
    pages: tuple[ParsedPage, ...]
    total: int | None
    """Pages of the whole; None for formats without pages."""


class _NotWanted(Exception):
    """Nobody takes the pages any more."""


class PageStream:
    """Use as a context manager; leaving it early ends the parser at its next page.

    The parser works in a process of its own and its pages wait here, so that taking them slowly
    (embedding in between) costs it none of its time.
    """

    def __init__(
        self, path: Path, file_name: str, limits: ParseLimits, *, first_page: int = 1
    ) -> None:
        self._work = (path, file_name, limits)
        self._first_page = first_page
        self._batches: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._left = threading.Event()
        self._over = False
        self._handed = 0
        self._document: ParsedDocument | None = None
        self._failure: BaseException | None = None
        # The parser dies with the thread that started it, and so with this process.
        self._thread = threading.Thread(target=self._parse, name="parse", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()

    @property
    def over(self) -> bool:
        """Whether every page was taken, or the parser failed."""
        return self._over

    def take(self, *, wait: bool) -> Batch | None:
        """The next batch; None where there is none now (`wait` waits for one) or none will come."""
        if self._over:
            return None
        try:
            batch = self._batches.get(block=wait)
        except queue.Empty:
            return None
        self._over = batch is None
        return batch

    def document(self) -> ParsedDocument:
        """The whole, once the stream is over. Raises what the parser raised."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        if self._document is None:
            raise RuntimeError("the parser ended without an outcome")
        return self._document

    def _parse(self) -> None:
        try:
            document = parse_in_subprocess(
                *self._work, on_pages=self._hand, first_page=self._first_page
            )
            if rest := document.pages[self._handed :]:
                self._hand(rest, document.page_count)
            self._document = document
        except BaseException as failure:  # noqa: BLE001 - raised where the pages are taken
            self._failure = failure
        finally:
            self._batches.put(None)

    def _hand(self, pages: Sequence[ParsedPage], total: int | None) -> None:
        if self._left.is_set():
            raise _NotWanted
        self._handed += len(pages)
        self._batches.put(Batch(tuple(pages), total))
