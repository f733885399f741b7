"""The web server as a process, in front of an application of the test's own."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from handywriterz.body_limit import BodyLimit
from handywriterz.stopping import before_stop
from tests.patience import patience
from tests.stack_process import ROOT, eventually, free_port

MEGABYTE = 2**20


PIECES = 2_000
PIECE = b"x" * 10_000


async def _respond(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _talk(receive, send)
        return
    size = pieces = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        pieces += 1
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/endless":
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await _stopping().wait()
        return
    if scope["path"] == "/slow":
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await _hung_up().wait()
    if scope["path"] == "/breaks":
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        raise RuntimeError("in the middle of the answer")
    await send({"type": "http.response.body", "body": f"{size} in {pieces}".encode()})


@cache
def _stopping() -> asyncio.Event:
    """Set when the server says that it is about to stop, as the hub of live views is told."""
    event = asyncio.Event()
    before_stop(event.set)
    return event


@cache
def _hung_up() -> asyncio.Event:
    """Set when a socket was closed before it was spoken to."""
    return asyncio.Event()


async def _talk(receive: Any, send: Any) -> None:
    """Sends 20 MB as fast as it may once it is spoken to."""
    await receive()
    await send({"type": "websocket.accept"})
    if (await receive())["type"] == "websocket.disconnect":
        _hung_up().set()
        return
    for number in range(PIECES):
        await send({"type": "websocket.send", "bytes": number.to_bytes(4, "big") + PIECE})
    await receive()


application = BodyLimit(_respond)


def _start() -> tuple[int, subprocess.Popen[bytes]]:
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "handywriterz.web_server", "-b", "127.0.0.1", "-p", str(port)),
            "tests.handywriterz.test_web_server:application",
        ],
        cwd=ROOT,
        env={
            "PATH": "",
            "DJANGO_SETTINGS_MODULE": "handywriterz.settings",
            "SECRET_KEY": "x" * 50,
            "UPLOAD_MAX_BYTES": str(20 * MEGABYTE),
        },
        stderr=subprocess.DEVNULL,
    )
    assert eventually(lambda: _listens(port), 30, every=0.1)
    return port, process


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, int]]:
    """Port and pid."""
    port, process = _start()
    try:
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def talk(port: int, head: str, pieces: Iterable[bytes] = ()) -> bytes:
    """What the server says until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\nHost: localhost\r\n\r\n".encode())
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(30):
        said = await reader.read()
    writer.close()
    return said


def chunked(megabytes: int) -> Iterator[bytes]:
    piece = b"x" * MEGABYTE
    for _ in range(megabytes):
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def peak_megabytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no peak")


@pytest.mark.parametrize("path", ["/api/chat", "/api/files"])
async def test_a_body_far_too_large_costs_no_memory(server: tuple[int, int], path: str) -> None:
    port, pid = server
    before = peak_megabytes(pid)
    head = f"POST {path} HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked"
    said = await talk(port, head, chunked(150))
    assert b" 413 " in said.splitlines()[0]
    assert b"too_large" in said
    assert peak_megabytes(pid) - before < 100


async def test_a_declared_length_is_believed_and_nothing_is_kept(server: tuple[int, int]) -> None:
    port, pid = server
    before = peak_megabytes(pid)
    head = f"POST /api/files HTTP/1.1\r\nConnection: close\r\nContent-Length: {60 * MEGABYTE}"
    said = await talk(port, head, iter([b"x" * MEGABYTE] * 60))
    assert b" 413 " in said.splitlines()[0]
    assert peak_megabytes(pid) - before < 30


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_fits_arrives_whole(server: tuple[int, int], *, declared: bool) -> None:
    port, _ = server
    size = 10 * MEGABYTE
    how = f"Content-Length: {size}" if declared else "Transfer-Encoding: chunked"
    body = iter([b"x" * MEGABYTE] * 10) if declared else chunked(10)
    said = await talk(port, f"POST /api/files HTTP/1.1\r\nConnection: close\r\n{how}", body)
    assert f"{size} in ".encode() in said


async def test_an_answer_that_breaks_off_ends_the_connection(server: tuple[int, int]) -> None:
    port, _ = server
    began = time.monotonic()
    said = await talk(port, "GET /breaks HTTP/1.1")
    assert b"begun" in said
    assert not said.endswith(b"0\r\n\r\n"), "it must not look complete"
    assert time.monotonic() - began < patience(10)


async def test_a_client_that_does_not_read_fills_no_memory_and_gets_everything(
    server: tuple[int, int],
) -> None:
    port, pid = server
    before = peak_megabytes(pid)
    async with connect(
        f"ws://127.0.0.1:{port}/", max_queue=1, compression=None, ping_interval=None
    ) as client:
        await client.send("go")
        first = await client.recv()
        await _quiet(pid)
        assert peak_megabytes(pid) - before < 10, "of 20 MB"
        rest = [await client.recv() for _ in range(PIECES - 1)]
    numbers = [int.from_bytes(bytes(message)[:4], "big") for message in [first, *rest]]
    assert numbers == list(range(PIECES))


async def _quiet(pid: int) -> None:
    """Return once the server computes no more: it has sent all it could."""
    deadline, spent = time.monotonic() + 20, -1
    while time.monotonic() < deadline:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        now = int(fields[11]) + int(fields[12])
        if now == spent:
            return
        spent = now
        await asyncio.sleep(0.3)


async def test_sockets_are_not_compressed(server: tuple[int, int]) -> None:
    async with connect(f"ws://127.0.0.1:{server[0]}/") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers


async def test_a_stop_ends_streams_and_sockets_at_once_and_lets_requests_finish() -> None:
    port, process = _start()
    try:
        async with connect(f"ws://127.0.0.1:{port}/") as client:
            answers = []
            for path in ("/endless", "/slow"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                assert b"begun" in await reader.readuntil(b"begun")
                answers.append(reader)
            process.terminate()
            began = time.monotonic()
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012, "the service restarts: come back"
            async with asyncio.timeout(5):
                endless, slow = [await reader.read() for reader in answers]
            assert b"0 in 1" in slow
            assert b"0\r\n\r\n" not in endless, "it must not look complete"
        await asyncio.to_thread(process.wait, 5)
        assert time.monotonic() - began < patience(5)
    finally:
        process.kill()
        process.wait()
