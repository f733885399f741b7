"""Where a storm rages: servers of its own, a migrated database, people, and Django in this process.

Used by a scenario that runs in a process of its own, before anything of the product is imported:
settings are read from the environment once.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from handywriterz.stack.addresses import database_url
from tests import ready_made
from tests.stack_process import OUTSIDE_OFF, UNSET, UNSET_PREFIXES, StackProcess

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PEOPLE = 8
USER_CAP = 100
"""Runs of one person at once: storms are about faults, not about waiting in line."""


class Arena:
    """PostgreSQL and Redis in a temporary `DATA_DIR`, and this process configured for them.

    Args:
        environment: settings of the product for this storm, by variable.
    """

    def __init__(self, **environment: str) -> None:
        for name in [n for n in os.environ if n in UNSET or n.startswith(UNSET_PREFIXES)]:
            del os.environ[name]
        os.environ |= OUTSIDE_OFF
        self.data_dir = Path(tempfile.mkdtemp(prefix="hw-"))
        ready_made.give_password(self.data_dir)
        self._stack = StackProcess(
            "--servers-only", "--throwaway", data_dir=self.data_dir, ready_made=True
        )
        os.environ |= {
            "DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "handywriterz.settings",
            "RUNS_PER_USER": str(USER_CAP),
            **environment,
        }
        self.people: list[User] = []

    def __enter__(self) -> Arena:
        self._stack.start()
        import django

        django.setup()
        from django.contrib.auth.models import User
        from django.db import connection

        from autonomy.runtime import couriers

        # Nobody listens here: workers poll, and their own sweeps poke them.
        for courier in (couriers._doorbell, couriers._hints):
            courier.send = lambda message: None  # type: ignore[method-assign]
        self.people = [User.objects.create(username=f"person{n}") for n in range(PEOPLE)]
        connection.close()
        return self

    def __exit__(self, *_: object) -> None:
        from django.db import connections

        connections.close_all()
        try:
            self._stack.stop()
        finally:
            keep = os.environ.get("CHAOS_KEEP")
            if keep:
                print(f"kept: {self.data_dir}", file=sys.stderr)
            else:
                shutil.rmtree(self.data_dir, ignore_errors=True)

    @property
    def log(self) -> Path:
        """What the workers log."""
        return self.data_dir / "logs" / "chaos-workers.log"

    @property
    def journal(self) -> Path:
        """One line of JSON for each thing that a worker tells the storm (see `points`)."""
        return self.data_dir / "chaos.jsonl"

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of its own to the database, each statement its own transaction."""
        return psycopg.connect(database_url(self.data_dir), autocommit=True)
