"""A person's passages: hybrid search, ownership, and what is evidence."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from autonomy.library.chunk import Chunk
from autonomy.library.embed import Embedder
from autonomy.library.parsed import BlockKind
from autonomy.memory.passage_store import store_passages
from autonomy.memory.vector_repo import PassageRepository
from autonomy.models import Passage, Source
from tests import ready_made

pytestmark = pytest.mark.django_db(transaction=True)

MEADOW = "Dense seagrass halves the energy of waves before they reach the beach."
PENSION = "Early retirement lowers the pension by four per cent for each missing year."
TROUT = "Brown trout return to the stream in which they hatched."
CODE = "The unit is sold under part number QX-7731 and needs no oil."


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(ready_made.models(), threads=1)


async def run_db(call: Callable[..., Any], /, *args: Any) -> Any:
    """As the runtime does: on another thread, whose connection ends with it."""

    def work() -> Any:
        try:
            return call(*args)
        finally:
            connection.close()

    return await asyncio.to_thread(work)


class Blocking:
    """The repository for tests that are not asynchronous: each call runs to its end."""

    def __init__(self, owner_id: int, embedder: Embedder) -> None:
        self._repository = PassageRepository(owner_id, embedder, run_db)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: asyncio.run(getattr(self._repository, name)(*args, **kwargs))


def chunks(*texts: str, kinds: tuple[BlockKind, ...] = ()) -> list[Chunk]:
    return [
        Chunk(
            text=text,
            page=number + 1,
            page_index=number,
            char_start=0,
            char_end=len(text),
            heading="Findings",
            ordinal=number,
            kind=kinds[number] if kinds else BlockKind.BODY,
        )
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def add(embedder: Embedder) -> Callable[..., Source]:
    def make(
        owner: Any, *texts: str, status: str = "ready", kinds: tuple[BlockKind, ...] = ()
    ) -> Source:
        source = Source.objects.create(
            owner=owner, csl={"title": texts[0][:20]}, file_name="a.pdf", status=status
        )
        count = store_passages(source, chunks(*texts, kinds=kinds), embedder.encode(texts))
        Source.objects.filter(id=source.id).update(passage_count=count)
        return source

    return make


@pytest.fixture
def library(alice: Any, embedder: Embedder) -> Blocking:
    return Blocking(alice.id, embedder)


def test_a_paraphrase_finds_the_passage_that_shares_no_word_with_it(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    add(alice, MEADOW, PENSION, TROUT, CODE)
    found = library.search("underwater plants protect coasts from storms")
    assert found[0].text == MEADOW


def test_a_rare_word_finds_its_passage_among_closer_meanings(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    add(alice, CODE, *(f"The unit in hall {n} is sold without oil." for n in range(70)))
    found = library.search("QX-7731", limit=3)
    assert found[0].text == CODE
    assert found[0].score > found[1].score


def test_search_returns_anchors_and_falling_scores(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    source = add(alice, MEADOW, PENSION, TROUT)
    found = library.search("pension and retirement", limit=2)
    assert len(found) == 2
    best = found[0]
    assert (best.text, best.page, best.ordinal, best.heading) == (PENSION, 2, 1, "Findings")
    assert (best.source_id, best.char_start, best.char_end) == (str(source.id), 0, len(PENSION))
    assert found[0].score >= found[1].score > 0


def test_a_stranger_gets_nothing(
    alice: Any, bob: Any, add: Callable[..., Source], embedder: Embedder
) -> None:
    source = add(alice, MEADOW)
    passage = Passage.objects.get(source=source)
    theirs = Blocking(bob.id, embedder)
    assert theirs.search("seagrass waves", source_ids=[str(source.id)]) == []
    assert theirs.sources([str(source.id)]) == []
    assert theirs.passages([str(passage.id)]) == []
    assert theirs.opening(str(source.id)) == []
    assert theirs.neighbours(str(passage.id)) == []


def test_search_keeps_to_the_sources_that_were_named(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    add(alice, MEADOW)
    other = add(alice, TROUT)
    found = library.search("seagrass waves beach", source_ids=[str(other.id)])
    assert [p.text for p in found] == [TROUT]


@pytest.mark.parametrize("status", ["queued", "parsing", "embedding"])
def test_sources_that_are_not_ready_are_not_seen(
    alice: Any, add: Callable[..., Source], library: Blocking, status: str
) -> None:
    source = add(alice, MEADOW, status=status)
    assert library.search("seagrass waves") == []
    assert library.sources() == []
    assert library.opening(str(source.id)) == []


def test_references_and_front_matter_are_no_evidence(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    source = add(
        alice,
        "Meadows and Waves, by Ada Bellweather, Institute of Seagrass",
        "We study how seagrass changes waves.",
        MEADOW,
        "Quist, P. (2020) Seagrass, waves and the beach. Harbour Press.",
        kinds=(BlockKind.FRONT, BlockKind.ABSTRACT, BlockKind.BODY, BlockKind.REFERENCES),
    )
    found = library.search("seagrass waves beach", limit=10)
    assert {p.text for p in found} == {"We study how seagrass changes waves.", MEADOW}
    assert [p.ordinal for p in library.opening(str(source.id))] == [1, 2]
    assert (library.sources())[0].passages == 2


def test_passages_come_in_the_order_asked_for_and_unknown_ids_are_left_out(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    source = add(alice, MEADOW, PENSION, TROUT)
    ids = [str(p.id) for p in Passage.objects.filter(source=source).order_by("-ordinal")]
    asked = [ids[0], "no-uuid", str(uuid.uuid4()), ids[2]]
    assert [p.text for p in library.passages(asked)] == [TROUT, MEADOW]


def test_neighbours_stop_at_the_ends_of_the_source(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    source = add(alice, MEADOW, PENSION, TROUT, CODE)
    add(alice, "Another source follows.")
    rows = list(Passage.objects.filter(source=source).order_by("ordinal"))
    near = library.neighbours(str(rows[3].id), radius=2)
    assert [p.ordinal for p in near] == [1, 2, 3]


@pytest.mark.parametrize(
    "query",
    ["", "   ", "\x00", "the of and", "'); drop table x; --", "a & b | !c <-> :*", "苔 العربية"],
)
def test_odd_queries_are_harmless(
    alice: Any, add: Callable[..., Source], library: Blocking, query: str
) -> None:
    add(alice, MEADOW, PENSION)
    assert len(library.search(query)) <= 2


def test_only_malformed_source_ids_match_nothing(
    alice: Any, add: Callable[..., Source], library: Blocking
) -> None:
    add(alice, MEADOW)
    assert library.search("seagrass", source_ids=["nonsense"]) == []
    assert library.sources(["nonsense"]) == []


def test_storing_again_replaces_what_was_there(
    alice: Any, add: Callable[..., Source], embedder: Embedder
) -> None:
    source = add(alice, MEADOW, PENSION)
    store_passages(source, chunks(TROUT), embedder.encode([TROUT]))
    assert [p.text for p in Passage.objects.filter(source=source)] == [TROUT]


def test_the_filter_by_owner_does_not_starve_the_vector_index(
    alice: Any, bob: Any, add: Callable[..., Source], library: Blocking
) -> None:
    """Bob's many closer passages fill the index's first answers; Alice still gets hers."""
    add(bob, *(f"Seagrass slows waves at station {n}." for n in range(300)))
    add(alice, "Underwater meadows calm the surf.", TROUT)
    found = library.search("seagrass slows waves", limit=5)
    assert found[0].text == "Underwater meadows calm the surf."


def test_files_tell_how_far_they_are_to_their_owner_only(
    add: Callable[..., Source], alice: Any, bob: Any, library: Blocking
) -> None:
    ready = add(alice, "Reefs recover when grazing fish are protected.")
    Source.objects.create(owner=alice, file_name="late.pdf", status="parsing")
    add(bob, "Somebody else's notes on lorries and coast roads.")

    states = library.files(())

    assert [(s.file_name, s.status) for s in states][1:] == [("late.pdf", "parsing")]
    assert states[0].source_id == str(ready.id)
    assert len(states) == 2
