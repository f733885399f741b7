"""What a program left, taken in only as far as it keeps the contract of a result.

The program may be a model's and its data are from outside, so everything is looked at: shapes, sizes,
that what is shown is what was computed, and that words state no number that no cell has.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from autonomy.core.analysis import (
    AnalysisLimits,
    AnalysisResult,
    Cell,
    Finding,
    Place,
    ResultFigure,
    ResultTable,
)
from autonomy.tools.analysis.numerals import Computed

RESULT = "result.json"
_PNG = b"\x89PNG\r\n\x1a\n"
_MOST_PIXELS = 6_000
_SLOT = re.compile(r"\{(\w{1,40})\}")
_FILE = re.compile(r"[a-z][a-z0-9-]{0,30}\.(?:png|svg)")


class BrokenResult(Exception):
    """The result breaks its contract; the message says where, for whoever mends the program."""


def take_result(
    left: Mapping[str, bytes], limits: AnalysisLimits, names: Sequence[str] = ()
) -> tuple[AnalysisResult, dict[str, bytes]]:
    """The result and the files of its figures, of what the program left below `out/`.

    Args:
        names: of the table's columns, which may have figures in them and be spoken of.

    Raises:
        BrokenResult: there is none, or it is not what a result has to be.
    """
    files = {name.removeprefix("out/"): data for name, data in left.items()}
    raw = files.get(RESULT)
    if raw is None:
        raise BrokenResult("The program left no out/result.json: call finish() at its end.")
    if len(raw) > limits.result_bytes:
        raise BrokenResult(
            f"out/result.json has {len(raw):,} bytes; at most {limits.result_bytes:,} are taken. Put fewer rows into tables."
        )
    try:
        result = AnalysisResult.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BrokenResult(f"out/result.json: {where}: {first['msg']}") from error
    _check_ids(result)
    for table in result.tables:
        _check_table(table)
    figures = {}
    for figure in result.figures:
        figures.update(_check_figure(figure, result, files, limits))
    _check_words(result, names)
    return result, figures


def _check_ids(result: AnalysisResult) -> None:
    if not result.parts:
        raise BrokenResult("The result has no part: call add_part() for what belongs together.")
    ids = [table.id for table in result.tables] + [figure.id for figure in result.figures]
    if len(ids) != len(set(ids)):
        raise BrokenResult("Two tables or figures have the same id.")
    shown = [name for part in result.parts for name in part.exhibits]
    if unknown := sorted(set(shown) - set(ids)):
        raise BrokenResult(f"A part names {unknown[0]}, which is no table or figure.")
    if len(shown) != len(set(shown)):
        raise BrokenResult("A table or figure stands in two parts.")
    if hidden := [t.id for t in result.tables if t.id in shown and not t.display]:
        raise BrokenResult(f"A part shows {hidden[0]}, which has display=False.")


def _check_table(table: ResultTable) -> None:
    for row, cells in enumerate(table.rows):
        if len(cells) != len(table.columns):
            raise BrokenResult(
                f"Table “{table.title}”: row {row} has {len(cells)} cells for {len(table.columns)} columns."
            )
        for cell in cells:
            if not _shows(cell):
                raise BrokenResult(
                    f"Table “{table.title}”: row {row} shows “{cell.shown[:40]}” for the value {cell.value!r:.40}."
                )


def _shows(cell: Cell) -> bool:
    """Whether what is shown is the value, rounded to the places shown."""
    if cell.value is None:
        return not re.search(r"\d", cell.shown)
    if isinstance(cell.value, str):
        cut = cell.shown.removesuffix("…")
        return cell.value.startswith(cut) if cut != cell.shown else cell.value == cell.shown
    text = (
        cell.shown.replace(",", "")
        .replace("−", "-")
        .replace("\u00a0", "")
        .strip()
        .removesuffix("%")
        .strip()
    )
    try:
        shown = float(text)
    except ValueError:
        return False
    mantissa, _, exponent = text.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    unit: float = 10.0 ** ((int(exponent) if exponent else 0) - places)
    return abs(shown - float(cell.value)) <= 0.5001 * unit + 1e-9 * abs(cell.value)


def _check_figure(
    figure: ResultFigure, result: AnalysisResult, files: Mapping[str, bytes], limits: AnalysisLimits
) -> dict[str, bytes]:
    if figure.table and result.table(figure.table) is None:
        raise BrokenResult(f"Figure “{figure.title}” draws {figure.table}, which is no table.")
    found = {}
    for name in filter(None, (figure.png, figure.svg)):
        data = files.get(name)
        if not _FILE.fullmatch(name) or data is None:
            raise BrokenResult(f"Figure “{figure.title}”: there is no file out/{name[:60]}.")
        if len(data) > limits.figure_bytes:
            if name == figure.svg:
                continue  # A picture of very many marks is had as pixels only.
            raise BrokenResult(
                f"Figure “{figure.title}” has {len(data):,} bytes; at most {limits.figure_bytes:,} are taken."
            )
        found[name] = data
    png = found.get(figure.png, b"")
    if not png.startswith(_PNG) or len(png) < 33:
        raise BrokenResult(f"Figure “{figure.title}” is no PNG image.")
    width, height = struct.unpack(">II", png[16:24])
    if not (1 <= width <= _MOST_PIXELS and 1 <= height <= _MOST_PIXELS):
        raise BrokenResult(
            f"Figure “{figure.title}” is {width} × {height} pixels; at most {_MOST_PIXELS} each way."
        )
    return found


def _check_words(result: AnalysisResult, names: Sequence[str]) -> None:
    computed = Computed(result)
    printed: list[ResultTable | ResultFigure] = [*result.tables, *result.figures]
    said = [(f"the title of {one.id}", one.title) for one in printed]
    said += [(f"the note of {one.id}", one.note) for one in printed]
    said += [(f"the alternative text of {f.id}", f.alt) for f in result.figures]
    said += [("a heading", part.heading) for part in result.parts]
    said += [("a lead", part.lead) for part in result.parts]
    for place, text in said:
        if strange := computed.strangers(text, names):
            raise BrokenResult(
                f"The number {strange[0]} in {place} is in no cell of a table. Compute it into a table "
                "(display=False if it is not to be printed) and take it from there."
            )
    for part in result.parts:
        for finding in part.findings:
            spoken(finding, result)
            loose = computed.strangers(_SLOT.sub(" ", finding.text), names)
            if loose:
                raise BrokenResult(
                    f"The number {loose[0]} in a sentence of “{part.heading}” is in no cell of a table: bind it with say(…, name=table.at(row, column))."
                )


def at(result: AnalysisResult, place: Place) -> str:
    """What stands at a place of the result.

    Raises:
        BrokenResult: there is no such place.
    """
    table = result.table(place.table)
    if table is None or place.column >= len(table.columns) or place.row >= len(table.rows):
        raise BrokenResult(
            f"There is no cell {place.row}, {place.column} in table {place.table[:40]}."
        )
    return (
        table.columns[place.column].name
        if place.row < 0
        else table.rows[place.row][place.column].shown
    )


def spoken(finding: Finding, result: AnalysisResult) -> str:
    """The sentence with its numbers in place.

    Raises:
        BrokenResult: it has a slot without a value, or a value that is no cell.
    """

    def fill(match: re.Match[str]) -> str:
        place = finding.values.get(match[1])
        if place is None:
            raise BrokenResult(f"“{finding.text[:80]}” has {{{match[1]}}} without a value.")
        return at(result, place)

    return _SLOT.sub(fill, finding.text)
