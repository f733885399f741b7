"""Drives one run for one superstep, in a process of its own: `python -m handywriterz.drive_apart`.

A worker starts it (see `autonomy.runtime.apart`); nothing else does.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autonomy.runtime.runner import Runner

COMMAND = (sys.executable, "-m", "handywriterz.drive_apart")


def take_output() -> int:
    """Turn standard output into standard error, and return a descriptor of what it was. Called
    before anything is imported, so that nothing that a library prints is heard by the worker."""
    told = os.dup(1)
    os.dup2(2, 1)
    return told


def runner() -> Runner:
    """What drives runs in this deployment."""
    from autonomy.runtime.runner import Runner
    from handywriterz.env import env

    if env().evaluation == "off":
        return Runner()
    from autonomy.evaluation.switches import build_deps

    return Runner(deps=build_deps)


if __name__ == "__main__":
    told = take_output()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handywriterz.settings")
    import django

    django.setup()
    from autonomy.runtime import apart, tracing
    from autonomy.runtime.metrics_store import STORE

    tracing.start("runs")
    code = apart.main(runner, told)
    STORE.flush()
    tracing.stop()
    sys.exit(code)
