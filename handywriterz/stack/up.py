"""`manage.py up`: the whole product in the foreground. Imports no Django, so it starts at once."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

OLDEST_PYTHON = (3, 11)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--port", type=int, help="TCP port of the web server (PORT)")
    parser.add_argument("--host", help="address the web server listens on (HOST)")
    parser.add_argument("--data-dir", type=Path, help="folder that holds all state (DATA_DIR)")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started this ends"
    )
    parser.add_argument(
        "--servers-only", action="store_true", help="only PostgreSQL and Redis (for tests)"
    )
    parser.add_argument(
        "--throwaway", action="store_true", help="do not protect data against a crash (for tests)"
    )


def main(argv: Sequence[str]) -> int:
    """Run until stopped. The exit code is 0 after a stop on request, 1 with a sentence otherwise."""
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    add_arguments(parser)
    return up(parser.parse_args(argv))


def up(options: argparse.Namespace) -> int:
    """The command itself, once its options are parsed."""
    began = time.monotonic()
    if sys.version_info < OLDEST_PYTHON:
        return _fail(f"HandyWriterz needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    for name in ("port", "host", "data_dir"):
        value = getattr(options, name)
        if value is not None:
            os.environ[name.upper()] = str(value)
    try:
        from handywriterz.env import env
        from handywriterz.stack.addresses import StackError, password
        from handywriterz.stack.preflight import check_port, make_folders, sole_owner
        from handywriterz.stack.supervisor import Plan, Supervisor
    except ModuleNotFoundError as error:
        return _fail(f"The package {error.name} is not installed; start with make run.")
    if options.with_parent:
        _stop_with_parent()
    settings = env()
    plan = Plan(
        data_dir=settings.data_dir.resolve(),
        host=settings.host,
        port=settings.port,
        own_database=settings.database_url is not None,
        own_redis=settings.redis_url is not None,
        servers_only=options.servers_only,
        throwaway=options.throwaway,
    )

    def announce() -> None:
        where = f": {plan.url}/" if not plan.servers_only else ""
        _say(f"HandyWriterz is ready{where} ({time.monotonic() - began:.1f} s; Ctrl-C stops it)")

    try:
        make_folders(plan.data_dir)
        with sole_owner(plan.data_dir):
            if not plan.servers_only:
                check_port(plan.host, plan.port)
            password(plan.data_dir)
            asyncio.run(Supervisor(plan, _say).run(announce))
    except StackError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("Interrupted.")
    _say("Stopped.")
    return 0


def _stop_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        from handywriterz.stack.launch import die_with

        die_with(ctypes.CDLL(None, use_errno=True), os.getppid(), signal.SIGTERM)


def _say(sentence: str) -> None:
    # The terminal may be gone (SIGHUP); stopping in order matters more than saying so.
    with contextlib.suppress(OSError):
        sys.stdout.write(sentence + "\n")
        sys.stdout.flush()


def _fail(sentence: str) -> int:
    with contextlib.suppress(OSError):
        sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
