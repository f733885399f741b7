"""Years of publication out of a request, and what is left of its topic."""

from __future__ import annotations

import pytest

from autonomy.core.period import Period, period_in, without_period

NOW = 2026


@pytest.mark.parametrize(
    ("goal", "period"),
    [
        ("review recent work on soil fungi", Period(2021)),
        ("a review of soil fungi since 2019", Period(2019)),
        ("soil fungi in studies published after 2015", Period(2016)),
        ("studies from 1980 to 1995 on soil fungi", Period(1980, 1995)),
        ("soil fungi over the last ten years", Period(2016)),
        ("soil fungi in the past 3 years", Period(2023)),
        ("literature until 2010 on soil fungi", Period(None, 2010)),
        ("papers before 2012 on soil fungi", Period(None, 2011)),
        ("the war from 1914 to 1918", Period()),
        ("the economy of Chile since 1973", Period()),
        ("soil fungi", Period()),
    ],
)
def test_years_are_read_as_the_literatures_not_the_subjects(goal: str, period: Period) -> None:
    assert period_in(goal, NOW) == period


def test_words_that_name_years_are_no_part_of_a_query() -> None:
    assert without_period("soil fungi since 2019 in forests", NOW) == "soil fungi in forests"
    assert without_period("the war from 1914 to 1918", NOW) == "the war from 1914 to 1918"


def test_a_work_without_a_year_is_not_of_the_years_asked_for() -> None:
    assert not Period(2020).holds(None)
    assert Period().holds(None)
    assert Period(2020, 2022).holds(2022)
    assert not Period(2020, 2022).holds(2023)
