"""Files of recorded results that no effect refers to (any more)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from autonomy.models import Effect
from autonomy.runtime import content
from autonomy.runtime.effects import CONTENT

LOST_SECONDS = 24 * 3600.0
"""Younger ones may belong to a call that is just being recorded."""


def unreferenced_results(older_seconds: float = LOST_SECONDS) -> Iterator[Path]:
    """Files left by a crash between a file and its row, and by runs that were removed."""
    return content.unreferenced(_referenced, older_seconds)


def drop_unreferenced_results(
    older_seconds: float = LOST_SECONDS, *, dry_run: bool = False
) -> tuple[int, int]:
    """Remove them (or only count them): how many there were, and their bytes. Safe to run twice,
    and from several machines at once."""
    if not dry_run:
        return content.drop_unreferenced(_referenced, older_seconds)
    files = size = 0
    for path in unreferenced_results(older_seconds):
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
            files += 1
    return files, size


def _referenced() -> set[str]:
    rows = Effect.objects.filter(result__has_key=CONTENT)
    return set(rows.values_list(f"result__{CONTENT}", flat=True))
