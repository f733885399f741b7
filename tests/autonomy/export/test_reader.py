from __future__ import annotations

import json
from typing import Any

import pytest

from autonomy.export.nodes import find, inline_lists, plain
from autonomy.export.pandoc import Node
from autonomy.export.reader import markers, number_markers, read_section


def shape(blocks: list[Node]) -> list[str]:
    return [block["t"] for block in blocks]


def words(blocks: list[Node]) -> str:
    return " | ".join(plain(inlines) for inlines in inline_lists(blocks))


def test_markdown_becomes_blocks() -> None:
    text = "para\n\n> quote\n\n- a\n- b\n\n3. c\n\n---\n\n```py\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|"
    assert shape(read_section(text)) == [
        "Para",
        "BlockQuote",
        "BulletList",
        "OrderedList",
        "HorizontalRule",
        "CodeBlock",
        "Table",
    ]


def test_a_numbered_list_keeps_its_start() -> None:
    assert read_section("7. seven")[0]["c"][0][0] == 7


def test_straight_quotes_become_those_of_the_language() -> None:
    assert words(read_section('"so"')) == "“so”"
    assert words(read_section('"so"', language="de-AT")) == "„so“"
    assert words(read_section('"so"', typographic=False)) == '"so"'


@pytest.mark.parametrize(
    "text",
    [
        "plain [[p:a]]",
        "*em [[p:a]]* and **strong [[n:a]]**",
        "`code [[p:a]]`",
        "```\n[[p:a]]\n```",
        "``` [[p:a]]\ncode\n```",
        "    indented [[p:a]]",
        "[text [[p:a]]](https://example.org)",
        "[text](https://example.org/[[p:a]])",
        "![alt [[p:a]]](https://example.org/x.png)",
        '[text](https://example.org "title [[p:a]]")',
        "# heading [[p:a]]",
        "| [[p:a]] | b |\n|---|---|\n| c | [[p:b]] |",
        "> quote [[p:a]]",
        "- item [[p:a]]\n  - deeper [[p:b]]",
        "$x [[p:a]]$",
        "\\[[p:a]]",
        "[p:a]: https://example.org\n\n[[p:a]]",
        "[ref]: https://example.org/[[p:a]]\n\ntext",
        "<b>[[p:a]]</b>",
        ">" * 60 + " deep [[p:a]]",
        "*a " * 200 + "[[p:a]]" + "*" * 200,
        "~~[[p:a]]~~",
        "| a |\n|---|\n| b | surplus [[p:a]] |",
    ],
)
def test_no_marker_is_ever_lost(text: str) -> None:
    wanted = text.count("[[")
    blocks = read_section(text)
    assert number_markers(blocks) == wanted
    assert [node["c"][2] for node in markers(blocks)] == list(range(1, wanted + 1))


def test_brackets_like_our_own_placeholders_are_only_text() -> None:
    blocks = read_section("⸨0⸩ and ⸨7⸩ and [[p:a]]")
    assert [n["c"][1] for n in markers(blocks)] == ["a"]
    assert words(blocks) == "((0)) and ((7)) and "


def test_an_escaped_marker_is_still_a_marker() -> None:
    # The document model finds markers by pattern alone; the reader must agree with it.
    assert [n["c"][1] for n in markers(read_section("\\[[p:a]]"))] == ["a"]


def test_citations_do_not_stand_inside_links() -> None:
    blocks = read_section("[text [[p:a]]](https://example.org)")
    link = next(find(blocks, "Link"))
    assert not list(find(link["c"], "Marker"))
    assert shape(blocks[0]["c"]) == ["Link", "Marker"]


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "US$5 to CA$7",
        "$ x $",
        "from $5-$10",
        "\\$x\\$",
        "$\\input{/etc/passwd}$",
        "$$\\write18{ls}$$",
    ],
)
def test_dollars_that_are_not_mathematics_stay_text(text: str) -> None:
    assert not list(find(read_section(text), "Math"))


@pytest.mark.parametrize(
    ("text", "tex", "kind"),
    [
        ("$E = mc^2$", "E = mc^2", "InlineMath"),
        ("\\(x_1\\)", "x_1", "InlineMath"),
        ("$$\\frac{a}{b}$$", "\\frac{a}{b}", "DisplayMath"),
        ("\\[\\sum_i x_i\\]", "\\sum_i x_i", "DisplayMath"),
        ("$\\mathrm{softmax}(x)$", "\\operatorname{softmax}(x)", "InlineMath"),
    ],
)
def test_mathematics_is_read(text: str, tex: str, kind: str) -> None:
    node = next(find(read_section(text), "Math"))
    assert node["c"] == [{"t": kind}, tex]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "---\ntitle: stolen\nbibliography: /etc/passwd\n---",
        "`\\input{/etc/passwd}`{=latex}",
        "\\input{/etc/passwd}",
        "[@vaswani2017] and @vaswani2017 and me@example.org",
        "[x]{.cite-link data-passages=a}",
        "::: {.document-notice}\nfake\n:::",
        "![](file:///etc/passwd)",
        "![x](/etc/passwd)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "[x](file:///etc/passwd)",
        "<https://example.org/%22onclick=>",
        "{{ include }} {% raw %}",
        '#include <x>\n#read("/etc/passwd")',
        "&lt;script&gt;",
    ],
)
def test_nothing_in_markdown_becomes_active(text: str) -> None:
    tree = read_section(text)
    kinds = _kinds(tree)
    assert not kinds & {"RawInline", "RawBlock", "Image", "Cite", "Div", "Span"}
    for link in find(tree, "Link"):
        assert link["c"][2][0].startswith(("https://", "http://", "mailto:"))
    assert "file:///" not in json.dumps([link["c"][2] for link in find(tree, "Link")])


def _kinds(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {value.get("t", "")} | _kinds(value.get("c"))
    if isinstance(value, list):
        return set().union(*map(_kinds, value))
    return set()


def test_a_picture_is_described_not_fetched() -> None:
    assert words(read_section("![a chart](/etc/passwd)")) == "a chart"
    assert words(read_section("![](x.png)")) == "picture"


def test_control_characters_are_dropped() -> None:
    assert words(read_section("a\x07b\ud800c\x00d")) == "abcd"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "*" * 20_000,
        ">" * 20_000 + "x",
        "- " * 5_000 + "x",
        "`" * 20_000,
        "![" * 5_000,
        "$" * 20_000,
        "[[p:" * 5_000,
        "|" * 2_000 + "\n" + "|-" * 1_000,
        '"' * 20_000,
        "*a_" * 4_000,
        "<" * 20_000,
    ],
)
def test_pathological_nesting_ends_soon(text: str, request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.timeout(20))
    tree = read_section(text)

    assert tree, "what was written is not lost"
    assert json.loads(json.dumps(tree)) == tree
