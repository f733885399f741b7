from __future__ import annotations

from typing import Any

import pytest

from autonomy.library.imports.read import Imports, read_bibliography


def read(text: str) -> Imports:
    return read_bibliography(text, most=100)


def only(text: str) -> dict[str, Any]:
    result = read(text)
    assert not result.problems
    [reference] = result.references
    return reference.csl


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"{\"U}bergr{\"o}{\ss}en", "Übergrößen"),
        (r"Garc{\'\i}a and \v{C}apek, \O{}rsted", "García and Čapek, Ørsted"),
        (r"A $\alpha$-study of {DNA} at 5\% \& more", "A α-study of DNA at 5% & more"),
        ("Ink---a ``quiet'' history, 1900--1910", "Ink—a “quiet” history, 1900–1910"),
        (r"On \emph{Homo sapiens}", "On Homo sapiens"),
        ("100 % sure", "100 % sure"),
        (r"\input{/etc/passwd}Safe", "Safe"),
    ],
)
def test_latex_becomes_plain_text(written: str, meant: str) -> None:
    assert only(f"@book{{k, title={{{written}}}}}")["title"] == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (
            "Jan van der Berg",
            {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
        ),
        (
            "van der Berg, Jan",
            {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
        ),
        ("King, Jr., Martin L.", {"family": "King", "given": "Martin L.", "suffix": "Jr."}),
        ("{World Health Organization}", {"literal": "World Health Organization"}),
        ("Madonna", {"literal": "Madonna"}),
        (
            "family=Berg, given=Jan, prefix=van der",
            {"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"},
        ),
    ],
)
def test_names_keep_their_parts(written: str, meant: dict[str, str]) -> None:
    assert only(f"@book{{k, title={{T}}, author={{{written}}}}}")["author"] == [meant]


def test_others_are_nobody() -> None:
    item = only("@book{k, title={T}, author={Lee, Ann and Kim, Bo and others}}")
    assert [person["family"] for person in item["author"]] == ["Lee", "Kim"]


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ("year=2019", [[2019]]),
        ("year={2019}, month=mar", [[2019, 3]]),
        ("year=2019, month={March}, day=4", [[2019, 3, 4]]),
        ('year=2019, month = mar # "~12"', [[2019, 3, 12]]),
        ("year=2019, month={10}", [[2019, 10]]),
        ("year=2019, month={13}", [[2019]]),
        ("date={2022-03-14}", [[2022, 3, 14]]),
        ("date={2020-05}", [[2020, 5]]),
        ("date={2019/2021}", [[2019], [2021]]),
        ("date={2020~}", [[2020]]),
    ],
)
def test_dates(fields: str, parts: list[list[int]]) -> None:
    assert only(f"@book{{k, title={{T}}, {fields}}}")["issued"] == {"date-parts": parts}


def test_a_year_that_is_none_stays_as_words() -> None:
    item = only("@phdthesis{k, title={T}, school={MIT}, year={in press}}")
    assert item["issued"] == {"literal": "in press"}
    assert (item["type"], item["genre"], item["publisher"]) == ("thesis", "PhD thesis", "MIT")


def test_strings_are_resolved_and_joined() -> None:
    item = only('@string{jds = {Data Studies}}\n@article{k, title="T", journal="J. of " # jds}')
    assert item["container-title"] == "J. of Data Studies"


def test_a_chapter_takes_what_it_lacks_from_its_book() -> None:
    result = read(
        "@inproceedings{a, title={A}, author={Lee, Ann}, pages={1--4}, crossref={p}}\n"
        "@proceedings{p, title={Proceedings of X}, editor={Kim, Bo}, year={2020}, publisher={ACM}}"
    )
    paper = result.references[0].csl
    assert paper["container-title"] == "Proceedings of X"
    assert paper["editor"] == [{"family": "Kim", "given": "Bo"}]
    assert paper["page"] == "1-4"
    assert result.references[1].csl["title"] == "Proceedings of X"


def test_a_preprint_keeps_its_number() -> None:
    item = only(
        "@misc{k, title={T}, eprint={2101.00001}, archiveprefix={arXiv}, primaryclass={cs.CL}}"
    )
    assert item["type"] == "article"
    assert item["number"] == "arXiv:2101.00001"
    assert item["URL"] == "https://arxiv.org/abs/2101.00001"


def test_addresses_are_not_text() -> None:
    item = only(r"@online{k, title={T}, url={https://example.org/a\_b%20c~d}}")
    assert item["URL"] == "https://example.org/a_b%20c~d"


def test_files_on_somebodys_disk_are_left_out() -> None:
    item = only("@book{k, title={T}, file={:/home/ann/x.pdf:PDF}, bdsk-file-1={AAA}}")
    assert "/home" not in str(item)


def test_a_bad_entry_does_not_take_the_others_along() -> None:
    result = read(
        "@book{good, title={Good}}\n\n@article{bad, author={Foo, title={x}\n"
        "@book{empty, year=1999}\n@book{last, title={Last}}"
    )
    assert [reference.key for reference in result.references] == ["good", "last"]
    assert [(bad.key, bad.line) for bad in result.problems] == [("bad", 3), ("empty", 4)]
    assert "braces" in result.problems[0].message


def test_a_field_and_a_key_that_come_twice_lose_nothing() -> None:
    result = read("@book{k, title={One}}\n@book{k, title={Two}}\n@book{f, title={A}, title={B}}")
    assert [reference.csl["title"] for reference in result.references] == ["One", "Two", "A"]
    assert result.references[2].remark


def test_deep_braces_fail_one_entry_only() -> None:
    deep = "{" * 3000 + r"\'e" + "}" * 3000
    result = read(f"@book{{deep, title={{{deep}}}}}\n@book{{k, title={{Fine}}}}")
    assert result.references[-1].csl["title"] == "Fine"
