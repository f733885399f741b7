"""The style sheets of one page are one name space: a component is dressed in one of them."""

from __future__ import annotations

import re
from collections import defaultdict

from django.conf import settings

SHARED = {
    "form": "the same in the entrance and on pages",
    "stage": "laid out with the conversation, and anew where the document covers it",
}
"""Classes that two files dress on purpose, and why."""
ALONE = re.compile(r"^\s*\.([a-z][a-z0-9-]*)\s*[{,]", re.MULTILINE)


def test_no_two_style_sheets_dress_the_same_class() -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for sheet in sorted((settings.BASE_DIR / "static" / "css").glob("*.css")):
        for name in ALONE.findall(sheet.read_text()):
            places[name].add(sheet.name)
    assert len(places) > 100
    twice = {name: files for name, files in places.items() if len(files) > 1}
    assert set(twice) == set(SHARED), {n: f for n, f in twice.items() if n not in SHARED}
