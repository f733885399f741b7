"""Embedded servers for a bench, with the durability that people get, and Django on top of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.stack_process import StackProcess


@contextmanager
def servers(data_dir: Path | None = None) -> Iterator[StackProcess]:
    """PostgreSQL (with `fsync` and `synchronous_commit`) and Redis in a folder of their own.

    This process's environment points to them and Django is set up and migrated: import what needs
    Django inside the `with`. Once per process, because Django is set up once. A `data_dir` that is
    given stays, with everything in it.
    """
    stack = StackProcess("--servers-only", data_dir=data_dir)
    stack.start()
    try:
        os.environ.clear()
        os.environ.update(stack.environment, DJANGO_SETTINGS_MODULE="handywriterz.settings")
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield stack
        finally:
            connections.close_all()
    finally:
        stack.stop()
        stack.remove()
