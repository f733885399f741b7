"""A draft that a report has cost its length gets it back from evidence that it did not use, or the
run says what is missing and why."""

from __future__ import annotations

import dataclasses
import random
import re
from typing import Any

import pytest

from autonomy.agents import refilling
from autonomy.agents.units import sentence_spans
from autonomy.agents.verification import normal, quoted_spans
from autonomy.core.markers import MARKER
from autonomy.core.originality import ChangeVerdict, FlaggedPassage, MatchGroup, Remedy
from autonomy.core.ports import Deps
from autonomy.core.types import Author, StopReason
from autonomy.export.document import Document, words_of
from autonomy.export.structure import dangling_ids
from autonomy.library.sentences import sentences
from tests.autonomy.agents.test_loop import Ride, report
from tests.autonomy.agents.test_reviser import changes
from tests.autonomy.agents.world import (
    MemoryLibrary,
    MemoryOriginality,
    NoModels,
    make_deps,
    make_source,
)

GOAL = "Write a 900-word review of coral reefs from these PDFs, Harvard style"
HEADINGS = (
    "Introduction",
    "Background",
    "Methods",
    "Design of the survey",
    "Results",
    "Findings",
    "Discussion",
    "Limitations",
    "Conclusion",
)
WORDS = (
    "lagoon current salinity plankton turbidity nursery spawning grazing seaweed sponge urchin "
    "storm cyclone bleaching recovery larvae settlement canopy shelf trench harbour dredging "
    "nutrient runoff sediment mangrove estuary tourism anchoring trawling poaching patrol permit "
    "subsidy cooperative census transect quadrat photograph logger thermometer buoy satellite "
    "archive monsoon drought upwelling acidity carbonate skeleton polyp algae parasite predator "
    "snapper parrotfish grouper lobster octopus turtle dolphin heron village council treaty tariff"
).split()
FORMS = (
    "We found that {} and {} on coral reefs changed once {} had reached the outer {}.",
    "Where {} was heavy, coral reefs lost {} long before any {} could be seen by divers.",
    "Coral reefs with little {} kept their {} through the whole of the {} years.",
    "Because {} shelters {}, its loss leaves coral reefs open to {} and to {}.",
    "No {} on these coral reefs lay further than an hour by boat from a {} or a {}.",
    "The share of {} rose by a third on coral reefs that had neither {} nor {}.",
    "Local rules on {} did more for coral reefs than money spent on {} or {}.",
    "In dry seasons {} reaches coral reefs late, and {} grows over {} in the meantime.",
    "Our results show how {} governs the return of {} to coral reefs after a {}.",
    "Young {} settle on coral reefs at night, guided by the sound of {} and {}.",
    "Counts of {} say little of coral reefs unless the {} is counted in the same {}.",
    "Managers of coral reefs ask for {} first, for {} second and hardly ever for {}.",
)
FOREIGN = (
    "The harbour master of Lune kept a ledger in green ink, and every winter he carried it up the "
    "hill to the schoolhouse so that nobody could say the numbers had been lost at sea.",
    "Old Tamsin mended nets on the steps of the chapel until the light went, and she told whoever "
    "passed that a knot remembers the hand which tied it longer than a friend does.",
    "Nobody in the town owned a clock that agreed with another, which is why the ferry left when "
    "the baker had sold her last loaf and never one minute before that.",
    "The lighthouse had been painted so often that its door no longer closed, and the keeper slept "
    "with his boots against it whenever the wind came round to the north.",
)
"""Sentences that no source has."""


def works(passages: int, seed: int = 7) -> MemoryLibrary:
    """Three papers on coral reefs of `passages` passages each, no two sentences of which are much
    alike."""
    draw = random.Random(seed)
    made = []
    for number, (title, family) in enumerate(
        [
            ("Reefs of the north", "Okoye"),
            ("Reefs under heat", "Lindqvist"),
            ("Reefs and nets", "Marai"),
        ]
    ):
        text = {}
        for at in range(passages):
            said = [
                form.format(*draw.sample(WORDS, form.count("{}"))) for form in draw.sample(FORMS, 3)
            ]
            text[f"{HEADINGS[at % len(HEADINGS)]} {'i' * (at // len(HEADINGS))}".strip()] = (
                " ".join(said)
            )
        made.append(make_source(f"work-{number}", title, family, 2015 + number, text))
    return MemoryLibrary(*made)


def deps_of(library: MemoryLibrary, **settings: Any) -> Deps:
    deps = make_deps(GOAL, library=library, target_similarity=15, quotations="keep", **settings)
    return dataclasses.replace(
        deps,
        originality=MemoryOriginality(deps.library, deps.artifacts),  # type: ignore[arg-type]
    )


async def waiting(deps: Deps) -> Ride:
    """A run that waits with its draft for a report, some of whose words no source has: the report
    marks them."""
    ride = await Ride(deps).go()
    body = ride.deps.artifacts.bodies[ride.state["document_id"]]  # type: ignore[attr-defined]
    marked = []
    sections = [s for s in body["sections"] if s["id"].split("-")[1].isdigit()]
    for sentence, section in zip(FOREIGN, sections, strict=False):
        section["markdown"] = _exchanged(section["markdown"], sentence)
        start = section["markdown"].index(sentence)
        marked.append(
            FlaggedPassage(
                section_id=section["id"],
                text=sentence,
                start=start,
                end=start + len(sentence),
                group=MatchGroup.NOT_CITED_OR_QUOTED,
                told_by="report",
            )
        )
    total = sum(len(MARKER.findall(section["markdown"])) for section in sections)
    body["sections"][-1]["markdown"] = re.sub(
        r"\d+ quotations in order",
        f"{total} quotations in order",
        body["sections"][-1]["markdown"],
    )
    ride.deps.cycles.marked = marked  # type: ignore[attr-defined]
    return ride


def _exchanged(markdown: str, sentence: str) -> str:
    """The section with `sentence` for its last ones of about as many words."""
    least = words_of(markdown) - len(sentence.split())
    while words_of(markdown) > least:
        start, end, _ = [span for span in sentence_spans(markdown) if not span[2]][-1]
        markdown = (markdown[:start].rstrip() + markdown[end:]).strip()
    return f"{markdown}\n\n{sentence}"


def length(ride: Ride) -> Any:
    return next(gate for gate in ride.state["verdict"].gates if gate.gate == "length")


def added(ride: Ride) -> list[Any]:
    return [change for change in changes(ride) if change.remedy is Remedy.REFILL]


def sound(before: Document, ride: Ride) -> None:
    """What was added is new, quoted or told from passages of its own, cited, and within the
    target."""
    after = ride.document
    used = set(before.cited_passage_ids())
    texts = {p.id: normal(p.text) for p in after.passages}
    said = normal("\n".join(section.markdown for section in before.sections))
    for change in added(ride):
        ids = [match["id"] for match in MARKER.finditer(change.after)]
        assert ids
        assert not set(ids) & used
        for span in quoted_spans(change.after):
            assert any(normal(span) in texts[one] for one in ids)
            assert normal(span) not in said
        assert change.verdict is ChangeVerdict.SETTLED
        assert change.after in next(s.markdown for s in after.sections if s.id == change.section_id)
        for gone in FOREIGN:
            assert gone not in change.after
    assert dangling_ids(after) == ()
    assert ride.state["local_similarity"] <= 15


async def test_a_draft_that_loses_130_of_900_words_gets_back_to_its_length_by_rule() -> None:
    ride = await waiting(deps_of(works(24)))
    before = ride.document
    assert 810 <= before.words() <= 990
    cost = sum(len(sentence.split()) for sentence in FOREIGN)
    assert before.words() - cost < 810
    await report(ride, 38)

    after = ride.document
    assert not any(
        sentence in section.markdown for sentence in FOREIGN for section in after.sections
    )
    assert 810 <= after.words() <= 990
    assert length(ride).passed
    assert added(ride)
    assert {change.author for change in added(ride)} == {Author.RULE}
    assert {change.section_id for change in added(ride)} <= {
        f.section_id
        for f in ride.deps.cycles.marked  # type: ignore[attr-defined]
    }
    sound(before, ride)
    event = ride.event("turnitin.revised")
    assert event.meta["words_added"] == sum(words_of(change.after) for change in added(ride))
    assert "from passages that were not used before" in event.content
    total = sum(
        len(MARKER.findall(s.markdown)) for s in after.sections if s.id.split("-")[1].isdigit()
    )
    assert f"{total} quotations in order" in after.sections[-1].markdown

    await report(ride, 9)
    assert ride.state["stop_reason"] == StopReason.COMPLETED
    assert all(gate.passed for gate in ride.state["verdict"].gates)


async def test_where_a_figure_asks_for_less_quotation_no_more_is_quoted_than_the_length_needs() -> (
    None
):
    """Without a model all that can be added is quotation."""
    ride = await waiting(deps_of(works(24)))
    before = ride.document
    await report(ride, 38, quotations="shorten")

    assert added(ride)
    assert 810 <= ride.document.words() < before.words()
    assert length(ride).passed
    sound(before, ride)


async def test_without_evidence_the_run_says_how_many_words_are_missing_and_why() -> None:
    ride = await waiting(deps_of(works(24)))
    library = ride.deps.library
    spans = [
        normal(span) for s in ride.document.sections for span in quoted_spans(s.markdown, least=40)
    ]

    def quoted(text: str) -> str:
        """What the draft quotes of a passage, and no other sentence."""
        said = [text[start:end] for start, end in sentences(text)]
        return " ".join(one for one in said if any(span in normal(one) for span in spans))

    library.kept = [  # type: ignore[attr-defined]
        p.model_copy(update={"text": quoted(p.text)})
        for p in library.kept  # type: ignore[attr-defined]
        if p.id in ride.document.cited_passage_ids()
    ]
    await report(ride, 38)
    await report(ride, 9)

    assert ride.state["stop_reason"] == StopReason.GATES_UNMET
    missing = 900 - ride.document.words()
    assert missing > 90
    assert added(ride) == []
    event = ride.event("turnitin.revised")
    assert (
        f"{missing} words of those asked for are missing: your sources hold nothing"
        in event.content
    )
    assert "and your sources hold nothing on these sections" in length(ride).message


class Writer(NoModels):
    """A writer that says what `say` makes of each passage of a continuation; it drafts nothing."""

    def __init__(self, say: Any) -> None:
        self.say = say
        self.prompts: list[Any] = []

    def available(self, role: str) -> bool:
        return role == "writer"

    async def text(self, role: str, *, key: str, prompt: Any, on_token: Any = None) -> str:
        self.prompts.append(prompt)
        return str(self.say("\n".join(part.text for part in prompt.parts)))


def ids_of(shown: str) -> list[str]:
    return re.findall(r"passage ([0-9a-z]+):", shown)


def told(shown: str) -> str:
    """In words of its own, one claim and one marker a sentence."""
    return " ".join(
        f"A further account of this matter was given for such places by people who had been there "
        f"before anybody else [[p:{one}]]."
        for one in ids_of(shown)[:2]
    )


@pytest.mark.parametrize(
    ("say", "author"),
    [
        (told, Author.MODEL),
        (
            lambda shown: "A claim without any source stands here, and another one follows it.",
            Author.RULE,
        ),
        (lambda shown: f"{FOREIGN[0]} [[p:{ids_of(shown)[0]}]]", Author.RULE),
    ],
)
async def test_a_model_fills_up_and_what_fails_the_checks_is_composed_by_rule(
    say: Any, author: Author
) -> None:
    ride = await waiting(deps_of(works(24)))
    before = ride.document
    ride.deps = dataclasses.replace(ride.deps, models=Writer(say))
    await report(ride, 38)

    assert 810 <= ride.document.words() <= 990
    assert {change.author for change in added(ride)} == {author}
    sound(before, ride)
    prompts = ride.deps.models.prompts  # type: ignore[attr-defined]
    assert prompts
    shown = "\n".join(part.text for part in prompts[0].parts)
    assert "The section so far" in shown
    assert not any(sentence in shown for sentence in FOREIGN)
    notice = "a language model added" in ride.document.notice
    assert notice == (author is Author.MODEL)


async def test_an_addition_that_would_take_the_draft_over_its_target_goes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its checks let everything through; the engine's own figure does not."""
    monkeypatch.setattr(refilling, "_too_like", lambda *_: False)
    monkeypatch.setattr(refilling, "_grounded", lambda *_: True)
    library = works(24)
    texts = {p.id: p.text for p in library.kept}

    def copied(shown: str) -> str:
        return " ".join(
            f"{texts[one].removesuffix('.')} [[p:{short}]]."
            for short in ids_of(shown)[:1]
            for one in texts
            if texts[one] in shown
        )

    ride = await waiting(deps_of(library))
    before = ride.document
    ride.deps = dataclasses.replace(ride.deps, models=Writer(copied))
    await report(ride, 38)

    assert added(ride) == []
    assert ride.state["local_similarity"] <= 15
    assert "would have raised the similarity above 15 %" in ride.event("turnitin.revised").content
    body = [s for s in ride.document.sections if s.id.split("-")[1].isdigit()]
    for section in body:
        old = next(s.markdown for s in before.sections if s.id == section.id)
        assert all(line in old for line in section.markdown.split("\n\n"))
    total = sum(len(MARKER.findall(section.markdown)) for section in body)
    assert f"{total} quotations in order" in ride.document.sections[-1].markdown
