"""Every file that holds text of a simulated model says so on its first page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import docx
import pypdfium2
import pytest

from autonomy.export.document import Document
from autonomy.export.formats import export
from autonomy.export.html import render_html
from autonomy.export.render import SIMULATED_IN_PART, SIMULATED_NOTICE, SIMULATED_PLAN
from tests.autonomy.export.works import document


def _of_docx(data: bytes) -> str:
    return " ".join(p.text for p in docx.Document(io.BytesIO(data)).paragraphs[:6])


def _of_pdf(data: bytes) -> str:
    text: str = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    return text


READERS: dict[str, Callable[[bytes], str]] = {
    "docx": _of_docx,
    "pdf": _of_pdf,
    "md": bytes.decode,
    "html": bytes.decode,
    "tex": bytes.decode,
}


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


def _simulated(made: Document, *sections: bool) -> Document:
    """The document with a simulated model's part in it: of the plan, and of these sections."""
    marked = zip(made.sections, sections, strict=True)
    changed = tuple(section.model_copy(update={"simulated": by}) for section, by in marked)
    return made.model_copy(update={"simulated": True, "sections": changed})


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("notice", ["", "Parts were composed by rule."])
def test_a_simulated_document_says_so_before_its_text(name: str, notice: str) -> None:
    made = document("True [[p:book-4]].", notice=notice)
    text = READERS[name](export(_simulated(made, True), name).data)

    assert _letters(SIMULATED_NOTICE) in _letters(text)
    assert _letters(notice) in _letters(text)
    assert _letters(SIMULATED_NOTICE) not in _letters(READERS[name](export(made, name).data))


def test_the_page_that_shows_it_says_so_too() -> None:
    made = _simulated(document("True [[p:book-4]]."), True)

    assert SIMULATED_NOTICE in render_html(made)


def test_a_document_says_what_of_it_is_simulated() -> None:
    made = document("True [[p:book-4]].", "Also [[p:book-7]].", notice="Composed by rule.")

    assert SIMULATED_IN_PART in render_html(_simulated(made, True, False))
    planned = render_html(_simulated(made, False, False))
    assert f"{SIMULATED_PLAN} Composed by rule." in planned
    assert "Written" not in planned
