"""Answers that are none: errors under status 200, pages for people, parts; and texts that hold rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from autonomy.core.learnt import Exchange
from autonomy.tools.learnt import tables
from autonomy.tools.learnt.evidence import Pair
from autonomy.tools.learnt.leaves import leaves_of
from autonomy.tools.learnt.pointers import Path
from autonomy.tools.learnt.wrapper import Wrapper, WrapperError

FORMS = {
    "csv": "CSV",
    "tsv": "tab-separated values",
    "json_lines": "JSON Lines",
    "xml": "XML",
}
"""Texts that a wrapper can read, with their names."""

MEDIA_TYPES = {
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "json_lines",
    "application/ndjson": "json_lines",
    "application/jsonl": "json_lines",
    "application/x-jsonlines": "json_lines",
    "application/json-lines": "json_lines",
    "application/xml": "xml",
    "text/xml": "xml",
}

_ERRORS = frozenset({"error", "errors", "fault", "exception"})
_FAILED = frozenset({"error", "fail", "failed", "failure"})


def is_page(answer: Any) -> bool:
    """Whether it is a page for people."""
    if not isinstance(answer, str):
        return False
    start = answer.lstrip("\ufeff \t\r\n")[:200].lower()
    return start.startswith(("<!doctype html", "<html")) or "<body" in start


def error_said(answer: Any) -> str:
    """What an answer says of an error, when that is all it is about; else empty."""
    if not isinstance(answer, Mapping):
        return ""
    for name in answer:
        if str(name).lower() in _ERRORS and answer[name]:
            return _message(answer[name])
    status = answer.get("status")
    if answer.get("success") is False or answer.get("ok") is False:
        return _message(answer)
    if isinstance(status, str) and status.lower() in _FAILED:
        return _message(answer)
    return ""


def _message(found: Any) -> str:
    if isinstance(found, Mapping):
        for name in ("message", "detail", "title", "description", "reason", "msg", "code"):
            if isinstance(found.get(name), str | int):
                return str(found[name])[:300]
        return "an error without a message"
    if isinstance(found, list) and found:
        return _message(found[0])
    return str(found)[:300]


def no_result(fresh: Exchange) -> str:
    """Why an answer cannot be evidence of a new form; empty when it can."""
    if not 200 <= fresh.status < 300:
        return f"The API answers with status {fresh.status}; no wrapper changes that."
    if fresh.status == 206:
        return "The API answers with a part only (status 206)."
    if fresh.status in (204, 205) or fresh.answer in (None, ""):
        return "The API answers with nothing."
    if is_page(fresh.answer) or fresh.media_type.startswith("text/html"):
        return "The API answers with a web page, which is a notice to people and no result."
    said = error_said(fresh.answer)
    if said:
        return f"The API answers with an error although the status is {fresh.status}: {said}"
    return ""


def text_form(pairs: Sequence[Pair]) -> str:
    """The one form in which all new answers are texts that hold rows; empty when none is a text;
    a sentence when that cannot be said."""
    texts = [pair.fresh for pair in pairs if isinstance(pair.fresh.answer, str)]
    if not texts or any(isinstance(pair.recorded.answer, str) for pair in pairs):
        return ""
    if len(texts) < len(pairs):
        return "Some answers are texts now and others are not."
    forms = {MEDIA_TYPES.get(t.media_type.partition(";")[0].strip().lower(), "") for t in texts}
    if len(forms) != 1 or "" in forms:
        return f"The API answers as {texts[0].media_type}, which cannot be read as rows."
    (form,) = forms
    try:
        for text in texts:
            tables.rows(text.answer, form)
    except tables.NotRows as error:
        return f"The new answers look like {FORMS[form]}, but {error}."
    return form


def known_places(recorded: Exchange, wrapper: Wrapper) -> list[Path]:
    """Places that answers had before: what stands there now is not new."""
    found = list(leaves_of(recorded.result))
    with suppress(WrapperError):
        found += leaves_of(wrapper.response(recorded.answer))
    return found
