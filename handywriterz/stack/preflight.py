"""What can be known to be wrong before anything starts, each as one clear sentence."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from handywriterz.stack.addresses import StackError, logs_dir, run_dir


def check_port(host: str, port: int) -> None:
    """
    Raises:
        StackError: the web server could not listen on `host`:`port`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise StackError(f"HOST is wrong: {host} is not an address of this machine.") from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the web server does: a port that is merely cooling down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise StackError(_port_sentence(host, port, error)) from error


def _port_sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use; stop what uses it, or choose another: "
            f"make run PORT={port + 1 if port < 65535 else 8000}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than you have; choose one above 1023."
    return f"The web server cannot listen on {host}:{port}: {error.strerror}."


def make_folders(data_dir: Path) -> None:
    """Make `DATA_DIR` and the folders in it that the supervisor writes.

    Raises:
        StackError: it is no folder or cannot be written.
    """
    try:
        # People's files lie here. The user whom root lends to the database has to pass, though.
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for folder in (run_dir(data_dir), logs_dir(data_dir)):
            folder.mkdir(exist_ok=True)
        probe = run_dir(data_dir) / f".probe.{os.getpid()}"
        probe.write_bytes(b"written")
        probe.unlink()
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            reason = "there is a file in its place"
        elif error.errno == errno.ENOSPC:
            reason = "the disk is full"
        else:
            reason = (error.strerror or str(error)).lower()
        raise StackError(
            f"DATA_DIR {data_dir} cannot be written ({reason}); choose another, "
            "for example make run DATA_DIR=$HOME/handywriterz."
        ) from error


@contextlib.contextmanager
def sole_owner(data_dir: Path) -> Iterator[None]:
    """Hold `DATA_DIR` for this process; the kernel lets go of it however the process ends.

    Raises:
        StackError: another instance runs on it.
    """
    with (run_dir(data_dir) / "up.pid").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            pid = file.read().strip() or "unknown"
            raise StackError(
                f"HandyWriterz already runs on {data_dir} (pid {pid}); stop it first, "
                "or choose another DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
