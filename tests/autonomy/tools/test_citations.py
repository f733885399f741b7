"""In-text forms and references, derived from the rules of each style's manual.

Harvard: Cite Them Right, 12th ed. APA: Publication Manual, 7th ed. MLA: Handbook, 9th ed.
Chicago: Manual of Style, 18th ed., author-date. Vancouver: Citing Medicine, 2nd ed.
"""

from __future__ import annotations

import pytest

from autonomy.export.nodes import plain
from autonomy.tools.citations import (
    CitationGroup,
    Cited,
    FormattedCitations,
    format_citations,
    page_locator,
    references_of,
    resolve_style,
    short_authors,
)
from tests.autonomy.export.works import WORKS, people, source, year

STYLES = ("harvard", "apa", "mla", "chicago", "vancouver")


def formatted(
    style: str, names: list[str], *, narrative: bool = False, page: int | None = 4
) -> FormattedCitations:
    """Each of the works cited once, in a group of its own."""
    references, keys = references_of([source(name) for name in names])
    pages = (page,) if page else ()
    groups = [CitationGroup((Cited(keys[name], pages),), narrative) for name in names]
    return format_citations(resolve_style(style), "en", references, groups)


IN_TEXT = {
    # name: harvard, apa, mla, chicago
    "article": (
        "(Smith and Jones, 2019, p. 4)",
        "(Smith & Jones, 2019, p. 4)",
        "(Smith and Jones 4)",
        "(Smith and Jones 2019, 4)",
    ),
    "preprint": ("(Li, 2021, p. 4)", "(Li, 2021, p. 4)", "(Li 4)", "(Li 2021, 4)"),
    "book": (
        "(Booth, Colomb and Williams, 2008, p. 4)",
        "(Booth et al., 2008, p. 4)",
        "(Booth et al. 4)",
        "(Booth et al. 2008, 4)",
    ),
    "chapter": (
        "(Okafor, 2020, p. 4)",
        "(Okafor, 2020, p. 4)",
        "(Okafor 4)",
        "(Okafor 2020, 4)",
    ),
    "webpage": (
        "(Garcia, 2022, p. 4)",
        "(Garcia, 2022, p. 4)",
        "(Garcia 4)",
        "(Garcia 2022, 4)",
    ),
    "no_author": (
        "(A quiet history of ink, 2015, p. 4)",
        "(A Quiet History of Ink, 2015, p. 4)",
        "(A Quiet History of Ink 4)",
        "(A Quiet History of Ink 2015, 4)",
    ),
    "no_date": (
        "(Brown, no date, p. 4)",
        "(Brown, n.d., p. 4)",
        "(Brown 4)",
        "(Brown, n.d., 4)",
    ),
    "many_authors": (
        "(Adams et al., 2020, p. 4)",
        "(Adams et al., 2020, p. 4)",
        "(Adams et al. 4)",
        "(Adams et al. 2020, 4)",
    ),
    "organisation": (
        "(World Health Organization, 2023, p. 4)",
        "(World Health Organization, 2023, p. 4)",
        "(World Health Organization 4)",
        "(World Health Organization 2023, 4)",
    ),
    "non_ascii": (
        "(Dvořák and Çelik, 2018, p. 4)",
        "(Dvořák & Çelik, 2018, p. 4)",
        "(Dvořák and Çelik 4)",
        "(Dvořák and Çelik 2018, 4)",
    ),
}


@pytest.mark.parametrize("style", ["harvard", "apa", "mla", "chicago"])
def test_parenthetical_citations_name_author_year_and_page_as_the_style_does(style: str) -> None:
    column = ("harvard", "apa", "mla", "chicago").index(style)
    result = formatted(style, list(IN_TEXT))
    printed = dict(zip(IN_TEXT, map(plain, result.citations), strict=True))
    assert printed == {name: forms[column] for name, forms in IN_TEXT.items()}


@pytest.mark.parametrize(
    ("style", "article", "no_date"),
    [
        ("harvard", "Smith and Jones (2019, p. 4)", "Brown (no date, p. 4)"),
        ("apa", "Smith and Jones (2019, p. 4)", "Brown (n.d., p. 4)"),
        ("mla", "Smith and Jones (4)", "Brown (4)"),
        ("chicago", "Smith and Jones (2019, 4)", "Brown (n.d., 4)"),
        ("vancouver", "Smith and Jones (1)", "Brown (2)"),
        ("ieee", "Smith and Jones [1, p. 4]", "Brown [2, p. 4]"),
    ],
)
def test_narrative_citations_leave_the_authors_in_the_sentence(
    style: str, article: str, no_date: str
) -> None:
    result = formatted(style, ["article", "no_date"], narrative=True)
    assert [plain(c) for c in result.citations] == [article, no_date]


def test_vancouver_numbers_works_in_order_of_first_citation() -> None:
    result = formatted("vancouver", list(WORKS))
    assert [plain(c) for c in result.citations] == [f"({n})" for n in range(1, len(WORKS) + 1)]
    assert [plain(e.label) for e in result.entries] == [f"{n}." for n in range(1, len(WORKS) + 1)]


REFERENCES = {
    "harvard": {
        "article": [
            "Smith, J.A. and Jones, B. (2019) ‘Learning to read graphs’, Journal of Data Studies,",
            "12(3), pp. 45–67",
            "https://doi.org/10.1000/jds.2019.12",
        ],
        "preprint": ["Li, W. (2021) ‘Small models that plan’", "Available at: https://arxiv.org"],
        "book": ["Booth, W.C., Colomb, G.G. and Williams, J.M. (2008)", "3rd edn. Chicago: Univ"],
        "chapter": ["‘Reading closely’, in M. Weber (ed.) Handbook of reading.", "pp. 12–40."],
        "webpage": ["Garcia, A. (2022)", "(Accessed: 5 January 2026)."],
        "no_author": ["A quiet history of ink (2015). Leeds: Harbour Press."],
        "no_date": ["Brown, C. (no date) Notes on method."],
        "many_authors": ["Adams, A. et al. (2020)"],
        "organisation": ["World Health Organization (2023) World health statistics. Geneva: WHO."],
        "non_ascii": ["Dvořák, J. and Çelik, A. (2018) ‘Čtení a psaní’"],
    },
    "apa": {
        "article": [
            "Smith, J. A., & Jones, B. (2019). Learning to read graphs. Journal of Data Studies,",
            "12(3), 45–67. https://doi.org/10.1000/jds.2019.12",
        ],
        "preprint": ["Li, W. (2021). Small models that plan (arXiv:2101.00001). arXiv."],
        "book": ["Booth, W. C., Colomb, G. G., & Williams, J. M. (2008).", "(3rd ed.)."],
        "chapter": ["In M. Weber (Ed.), Handbook of reading (pp. 12–40). Springer."],
        "webpage": ["Garcia, A. (2022, March 14). How we write. Writing Centre. https://example"],
        "no_author": ["A quiet history of ink. (2015). Harbour Press."],
        "no_date": ["Brown, C. (n.d.). Notes on method. Hill Books."],
        "many_authors": ["Ghosh, G., & Hills, H. (2020). A survey of everything."],
        "organisation": ["World Health Organization. (2023). World health statistics."],
        "non_ascii": ["Dvořák, J., & Çelik, A. (2018). Čtení a psaní."],
    },
    "mla": {
        "article": [
            "Smith, Jane A., and Bo Jones. “Learning to Read Graphs.” Journal of Data Studies,",
            "vol. 12, no. 3, 2019, pp. 45–67",
        ],
        "preprint": ["Li, Wei. “Small Models That Plan.”", "5 Jan. 2021"],
        "book": ["Booth, Wayne C., et al. The Craft of Inquiry. 3rd ed., U of Chicago P"],
        "chapter": ["“Reading Closely.” Handbook of Reading, edited by Max Weber, Springer, 2020"],
        "webpage": ["Garcia, Ana. “How We Write.” Writing Centre, 14 Mar. 2022, https://example"],
        "no_author": ["A Quiet History of Ink. Harbour Press, 2015."],
        "no_date": ["Brown, Carol. Notes on Method. Hill Books."],
        "many_authors": ["Adams, A., et al. “A Survey of Everything.”"],
        "organisation": ["World Health Organization. World Health Statistics."],
        "non_ascii": ["Dvořák, Jiří, and Ayşe Çelik."],
    },
    "chicago": {
        "article": [
            "Smith, Jane A., and Bo Jones. 2019. “Learning to Read Graphs.”",
            "Journal of Data Studies 12 (3): 45–67.",
        ],
        "preprint": ["Li, Wei. 2021. “Small Models That Plan.”", "arXiv"],
        "book": ["Booth, Wayne C., Gregory G. Colomb, and Joseph M. Williams. 2008.", "3rd ed."],
        "chapter": ["“Reading Closely.” In Handbook of Reading, edited by Max Weber. Springer."],
        "webpage": ["Garcia, Ana. 2022. “How We Write.” Writing Centre, March 14."],
        "no_author": ["A Quiet History of Ink. 2015. Harbour Press."],
        "no_date": ["Brown, Carol. n.d. Notes on Method. Hill Books."],
        "many_authors": ["Adams, A., B. Baker, C. Clark, et al. 2020."],
        "organisation": ["World Health Organization. 2023. World Health Statistics."],
        "non_ascii": ["Dvořák, Jiří, and Ayşe Çelik. 2018."],
    },
    "vancouver": {
        "article": ["Smith JA, Jones B. Learning to read graphs.", "2019;12(3):45-67."],
        "preprint": ["Li W. Small models that plan [Internet]. arXiv; 2021."],
        "book": ["Booth WC, Colomb GG, Williams JM. The craft of inquiry. 3rd ed. Chicago:"],
        "chapter": ["In: Weber M, editor. Handbook of reading. Berlin: Springer; 2020. p. 12-40."],
        "webpage": ["Garcia A.", "[cited 2026 Jan 5].", "Available from: https://example.org"],
        "no_author": ["A quiet history of ink. Leeds: Harbour Press; 2015."],
        "no_date": ["Brown C. Notes on method. Oxford: Hill Books."],
        "many_authors": ["Adams A, Baker B, Clark C, Davis D, Evans E, Frank F, et al. A survey"],
        "organisation": ["World Health Organization. World health statistics. Geneva: WHO; 2023."],
        "non_ascii": ["Dvořák J, Çelik A. Čtení a psaní."],
    },
}


@pytest.mark.parametrize("style", STYLES)
def test_references_have_the_form_of_the_style(style: str) -> None:
    result = formatted(style, list(WORKS))
    _, keys = references_of([source(name) for name in WORKS])
    printed = {entry.key: plain(entry.inlines) for entry in result.entries}
    for name, pieces in REFERENCES[style].items():
        for piece in pieces:
            assert piece in printed[keys[name]]


@pytest.mark.parametrize("style", STYLES)
def test_each_cited_work_is_listed_once_and_no_other(style: str) -> None:
    references, keys = references_of([source(name) for name in WORKS])
    groups = [
        CitationGroup((Cited(keys["book"], (1,)),)),
        CitationGroup((Cited(keys["book"], (9,)), Cited(keys["article"]))),
    ]
    result = format_citations(resolve_style(style), "en", references, groups)
    assert sorted(entry.key for entry in result.entries) == sorted([keys["book"], keys["article"]])


def test_two_works_of_one_author_and_year_are_told_apart_by_letters() -> None:
    first = source("no_date", issued=year(2001))
    second = source("no_date", title="Other notes", issued=year(2001)).model_copy(
        update={"id": "other"}
    )
    references, keys = references_of([first, second])
    groups = [CitationGroup((Cited(key),)) for key in keys.values()]
    result = format_citations(resolve_style("harvard"), "en", references, groups)
    assert {plain(c) for c in result.citations} == {"(Brown, 2001a)", "(Brown, 2001b)"}


def test_citing_nothing_needs_no_formatter() -> None:
    result = format_citations(resolve_style("apa"), "en", [], [])
    assert result == FormattedCitations([], [])


def test_the_document_language_sets_the_words_of_the_style() -> None:
    references, keys = references_of([source("chapter")])
    groups = [CitationGroup((Cited(keys["chapter"], (4,)),))]
    result = format_citations(resolve_style("apa"), "de", references, groups)
    assert plain(result.citations[0]) == "(Okafor, 2020, S. 4)"


@pytest.mark.parametrize("page", [4, None])
def test_a_note_style_prints_the_work_in_a_note(page: int | None) -> None:
    # Without author and page, citeproc would leave the note of a narrative citation empty.
    result = formatted("chicago-notes-bibliography", ["no_author"], narrative=True, page=page)
    note = next(node for node in result.citations[0] if node["t"] == "Note")
    assert "Harbour Press" in plain(note["c"][0]["c"])


@pytest.mark.parametrize(
    ("pages", "printed"),
    [([], ""), ([3], "3"), ([5, 3], "3, 5"), ([3, 4, 5, 9], "3–5, 9"), ([3, 3], "3")],
)
def test_pages_are_sorted_and_neighbours_form_a_range(pages: list[int], printed: str) -> None:
    assert page_locator(pages) == printed


def test_several_pages_of_one_work_stand_in_one_citation() -> None:
    references, keys = references_of([source("book")])
    groups = [CitationGroup((Cited(keys["book"], (3, 7, 4)),))]
    result = format_citations(resolve_style("apa"), "en", references, groups)
    assert plain(result.citations[0]) == "(Booth et al., 2008, pp. 3–4, 7)"


@pytest.mark.parametrize(
    ("csl", "locale", "printed"),
    [
        ({"author": people("Lee, Ann")}, "en", "Lee"),
        ({"author": people("Lee, Ann", "Kim, Bo")}, "de-DE", "Lee und Kim"),
        ({"author": people("A, A", "B, B", "C, C")}, "en", "A et al."),
        ({"title": "On ink"}, "en", "“On ink”"),
    ],
)
def test_short_author_names(csl: dict[str, object], locale: str, printed: str) -> None:
    assert short_authors(csl, locale) == printed
