"""What one report may cost."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from autonomy.core.value import Value
from autonomy.library.parsed import ParseLimits


class ReportLimits(Value):
    """Reaching the first group of limits refuses the file; reaching the second leaves the rest
    unread, and the reading says so."""

    max_pages: int = Field(default=3_000, gt=0)
    max_text_bytes: int = Field(default=20 * 1024**2, gt=0)
    """Of a report as HTML or JSON."""
    timeout_seconds: float = Field(default=60.0, gt=0)
    """Wall time, and CPU time, of the reading process."""
    memory_bytes: int = Field(default=1024**3, gt=0)
    """Address space of the reading process."""
    max_output_bytes: int = Field(default=64 * 1024**2, gt=0)
    """What may come out of one file."""

    last_pages: int = Field(default=200, gt=0)
    """At the end of a classic report, that are searched for its scores."""
    max_sources: int = Field(default=2_000, gt=0)
    max_passages: int = Field(default=5_000, gt=0)
    max_shapes: int = Field(default=5_000, gt=0)
    """Filled shapes of one page that are looked at."""

    def for_process(self) -> ParseLimits:
        """The first group, as the confined process is told it."""
        return ParseLimits(
            max_pages=self.max_pages,
            max_unpacked_bytes=self.max_text_bytes,
            timeout_seconds=self.timeout_seconds,
            memory_bytes=self.memory_bytes,
            max_output_bytes=self.max_output_bytes,
        )

    @classmethod
    def in_process(cls, limits: ParseLimits) -> Self:
        """The limits that `for_process` told; the second group is as it is by default."""
        return cls(
            max_pages=limits.max_pages,
            max_text_bytes=limits.max_unpacked_bytes,
            timeout_seconds=limits.timeout_seconds,
            memory_bytes=limits.memory_bytes,
            max_output_bytes=limits.max_output_bytes,
        )
