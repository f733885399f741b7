"""Where the embedded servers live and how they are reached. Standard library only.

Settings, the supervisor and the tests all derive their paths from one `DATA_DIR` through this
module, so that no process has to be told an address.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

DATABASE_NAME = "handywriterz"
DATABASE_USER = "hw"
POSTGRES_SOCKET_NAME = ".s.PGSQL.5432"
REDIS_SOCKET_NAME = "redis.sock"
SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel takes 107 on Linux and 103 on macOS."""


class StackError(Exception):
    """The stack cannot start or go on. The message is one sentence for the person who started it."""


def postgres_dir(data_dir: Path) -> Path:
    """The database cluster (PGDATA)."""
    return data_dir / "postgres"


def redis_dir(data_dir: Path) -> Path:
    """Redis' working folder: configuration and append-only file."""
    return data_dir / "redis"


def logs_dir(data_dir: Path) -> Path:
    """One log file per child of the supervisor."""
    return data_dir / "logs"


def run_dir(data_dir: Path) -> Path:
    """Pid files, the lock and the stamps of what has been prepared."""
    return data_dir / "run"


def pid_file(data_dir: Path, name: str) -> Path:
    """The pid file of the child `name`; present while the supervisor runs it."""
    return run_dir(data_dir) / f"{name}.pid"


def log_file(data_dir: Path, name: str) -> Path:
    """The log file of the child `name`."""
    return logs_dir(data_dir) / f"{name}.log"


def password_file(data_dir: Path) -> Path:
    """The file (mode 0600) with the password of both servers."""
    return data_dir / "stack-password"


def socket_dir(data_dir: Path) -> Path:
    """The folder of both Unix sockets; it need not exist yet.

    A socket's path is limited by the kernel, so a deep `DATA_DIR` gets a private folder named
    after the user and the folder instead.

    Raises:
        StackError: another user made that private folder first.
    """
    data_dir = data_dir.resolve()
    inside = data_dir / "sockets"
    if len(os.fsencode(inside / POSTGRES_SOCKET_NAME)) < SOCKET_PATH_LIMIT:
        return inside
    uid = os.geteuid()
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    # A fixed base rather than $TMPDIR: a shell and a service must derive the same address. Root
    # gets a base that nobody else can write to.
    bases = (Path("/run"),) if uid == 0 else ()
    base = next((b for b in (*bases, Path("/tmp")) if b.is_dir()), Path(tempfile.gettempdir()))  # noqa: S108
    outside = base / f"hw-{uid}-{digest}"
    with contextlib.suppress(FileNotFoundError):
        info = outside.lstat()
        if not stat.S_ISDIR(info.st_mode) or (uid != 0 and info.st_uid != uid):
            raise StackError(
                f"{outside} belongs to someone else; choose a DATA_DIR with a shorter path."
            )
    return outside


def redis_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / REDIS_SOCKET_NAME


def postgres_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / POSTGRES_SOCKET_NAME


def password(data_dir: Path) -> str:
    """The password of both servers, made on first use.

    Raises:
        StackError: `DATA_DIR` cannot be written or the file cannot be read.
    """
    path = password_file(data_dir)
    try:
        if not path.exists():
            _create_password(path)
        value = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StackError(
            f"{path} cannot be read or written ({reason}); check DATA_DIR and its owner."
        ) from error
    if not value:
        raise StackError(f"{path} is empty; restore it, or remove DATA_DIR to start afresh.")
    return value


def _create_password(path: Path) -> None:
    # Linked into place whole: two processes that start at once agree on one password.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def database_url(data_dir: Path, name: str = DATABASE_NAME) -> str:
    """URL of database `name` on the embedded PostgreSQL: `postgresql://hw:PW@/NAME?host=FOLDER`."""
    folder = quote(str(socket_dir(data_dir)), safe="/")
    return f"postgresql://{DATABASE_USER}:{password(data_dir)}@/{name}?host={folder}"


def redis_url(data_dir: Path, db: int = 0) -> str:
    """URL of the embedded Redis as redis-py reads it: `unix://:PW@SOCKET?db=N`."""
    path = quote(str(redis_socket(data_dir)), safe="/")
    return f"unix://:{password(data_dir)}@{path}?db={db}"


def broker_url(redis: str) -> str:
    """The same Redis as Celery's transport reads it.

    Kombu names Unix sockets `redis+socket://` and the database `virtual_host`; other URLs pass.
    """
    if not redis.startswith("unix://"):
        return redis
    return "redis+socket://" + redis.removeprefix("unix://").replace("?db=", "?virtual_host=")
