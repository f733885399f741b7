"""Proof that the fault suite would notice: a protection is taken out, and it has to fail."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)


def test_without_the_fence_the_suite_fails(chaos: Any) -> None:
    code, rows, said = chaos("--only", "sigstop", "--fence", "off")
    refused = next(row for row in rows if row["fault"] == "SIGSTOP: stale writes refused")
    assert not refused["ok"], said
    assert code == 1


def test_with_checkpoints_written_late_the_suite_fails(chaos: Any) -> None:
    late = ("--durability", "async", "--point", "in a slow put")
    code, rows, said = chaos("--only", "sigkill", *late)
    assert rows, said
    broken = {row["fault"] for row in rows if not row["ok"]}
    assert broken & {"SIGKILL: effects made twice", "SIGKILL: all other promises"}, said
    assert code == 1
