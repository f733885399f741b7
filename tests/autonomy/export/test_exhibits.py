"""Computed tables and figures in every format."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pypdfium2
import pytest
from docx.oxml.ns import qn

from autonomy.core.analysis import Provenance, ResultColumn
from autonomy.export.document import Document, Section
from autonomy.export.docx import write_docx
from autonomy.export.exhibits import LISTED_LINES, Exhibit, placing
from autonomy.export.formats import export
from autonomy.export.html import page, render_html
from autonomy.export.latex import write_latex
from autonomy.export.markdown import write_markdown
from tests.files.pictures import png

ALT = 'Bars: "East" is highest (<b>5</b>).'
FIGURE = Exhibit(
    id="write-data-1-f1", kind="figure", number=1, title="Price by region", note="n = 10.", alt=ALT, artifact_id="x", png=png()
)  # fmt: skip
TABLE = Exhibit(
    id="write-data-1-t1",
    kind="table",
    number=1,
    title="Means",
    columns=(ResultColumn(name="Region"), ResultColumn(name="Mean", unit="€", numeric=True)),
    rows=(("<script>alert(1)</script>", "1,234.50"), ("[West](http://e.example) **x**", "−2")),
)
PROVENANCE = Provenance(
    program='import os\n# 2 columns, 10 rows. Empty cells are missing; nothing else is.\nprint("own part")\n',
    author="rule",
    file_name="sales.csv",
    source_sha256="a" * 64,
    data_sha256="b" * 64,
    program_sha256="c" * 64,
    versions={"python": "3.11.7", "pandas": "3.1.1"},
    tier="bubblewrap",
    seconds=2.25,
)


def document(*exhibits: Exhibit, text: str = "", provenance: bool = True) -> Document:
    lines = [placing(exhibit.id, exhibit.label) for exhibit in exhibits]
    markdown = "\n\n".join(["Table 1 and Figure 1 show it.", *lines, text])
    return Document(
        title="Sales",
        sections=(Section(id="write-data-1", heading="Results", markdown=markdown, computed=True),),
        exhibits=exhibits,
        provenance=(PROVENANCE,) if provenance else (),
    )


def test_word_shows_both_with_captions_and_describes_the_picture() -> None:
    word = docx.Document(io.BytesIO(write_docx(document(TABLE, FIGURE))))

    assert [p.get("descr") for p in word.element.body.iter(qn("wp:docPr"))] == [ALT]
    inner = [p.get("descr") for p in word.element.body.iter(qn("pic:cNvPr"))]
    assert inner == [ALT], "no address of the picture is left in its name"
    texts = [p.text for p in word.paragraphs]
    assert "Figure 1. Price by region. n = 10." in texts
    assert "Table 1. Means." in texts
    assert [c.text for c in word.tables[0].rows[1].cells] == [
        "<script>alert(1)</script>",
        "1,234.50",
    ]
    assert "How this was computed" in texts
    assert any("own part" in text for text in texts)
    assert not any("import os" in text for text in texts)


def test_a_long_program_is_named_and_not_printed() -> None:
    long = PROVENANCE.model_copy(
        update={"program": "# 2 columns, 10 rows.\n" + "own_part = 1\n" * LISTED_LINES}
    )
    made = document(TABLE).model_copy(update={"provenance": (long,)})

    texts = [p.text for p in docx.Document(io.BytesIO(write_docx(made))).paragraphs]

    assert not any("own_part" in text for text in texts)
    assert any("with the checksum below" in text for text in texts)
    assert any(long.program_sha256 in text for text in texts)


def test_pdf_has_the_captions_and_the_description() -> None:
    data = export(document(TABLE, FIGURE), "pdf").data

    pdf = pypdfium2.PdfDocument(data)
    text = " ".join(p.get_textpage().get_text_range() for p in pdf)
    assert "Figure 1. Price by region. n = 10." in " ".join(text.split())
    assert "Table 1. Means." in " ".join(text.split())
    assert text.count("Figure 1.") == 1
    kinds = [o.type for p in pdf for o in p.get_objects()]
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE in kinds


def test_a_page_carries_its_pictures_and_a_fragment_links_to_ours() -> None:
    alone = page(document(TABLE, FIGURE))
    address = "/api/v2/runs/1/artifacts/2/download?format=png"
    linked = FIGURE.model_copy(update={"png": b"", "url": address})
    fragment = render_html(document(TABLE, linked))

    assert 'src="data:image/png;base64,' in alone
    assert f'src="{address}"' in fragment
    for markup in (alone, fragment):
        assert "&lt;b&gt;5&lt;/b&gt;" in markup or "<b>5</b>)" in markup
        assert re.search(
            r"<figcaption[^>]*>Figure 1\. Price by region\. n = 10\.</figcaption>", markup
        )
        assert "<caption>Table 1. Means.</caption>" in markup
        assert "<script>" not in markup
        assert "http://e.example" not in re.findall(r'href="([^"]*)"', markup)


def test_text_formats_refer_to_files_and_come_with_them() -> None:
    made = document(TABLE, FIGURE)
    assert "![" in write_markdown(made)
    assert "(figures/figure-1.png)" in write_markdown(made)
    latex = write_latex(made)
    assert r"\caption{Figure 1. Price by region. n = 10.}" in latex
    assert r"\caption{Table 1. Means.}" in latex
    assert "{figures/figure-1.png}" in latex
    for format in ("md", "tex"):
        exported = export(made, format)
        assert exported.media_type == "application/zip"
        assert exported.file_name == "sales.zip"
        with zipfile.ZipFile(io.BytesIO(exported.data)) as archive:
            assert archive.read("figures/figure-1.png") == FIGURE.png
            assert archive.read("computed/program-1.py").decode() == PROVENANCE.program
        assert export(made, format).data == exported.data


def test_without_figures_text_formats_stay_texts() -> None:
    assert export(document(TABLE), "md").media_type.startswith("text/markdown")


def test_a_picture_that_is_gone_leaves_its_caption_and_description() -> None:
    gone = FIGURE.model_copy(update={"png": b""})

    assert ALT.replace('"', "") in write_markdown(document(gone)).replace("\\", "").replace('"', "")
    assert write_docx(document(gone))


@pytest.mark.parametrize(
    "text",
    [
        "![x](exhibit:nobody)",
        "![x](https://e.example/pixel.png)",
        "![x](data:image/png;base64,AAAA)",
        "[x](exhibit:write-data-1-f1)",
        '<img src="x">',
    ],
)
def test_no_other_picture_is_ever_shown(text: str) -> None:
    markup = page(document(text=text, provenance=False))

    assert "<img" not in markup
    assert not re.findall(r'href="(?:data|exhibit):', markup)


def test_words_of_tables_and_figures_do_not_count() -> None:
    assert document(TABLE, FIGURE).words() == 7


def test_pictures_are_not_stored_with_the_document() -> None:
    stored = document(TABLE, FIGURE).model_dump_json()

    assert "png" not in stored
    assert "own part" not in stored
    assert Document.model_validate_json(stored).exhibits[1].artifact_id == "x"
