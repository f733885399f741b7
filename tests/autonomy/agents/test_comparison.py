from __future__ import annotations

import pytest

from autonomy.agents.comparison import figures_in, side_by_side
from autonomy.agents.quotable import candidates
from tests.autonomy.agents.world import FISHERY, REEFS, make_source

REEF, REEF_PASSAGES = make_source("reefs", "Reefs", "Okoye", 2019, REEFS)
FISH, FISH_PASSAGES = make_source("fishery", "Fish", "Lindqvist", 2021, FISHERY)
SOURCES = {"reefs": REEF, "fishery": FISH}
POOLS = {
    "reefs": candidates(REEF_PASSAGES, ["coral reefs"]),
    "fishery": candidates(FISH_PASSAGES, ["coral reefs"]),
}


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Cover fell from 48.2 per cent to 33.1 per cent.", ["48.2 per cent", "33.1 per cent"]),
        ("It scores 28.4 BLEU on the task of 2014.", ["28.4 BLEU"]),
        ("We kept 200 query-paper pairs in Table 12.", ["200 query-paper pairs"]),
        ("Some 1,200 people [14] paid $3,000 each.", ["1,200 people", "$3,000"]),
        ("Nothing was counted by GPT-4 in 1998.", []),
    ],
)
def test_figures_are_read_as_they_are_spelled(text: str, figures: list[str]) -> None:
    assert figures_in(text) == figures


def test_every_cell_is_a_sentence_of_its_own_source() -> None:
    table, quotes = side_by_side(POOLS, SOURCES, 300)
    names = table.splitlines()[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]

    assert "Okoye and Second 2019 | Lindqvist and Second 2021" in names
    assert rows
    texts = {"reefs": " ".join(REEFS.values()), "fishery": " ".join(FISHERY.values())}
    for _, reefs, fishery in rows:
        assert reefs[1 : reefs.index("”")] in texts["reefs"]
        assert fishery[1 : fishery.index("”")] in texts["fishery"]
    assert len(quotes) == 2 * len(rows)


def test_one_source_or_no_room_is_no_comparison() -> None:
    assert side_by_side({"reefs": POOLS["reefs"]}, SOURCES, 300) == ("", [])
    assert side_by_side(POOLS, SOURCES, 20) == ("", [])


def test_many_sources_stand_in_rows() -> None:
    pools = dict.fromkeys("abcd", POOLS["reefs"])
    table, _ = side_by_side(pools, dict.fromkeys("abcd", REEF), 900)

    assert table.startswith("| Source | What it sets out to do |")
    assert len(table.splitlines()) == 6


def test_a_source_with_nothing_to_compare_has_no_row_of_dashes() -> None:
    pools = {**dict.fromkeys("abcd", POOLS["reefs"]), "e": []}
    table, _ = side_by_side(pools, dict.fromkeys("abcde", REEF), 900)

    assert len(table.splitlines()) == 6
