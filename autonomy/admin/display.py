"""How values look on a staff page: badges, budget bars, ages, links and abridged JSON.

Everything returns text that is safe to place in HTML: titles, goals and tool output come from
outside, so they only ever pass through `format_html`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"
JSON_MAX_CHARS = 40_000
"""Longest JSON text put on a page; a document body may hold megabytes."""
TEXT_MAX_CHARS = 2_000
"""Longest single string inside that JSON."""
LIST_MAX_ITEMS = 200

TONES: dict[str, str] = {
    "queued": "waiting",
    "running": "active",
    "waiting_human": "needs-you",
    "paused": "needs-you",
    "succeeded": "good",
    "failed": "bad",
    "cancelled": "quiet",
    "pending": "waiting",
    "done": "good",
    "skipped": "quiet",
    "parsing": "active",
    "embedding": "active",
    "ready": "good",
    "awaiting_report": "needs-you",
    "report_ready": "active",
    "accepted": "good",
    "rejected": "bad",
    "open": "waiting",
    "claimed": "active",
    "withdrawn": "quiet",
    "intent": "active",
    "unknown": "bad",
    "quoted": "good",
    "close": "good",
    "supported": "good",
    "partly": "needs-you",
    "unsupported": "bad",
    "contradicted": "bad",
    "verified": "good",
    "mismatch": "bad",
    "not_found": "bad",
    "unreachable": "needs-you",
    "alive": "good",
    "gone": "quiet",
    "retry": "needs-you",
    "error": "bad",
}
"""State → colour class of `admin.css`; a state that is not listed is shown neutrally."""


def badge(state: str, *, tone: str | None = None) -> SafeString:
    """A state in a coloured pill; its words are always there, colour only repeats them."""
    if not state:
        return format_html("{}", NOTHING)
    return format_html(
        '<span class="hw-badge hw-{}">{}</span>',
        tone or TONES.get(state, "quiet"),
        state.replace("_", " "),
    )


def meter(spent: float, limit: float, *, reserved: float = 0, text: str) -> SafeString:
    """A bar of what is spent (solid) and reserved (pale) of a limit, with the figures in words."""
    whole = limit if limit > 0 else max(spent + reserved, 1)
    solid = min(100.0, 100 * spent / whole)
    pale = min(100.0 - solid, 100 * reserved / whole)
    tone = "bad" if solid >= 100 else "needs-you" if solid + pale >= 80 else "active"
    return format_html(
        '<span class="hw-meter" role="img" aria-label="{}">'
        '<span class="hw-fill hw-{}" style="width:{}%"></span>'
        '<span class="hw-reserved" style="width:{}%"></span></span>'
        '<span class="hw-figure">{}</span>',
        text,
        tone,
        f"{solid:.1f}",
        f"{pale:.1f}",
        text,
    )


def age(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in the largest unit that still says something: 45 s, 12 min, 5 h, 3 d."""
    if moment is None:
        return NOTHING
    passed = max((now or timezone.now()) - moment, timedelta())
    seconds = int(passed.total_seconds())
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 90 * 60:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86_400} d"


def size(count: int | None) -> str:
    """Bytes as a person reads them."""
    if count is None:
        return NOTHING
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def admin_url(model: str, pk: object, page: str = "change", app: str = "autonomy") -> str:
    """Address of an admin page; empty where the model has none."""
    try:
        return reverse(f"admin:{app}_{model}_{page}", args=[pk])
    except NoReverseMatch:
        return ""


def link(obj: Model | None, text: str | None = None) -> SafeString:
    """A link to the admin page of `obj`, or its words alone where there is none."""
    if obj is None:
        return format_html("{}", NOTHING)
    meta = obj._meta
    url = admin_url(meta.model_name or "", obj.pk, app=meta.app_label)
    words = text if text is not None else str(obj)
    return (
        format_html('<a class="hw-link" href="{}">{}</a>', url, words)
        if url
        else format_html("{}", words)
    )


def abridge(value: Any) -> Any:
    """The same JSON with long strings and long lists cut, each saying how much was left out."""
    if isinstance(value, str):
        left = len(value) - TEXT_MAX_CHARS
        return value if left <= 0 else f"{value[:TEXT_MAX_CHARS]}… ({left:,} characters more)"
    if isinstance(value, dict):
        return {str(key): abridge(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        kept = [abridge(item) for item in value[:LIST_MAX_ITEMS]]
        left = len(value) - LIST_MAX_ITEMS
        return kept if left <= 0 else [*kept, f"… ({left:,} items more)"]
    return value


def json_text(value: Any) -> str:
    """Indented JSON of at most `JSON_MAX_CHARS` characters; what JSON lacks is shown as text."""
    text = json.dumps(abridge(value), indent=2, ensure_ascii=False, default=str)
    left = len(text) - JSON_MAX_CHARS
    return text if left <= 0 else f"{text[:JSON_MAX_CHARS]}\n… ({left:,} characters more)"


def json_block(value: Any) -> SafeString:
    if value in (None, "", {}, []):
        return format_html("{}", NOTHING)
    return format_html('<pre class="hw-json">{}</pre>', json_text(value))


def short(text: str, limit: int = 120) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
