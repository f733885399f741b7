"""References against what registries answer: four outcomes that are never taken for each other."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.core.types import ReferenceVerdict
from autonomy.core.works import Answer, Found, ProviderAnswer, Retraction, Work
from autonomy.tools.reference_check.check import check_reference, judge
from autonomy.tools.reference_check.metadata import fingerprint

REEFS: dict[str, Any] = {
    "type": "article-journal",
    "title": "Ten years on the reefs of Marra: A survey",
    "author": [{"family": "Okoye", "given": "Ada"}, {"family": "van der Berg", "given": "Jan"}],
    "issued": {"date-parts": [[2019]]},
    "DOI": "10.5555/reefs.1",
    "container-title": "Journal of Coral Surveys",
}


def known(**changes: Any) -> Work:
    csl = {**REEFS, **changes}
    return Work(csl=csl, identifiers={"doi": csl["DOI"]}, providers=("crossref",))


def answers(**said: Answer) -> tuple[ProviderAnswer, ...]:
    return tuple(ProviderAnswer(provider=name, answer=answer) for name, answer in said.items())


FOUND = answers(crossref=Answer.FOUND)


@pytest.mark.parametrize(
    "ours",
    [
        {},
        {"title": "TEN YEARS ON THE REEFS OF MARRA"},
        {"title": "Ten Years on the <i>Reefs</i> of Marra – a survey"},
        {"author": [{"family": "Okoye"}, {"family": "Berg"}]},
        {"author": [{"literal": "Ada Okoye"}, {"literal": "et al."}]},
        {"author": [{"family": "Okoye"}]},
        {"issued": {"date-parts": [[2018]]}},
        {"DOI": ""},
        {"DOI": "https://doi.org/10.5555/REEFS.1"},
        {"container-title": "J. Coral Surv."},
    ],
)
def test_a_work_described_in_other_words_is_the_same_work(ours: dict[str, Any]) -> None:
    check = judge({**REEFS, **ours}, Found(works=(known(),), answers=FOUND))

    assert check.verdict is ReferenceVerdict.VERIFIED, check


@pytest.mark.parametrize(
    ("ours", "field"),
    [
        ({"author": [{"family": "Smith"}, {"family": "Jones"}]}, "author"),
        ({"author": [{"family": "van der Berg"}, {"family": "Okoye"}]}, "author"),
        ({"issued": {"date-parts": [[2009]]}}, "issued"),
        ({"DOI": "10.5555/other.7"}, "DOI"),
        ({"container-title": "Annals of Road Traffic"}, "container-title"),
        ({"title": "Road traffic along the coast of Marra after lorries"}, "title"),
    ],
)
def test_a_differing_field_is_named_with_both_values(ours: dict[str, Any], field: str) -> None:
    check = judge({**REEFS, **ours}, Found(works=(known(),), answers=FOUND))

    assert check.verdict is ReferenceVerdict.MISMATCH
    assert [d.field for d in check.differences] == [field]
    assert check.differences[0].ours != check.differences[0].theirs
    assert check.offered["DOI"] == REEFS["DOI"]


def test_a_doi_of_another_work_is_said_to_be_that() -> None:
    other = known(title="Lorries of the coast", author=[{"family": "Lind"}])

    check = judge(REEFS, Found(works=(other,), answers=FOUND))

    assert check.verdict is ReferenceVerdict.MISMATCH
    assert "belongs to another work" in check.reason
    assert {d.field for d in check.differences} >= {"title", "author"}


def test_the_right_doi_is_offered_for_a_wrong_one() -> None:
    wrong = {**REEFS, "DOI": "10.5555/lorries"}
    other = known(title="Lorries of the coast", DOI="10.5555/lorries")

    check = judge(wrong, Found(works=(other, known()), answers=FOUND))

    assert [d.field for d in check.differences] == ["DOI"]
    assert check.offered["DOI"] == REEFS["DOI"]


def test_a_preprint_and_what_became_of_it_are_one_work() -> None:
    preprint = {**REEFS, "type": "article", "DOI": "10.48550/arxiv.2101.00001"}
    preprint["issued"] = {"date-parts": [[2017]]}

    check = judge(preprint, Found(works=(known(),), answers=FOUND))

    assert check.verdict is ReferenceVerdict.VERIFIED
    assert len(check.remarks) == 2


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (answers(crossref=Answer.NOTHING, openalex=Answer.NOTHING), ReferenceVerdict.NOT_FOUND),
        (answers(crossref=Answer.NOTHING, openalex=Answer.UNREACHABLE), ReferenceVerdict.NOT_FOUND),
        (answers(arxiv=Answer.NOTHING, crossref=Answer.UNREACHABLE), ReferenceVerdict.UNREACHABLE),
        (answers(pubmed=Answer.NOTHING, crossref=Answer.REFUSED), ReferenceVerdict.UNREACHABLE),
        (
            answers(crossref=Answer.UNREACHABLE, openalex=Answer.RATE_LIMITED),
            ReferenceVerdict.UNREACHABLE,
        ),
        ((), None),
    ],
)
def test_silence_is_never_taken_for_an_answer(
    said: tuple[ProviderAnswer, ...], verdict: ReferenceVerdict | None
) -> None:
    assert judge(REEFS, Found(answers=said)).verdict is verdict


def test_a_work_that_merely_came_up_is_not_this_one() -> None:
    other = known(title="Grazing fish of the north", author=[{"family": "Lind"}], DOI="10.5555/x")

    check = judge(REEFS, Found(works=(other,), answers=FOUND))

    assert check.verdict is ReferenceVerdict.NOT_FOUND


@pytest.mark.parametrize(
    ("kind", "retracted"),
    [
        ("retraction", True),
        ("withdrawal", True),
        ("expression_of_concern", False),
        ("correction", False),
    ],
)
def test_notices_are_told_and_a_retraction_counts(kind: str, retracted: bool) -> None:
    work = known().model_copy(update={"notices": (Retraction(kind=kind, date="2021-03-04"),)})

    check = judge(REEFS, Found(works=(work,), answers=FOUND))

    assert check.retracted is retracted
    assert "2021-03-04" in check.remarks[-1]


def test_a_title_that_says_retracted_counts_and_still_matches() -> None:
    work = known(title=f"RETRACTED: {REEFS['title']}")

    check = judge(REEFS, Found(works=(work,), answers=FOUND))

    assert (check.verdict, check.retracted) == (ReferenceVerdict.VERIFIED, True)


def test_a_notice_about_another_work_under_our_doi_is_not_ours() -> None:
    work = known(title="Lorries of the coast").model_copy(
        update={"notices": (Retraction(kind="retraction"),)}
    )

    assert not judge(REEFS, Found(works=(work,), answers=FOUND)).retracted


class Silent:
    async def lookup(self, csl: dict[str, Any]) -> Found:
        raise AssertionError("nobody is to be asked")


@pytest.mark.parametrize("csl", [{}, {"type": "webpage", "title": "A page about reefs"}])
async def test_what_registries_cannot_know_is_not_asked(csl: dict[str, Any]) -> None:
    check = await check_reference(csl, Silent())  # type: ignore[arg-type]

    assert check.verdict is None
    assert check.reason


def test_a_fingerprint_changes_with_what_is_compared_only() -> None:
    assert fingerprint({**REEFS, "abstract": "Long."}) == fingerprint(REEFS)
    assert fingerprint({**REEFS, "issued": {"date-parts": [[2020]]}}) != fingerprint(REEFS)


@pytest.mark.parametrize(
    "csl",
    [
        {"title": ["a", 3], "author": "Lee", "issued": "2020", "DOI": 7},
        {"title": "x" * 5_000, "author": [None, {"family": 3}], "issued": {"date-parts": [["?"]]}},
    ],
)
def test_metadata_of_the_wrong_shape_is_missing_metadata(csl: dict[str, Any]) -> None:
    check = judge(csl, Found(works=(known(),), answers=FOUND))

    assert check.verdict is ReferenceVerdict.NOT_FOUND
    assert check.offered == {}
