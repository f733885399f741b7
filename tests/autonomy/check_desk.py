"""A document that waits for its check, and people who may check it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from autonomy.core.types import RunStatus
from autonomy.models import CHECKERS, Artifact, Check, Run, TurnitinCycle
from autonomy.services import checks
from tests.autonomy.api.world import World, make_world

MARKDOWN = (
    "Herons wade in shallow water[[p:{passage}]]. They wait for hours without moving a feather.\n\n"
    "Fishermen envy their patience, and boats keep away from them."
)


@dataclass
class Desk:
    world: World
    run: Run
    cycle: TurnitinCycle
    artifact: Artifact

    def check(self) -> Check:
        return Check.objects.get(cycle=self.cycle)


def make_checker(make_user: Callable[..., User], name: str) -> User:
    """A person in the group, which tests that empty the tables have to make again."""
    group, _ = Group.objects.get_or_create(name=CHECKERS)
    group.permissions.add(Permission.objects.get(codename="check_documents"))
    user = make_user(name)
    user.groups.add(group)
    return user


def make_desk(owner: User, *, asked: bool = True) -> Desk:
    """A run of `owner` that waits for the report of its first cycle."""
    world = make_world(owner)
    body = world.artifact.body | {"title": "On herons"}
    body["sections"] = [
        {"id": "s1", "heading": "Herons", "markdown": MARKDOWN.format(passage=world.passage.pk)}
    ]
    Artifact.objects.filter(pk=world.artifact.pk).update(body=body, title="On herons")
    asks = {"kind": "similarity_report", "cycle_id": str(world.cycle.pk), "interrupt_id": "i1"}
    Run.objects.filter(pk=world.run.pk).update(
        status=RunStatus.WAITING_HUMAN, waiting_for={"questions": [asks]}
    )
    TurnitinCycle.objects.filter(pk=world.cycle.pk).update(interrupt_id="i1")
    for row in (world.run, world.cycle, world.artifact):
        row.refresh_from_db()
    desk = Desk(world, world.run, world.cycle, world.artifact)
    if asked:
        checks.ask_checker(desk.cycle, owner)
    return desk


def run_out(check: Check) -> None:
    """Let the lease of a claimed check be over."""
    Check.objects.filter(pk=check.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
