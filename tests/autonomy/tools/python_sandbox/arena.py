"""What attacks aim at: a secret, listeners and a process, all outside; and running them there."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stack_process import ROOT

PROGRAM = Path(__file__).with_name("attacks.py")


@dataclass
class Arena:
    folder: Path
    aims: dict[str, Any]
    victim: subprocess.Popen[bytes]
    heard: list[str]
    """Listeners that somebody reached."""

    def unconfined(self) -> dict[str, str]:
        """What each attack gets when nothing holds it."""
        scratch = self.folder / "scratch"
        (scratch / "packages").mkdir(parents=True)
        (scratch / "targets.json").write_text(json.dumps({**self.aims, "inside": False}))
        done = subprocess.run(
            [sys.executable, str(PROGRAM)],
            cwd=scratch,
            env={
                "PYTHONPATH": f"{scratch}/packages:{ROOT}",
                "ATTACK_SECRET": "x",
                "DATA_DIR": str(scratch),
            },
            capture_output=True,
            check=True,
            timeout=170,
        )
        (self.folder / "planted").unlink()
        got: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return got


@contextmanager
def arena() -> Iterator[Arena]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        (folder / "secret").write_text(secrets.token_hex(16))
        (folder / "mode").touch()
        heard: list[str] = []
        abstract, datagrams = secrets.token_hex(8), secrets.token_hex(8)
        port = _listen(stack, heard, "tcp", socket.AF_INET, ("127.0.0.1", 0))
        _listen(stack, heard, "path", socket.AF_UNIX, str(folder / "socket"))
        _listen(stack, heard, "abstract", socket.AF_UNIX, f"\0{abstract}")
        box = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        box.bind(f"\0{datagrams}")
        victim = subprocess.Popen(["sleep", "600"], env={"ATTACK_SECRET": "y"})
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        aims = {
            "secret": str(folder / "secret"),
            "folder": str(folder),
            "mode_of": str(folder / "mode"),
            "project": str(ROOT),
            "home": str(Path.home()),
            "pid": os.getpid(),
            "victim": victim.pid,
            "port": port,
            "socket": str(folder / "socket"),
            "abstract": abstract,
            "datagrams": datagrams,
        }
        yield Arena(folder, aims, victim, heard)


def _listen(stack: ExitStack, heard: list[str], name: str, family: int, address: Any) -> int:
    """Answer everybody who connects; the port, for TCP."""
    server = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
    server.bind(address)
    server.listen()

    def answer() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                heard.append(name)
                client.sendall(b"hello")

    threading.Thread(target=answer, daemon=True).start()
    stack.callback(server.shutdown, socket.SHUT_RDWR)
    found = server.getsockname()
    return int(found[1]) if family == socket.AF_INET else 0
