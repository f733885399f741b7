"""A taste of each storm of processes; the whole of it is `make chaos`."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("storm", ["sigkill", "sigstop", "poison"])
def test_every_promise_holds_in_a_short_storm(storm: str, chaos: Any) -> None:
    code, rows, said = chaos("--only", storm)
    assert rows, said
    assert [row for row in rows if not row["ok"]] == [], said
    assert code == 0
