"""CSV, TSV and their kin: rows as a table. Every cell is text, whatever it begins with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from autonomy.library.bibliography import title_from_name
from autonomy.library.delimiter import cell_sign
from autonomy.library.encoding import decode
from autonomy.library.language import detect
from autonomy.library.paging import HeadingTrail, lay_out
from autonomy.library.parsed import Bibliography, ParsedDocument, ParseFailure, ParseLimits
from autonomy.library.sniff import CSV
from autonomy.library.tables import MAX_COLUMNS, table_blocks


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Rows past `limits.max_table_rows` and columns past `MAX_COLUMNS` are left out, and said so.

    Raises:
        ParseFailure: `damaged`.
    """
    text = decode(path.read_bytes(), tabs=True)
    delimiter = cell_sign(text)
    remarks: list[str] = []

    def rows() -> Iterator[list[str]]:
        for number, row in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ):
            if number >= limits.max_table_rows:
                remarks.append(f"Only the first {limits.max_table_rows:,} rows were read.")
                return
            if len(row) > MAX_COLUMNS and not remarks:
                remarks.append(f"Only the first {MAX_COLUMNS} columns were read.")
            yield row

    try:
        blocks = list(table_blocks(rows()))
    except csv.Error as error:
        raise ParseFailure(
            "damaged",
            "The rows of this table cannot be told apart: a cell has no end. Save it again as CSV "
            "from the program that made it and upload that.",
        ) from error
    page = lay_out(None, blocks, HeadingTrail())
    return ParsedDocument(
        media_type=CSV,
        pages=(page,),
        metadata=Bibliography(csl={"type": "dataset", "title": title_from_name(file_name)}),
        page_count=None,
        language=detect(page.text),
        remarks=tuple(remarks),
    )
