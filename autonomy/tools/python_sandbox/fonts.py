"""matplotlib's list of fonts, which it would make anew in every job: made once, with the environment.

`python -m autonomy.tools.python_sandbox.fonts` makes it; `deploy/install.sh` does so. Where it is
missing, figures take 0.1 s of processor time longer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from autonomy.tools.python_sandbox.plan import PACKAGES, Bind

CACHE = ".tmp/matplotlib"
"""Where matplotlib looks for the list, and keeps what else it makes, in the job's own folder."""
_INSIDE = f"{PACKAGES}/.matplotlib"
# The fonts that come with matplotlib alone: in the sandbox there are no others.
_PROGRAM = """
import sys
from matplotlib import font_manager
found = font_manager.findSystemFonts
font_manager.findSystemFonts = lambda folders=None, **how: found(folders, **how) if folders else []
manager = font_manager.FontManager()
assert manager.ttflist
font_manager.json_dump(manager, f"{sys.argv[1]}/fontlist-v{manager.__version__}.json")
"""


def _folder() -> Path | None:
    """Where the list of the installed version belongs; None without matplotlib."""
    try:
        return Path(sys.prefix, "share", "handywriterz", f"matplotlib-{version('matplotlib')}")
    except PackageNotFoundError:
        return None


@cache
def font_list() -> Bind | None:
    """The list as a file of the sandbox, if it was made."""
    folder = _folder()
    made = sorted(folder.glob("fontlist-*.json")) if folder else []
    return Bind(str(made[0]), f"{_INSIDE}/{made[0].name}") if made else None


def make() -> None:
    """Make the list, unless it is there.

    Raises:
        OSError: the virtual environment cannot be written.
        subprocess.CalledProcessError: matplotlib failed.
    """
    folder = _folder()
    if folder is None or folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        ready = Path(scratch, "ready")
        ready.mkdir()
        subprocess.run(
            [sys.executable, "-I", "-c", _PROGRAM, str(ready)],
            check=True,
            env={**os.environ, "MPLCONFIGDIR": scratch},
        )
        ready.rename(folder)


if __name__ == "__main__":
    make()
