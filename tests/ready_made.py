"""A `DATA_DIR` made once and copied: a migrated database, static files, the embedder's graph.

Making one takes most of the time of a first start, and all that start the product or a database
would make the same. What is kept lies beside pytest's own cache and is made anew when a migration,
a pinned package, the stack or the graph's recipe changes; static files are looked after by the
product itself, at each start. The first start is a matter of `tests/handywriterz/stack`, where nothing is
ready made.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from handywriterz.env import BASE_DIR
from handywriterz.stack.account import Account
from handywriterz.stack.addresses import password_file, run_dir
from handywriterz.stack.postgres import Postgres
from handywriterz.stack.preparation import PACKAGES, collect_static, migrate
from tests.stack_process import StackProcess, clean_environment

PASSWORD = "the-same-for-all-throwaway-servers"
"""Of the servers: the cluster that is copied knows it."""
PARTS = ("postgres", "run", "models", "static")
KEPT = BASE_DIR / ".pytest_cache" / "ready-made"


def give_password(data_dir: Path) -> None:
    """Let the servers of `data_dir` have the password of what is ready made: before settings load."""
    path = password_file(data_dir)
    path.touch(0o600)
    path.write_text(PASSWORD + "\n", encoding="ascii")


def models() -> Path:
    """The folder with the embedder's graph, for `Embedder(…)`."""
    return _made() / "models"


def put(data_dir: Path, *, static: bool = True) -> None:
    """Copy what is ready made to `data_dir`, in which no server has run yet."""
    made = _made()
    give_password(data_dir)
    parts = [made / part for part in PARTS if static or part != "static"]
    # By `cp`, because the cluster's files belong to the account that serves it.
    subprocess.run(["cp", "-a", *map(str, parts), str(data_dir)], check=True)


def _made() -> Path:
    """The folder to copy from; made now if there is none for what the project says now."""
    folder = KEPT / _fingerprint()
    if not folder.exists():
        # In a process that goes on when the test that was the first to ask runs out of time.
        command = [sys.executable, "-m", "tests.ready_made"]
        maker = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        _, said = maker.communicate()
        assert maker.returncode == 0, said
    return folder


def _fingerprint() -> str:
    stack = (BASE_DIR / "handywriterz" / "stack").glob("*.py")
    graph = [BASE_DIR / "autonomy" / "library" / name for name in ("embed.py", "minilm.py")]
    files = (*PACKAGES, Path(__file__), *stack, *graph, *BASE_DIR.glob("*/migrations/*.py"))
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(BASE_DIR)}\0".encode() + file.read_bytes())
    return total.hexdigest()[:16]


def make() -> None:
    """Make what is missing; of several who ask at once the first one makes it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    folder = KEPT / _fingerprint()
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            for old in KEPT.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _make(folder)


def _make(folder: Path) -> None:
    from autonomy.library.embed import Embedder

    # Short, because Unix sockets live in it.
    data_dir = Path(tempfile.mkdtemp(prefix="hw-"))
    try:
        give_password(data_dir)
        stack = StackProcess("--servers-only", "--throwaway", data_dir=data_dir).start()
        try:
            asyncio.run(migrate(data_dir, Postgres(data_dir, Account()), _unheard))
        finally:
            assert stack.stop() == 0, stack.logs()
        asyncio.run(collect_static(data_dir, _unheard))
        Embedder(data_dir / "models").warm_up()
        for file in run_dir(data_dir).glob("*.pid"):
            file.unlink()
        draft = folder.with_name("draft")
        draft.mkdir()
        parts = [str(data_dir / part) for part in PARTS]
        subprocess.run(["cp", "-a", *parts, str(draft)], check=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


def _unheard(sentence: str) -> None: ...


if __name__ == "__main__":
    make()
