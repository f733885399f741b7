"""What the installer says while it works, with a pip that takes its time."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIP = """
#!/usr/bin/env bash
# Stands in for the interpreter of the virtual environment; of some, pip never says "Collecting".
case "$*" in
    *"pip install"*"-r requirements.txt"*)
        for name in one two; do echo "Collecting $name==1.0 (from -r x)"; done
        echo "Installing collected packages: one, two, three"
        for name in one two; do
            mkdir -p "$(dirname "$0")/../lib/python3/site-packages/$name-1.0.dist-info"
        done
        sleep 7
        echo "Successfully installed one-1.0 two-1.0 three-1.0" ;;
esac
"""


def test_what_is_unpacked_is_counted_while_pip_says_nothing(tmp_path: Path) -> None:
    for name in ("requirements.txt", "deploy/constraints.txt", "deploy/requirements-no-deps.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    shutil.copy(ROOT / "deploy/install.sh", tmp_path / "deploy/install.sh")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    (tmp_path / ".venv/lib/python3/site-packages").mkdir(parents=True)
    python.write_text(textwrap.dedent(PIP).lstrip())
    python.chmod(0o755)

    ran = subprocess.run(
        ["bash", tmp_path / "deploy/install.sh", "runtime"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    said = [line.strip() for line in ran.stdout.splitlines()]
    assert "Unpacking 3 packages …" in said
    # Which counts are seen depends on when it looks; that it looks and counts does not.
    assert {"Unpacked 1 of 3 packages …", "Unpacked 2 of 3 packages …"} & set(said)
    assert said[-1] == "Packages are installed."
    assert re.search(r"Collecting one", (tmp_path / ".venv/install.log").read_text())
