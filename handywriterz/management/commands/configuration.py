"""`manage.py configuration`: writes docs/configuration.md from the environment's own definition."""

from __future__ import annotations

import inspect
import re
from argparse import ArgumentParser
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from django.core.management.base import BaseCommand, CommandError
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from handywriterz.env import BASE_DIR, Env

PAGE = BASE_DIR / "docs" / "configuration.md"

_HEAD = """\
# Configuration

<!-- Written by `manage.py configuration` from handywriterz/env/; edit its modules instead. -->

HandyWriterz runs without any configuration. What can be set is read once at start-up from
environment variables, or from a file `.env` in the project's folder (variables win over the file;
an empty value counts as unset). A wrong value stops the start with a sentence that names the
variable and what it takes.
"""

_MODELS = """\
A model string is `provider:name`. `openai`, `anthropic`, `google`, `openrouter` and `ollama` take
the keys and addresses below; any other provider that Pydantic AI knows takes its own variables and
may need its package installed. Without a model every document is composed by rule, and says so on
its first page. Three ways to start:

```sh
HANDYWRITERZ_MODEL=openai:gpt-5-mini OPENAI_API_KEY=… make run
HANDYWRITERZ_MODEL=anthropic:claude-sonnet-4-5,openai:gpt-5-mini …    # the second when the first fails
HANDYWRITERZ_MODEL=openai:qwen3 OPENAI_BASE_URL=http://localhost:8080/v1 make run    # a server of your own
```
"""

_NOTES = {"models": _MODELS}


class Command(BaseCommand):
    help = "Write docs/configuration.md, or check that it is up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="fail if the page is out of step; write nothing"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        wanted = page()
        if check:
            if not PAGE.exists() or PAGE.read_text("utf-8") != wanted:
                raise CommandError(
                    "docs/configuration.md is out of step with handywriterz/env/. "
                    "Run: manage.py configuration"
                )
            return
        PAGE.write_text(wanted, "utf-8")
        self.stdout.write(f"{PAGE.relative_to(BASE_DIR)} written.")


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for heading, names in _groups():
        parts.append(f"## {heading[:1].upper()}{heading[1:]}\n")
        if heading in _NOTES:
            parts.append(_NOTES[heading])
        rows = ["| variable | takes | default | meaning |", "|---|---|---|---|"]
        rows += [_row(name, Env.model_fields[name]) for name in names]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _groups() -> list[tuple[str, list[str]]]:
    """The headings that the sources of `Env`'s bases give its fields (`# -- heading`), in order."""
    groups: list[tuple[str, list[str]]] = []
    for line in "".join(inspect.getsource(subject) for subject in Env.__bases__).splitlines():
        if heading := re.match(r"    # -- (.+)", line):
            groups.append((heading[1], []))
        elif (field := re.match(r"    (\w+): ", line)) and field[1] in Env.model_fields:
            if not groups:
                groups.append(("general", []))
            groups[-1][1].append(field[1])
    return groups


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`{name.upper()}`", _takes(field), _default(field), _prose(field))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _prose(field: FieldInfo) -> str:
    return (field.description or "").replace("<", "&lt;").replace(">", "&gt;")


def _takes(field: FieldInfo) -> str:
    annotation = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{option}`" for option in get_args(annotation))
    words: dict[object, str] = {
        bool: "`true` or `false`",
        int: "whole number",
        float: "number",
        Path: "path",
        SecretStr: "secret text",
    }
    limits = [_limit(item) for item in field.metadata]
    bounds = ", ".join(limit for limit in limits if limit)
    return " ".join(part for part in (words.get(annotation, "text"), bounds) if part)


def _limit(constraint: object) -> str:
    match constraint:
        case Ge():
            return f"≥ {constraint.ge:,}"
        case Gt():
            return f"> {constraint.gt:,}"
        case Le():
            return f"≤ {constraint.le:,}"
        case Lt():
            return f"< {constraint.lt:,}"
    return ""


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return "unset"
    if isinstance(value, Path):
        return f"`{value.relative_to(BASE_DIR)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{value}`"
