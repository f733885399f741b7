from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.stack_process import ROOT, clean_environment


def test_processes_that_start_together_agree_on_one_signing_key(tmp_path: Path) -> None:
    code = "from handywriterz import settings; print(settings.SECRET_KEY)"
    environment = clean_environment() | {"DATA_DIR": str(tmp_path)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in started}

    assert len(keys) == 1
    assert len(keys.pop()) > 40
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob("tmp?*")), "no draft is left behind"
