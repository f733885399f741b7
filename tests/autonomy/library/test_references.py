"""Lists of references: cut into entries, and no field that the entry does not make plain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parse import parse
from autonomy.library.parsed import BlockKind, Reference
from autonomy.library.reference_entry import entry_fields
from autonomy.library.reference_list import references_of
from tests.files.documents import two_column_paper, typeset

MARSH = ["Marsh", "Oyelaran", "Quist"]
TITLE = "Old mud under young grass"


def families(fields: dict[str, Any]) -> list[str]:
    return [name.get("family") or name["literal"] for name in fields.get("authors", ())]


@pytest.mark.parametrize(
    "entry",
    [
        "Marsh, T., Oyelaran, B. and Quist, P. (2019) 'Old mud under young grass', Shore Letters, 4(2), pp. 11–19.",
        "Marsh, T., Oyelaran, B., & Quist, P. (2019). Old mud under young grass. Shore Letters, 4(2), 11–19.",
        "Marsh T, Oyelaran B, Quist PA. Old mud under young grass. Shore Lett. 2019;4(2):11-9.",
        "T. Marsh, B. Oyelaran and P. A. Quist, “Old mud under young grass,” Shore Letters, vol. 4, pp. 11–19, 2019.",
        "Tom Marsh, Bo Oyelaran, and Pia Quist. 2019. Old mud under young grass. In Proceedings of the Shore.",
        "Tom Marsh, Bo Oyelaran, and Pia Quist. Old mud under young grass. arXiv preprint arXiv:1901.01234, 2019.",
        "Tom Marsh, Bo Oyelaran, Pia Quist, et al. 2019b. Old mud under young grass. Shore Letters, 36.",
    ],
)
def test_the_common_styles_give_names_year_and_title(entry: str) -> None:
    fields = entry_fields(entry)
    assert families(fields) == MARSH
    assert (fields["year"], fields["title"]) == (2019, TITLE)


def test_identifiers_are_found_in_their_spellings() -> None:
    assert entry_fields("Ba, J. (2016) Norms. https://doi.org/10.5555/SHORE.19.")["doi"] == (
        "10.5555/shore.19"
    )
    assert entry_fields("J Ba. Norms of layers. CoRR, abs/1409.0473, 2014.")["arxiv"] == "1409.0473"
    assert entry_fields("J Ba. Norms of layers. arXiv:1705.03122v2, 2017.")["arxiv"] == "1705.03122"


@pytest.mark.parametrize(
    ("entry", "absent"),
    [
        ("See the discussion of 1995 and 2003 in chapter 4, which nobody repeated.", "year"),
        ("See the discussion of 1995 and 2003 in chapter 4, which nobody repeated.", "authors"),
        ("Marsh, Thomas, and Paul Quist. “Old Mud.” Shore Letters 4.2 (2019): 11–19.", "authors"),
        ("Harbour ordinance no. 12, 3rd edition.", "authors"),
        ("Harbour ordinance no. 12, pages 1910–1920.", "year"),
    ],
)
def test_what_is_not_plain_is_absent(entry: str, absent: str) -> None:
    assert absent not in entry_fields(entry)


def test_bodies_are_no_persons() -> None:
    fields = entry_fields("World Health Organization. 2021. Water and health. Geneva.")
    assert fields["authors"] == ({"literal": "World Health Organization"},)


def listed(*pages: list[str]) -> tuple[Reference, ...]:
    trail = HeadingTrail()
    return references_of(
        lay_out(number, [RawBlock(text, BlockKind.REFERENCES) for text in texts], trail)
        for number, texts in enumerate(pages, 1)
    )


def test_numbered_entries_go_on_over_columns_and_pages() -> None:
    found = listed(
        ["[1] Tom Marsh. Old mud. Press, 2019. [2] Pia Quist. Meadows and", "storms. Press, 2020."],
        ["with an appendix on mills.", "[3] Bo Oyelaran. Tides of the bay. Press, 2021."],
    )
    assert [(entry.label, entry.page, entry.year) for entry in found] == [
        ("1", 1, 2019),
        ("2", 1, 2020),
        ("3", 2, 2021),
    ]
    assert found[1].text.endswith("storms. Press, 2020. with an appendix on mills.")


def test_entries_by_author_are_made_whole_over_a_break() -> None:
    found = listed(
        ["Tom Marsh and Pia Quist. 2019. Old mud under young grass. In Proceedings of the", ""],
        ["Shore Society, pages 1–9.", "Bo Oyelaran, Ada Bellweather, and Joseph"],
        ["Chee. 2021. Tides of the bay. Harbour Press.", "Ilse Wen. 2020. Mills. Harbour Press."],
    )
    assert [len(entry.authors) for entry in found] == [2, 3, 1]
    assert [entry.page for entry in found] == [1, 2, 3]


def test_the_list_of_a_paper_is_found_on_its_pages(tmp_path: Path) -> None:
    document = parse(two_column_paper(tmp_path / "p.pdf"), "p.pdf")
    assert [entry.title for entry in document.references] == [TITLE, "Meadows and storms"]
    assert {entry.page for entry in document.references} == {len(document.pages)}
    plain = tmp_path / "x.txt"
    plain.write_text(
        "Mills stop when rivers rise.\n\nReferences\n\nQuist, P. (2020) Meadows. Alder."
    )
    assert [entry.year for entry in parse(plain, "x.txt").references] == [2020]


def test_a_text_without_a_list_has_no_references(tmp_path: Path) -> None:
    path = typeset(tmp_path / "x.pdf", "Marsh, T. (2019) wrote about mud. " * 9)
    assert parse(path, "x.pdf").references == ()
