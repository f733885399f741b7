"""Unified diffs of a wrapper's text: written for people, and applied strictly."""

from __future__ import annotations

import difflib
import re

NAME = "wrapper"
DIFF_CHARS = 12_000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class BadPatch(ValueError):
    """It is no diff of this text, or of more than the wrapper."""


def diff(before: str, after: str) -> str:
    """What changes from one text to the other; empty when nothing does."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), NAME, NAME, lineterm="", n=3
    )
    return "".join(f"{line}\n" for line in lines)


def patched(text: str, patch: str) -> str:
    """`text` after `patch`. Every line that it keeps or takes away must stand where it says.

    Raises:
        BadPatch: see there.
    """
    if len(patch) > DIFF_CHARS:
        raise BadPatch(f"a patch has at most {DIFF_CHARS:,} characters")
    before = text.splitlines()
    lines = patch.strip("\n").splitlines()
    if len(lines) < 3 or [line.split("\t")[0].rstrip() for line in lines[:2]] != [
        f"--- {NAME}",
        f"+++ {NAME}",
    ]:
        raise BadPatch(f"it must start with “--- {NAME}” and “+++ {NAME}”, and change nothing else")
    made: list[str] = []
    at = 0
    rest = lines[2:]
    while rest:
        match = _HUNK.match(rest[0])
        if match is None:
            raise BadPatch(f"“{rest[0][:60]}” is no beginning of a change")
        old_start, old_count = int(match[1]), int(match[2] or 1)
        new_count = int(match[4] or 1)
        start = old_start - 1 if old_count else old_start
        if not at <= start <= len(before):
            raise BadPatch("its changes overlap, or lie outside of the text")
        made += before[at:start]
        at = start
        taken, given, rest = _hunk(rest[1:], old_count, new_count)
        if before[at : at + old_count] != taken:
            raise BadPatch("the lines that it keeps or takes away do not stand there")
        made += given
        at += old_count
    made += before[at:]
    return "".join(f"{line}\n" for line in made)


def _hunk(lines: list[str], old: int, new: int) -> tuple[list[str], list[str], list[str]]:
    """The lines before and after of one change, and what follows it."""
    taken: list[str] = []
    given: list[str] = []
    read = 0
    for line in lines:
        if len(taken) == old and len(given) == new:
            break
        sign, content = line[:1] or " ", line[1:]
        if sign not in " +-":
            raise BadPatch(f"“{line[:60]}” is no line of a change")
        if sign in " -":
            taken.append(content)
        if sign in " +":
            given.append(content)
        read += 1
    if (len(taken), len(given)) != (old, new):
        raise BadPatch("it has other numbers of lines than it says")
    return taken, given, lines[read:]
