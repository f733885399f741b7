"""The command lines of the product's own processes, here and in `deploy/compose.yaml`."""

from __future__ import annotations

import sys

from handywriterz.env import env

WORKERS = {
    # Driving a run is waiting for models and databases: threads.
    "runs": ("--pool=threads", "--concurrency=4", "-Q", "runs", "-n", "runs@%h"),
    # Reading a file is computing, and a broken file may take its process along: a process.
    "files": ("--pool=prefork", "--concurrency={files_at_once}", "-Q", "files", "-n", "files@%h"),
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
    options = (option.format(files_at_once=env().files_at_once) for option in WORKERS[queue])
    return [*celery, *QUIET, *options]
