from __future__ import annotations

import pytest

from autonomy.export.latex import write_latex
from tests.autonomy.export.works import document


def body(source: str) -> str:
    return source.partition("\\begin{document}")[2]


def test_latex_is_a_whole_document() -> None:
    source = write_latex(
        document("True & new [[p:book-4]].", date="2026-11-22", notice="No model.")
    )
    assert "\\documentclass" in source
    assert "\\title{A study of reading}" in source
    assert "True \\& new (Booth, Colomb and Williams, 2008, p. 4)." in source
    assert "\\emph{No model.}" in source
    assert "\\section*{References}" in source
    assert "\\emph{The craft of inquiry}" in source
    assert source.rstrip().endswith("\\end{document}")


def test_numbered_references_keep_their_label() -> None:
    source = write_latex(document("True [[p:book-4]].", style="vancouver"))
    assert "\\CSLLeftMargin{1.}" in source


@pytest.mark.parametrize(
    "text",
    [
        "\\input{/etc/passwd}",
        "\\write18{ls}",
        "`\\input{/etc/passwd}`{=latex}",
        "```{=latex}\n\\input{/etc/passwd}\n```",
        "$\\input{/etc/passwd}$",
        "<!-- --> \\end{document} \\include{x}",
        "```\n\\end{verbatim}\\input{/etc/passwd}\n```",
        "\\immediate\\openin5=/etc/passwd",
    ],
)
def test_commands_in_the_text_are_printed_not_run(text: str) -> None:
    source = body(write_latex(document(text, title=text, notice=text)))
    # What stands in verbatim is not run either, as long as verbatim is not left.
    assert source.count("\\end{verbatim}") == source.count("\\begin{verbatim}")
    outside = source
    while "\\begin{verbatim}" in outside:
        before, _, rest = outside.partition("\\begin{verbatim}")
        outside = before + rest.partition("\\end{verbatim}")[2]
    for command in ("\\input", "\\include{", "\\write", "\\openin", "\\immediate"):
        assert command not in outside
    assert source.count("\\end{document}") == 1
