"""Every file that holds text of a simulated model says so on its first page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import docx
import pypdfium2
import pytest

from autonomy.export.formats import export
from autonomy.export.html import render_html
from autonomy.export.render import SIMULATED_NOTICE
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


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("notice", ["", "Parts were composed by rule."])
def test_a_simulated_document_says_so_before_its_text(name: str, notice: str) -> None:
    made = document("True [[p:book-4]].", notice=notice)
    text = READERS[name](export(made.model_copy(update={"simulated": True}), name).data)

    assert _letters(SIMULATED_NOTICE) in _letters(text)
    assert _letters(notice) in _letters(text)
    assert _letters(SIMULATED_NOTICE) not in _letters(READERS[name](export(made, name).data))


def test_the_page_that_shows_it_says_so_too() -> None:
    made = document("True [[p:book-4]].").model_copy(update={"simulated": True})

    assert SIMULATED_NOTICE in render_html(made)
