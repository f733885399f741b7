from __future__ import annotations

import pytest

from autonomy.export.texmath import is_safe, tidy


@pytest.mark.parametrize(
    "tex",
    [
        "E = mc^2",
        r"\frac{QK^T}{\sqrt{d_k}}",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"\left\{ x \mid x > 0 \right\}",
        r"50\%",
        r"\operatorname{softmax}(z)_i",
    ],
)
def test_formulas_pass(tex: str) -> None:
    assert is_safe(tex)


@pytest.mark.parametrize(
    "tex",
    [
        "",
        r"\input{/etc/passwd}",
        r"\include{x}",
        r"\write18{rm -rf /}",
        r"\csname input\endcsname",
        r"\def\a{\a\a}\a",
        r"^^5cinput{/etc/passwd}",
        r"\begin{filecontents}{x}",
        r"\begin {verbatim}",
        r"\begin{matrix}\end{document}",
        r"\href{file:///etc/passwd}{x}",
        r"\catcode`\@=0",
        r"}{",
        r"{" * 40 + "}" * 40,
        r"a % comment",
        r"#1",
        "x\\",
        "x" * 3_000,
    ],
)
def test_everything_else_is_refused(tex: str) -> None:
    assert not is_safe(tex)


def test_words_become_operators() -> None:
    assert tidy(r" \mathrm{softmax} x_{\mathrm{d}} ") == r"\operatorname{softmax} x_{\mathrm{d}}"
