"""Sentences for the endings that no parser could word itself."""

from __future__ import annotations

from autonomy.library.parsed import FailureCode, ParseFailure, ParseLimits

_MESSAGES: dict[str, str] = {
    "timeout": "Reading this file took longer than {seconds:,.0f} seconds, so it was stopped. "
    "Split it and upload the parts you need.",
    "damaged": "This file could not be read: the reader stopped while working on it. "
    "Save it again from the program that made it and upload that.",
    "too_large": "Reading this file needs more memory than one file may use. "
    "Split it and upload the parts you need.",
}


def failure_message(code: FailureCode, limits: ParseLimits) -> str:
    return _MESSAGES[code].format(seconds=limits.timeout_seconds)


def failure(code: FailureCode, limits: ParseLimits) -> ParseFailure:
    return ParseFailure(code, failure_message(code, limits))
