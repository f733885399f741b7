"""Migrations on a database of their own: all the way back to nothing, and forward again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from autonomy.core.types import CycleStatus
from autonomy.models import (
    Artifact,
    ArtifactKind,
    Passage,
    Posting,
    Run,
    Source,
    TurnitinCycle,
)
from handywriterz.stack.addresses import DATABASE_NAME

SCRATCH = "scratch"
APPS = ("chat", "autonomy")
"""In the order in which they can be taken back: chat refers to autonomy."""


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: Any) -> Iterator[BaseDatabaseWrapper]:
    """A migrated database beside the tests' own one, a copy of what that is a copy of."""
    name = f"{connection.settings_dict['NAME']}_{SCRATCH}"
    with django_db_blocker.unblock():
        connections.settings[SCRATCH] = {**connection.settings_dict, "NAME": name}
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{DATABASE_NAME}"')
        try:
            yield connections[SCRATCH]
        finally:
            connections[SCRATCH].close()
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}"')
            connection.close()
            del connections[SCRATCH], connections.settings[SCRATCH]


def tables(database: BaseDatabaseWrapper) -> set[str]:
    return {n for n in database.introspection.table_names() if n.startswith(("autonomy_", "chat_"))}


def migrate(*target: str) -> None:
    call_command("migrate", *target, database=SCRATCH, verbosity=0, interactive=False)


def test_migrations_run_back_to_nothing_and_forward_again(scratch: BaseDatabaseWrapper) -> None:
    first = tables(scratch)
    for app in APPS:
        migrate(app, "zero")
    nothing = tables(scratch)
    migrate()

    assert {"autonomy_runs", "autonomy_passages", "chat_conversations"} <= first
    assert nothing == set()
    assert tables(scratch) == first


def constraints_of(model: type[models.Model]) -> set[str]:
    declared = [*model._meta.constraints, *model._meta.indexes]
    return {one.name for one in declared if one.name}


def test_every_declared_constraint_and_index_is_in_the_database(db: None) -> None:
    missing = {}
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            with connection.cursor() as cursor:
                there = connection.introspection.get_constraints(cursor, model._meta.db_table)
            if absent := constraints_of(model) - there.keys():
                missing[model.__name__] = absent

    assert missing == {}


def test_a_person_with_an_originality_cycle_can_be_deleted(
    make_user: Callable[..., User],
) -> None:
    dora = make_user("dora")
    run = Run.objects.create(
        owner=dora, journey="write", task={}, tokens_limit=1, seconds_limit=1, usd_limit=1
    )
    draft = Artifact.objects.create(
        run=run, kind=ArtifactKind.DOCUMENT, version=1, title="Draft", sha256="0" * 64, body={}
    )
    TurnitinCycle.objects.create(run=run, number=1, artifact=draft, target_similarity=15)

    dora.delete()

    assert not TurnitinCycle.objects.filter(status=CycleStatus.AWAITING_REPORT).exists()


def test_words_of_passages_from_before_search_by_words_are_counted_once(alice: User) -> None:
    source = Source.objects.create(owner=alice, csl={"title": "Ponds"}, status="ready")
    Passage.objects.create(source=source, ordinal=0, text="Herons wade.", kind="body")
    Passage.objects.create(source=source, ordinal=1, text="Herons, cited.", kind="reference")
    count_words = import_module("autonomy.migrations.0015_count_words").count_words

    count_words(apps, None)
    counted = list(Posting.objects.filter(source=source).values_list("term", "hits"))
    count_words(apps, None)

    assert [term for term, _ in counted if term.startswith("heron")], counted
    assert all(len(hits) == 1 for _, hits in counted), "references are no evidence"
    again = list(Posting.objects.filter(source=source).values_list("term", "hits"))
    assert sorted(again) == sorted(counted)
