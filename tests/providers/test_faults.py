"""Faults by weight and by plan: as many as asked for, and the same again."""

from __future__ import annotations

import json
from collections import Counter
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.providers.behaviours import Behaviour
from tests.providers.damage import KINDS, every
from tests.providers.faults import FAULTS, Faults
from tests.providers.received import Received
from tests.providers.troubles import TROUBLES

PLAIN = Received("/v1/chat/completions", {}, {"messages": [{"role": "user", "content": "hi"}]})


def served(faults: Faults, count: int = 1_000) -> list[Behaviour]:
    return [faults.on(Behaviour(), number, PLAIN) for number in range(count)]


def test_each_fault_meets_its_share_of_requests() -> None:
    drawn = Counter(b.name for b in served(Faults.parse("429=0.3,5xx=0.1,cut=0.05", seed=1), 4_000))

    assert abs(drawn["429"] / 4_000 - 0.3) < 0.03
    assert abs(drawn["5xx"] / 4_000 - 0.1) < 0.02
    assert abs(drawn["cut"] / 4_000 - 0.05) < 0.015
    assert abs(drawn[""] / 4_000 - 0.55) < 0.03


def test_the_same_seed_makes_the_same_faults_and_another_seed_others() -> None:
    text = "429_seconds=0.2,5xx=0.2,cut=0.2,malformed=0.1,jitter=0.5"

    assert served(Faults.parse(text, seed=7)) == served(Faults.parse(text, seed=7))
    assert served(Faults.parse(text, seed=7)) != served(Faults.parse(text, seed=8))


def test_how_one_request_is_served_does_not_shift_the_others() -> None:
    faults = Faults.parse("429=0.5,cut=0.4", seed=3)

    assert faults.on(Behaviour(), 50, PLAIN) == Faults.parse("429=0.5,cut=0.4", seed=3).on(
        Behaviour(), 50, PLAIN
    )


def test_half_of_the_rate_limits_say_when_to_come_back() -> None:
    limited = served(Faults.parse("429=1", seed=2))
    headers = [b.headers.get("retry-after", "") for b in limited]

    assert abs(sum(map(bool, headers)) / 1_000 - 0.5) < 0.06
    dates = [h for h in headers if "GMT" in h]
    assert dates
    assert parsedate_to_datetime(dates[0]).tzinfo is not None
    assert "1" in headers


def test_a_plan_comes_first_and_the_weights_after_it() -> None:
    faults = Faults.parse("quota=1", plan="503,,cut")

    assert [faults.named(n) for n in range(5)] == ["503", "", "cut", "quota", "quota"]


def test_latency_holds_for_all_and_a_hang_for_longer() -> None:
    slow, hung = served(Faults.parse("latency=0.2,jitter=0.1", plan=",hang"), 2)

    assert 0.2 <= slow.delay <= 0.3
    assert hung.delay > 1_000


@pytest.mark.parametrize("text", ["429=1.2", "flood=0.1", "429", "429=much", "5xx=-0.1"])
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults.parse(text)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_one_that_the_simulator_knows(name: str) -> None:
    behaviour = served(Faults(weights={name: 1.0}), 1)[0]

    assert behaviour != Behaviour()
    assert not behaviour.trouble or behaviour.trouble in TROUBLES
    assert not behaviour.damage or behaviour.damage in KINDS


def test_damage_changes_the_text_and_mostly_breaks_it() -> None:
    good = json.dumps({"verdicts": [{"marker": 1, "verdict": "supported", "reason": "it is null"}]})
    spoilt = dict(every(good, seed=4))

    assert set(spoilt) == set(KINDS)
    assert {kind for kind, text in spoilt.items() if text == good} == set()
    assert "mostly" in spoilt["wrong_enum"]
    assert spoilt["truncated"] == good[: len(spoilt["truncated"])]
    assert dict(every(good, seed=4)) == spoilt


def test_the_page_about_it_names_every_fault() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()

    assert [name for name in FAULTS if "." not in name and f"`{name}`" not in page] == []
