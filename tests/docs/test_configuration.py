from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command

from handywriterz.env import Env
from handywriterz.management.commands import configuration


def test_the_page_is_in_step_with_the_environment() -> None:
    call_command("configuration", check=True)


def test_every_variable_stands_once_with_a_meaning() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|.*\| (.+) \|$", configuration.page(), re.M)

    assert sorted(name for name, _ in rows) == sorted(name.upper() for name in Env.model_fields)
    assert all(meaning.strip() for _, meaning in rows)


def test_a_page_that_is_out_of_step_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuration, "page", lambda: "something else")

    with pytest.raises(CommandError, match="out of step"):
        call_command("configuration", check=True)


def test_defaults_and_limits_are_the_program_s_own() -> None:
    page = configuration.page()

    assert "| `MODEL_MAX_ATTEMPTS` | whole number ≥ 1, ≤ 10 | `4` |" in page
    assert "| `SIGNUP` | `open`, `invite`, `closed` | `closed` |" in page
    assert "| `OPENAI_API_KEY` | secret text | unset |" in page
