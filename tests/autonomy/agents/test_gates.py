from __future__ import annotations

from autonomy.agents.gates import run_gates
from autonomy.agents.revision_words import what_was_lost
from autonomy.core.journey import load
from autonomy.core.types import Author, GateResult
from autonomy.export.document import Document, Section
from tests.autonomy.agents.world import make_library

CITED = "Warm summers reduced living coral cover by a third [[p:{id}]]."
BARE = "Everybody agrees that reefs will be gone within a generation."


def grounding(markdown: str, *, author: Author = Author.MODEL, step: str = "write-1") -> GateResult:
    library = make_library()
    passage = library.kept[0]
    document = Document(
        title="Reefs",
        sections=(
            Section(
                id=step,
                heading="Findings",
                markdown=markdown.replace("{id}", passage.id),
                author=author,
            ),
        ),
        sources=(library.works["reefs"],),
        passages=(passage,),
    )
    gates = run_gates(document, [], load("write"), asked_words=None, available_sources=1)
    return next(gate for gate in gates if gate.gate == "grounding")


def test_sentences_of_a_model_that_cite_nothing_fail_the_draft() -> None:
    result = grounding(" ".join([CITED, BARE, BARE, BARE]))

    assert not result.passed
    assert result.observed == "1 of 4 sentences cite a source"
    assert "gone within a generation" in result.message


def test_a_word_on_what_the_sources_leave_open_needs_no_citation() -> None:
    assert grounding("The sources do not say how deep reefs responded to the warming.").passed
    assert grounding(" ".join([CITED] * 8 + ["What follows for deep reefs stays open."] * 2)).passed


def test_sentences_that_open_with_their_authors_count_as_cited() -> None:
    narrative = "[[n:{id}]] photographed forty fixed plots of coral every spring."

    assert grounding(" ".join([narrative] * 4)).observed == "4 of 4 sentences cite a source"


def test_frames_and_rule_composed_sections_are_not_held_to_it() -> None:
    plain = " ".join([BARE] * 5)

    assert grounding(plain, author=Author.RULE).passed
    assert grounding(plain, step="write-introduction").passed


def originality(markdown: str) -> GateResult:
    library = make_library()
    passage = library.kept[0]
    section = Section(id="write-1", heading="Findings", markdown=markdown.format(passage.text))
    document = Document(
        title="Reefs",
        sections=(section,),
        sources=(library.works["reefs"],),
        passages=(passage,),
    )
    gates = run_gates(document, [], load("write"), asked_words=None, available_sources=1)
    return next(gate for gate in gates if gate.gate == "originality")


def test_a_passage_copied_without_quotation_marks_fails_the_draft_cited_or_not() -> None:
    passage = make_library().kept[0]
    copied = originality("Here it is at last. {0}")
    cited = originality(f"Here it is at last. {{0}} [[p:{passage.id}]]")

    assert not copied.passed
    assert not cited.passed
    assert cited.observed == copied.observed


def test_a_quotation_is_not_copying() -> None:
    assert (
        originality("Here it is at last. “{0}”").observed == "0.0% copied outside quotation marks"
    )


def length(markdown: str, lost: str = "") -> GateResult:
    document = Document(title="T", sections=(Section(id="a", heading="A", markdown=markdown),))
    gates = run_gates(
        document, [], load("write"), asked_words=1_000, lost=lost, available_sources=1
    )
    return next(gate for gate in gates if gate.gate == "length")


def test_a_draft_that_a_report_cost_its_length_fails_and_says_what_was_lost() -> None:
    lost = what_was_lost(4, 1)
    result = length("word " * 762, lost)

    assert not result.passed
    assert result.expected == "900 to 1100 words"
    assert result.message == (
        "The draft has 762 of the 1,000 words asked for (below it by more than 10%): 4 sentences "
        "were cut and 1 quotation was shortened because of the similarity report."
    )
    assert length("word " * 930, lost).passed
    assert what_was_lost(0, 0) == ""
