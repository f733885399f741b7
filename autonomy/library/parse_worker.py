"""The child process of `isolated.parse_in_subprocess`.

`python -m autonomy.library.parse_worker PATH FILE_NAME LIMITS_JSON OUTCOME_PATH`
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from autonomy.library.isolated import Failure, Outcome, failure_message
from autonomy.library.parse import parse
from autonomy.library.parsed import ParseFailure, ParseLimits

_PR_SET_PDEATHSIG = 1


def main(path: str, file_name: str, limits_json: str, outcome_path: str) -> None:
    """Parse `path` and leave the outcome at `outcome_path`, complete or not at all."""
    limits = ParseLimits.model_validate_json(limits_json)
    _bound(limits)
    outcome = _parse(Path(path), file_name, limits)
    unfinished = Path(f"{outcome_path}.part")
    unfinished.write_text(outcome.model_dump_json(), encoding="utf-8")
    unfinished.replace(outcome_path)


def _parse(path: Path, file_name: str, limits: ParseLimits) -> Outcome:
    # Any other exception ends the process: its trace goes to stderr and the parent answers `damaged`.
    try:
        return Outcome(document=parse(path, file_name, limits))
    except ParseFailure as failure:
        return Outcome(failure=Failure(code=failure.code, message=failure.message))
    except MemoryError:
        return Outcome(
            failure=Failure(code="too_large", message=failure_message("too_large", limits))
        )


def _bound(limits: ParseLimits) -> None:
    """Limits that hold even inside native code; the child also dies with its parent."""
    seconds = int(limits.timeout_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(5)


if __name__ == "__main__":
    main(*sys.argv[1:])
