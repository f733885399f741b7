"""The product with a protection taken out, to show that the suite would notice.

Only worker processes of a storm do this to themselves; the product has no such switch.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

GUARD = re.compile(
    r"(?:\w+\.)?fence = %\(fence\)s\s+AND (?:\w+\.)?status = 'running'", re.IGNORECASE
)


def from_environment() -> None:
    """What `--fence off` and `--durability async` ask for."""
    if os.environ.get("CHAOS_FENCE") == "off":
        without_fence()
    if os.environ.get("CHAOS_DURABILITY") == "async":
        without_durability()


def without_fence() -> None:
    """Every write of a segment goes through, whoever owns the run by now.

    Raises:
        AssertionError: the statements have changed and this no longer finds their guards.
    """
    from autonomy.runtime import transitions

    opened = set()
    for name, module in list(sys.modules.items()):
        if name.startswith("autonomy.runtime."):
            for constant, value in list(vars(module).items()):
                if isinstance(value, str) and GUARD.search(value):
                    setattr(module, constant, GUARD.sub("true", value))
                    opened.add(name.rpartition(".")[2])
            if hasattr(module, "lock_run"):
                vars(module)["lock_run"] = _any_owner
    left = {"checkpoint_statements", "effect_statements", "events"} - opened
    assert not left, f"no guard found in {left}"
    original = transitions.change

    def change(*args: Any, fence: Any = None, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    transitions.change = change


def _any_owner(fence: Any) -> Any:
    from autonomy.models import Run

    return Run.objects.select_for_update().get(pk=fence.run_id)


def without_durability() -> None:
    """A checkpoint is written beside the next superstep instead of before it."""
    from langgraph.pregel import Pregel

    for name in ("astream", "ainvoke"):
        original = getattr(Pregel, name)

        def changed(self: Any, *args: Any, _original: Any = original, **kwargs: Any) -> Any:
            return _original(self, *args, **{**kwargs, "durability": "async"})

        setattr(Pregel, name, changed)
