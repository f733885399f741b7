"""What a hostile bibliography may cost."""

from __future__ import annotations

import pytest

from autonomy.library.imports import isolated
from autonomy.library.imports.isolated import TooCostly, read_in_subprocess
from autonomy.library.imports.read import TooManyEntries, UnknownBibliography

DOUBLING = (
    '@string{s0="xxxxxxxxxx"}\n'
    + "".join(f"@string{{s{n + 1} = s{n} # s{n}}}\n" for n in range(40))
    + "@book{a, title = s40, author = {Ada Lovelace}}"
)


def test_abbreviations_that_double_lose_their_own_import() -> None:
    with pytest.raises(TooCostly, match="nothing was added"):
        read_in_subprocess(DOUBLING, most=10, seconds=60)


def test_time_is_bounded() -> None:
    with pytest.raises(TooCostly):
        read_in_subprocess(b"@book{a, title = {T}}", most=10, seconds=0.001)


def test_what_is_read_is_as_without_the_process() -> None:
    text = "@book{a, title = {Über Tinte}, author = {Lovelace, Ada}}\n@book{b, title = {x"
    read = read_in_subprocess(text.encode(), most=10, seconds=60)
    assert read == isolated.read_bibliography(text, most=10)
    assert read.references[0].csl["title"] == "Über Tinte"
    assert len(read.problems) == 1


def test_refusals_are_told_apart() -> None:
    with pytest.raises(UnknownBibliography):
        read_in_subprocess("Dear diary", most=10, seconds=60)
    with pytest.raises(TooManyEntries) as refused:
        read_in_subprocess("@book{a, title={A}}\n@book{b, title={B}}", most=1, seconds=60)
    assert (refused.value.found, refused.value.limit) == (2, 1)
