"""What is in doubt, at the end of every format that is read."""

from __future__ import annotations

import pytest

from autonomy.export.appendix import (
    Appendix,
    FlaggedClaim,
    FlaggedReference,
    TakenOut,
    appendix_blocks,
)
from autonomy.export.document import Document, Section
from autonomy.export.formats import export

APPENDIX = Appendix(
    claims=(
        FlaggedClaim(
            claim="Cover fell by [40 %](javascript:x) <script>",
            source="Okoye (2019)",
            page=4,
            verdict="contradicted?",
            reason="the passage has 12 %",
        ),
    ),
    references=(FlaggedReference(work="Okoye (2019): Reefs", verdict="not found"),),
    removed=(TakenOut(text="Fish rose by 4711.", reason="the number is not there"),),
)
DOCUMENT = Document(
    title="Reefs", sections=(Section(id="a", heading="A part", markdown="Plain words."),)
)


@pytest.mark.parametrize("format", ["docx", "pdf", "html", "md", "tex"])
def test_every_format_that_is_read_ends_with_it(format: str) -> None:
    with_it = export(DOCUMENT.model_copy(update={"appendix": APPENDIX}), format).data
    without = export(DOCUMENT, format).data

    assert len(with_it) > len(without)
    if format in ("html", "md", "tex"):
        text = with_it.decode()
        assert text.index("Citation checks") > text.index("Plain words")
        assert "contradicted?" in text
        assert "4711" in text
        assert "<script>" not in text.replace(r"\<script\>", "")
        assert 'href="javascript' not in text
        assert "[40 %](javascript" not in text or format != "md"
        assert "Citation checks" not in without.decode()


def test_nothing_in_doubt_means_no_appendix() -> None:
    assert appendix_blocks(None) == appendix_blocks(Appendix()) == []


def test_it_is_never_stored_with_the_document() -> None:
    document = DOCUMENT.model_copy(update={"appendix": APPENDIX})

    assert "appendix" not in document.model_dump(mode="json")
