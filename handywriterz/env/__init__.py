"""The environment, parsed once. A wrong value stops start-up with a sentence that names it.

Each module holds the settings of one subject; the documentation has them in the order of `Env`'s
bases.
"""

from __future__ import annotations

import sys
from functools import cache

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from handywriterz.env.durability import Durability
from handywriterz.env.evaluation import Evaluation
from handywriterz.env.learnt_tools import LearntTools
from handywriterz.env.limits import Limits
from handywriterz.env.models import Models
from handywriterz.env.outside import REGISTRIES, Outside
from handywriterz.env.places import BASE_DIR, Places
from handywriterz.env.reports import Reports
from handywriterz.env.sandbox import Sandbox
from handywriterz.env.search import Search
from handywriterz.env.watching import Watching
from handywriterz.env.web import Web

__all__ = ["BASE_DIR", "REGISTRIES", "Env", "env"]


class Env(
    Places,
    Web,
    Models,
    Outside,
    LearntTools,
    Search,
    Watching,
    Sandbox,
    Limits,
    Evaluation,
    Durability,
    Reports,
    BaseSettings,
):
    """Every variable the product reads. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(
        env_file=BASE_DIR / ".env", extra="ignore", env_ignore_empty=True, frozen=True
    )


@cache
def env() -> Env:
    """The parsed environment of this process.

    Raises:
        SystemExit: with one sentence per wrong variable.
    """
    try:
        return Env()
    except ValidationError as error:
        lines = [f"{_named(item)}: {item['msg']}{_got(item)}." for item in error.errors()]
        sys.exit("Configuration error. " + " ".join(lines))


def _named(item: ErrorDetails) -> str:
    return f"{str(item['loc'][0]).upper()} is wrong" if item["loc"] else "Two settings clash"


def _got(item: ErrorDetails) -> str:
    """The value that was given, unless it is a secret."""
    if not item["loc"]:
        return ""
    field = Env.model_fields.get(str(item["loc"][0]))
    if field is None or "SecretStr" in str(field.annotation):
        return ""
    return f" (got {item['input']!r})"
