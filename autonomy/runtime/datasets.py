"""Tables of a person's files, read for computing in a process of its own."""

from __future__ import annotations

from autonomy.core.analysis import TableRead, TableUnreadable
from autonomy.library.isolated import read_in_subprocess
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.models import Source
from autonomy.runtime.db import run_db
from autonomy.runtime.drafts import bytes_of
from handywriterz.env import env

GONE = "The data file is no longer stored, so it cannot be computed with. Upload it again."


def table_limits() -> ParseLimits:
    """What reading one table may cost on this deployment."""
    return ParseLimits(
        max_table_rows=env().analysis_rows_max, timeout_seconds=env().parse_timeout_seconds
    )


def read_source_table(source: Source) -> TableRead:
    """The table of an uploaded file as programs are given it. Blocks.

    Raises:
        TableUnreadable: it is gone, or holds no table.
    """
    if not source.file:
        raise TableUnreadable(GONE)
    try:
        with bytes_of(source.file) as path:
            name = source.file_name or path.name
            table = read_in_subprocess("table", TableRead, path, name, table_limits())
    except FileNotFoundError as error:
        raise TableUnreadable(GONE) from error
    except ParseFailure as failure:
        raise TableUnreadable(failure.message) from failure
    return table.model_copy(update={"source_sha256": source.sha256})


class RunTables:
    """`analysis.Tables` of one person."""

    def __init__(self, owner_id: int) -> None:
        self._owner_id = owner_id

    async def read(self, source_id: str) -> TableRead:
        """See `analysis.Tables`."""
        return await run_db(self._read, source_id)

    def _read(self, source_id: str) -> TableRead:
        source = Source.objects.filter(pk=source_id, owner_id=self._owner_id).first()
        if source is None:
            raise TableUnreadable(GONE)
        return read_source_table(source)
