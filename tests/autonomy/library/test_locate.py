"""Words as a file shows them, found in the Markdown that they came from."""

from __future__ import annotations

import io
import random
from pathlib import Path

import docx
import pytest

from autonomy.core.originality import MatchGroup
from autonomy.export.docx import write_docx
from autonomy.library.credit import group_of
from autonomy.library.highlights import read_highlights
from autonomy.library.locate import Locator
from autonomy.library.parsed import ParseLimits
from tests.autonomy.export.works import document
from tests.files import marked

HERONS = (
    'Herons **wade** in shallow water[[p:abc-1]]. "They wait for hours," says [[n:def]], and then '
    "strike. Cities plant trees.\n\nCities plant trees for shade and rain. See "
    "[the atlas](https://x.org/trees-for-shade) for _more_."
)
HILLS = (
    "| Place | Height |\n|---|---|\n| Alder hill | 31 m |\n\nCities plant trees for shade[[p:z]]."
)
SECTIONS = {"herons": HERONS, "hills": HILLS}


def find(text: str, **more: str) -> list[str]:
    locator = Locator(list(SECTIONS.items()))
    return [SECTIONS[at.section_id][at.start : at.end] for at in locator.find(text, **more)]


@pytest.mark.parametrize(
    ("seen", "there"),
    [
        (
            "Herons wade in shallow water (Lee, 2020, p. 4).",
            ["Herons **wade** in shallow water[[p:abc-1]]."],
        ),
        (
            "“They wait for hours,” says Lee (2020), and then strike.",
            ['"They wait for hours," says [[n:def]], and then strike.'],
        ),
        ("WADE", ["**wade**"]),
        ("Alder hill", ["Alder hill"]),
        (
            "See the atlas for more. Place Height Alder hill",
            [
                "See [the atlas](https://x.org/trees-for-shade) for _more_.",
                "Place | Height |\n|---|---|\n| Alder hill",
            ],
        ),
        ("Herons fly to the moon at night", []),
        ("wait for days and months", []),
        ("(Lee, 2020)", []),
        ("…", []),
    ],
)
def test_what_a_file_shows_is_found(seen: str, there: list[str]) -> None:
    assert find(seen) == there


def test_words_are_the_same_however_their_accents_are_written() -> None:
    section = "They met in a café."
    [place] = Locator([("s", section)]).find("cafe\u0301")
    assert section[place.start : place.end] == "café"


def test_of_equal_places_the_one_with_the_same_neighbours_is_meant() -> None:
    locator = Locator(list(SECTIONS.items()))

    def starts(**more: str) -> tuple[str, int]:
        [place] = locator.find("Cities plant trees", **more)
        return place.section_id, place.start

    second = HERONS.index("\n\nCities") + 2
    assert starts(before="and then strike. ") == ("herons", HERONS.index("Cities"))
    assert starts(after=" for shade and rain") == ("herons", second)
    assert starts(before="31 m") == ("hills", HILLS.index("Cities"))


def test_the_same_words_again_are_the_next_place() -> None:
    locator = Locator([("s", "Rain fell. Rain fell. Rain fell.")])
    first = locator.find("Rain fell.")[0]
    second = locator.find("Rain fell.", not_before=first)[0]
    third = locator.find("Rain fell.", not_before=second)[0]
    assert (first.start, second.start, third.start) == (0, 11, 22)


def test_passages_of_a_long_document_are_found_with_a_word_changed() -> None:
    dice = random.Random(7)
    words = [f"w{dice.randint(0, 900)}" for _ in range(8_000)]
    text = " ".join(words)
    locator = Locator([("s", text)])
    for _ in range(60):
        at, length = dice.randint(0, 7_800), dice.randint(8, 60)
        seen = words[at : at + length]
        seen[length // 2] = "changed"
        [place] = locator.find(" ".join(seen))
        assert text[place.start : place.end].split() == words[at : at + length]


@pytest.mark.parametrize(
    ("words", "group"),
    [
        ("Herons **wade** in", MatchGroup.MISSING_QUOTATION),
        ("They wait for hours,", MatchGroup.CITED_AND_QUOTED),
        ("Cities plant trees for shade and", MatchGroup.NOT_CITED_OR_QUOTED),
    ],
)
def test_what_a_passage_lacks(words: str, group: MatchGroup) -> None:
    start = HERONS.index(words)
    assert group_of(HERONS, start, start + len(words)) == group


def test_block_quotations_and_quotations_without_a_source() -> None:
    block = "> Rivers bend.\n> They bend again.\n\nRivers “run to the sea” at last."
    assert group_of(block, 2, 14) == MatchGroup.MISSING_CITATION
    start = block.index("run")
    assert group_of(block, start, start + 14) == MatchGroup.MISSING_CITATION
    assert group_of(block, start - 2, start + 22) == MatchGroup.NOT_CITED_OR_QUOTED


DRAFT = document(
    "Readers **slow down** at long words[[p:book-7]][[p:chapter-4]], says [[n:organisation]]. “They look "
    'back” more often, too[[p:nonXascii]].\n\n- Lists are skimmed.\n- "Tables" aren\'t.',
    "| Reader | Words |\n|---|---|\n| fast readers | 300 |\n\nHalf of them[[p:book-9]] skip.",
)
MARKED = ("Readers slow down at long words", "Lists are skimmed.", "fast readers", "of them")


@pytest.mark.parametrize("style", ["harvard", "vancouver", "mla"])
def test_what_is_marked_in_the_products_own_word_file_is_found(tmp_path: Path, style: str) -> None:
    draft = DRAFT.model_copy(update={"style": style})
    data = write_docx(draft)
    whole = [p.text for p in docx.Document(io.BytesIO(data)).paragraphs]
    sentence = next(text for text in whole if text.startswith("Readers slow"))
    for words in (*MARKED, sentence[sentence.index("says") :]):
        data = marked.mark(data, words)
    path = tmp_path / "x.docx"
    path.write_bytes(data)
    markdown = {section.id: section.markdown for section in draft.sections}

    locator = Locator(list(markdown.items()))
    found = []
    for one in read_highlights(path, "x.docx", ParseLimits()).passages:
        places = locator.find(one.text, before=one.before, after=one.after)
        found += [markdown[at.section_id][at.start : at.end] for at in places]

    # What is marked side by side is one passage.
    text = draft.sections[0].markdown
    assert found == [
        "Readers **slow down** at long words",
        text[text.index("says") : text.index("\n\n")],
        "Lists are skimmed.",
        "fast readers",
        "of them",
    ]


@pytest.mark.parametrize("quoted", ["“{}”", '"{}"', "„{}“", "»{}«", "«{}»", "‘{}’", "「{}」"])
def test_every_kind_of_quotation_mark_quotes(quoted: str) -> None:
    words = "the reefs lost a third of their cover"
    text = f"She wrote {quoted.format(words)} in her notes."
    start = text.index(words)

    assert group_of(text, start, start + len(words)) is MatchGroup.MISSING_CITATION
