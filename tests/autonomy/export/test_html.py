from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from autonomy.export.html import clean, page, render_html
from tests.autonomy.export.works import WORKS, document

STYLES = ("harvard", "apa", "mla", "chicago", "vancouver", "ieee", "chicago-notes-bibliography")
EVERY_WORK = [name.replace("_", "X") for name in WORKS]


class Elements(HTMLParser):
    """Start tags with their attributes, in order; complains of tags that do not match."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(markup)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("br", "hr", "meta", "!doctype"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [a for _, a in self.found if name in (a.get("class") or "").split()]


@pytest.mark.parametrize("style", STYLES)
def test_every_marker_survives_in_every_style(style: str) -> None:
    text = " ".join(
        f"Claim [[p:{name}-4]][[p:{name}-5]] and [[n:{name}-6]] too." for name in EVERY_WORK
    )
    draft = document(text, f"> Quote. [[p:{EVERY_WORK[0]}-4]]", style=style)
    links = Elements(render_html(draft)).of_class("cite-link")
    passages = [p for link in links for p in (link["data-passages"] or "").split()]
    markers = [int(m) for link in links for m in (link["data-marker"] or "").split()]
    assert sorted(set(passages)) == sorted(draft.cited_passage_ids())
    assert markers == list(range(1, 3 * len(EVERY_WORK) + 2))


def test_a_citation_links_to_its_reference() -> None:
    elements = Elements(render_html(document("True [[p:book-4]].")))
    link = elements.of_class("cite-link")[0]
    assert link["href"] == "#ref-booth2008"
    assert [a["id"] for a in elements.of_class("reference")] == ["ref-booth2008"]


def test_ids_can_be_kept_apart() -> None:
    elements = Elements(render_html(document("True [[p:book-4]]."), id_prefix="m7-"))
    assert elements.of_class("cite-link")[0]["href"] == "#m7-ref-booth2008"
    assert all((a["id"] or "m7-").startswith("m7-") for _, a in elements.found if "id" in a)


def test_the_title_is_the_only_first_level_heading() -> None:
    markup = render_html(document("# Own heading\n\ntext [[p:book-1]]", notice="No model."))
    tags = [tag for tag, _ in Elements(markup).found if re.fullmatch(r"h\d", tag)]
    assert tags == ["h1", "h2", "h3", "h2"]
    assert '<div class="document-notice" role="note">' in markup


def test_mathematics_is_mathml_without_its_source() -> None:
    markup = render_html(document("See $\\frac{a}{b}$."))
    assert "<mfrac><mi>a</mi><mi>b</mi></mfrac>" in markup
    assert "annotation" not in markup
    assert "\\frac" not in markup


def test_columns_are_aligned_by_class() -> None:
    markup = render_html(document("|a|b|\n|-|-:|\n|1|2|"))
    assert '<td class="align-right">2</td>' in markup
    assert "style=" not in markup


def test_tables_can_scroll() -> None:
    assert '<div class="table-scroll" tabindex="0" role="group">' in render_html(
        document("|a|\n|-|\n|b|")
    )


HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> <svg/onload=alert(3)>"
    '\n\n<iframe src="https://evil.example"></iframe>\n\n[a](javascript:alert(4))'
    ' [b](data:text/html,x) <a href="#" onclick="x">c</a> [d](https://ok.example "t\\" onx=y")'
    "\n\n`<b>`{=html}\n\n```{=html}\n<script>alert(5)</script>\n```\n"
)


def test_hostile_markdown_is_harmless() -> None:
    elements = Elements(page(document(HOSTILE)))
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "p",
        "a",
        "code",
        "pre",
    }
    assert {tag for tag, _ in elements.found} <= allowed
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "https://").startswith(("https://", "#"))


def test_hostile_names_and_titles_are_harmless() -> None:
    evil = '"><script>alert(1)</script>'
    draft = document("True [[p:book-4]].", title=evil, notice=evil, language=evil)
    csl = {**WORKS["book"], "title": evil, "author": [{"literal": evil}], "publisher": evil}
    draft = draft.model_copy(
        update={"sources": tuple(s.model_copy(update={"csl": csl}) for s in draft.sources)}
    )
    markup = page(draft)
    assert "<script" not in markup
    assert Elements(markup).of_class("cite-link")


def test_cleaning_keeps_only_what_this_module_makes() -> None:
    dirty = (
        '<p class="evil" onclick="x">a</p><a class="cite-link other" href="javascript:x"'
        ' data-passages="p1">b</a><style>c</style><form><input></form>'
    )
    assert clean(dirty) == ('<p>a</p><a class="cite-link" data-passages="p1">b</a>')


def test_the_page_stands_alone() -> None:
    markup = page(document("True [[p:book-4]].", language="en-GB"))
    assert markup.startswith("<!DOCTYPE html>")
    assert '<html lang="en-GB">' in markup
    assert "default-src 'none'" in markup
    assert not re.search(r"(?:src|@import)\s*=?\s*[\"'(]?https?:", markup)
