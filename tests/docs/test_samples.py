"""The samples are what they say: quotations of the files beside them, word for word."""

from __future__ import annotations

import re

import pypdfium2
import pytest

from tests.journeys.client import letters
from tests.samples import FOLDER, SAMPLES, Sample


def text_of(sample: Sample) -> str:
    parts = []
    for path in sample.files:
        if path.suffix == ".pdf":
            with pypdfium2.PdfDocument(path) as pdf:
                parts += [page.get_textpage().get_text_bounded() for page in pdf]
        else:
            parts.append(path.read_text(encoding="utf-8"))
    # Pages break words, and Markdown marks them.
    return letters(re.sub(r"-\s*\n\s*|[*`]|\]\([^)]*\)", "", "\n".join(parts)))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_quotation_of_a_sample_stands_in_its_sources(sample: Sample) -> None:
    body, _, _ = (
        (FOLDER / f"{sample.name}.md").read_text(encoding="utf-8").partition("## References")
    )
    _, _, body = body.partition("## Introduction")
    quoted = list(re.findall(r"“([^”]{40,})”", body))

    assert len(quoted) >= 8
    held = text_of(sample)
    missing = [span for span in quoted if letters(re.sub(r"\\(.)", r"\1", span)) not in held]
    assert not missing


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_says_on_its_first_page_how_it_was_made(sample: Sample) -> None:
    text = (FOLDER / f"{sample.name}.md").read_text(encoding="utf-8")

    assert "Composed without a language model" in text[:600]
