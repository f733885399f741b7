"""Where a search looks: filters, the owner before all, and postings that keep step."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from autonomy.core.ports import SearchFilter
from autonomy.core.types import Reading, SourceOrigin
from autonomy.library.embed import Embedder
from autonomy.memory.passage_search import nearness, search_passages
from autonomy.memory.passage_store import append_passages, store_passages
from autonomy.memory.postings import store_postings
from autonomy.memory.search_scope import narrowed
from autonomy.memory.search_settings import SearchSettings
from autonomy.models import Passage, Posting, Source
from chat.models import Conversation, Upload
from tests import ready_made
from tests.autonomy.memory.test_vector_repo import chunks

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = ("Seagrass calms the waves of the bay.", "Waves break over the seagrass of the reef.")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(ready_made.models(), threads=1)


@pytest.fixture
def add(embedder: Embedder) -> Callable[..., Source]:
    def make(owner: Any, *texts: str, **fields: Any) -> Source:
        source = Source.objects.create(
            owner=owner, file_name="a.pdf", passage_count=len(texts), **{"status": "ready"} | fields
        )
        store_passages(source, chunks(*texts), embedder.encode(texts))
        return source

    return make


@pytest.fixture
def find(alice: Any, embedder: Embedder) -> Callable[..., set[str]]:
    def search(query: str = "seagrass waves", **options: Any) -> set[str]:
        vectors = embedder.encode([query])
        found = search_passages(alice.pk, query, vectors, 20, **options)
        return {passage.source_id for passage in found}

    return search


def test_each_filter_lets_through_what_fits_it(
    alice: Any, add: Callable[..., Source], find: Callable[..., set[str]]
) -> None:
    old = add(
        alice,
        *TEXTS,
        csl={"type": "book", "issued": {"date-parts": [[1999, 5]]}},
        origin="scholarly",
        reading="abstract",
    )
    new = add(alice, *TEXTS, csl={"type": "article-journal", "issued": {"date-parts": [["2021"]]}})
    undated = add(alice, *TEXTS, csl={"issued": {"date-parts": [["n.d."]]}})
    talk = Conversation.objects.create(owner=alice)
    Upload.objects.create(owner=alice, conversation=talk, source=undated, file_name="a.pdf")

    def within(**fields: Any) -> set[str]:
        return find(within=SearchFilter(**fields))

    assert find() == {str(s.pk) for s in (old, new, undated)}
    assert within(from_year=2000) == {str(new.pk)}
    assert within(to_year=1999) == {str(old.pk)}
    assert within(from_year=2000, to_year=2010) == set()
    assert within(types=("book",)) == {str(old.pk)}
    assert within(origins=(SourceOrigin.SCHOLARLY,)) == {str(old.pk)}
    assert within(readings=(Reading.FULL_TEXT,)) == {str(new.pk), str(undated.pk)}
    assert within(conversation_id=str(talk.pk)) == {str(undated.pk)}
    assert within(conversation_id=str(uuid.uuid4())) == set()
    assert within(conversation_id="nonsense") == set()
    assert within(source_ids=(str(old.pk), str(new.pk)), from_year=2000) == {str(new.pk)}


@pytest.mark.parametrize("exact", [0, 10_000])
def test_nobody_elses_passages_are_ever_found(
    alice: Any, bob: Any, add: Callable[..., Source], find: Callable[..., set[str]], exact: int
) -> None:
    theirs = add(bob, *TEXTS)
    talk = Conversation.objects.create(owner=bob)
    Upload.objects.create(owner=bob, conversation=talk, source=theirs, file_name="a.pdf")
    settings = SearchSettings(exact_passages=exact, walk_cost=0)
    for within in (
        SearchFilter(),
        SearchFilter(source_ids=(str(theirs.pk),)),
        SearchFilter(conversation_id=str(talk.pk)),
    ):
        assert find(within=within, settings=settings) == set()
    assert alice.pk != bob.pk


def test_either_list_alone_finds_and_none_finds_nothing(
    alice: Any, add: Callable[..., Source], find: Callable[..., set[str]]
) -> None:
    source = add(alice, *TEXTS)
    for settings in (SearchSettings(words=0.0), SearchSettings(meaning=0.0)):
        assert find(settings=settings) == {str(source.pk)}


def test_words_are_found_while_a_file_is_still_being_read(
    alice: Any, add: Callable[..., Source], find: Callable[..., set[str]]
) -> None:
    source = add(alice, TEXTS[0], status="parsing")
    later = chunks("x" * 30, "Quokkas live on Rottnest.")[1:]
    append_passages(source, later)

    assert find("quokkas") == set()
    assert find("quokkas", unfinished=True) == {str(source.pk)}


def test_postings_go_with_their_passages(alice: Any, add: Callable[..., Source]) -> None:
    source = add(alice, *TEXTS)
    assert Posting.objects.filter(source=source, term="seagrass").count() == 1
    store_passages(source, chunks("Only trout here."))
    assert set(Posting.objects.filter(source=source).values_list("term", flat=True)) >= {"trout"}
    assert not Posting.objects.filter(source=source, term="seagrass").exists()
    source.delete()
    assert not Posting.objects.exists()
    assert not Passage.objects.exists()


def test_highlights_are_the_words_of_the_query(
    alice: Any, add: Callable[..., Source], embedder: Embedder
) -> None:
    add(alice, TEXTS[0])
    query = "calming wave"
    (hit,) = search_passages(alice.pk, query, embedder.encode([query]), 1)
    assert [hit.text[a:b] for a, b in hit.highlights] == ["calms", "waves"]


def test_variety_prefers_what_says_something_new(
    alice: Any, add: Callable[..., Source], embedder: Embedder
) -> None:
    add(alice, TEXTS[0], "Seagrass calms the waves of a bay.", "Seagrass meadows store carbon.")
    query = "seagrass calms waves"

    def second(variety: float) -> str:
        vectors = embedder.encode([query])
        return search_passages(alice.pk, query, vectors, 2, variety=variety)[1].text

    assert "calms" in second(0.0)
    assert "carbon" in second(0.6)


def test_a_part_that_is_counted_again_is_counted_once(
    alice: Any, add: Callable[..., Source]
) -> None:
    source = add(alice, *TEXTS)
    store_postings(source, [(0, "", TEXTS[0])])
    (posting,) = Posting.objects.filter(source=source, term="seagrass")
    assert len(posting.hits) == 1


@pytest.mark.parametrize("exact", [0, 10_000])
def test_nearness_is_the_cosine_of_the_nearest_of_ones_own(
    alice: Any, bob: Any, add: Callable[..., Source], embedder: Embedder, exact: int
) -> None:
    vectors = embedder.encode([TEXTS[0]])
    settings = SearchSettings(exact_passages=exact, walk_cost=0)
    assert nearness(alice.pk, vectors, settings=settings) == 0
    add(bob, *TEXTS)
    mine = add(alice, TEXTS[1])
    cosine = float(vectors[0] @ embedder.encode([TEXTS[1]])[0])
    assert nearness(alice.pk, vectors, settings=settings) == pytest.approx(cosine, abs=1e-4)
    Source.objects.filter(pk=mine.pk).update(passage_count=2_000)
    in_a_crowd = nearness(alice.pk, vectors, settings=settings)
    assert in_a_crowd == pytest.approx(cosine - 0.04, abs=1e-4)


def test_a_narrowed_filter_keeps_what_both_name() -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    assert narrowed(SearchFilter(), [one]).source_ids == (one,)
    assert narrowed(SearchFilter(source_ids=(one, two)), [two]).source_ids == (two,)
    assert narrowed(SearchFilter(source_ids=(one,)), [two]).source_ids != ()
