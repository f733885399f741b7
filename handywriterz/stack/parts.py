"""The command lines of the product's own processes, here and in `deploy/compose.yaml`."""

from __future__ import annotations

import sys

WORKERS = {
    # Driving a run is waiting for models and databases: threads.
    "runs": ("--pool=threads", "--concurrency=4", "-Q", "runs", "-n", "runs@%h"),
    # Reading a file is computing, and a broken file may take its process along: a process.
    "files": ("--pool=prefork", "--concurrency=1", "-Q", "files", "-n", "files@%h"),
}
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
"""Workers learn nothing from each other (PostgreSQL holds the truth) and start a second sooner."""


def web(host: str, port: int) -> list[str]:
    """The web server on `host`:`port`."""
    server = (sys.executable, "-m", "handywriterz.web_server", "-b", host, "-p", str(port))
    return [*server, "handywriterz.asgi:application"]


def worker(queue: str) -> list[str]:
    """The worker for `queue`, one of `WORKERS`."""
    celery = (sys.executable, "-m", "celery", "-A", "handywriterz", "worker", "--loglevel=INFO")
    return [*celery, *QUIET, *WORKERS[queue]]
