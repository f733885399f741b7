"""The product (or only its servers) as a process that tests start, hurt and stop."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.patience import patience

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 240.0
LAST_WORDS_SECONDS = 10.0
UNSET = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "HOST", "PORT", "CONTACT_EMAIL", "EMBEDDER")
"""Of the surrounding environment: a test must not reach somebody's real servers."""
UNSET_PREFIXES = (
    "HANDYWRITERZ_",
    "OPENAI_",
    "ANTHROPIC_",
    "GOOGLE_",
    "GEMINI_",
    "OPENROUTER_",
    "OPENALEX_",
    "CROSSREF_",
    "ARXIV_",
    "SEMANTIC_SCHOLAR_",
    "EUROPE_PMC_",
    "PUBMED_",
    "NCBI_",
    "UNPAYWALL_",
    "SEARXNG_",
    "BRAVE_",
    "TAVILY_",
    "DUCKDUCKGO_",
    "OUTSIDE_",
    "FETCH_",
)
PORTS = range(10_240, 32_768)
"""Below those of Linux for outgoing connections."""
OUTSIDE_OFF = {"SCHOLARLY_PROVIDERS": "off", "WEB_SEARCH": "off"}
"""Nothing of a test reaches the internet: who needs registries names those of `tests.registries`."""


def clean_environment() -> dict[str, str]:
    """The environment without anything that would point the product elsewhere or at a provider."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in UNSET and not name.startswith(UNSET_PREFIXES)
    }
    return kept | OUTSIDE_OFF


def free_port() -> int:
    """A TCP port that nothing listens on at this moment, and that no outgoing connection gets.

    The product listens some seconds later; until then the kernel would give a port of its own range
    to any client that connects somewhere.
    """
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"every port of {PORTS} is in use")


def eventually(condition: Callable[[], bool], seconds: float = 60.0, every: float = 0.05) -> bool:
    """Whether `condition` comes true within `seconds`."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(every)
    return True


def running(pid: int) -> bool:
    """Whether process `pid` exists and is more than a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def processes_naming(text: str) -> dict[int, str]:
    """Pid and command line of every process whose arguments or environment contain `text`."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid() and running(int(folder.name)):
            try:
                told = (folder / "cmdline").read_bytes()
                around = (folder / "environ").read_bytes()
            except OSError:
                continue
            if text.encode() in told or text.encode() in around:
                found[int(folder.name)] = told.replace(b"\0", b" ").decode(errors="replace")
    return found


class StackProcess:
    """One `manage.py up` on its own `DATA_DIR` and port."""

    def __init__(
        self,
        *options: str,
        data_dir: Path | None = None,
        port: int | None = None,
        ready_made: bool = False,
        **environment: str,
    ) -> None:
        """`ready_made` starts it on a copy of a `DATA_DIR` in which all has been prepared."""
        # Short, because Unix sockets live in it.
        self.data_dir = data_dir or Path(tempfile.mkdtemp(prefix="hw-"))
        self._own_data_dir = data_dir is None
        self.port = port or free_port()
        self.environment = clean_environment() | environment | {"DATA_DIR": str(self.data_dir)}
        self._options = options
        self._ready_made = ready_made
        self.output: list[str] = []
        self.ready_seconds = 0.0
        """From the command to its word that all is ready."""
        self._process: subprocess.Popen[str] | None = None
        self._listener = threading.Thread()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def supervisor(self) -> int:
        """Pid of the supervisor."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self) -> StackProcess:
        """Start it and return when it says that it is ready.

        Raises:
            AssertionError: it ended first or took too long; the message carries what it said.
        """
        began = time.monotonic()
        self.output = []
        if self._ready_made and not (self.data_dir / "postgres").exists():
            from tests import ready_made

            ready_made.put(self.data_dir, static="--servers-only" not in self._options)
            began = time.monotonic()
        up = ("manage.py", "up", "--with-parent")
        self._process = subprocess.Popen(
            [sys.executable, *up, f"--port={self.port}", *self._options],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ready = threading.Event()
        self._listener = threading.Thread(
            target=self._listen, args=(self._process, ready), daemon=True
        )
        self._listener.start()
        if not ready.wait(patience(READY_SECONDS)) or not self.said("is ready"):
            self.stop()
            raise AssertionError("The stack did not start:\n" + "".join(self.output) + self.logs())
        self.ready_seconds = time.monotonic() - began
        return self

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.output.append(line)
                if "is ready" in line:
                    ready.set()
        ready.set()

    def said(self, text: str) -> bool:
        """Whether the supervisor has printed `text`."""
        return any(text in line for line in self.output)

    def wait(self, seconds: float = 60.0) -> int:
        """The exit code, once it has ended by itself."""
        assert self._process is not None, "not started"
        code = self._process.wait(seconds)
        self._listener.join(LAST_WORDS_SECONDS)
        return code

    def stop(self, number: int = signal.SIGINT, seconds: float = 60.0) -> int:
        """Stop it as Ctrl-C does and return its exit code; remove a `DATA_DIR` made here."""
        code = 0
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                code = self._process.wait(seconds)
                self._listener.join(LAST_WORDS_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise
        return code

    def remove(self) -> None:
        """Delete a `DATA_DIR` that was made here."""
        if self._own_data_dir:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def pid(self, name: str) -> int:
        """Pid of the child `name`: postgres, redis, web, runs or files."""
        return int((self.data_dir / "run" / f"{name}.pid").read_text(encoding="ascii"))

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send `number` to the child `name` and return the pid it had."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def log(self, name: str, lines: int = 40) -> str:
        """The end of the log of the child `name`."""
        try:
            text = (self.data_dir / "logs" / f"{name}.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def logs(self) -> str:
        """The end of every log, for a failure's message."""
        names = sorted(path.stem for path in (self.data_dir / "logs").glob("*.log"))
        return "".join(f"\n--- {name}\n{self.log(name, 15)}\n" for name in names)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `manage.py ARGUMENT…` against this instance's database."""
        command: Sequence[str] = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, text=True, capture_output=True, timeout=120
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done
