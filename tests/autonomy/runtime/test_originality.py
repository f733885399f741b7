"""A document against what its owner has: whose texts are compared, and what is flagged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from autonomy.core.originality import ComparedKind, MatchGroup
from autonomy.export.document import Document, Section
from autonomy.memory.compared_texts import TextLimits, choose, places, read, there
from autonomy.models import Artifact, Passage, Run, RunSource, Source
from autonomy.runtime.originality import RunOriginality
from tests.autonomy.runtime.conftest import run_async

RIVER = "The river carries more sediment in spring, when snow melts in the hills above the valley."
MILL = "Nobody remembers why the old mill was built so far away from the road and the village."
LIMITS = TextLimits(texts=100, characters=1_000_000)


class NoMeaning:
    """An embedder for which no two sentences are near."""

    def encode(self, texts: list[str]) -> Any:
        return np.eye(len(texts), dtype=np.float32)


def a_source(owner: User, *texts: str, **fields: Any) -> Source:
    given = {"status": "ready", "csl": {"title": "A source"}, "passage_count": len(texts)}
    source = Source.objects.create(owner=owner, **given | fields)
    for number, text in enumerate(texts):
        Passage.objects.create(source=source, ordinal=number, text=text, page=number + 1)
    return source


def a_run(owner: User, **fields: Any) -> Run:
    limits = {"tokens_limit": 1, "seconds_limit": 1, "usd_limit": 1}
    return Run.objects.create(owner=owner, journey="write", task={"goal": "x"}, **limits | fields)


def a_document(run: Run, *sections: str, version: int = 1) -> Artifact:
    body = Document(
        title="Rivers",
        sections=tuple(
            Section(id=f"write-{n}", heading=f"Part {n}", markdown=text)
            for n, text in enumerate(sections)
        ),
    ).model_dump(mode="json")
    return Artifact.objects.create(
        run=run, kind="document", version=version, title="Rivers", sha256="0" * 64, body=body
    )


@pytest.mark.django_db
def test_only_ones_own_other_documents_and_sources_are_compared(alice: User, bob: User) -> None:
    mine, other, fork = a_run(alice), a_run(alice), a_run(alice)
    fork.parent = mine
    fork.save()
    a_document(other, MILL, version=1)
    earlier = a_document(other, MILL, version=2)
    a_document(fork, MILL)
    a_document(a_run(bob), MILL)
    a_document(mine, RIVER, version=1)
    document = a_document(mine, RIVER, version=2)
    a_document(a_run(alice), MILL)  # written later: it took from this one, not the reverse
    found, shelved = a_source(alice, RIVER), a_source(alice, MILL)
    a_source(bob, RIVER)
    a_source(alice, RIVER, status="failed", error="It cannot be read.")
    RunSource.objects.create(run=mine, source=found)

    texts = read(alice.pk, choose(there(document, LIMITS)))

    assert [(text.id, text.kind) for text in texts] == [
        (str(found.pk), ComparedKind.RUN_SOURCE),
        (str(shelved.pk), ComparedKind.LIBRARY),
        (str(earlier.pk), ComparedKind.EARLIER_DOCUMENT),
    ]


@pytest.mark.django_db
def test_a_draft_is_not_held_against_its_own_file(alice: User) -> None:
    document = a_document(a_run(alice), RIVER)
    earlier = a_document(a_run(alice), RIVER)
    Artifact.objects.filter(pk=earlier.pk).update(created_at="2020-01-01T00:00Z")
    file = a_source(alice, RIVER, sha256="a" * 64)
    draft = {"draft_id": "d", "source_id": str(file.pk), "sha256": file.sha256}
    for row in (document, earlier):
        row.body["draft"] = draft
        row.save()
    other = a_source(alice, MILL)
    assert [text.id for text in read(alice.pk, choose(there(document, LIMITS)))] == [str(other.pk)]


@pytest.mark.django_db
def test_what_is_beyond_the_limits_is_counted(alice: User) -> None:
    document = a_document(a_run(alice), RIVER)
    for _ in range(3):
        a_source(alice, RIVER)
    few = there(document, TextLimits(texts=2, characters=1_000_000))
    short = there(document, TextLimits(texts=100, characters=len(RIVER)))
    assert (len(choose(few).library), choose(few).left_out) == (2, 1)
    assert (len(choose(short).library), choose(short).left_out) == (1, 2)
    assert few.digest != short.digest != there(document, LIMITS).digest


@pytest.mark.django_db
def test_a_place_in_a_text_leads_to_its_passage_and_page(alice: User) -> None:
    source = a_source(alice, RIVER, MILL)
    document = a_document(a_run(alice), "Nothing of it.")
    (text,) = read(alice.pk, choose(there(document, LIMITS)))
    first, second = places(str(source.pk), [text.text.index("sediment"), text.text.index("mill")])
    assert (first.page, second.page) == (1, 2)
    assert {first.passage_id, second.passage_id} == text.markers


def test_a_document_is_checked_and_what_wants_a_remedy_is_told_by_section(
    threads: None, alice: User, bob: User
) -> None:
    source = a_source(alice, RIVER, MILL)
    passage = source.passages.get(ordinal=1)
    run = a_run(alice)
    document = a_document(
        run,
        f"I begin with words of mine. {RIVER} And so I go on.",
        f"It is said that “{MILL}” [[p:{passage.pk}]]. That is all there is to say.",
    )
    originality = RunOriginality(alice.pk, NoMeaning())  # type: ignore[arg-type]

    similarity = run_async(originality.check(str(document.pk)))
    (flagged,) = run_async(originality.flagged(str(document.pk)))

    assert similarity.percent == round(100 * 16 / (16 + 6 + 5 + 4 + 7), 2)
    assert similarity.excluded_words == {"quoted_and_cited": 17}
    assert (flagged.section_id, flagged.group) == ("write-0", MatchGroup.NOT_CITED_OR_QUOTED)
    assert flagged.source_id == str(source.pk)
    markdown = document.body["sections"][0]["markdown"]
    assert markdown[flagged.start : flagged.end] == flagged.text == RIVER.rstrip(".")
    stranger = RunOriginality(bob.pk, NoMeaning())  # type: ignore[arg-type]
    assert run_async(stranger.check(str(document.pk))) is None
    assert run_async(stranger.flagged(str(document.pk))) == []
