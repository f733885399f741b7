from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from autonomy import services
from autonomy.core.sandbox import Tier
from autonomy.services import SandboxReport
from autonomy.tools.python_sandbox.tiers import Trial


def test_the_check_tells_each_attack_and_the_tier() -> None:
    out = io.StringIO()
    call_command("sandbox", "check", stdout=out)
    said = out.getvalue()

    assert "Code execution is on (bubblewrap)." in said
    assert "  sockets      failed, as it must" in said
    assert "GOT" not in said


def test_a_tier_that_does_not_hold_is_told_and_the_command_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial = Trial(Tier.UNSHARE, {"files": "a secret"}, "it did not hold: files got a secret", 0.5)
    report = SandboxReport(Tier.OFF, "Install bubblewrap.", (trial,))
    monkeypatch.setattr(services, "sandbox_report", lambda: report)
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"Code execution is off\. Install bubblewrap\."):
        call_command("sandbox", "check", stdout=out)
    assert "  files        GOT a secret" in out.getvalue()
    assert "cannot be used: it did not hold" in out.getvalue()
