"""Migrations and static files, done before the product starts and only when something changed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from handywriterz.env import BASE_DIR
from handywriterz.stack.addresses import StackError, log_file, run_dir
from handywriterz.stack.child import Say
from handywriterz.stack.postgres import Postgres

PACKAGES = (BASE_DIR / "requirements.txt", BASE_DIR / "deploy" / "constraints.txt")
"""What decides which migrations and static files the installed packages bring."""


async def migrate(data_dir: Path, postgres: Postgres | None, say: Say) -> None:
    """Bring the database up to date. A database of one's own (`postgres` None) is always asked.

    Raises:
        StackError: a migration fails.
    """
    stamp = run_dir(data_dir) / "migrated"
    wanted = _digest((*PACKAGES, *BASE_DIR.glob("*/migrations/*.py")))
    if postgres is not None and _read(stamp) == f"{wanted} {await _applied(postgres)}":
        return
    say("Bringing the database up to date …")
    await _manage(data_dir, "migrate", "--noinput")
    if postgres is not None:
        stamp.write_text(f"{wanted} {await _applied(postgres)}", encoding="ascii")


async def collect_static(data_dir: Path, say: Say) -> None:
    """Collect, hash and compress static files into `DATA_DIR/static`.

    Raises:
        StackError: a file refers to one that does not exist, or the disk refuses.
    """
    stamp = run_dir(data_dir) / "static"
    folders = (
        BASE_DIR / "static",
        *(app.with_name("static") for app in BASE_DIR.glob("*/apps.py")),
    )
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    wanted = _digest((*PACKAGES, *files), content=False)
    if _read(stamp) == wanted and (data_dir / "static" / "staticfiles.json").exists():
        return
    say("Collecting static files …")
    await _manage(data_dir, "collectstatic", "--noinput", "--verbosity=0")
    stamp.write_text(wanted, encoding="ascii")


async def _applied(postgres: Postgres) -> str:
    """A fingerprint of the migrations that the database says it has."""
    try:
        return await postgres.query("SELECT count(*) || '.' || max(id) FROM django_migrations")
    except StackError:  # no such table: an empty database
        return "none"


def _digest(files: Iterable[Path], *, content: bool = True) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        try:
            info = file.stat()
            told = file.read_bytes() if content else f"{info.st_size} {info.st_mtime_ns}".encode()
        except FileNotFoundError:
            continue
        total.update(f"{file.relative_to(BASE_DIR)}\0{len(told)}\0".encode() + told)
    return total.hexdigest()


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


async def _manage(data_dir: Path, *arguments: str) -> None:
    log = log_file(data_dir, arguments[0])
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(BASE_DIR / "manage.py"),
            *arguments,
            env=os.environ | {"DATA_DIR": str(data_dir)},
            cwd=BASE_DIR,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        said = lines[-1].strip() if lines else "it said nothing"
        raise StackError(f"manage.py {arguments[0]} failed: {said} (log: {log})")
