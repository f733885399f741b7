from __future__ import annotations

import pytest

from autonomy.export.structure import check_structure
from tests.autonomy.export.works import document, passage, people, source, year


def kinds(draft: object) -> list[tuple[str, tuple[str, ...]]]:
    return [(p.kind, p.ids) for p in check_structure(draft)]  # type: ignore[arg-type]


def test_a_sound_document_has_no_problems() -> None:
    assert check_structure(document("One [[p:book-1]] and [[n:article-2]].")) == []


def test_dangling_markers_are_listed_in_order() -> None:
    assert kinds(document("One [[p:zz]], [[p:book-1]], [[n:aa]].")) == [("dangling", ("zz", "aa"))]


@pytest.mark.parametrize("text", ["[[p: book-1 ]]", "[[P:book-1]]", "[[p:a b]]", "[[p:a, b]]"])
def test_text_that_was_meant_as_a_marker_is_reported(text: str) -> None:
    assert kinds(document(f"One {text}.")) == [("malformed", (text,))]


def test_uncited_sources_and_passages_are_reported() -> None:
    draft = document("One [[p:book-1]].")
    draft = draft.model_copy(
        update={
            "sources": (*draft.sources, source("article")),
            "passages": (*draft.passages, passage("spare", "book")),
        }
    )
    assert kinds(draft) == [("uncited", ("article",)), ("uncited", ("spare",))]


def test_one_doi_means_one_work() -> None:
    twin = source("article", title="Other words", DOI="https://doi.org/10.1000/JDS.2019.12")
    draft = document("One [[p:article-1]] and [[p:t]].")
    draft = draft.model_copy(
        update={
            "sources": (*draft.sources, twin.model_copy(update={"id": "twin"})),
            "passages": (*draft.passages, passage("t", "twin")),
        }
    )
    assert kinds(draft) == [("duplicate", ("article", "twin"))]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"title": "The Craft of  Inquiry!"}, True),
        ({"author": []}, True),
        ({"issued": year(2009)}, False),
        ({"issued": None}, False),
        ({"author": people("Other, O")}, False),
        ({"title": "The craft of enquiry"}, False),
    ],
)
def test_one_title_and_year_mean_one_work_unless_authors_differ(
    changes: dict[str, object], same: bool
) -> None:
    twin = source("book", **changes).model_copy(update={"id": "twin"})
    draft = document("One [[p:book-1]] and [[p:t]].")
    draft = draft.model_copy(
        update={
            "sources": (*draft.sources, twin),
            "passages": (*draft.passages, passage("t", "twin")),
        }
    )
    assert bool(kinds(draft)) is same
