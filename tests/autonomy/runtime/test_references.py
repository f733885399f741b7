"""Cited works checked within a run: stored, held for a while, bounded in time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from autonomy.core.types import ReferenceVerdict
from autonomy.core.types import Source as Described
from autonomy.core.works import Answer, Found, ProviderAnswer, Work
from autonomy.memory import reference_repo
from autonomy.models import Source
from autonomy.runtime import references
from autonomy.runtime.references import RunReferences
from handywriterz.env import env
from tests.autonomy.memory_effects import MemoryEffects

pytestmark = pytest.mark.django_db(transaction=True)

CSL: dict[str, Any] = {
    "type": "article-journal",
    "title": "Ten years on the reefs of Marra",
    "author": [{"family": "Okoye"}],
    "issued": {"date-parts": [[2019]]},
}


class Registry:
    """Knows the one work, or never answers."""

    def __init__(self, *, silent: bool = False) -> None:
        self.asked = 0
        self.silent = silent

    async def lookup(self, csl: dict[str, Any]) -> Found:
        self.asked += 1
        if self.silent:
            await asyncio.Event().wait()
        answer = ProviderAnswer(provider="crossref", answer=Answer.FOUND)
        return Found(works=(Work(csl=CSL, providers=("crossref",)),), answers=(answer,))


def make(owner: User, **csl: Any) -> tuple[Source, Described]:
    row = Source.objects.create(owner=owner, csl={**CSL, **csl}, status="ready")
    return row, Described(id=str(row.pk), csl=row.csl)


def checker(owner: User, registry: Registry) -> RunReferences:
    return RunReferences(owner.pk, registry, MemoryEffects())  # type: ignore[arg-type]


async def _check(run: RunReferences, *sources: Described, ask: bool = True) -> list[Any]:
    return await run.check(sources, key="cited", ask=ask)


def test_what_registries_say_is_stored_and_holds(threads: None, alice: User) -> None:
    row, source = make(alice)
    registry = Registry()

    first = asyncio.run(_check(checker(alice, registry), source))
    again = asyncio.run(_check(checker(alice, registry), source))

    assert [c.verdict for c in first + again] == [ReferenceVerdict.VERIFIED] * 2
    assert registry.asked == 1
    row.refresh_from_db()
    assert row.verification == "verified"
    assert row.verified_at is not None


def test_corrected_metadata_and_old_answers_are_checked_anew(threads: None, alice: User) -> None:
    row, source = make(alice)
    registry = Registry()
    asyncio.run(_check(checker(alice, registry), source))

    Source.objects.filter(pk=row.pk).update(csl={**CSL, "issued": {"date-parts": [[1987]]}})
    (changed,) = asyncio.run(_check(checker(alice, registry), source))
    Source.objects.filter(pk=row.pk).update(verified_at=timezone.now() - timedelta(days=400))
    asyncio.run(_check(checker(alice, registry), source))

    assert changed.verdict is ReferenceVerdict.MISMATCH
    assert registry.asked == 3


def test_a_registry_that_never_answers_costs_a_bounded_time_once(
    threads: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = env().model_copy(update={"reference_check_seconds": 0.2})
    monkeypatch.setattr(references, "env", lambda: short)
    row, source = make(alice)
    registry = Registry(silent=True)
    run = checker(alice, registry)

    async def twice() -> list[Any]:
        return [*await _check(run, source), *await _check(run, source)]

    checks = asyncio.run(twice())

    assert [c.verdict for c in checks] == [ReferenceVerdict.UNREACHABLE] * 2
    assert registry.asked == 1
    row.refresh_from_db()
    assert row.verification == "unreachable"


def test_silence_never_replaces_an_answer(threads: None, alice: User) -> None:
    row, source = make(alice)
    asyncio.run(_check(checker(alice, Registry()), source))

    reference_repo.store(str(row.pk), references.unanswered(row.csl))

    row.refresh_from_db()
    assert row.verification == "verified"


def test_nobody_is_asked_where_only_what_is_known_counts(threads: None, alice: User) -> None:
    _, source = make(alice)
    registry = Registry()

    assert asyncio.run(_check(checker(alice, registry), source, ask=False)) == []
    assert registry.asked == 0


def test_a_stranger_s_source_is_not_looked_up(threads: None, alice: User, bob: User) -> None:
    _, source = make(bob)
    registry = Registry()

    assert asyncio.run(_check(checker(alice, registry), source)) == []
    assert registry.asked == 0


def test_without_registries_nothing_is_asked_or_written(threads: None, alice: User) -> None:
    row, source = make(alice)
    registry, effects = Registry(), MemoryEffects()
    run = RunReferences(alice.pk, registry, effects, asks=False)  # type: ignore[arg-type]

    assert asyncio.run(_check(run, source)) == []
    assert (registry.asked, effects.recorded) == (0, {})
    row.refresh_from_db()
    assert row.verified_at is None
