"""HTTP to addresses that people type in: what may be reached from here, and how much may come back.

The check is made where the connection is: the transport resolves a name itself, looks at every
address and connects to one of those it has looked at. There is no second resolution that could
answer differently, redirects (off unless asked for) pass the same check at each hop, and the
`Host` header and the name in the certificate stay those of the URL.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore2
import httpx2

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host name and port to the addresses behind them, as text."""

Trusted = frozenset[tuple[str, int]]
"""Host names and ports that the operator has named, whatever network they are in."""

MAX_BYTES = 32 * 1024 * 1024
"""Most that one answer may have: far beyond any document, and short of filling the memory."""

CONNECT_SECONDS = 5.0

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
"""IPv6 ranges whose last four bytes are an IPv4 address that a translator would connect to."""
_SPECIAL_V4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Of the protocols themselves, and of translators; `is_global` has parts of them as public."""
_PUBLIC_V6 = IPv6Network("2000::/3")
"""All that has ever been given out as global unicast; whatever is outside is special."""
_RESOLVERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")
_METADATA = frozenset({IPv6Address("fd00:ec2::254"), IPv6Address("fd20:ce::254")})
"""Clouds' metadata services outside of the link-local range."""


class AddressRefused(httpcore2.ConnectError):
    """The address is one that may not be called from here."""


class AnswerTooLarge(httpcore2.ReadError):
    """More came back than an answer may have."""


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside one that only carries it."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if int(address) > 1 and any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_public(text: str) -> bool:
    """Whether `text` is the address of a machine that anyone on the internet may call."""
    address = _unwrapped(ip_address(text.partition("%")[0]))
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    if isinstance(address, IPv4Address) and any(address in network for network in _SPECIAL_V4):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_ever_allowed(text: str) -> bool:
    """Whether even those who may use private addresses may call this one: no model answers on a
    link-local address, but clouds hand out their machines' credentials there."""
    address = _unwrapped(ip_address(text.partition("%")[0]))
    return not (address.is_link_local or address.is_multicast or address in _METADATA)


async def resolve(host: str, port: int) -> list[str]:
    """The system's answer. In threads of our own: a loop that ends waits for its threads, and a
    dead name server takes longer than anybody wants to wait."""
    found = await asyncio.get_running_loop().run_in_executor(
        _RESOLVERS, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that passed the check, and to nothing else."""

    def __init__(self, *, private: bool, trusted: Trusted, resolve: Resolve) -> None:
        self._private = private
        self._trusted = trusted
        self._resolve = resolve
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host.strip("[]"), port)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("The name was not resolved in time.") from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("The name is not known.") from error
        private = self._private or (host.lower(), port) in self._trusted
        allowed = is_ever_allowed if private else is_public
        # One bad address spoils a name: who controls it decides which of them is tried.
        if not addresses or not all(allowed(address) for address in addresses):
            raise AddressRefused("This address may not be called from here.")
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = failure or error
        raise failure or httpcore2.ConnectError("There was no address.")

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        raise AddressRefused("Local sockets may not be called from here.")

    async def sleep(self, seconds: float) -> None:
        await self._sockets.sleep(seconds)


class _Bounded(httpx2.AsyncByteStream):
    """An answer's bytes, up to a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise httpx2.ReadError("The answer is too large.") from AnswerTooLarge()
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@cache
def _certificates() -> ssl.SSLContext:
    """Loading the authorities takes longer than many a call: once per process."""
    return httpx2.create_ssl_context(trust_env=False)


class CheckedTransport(httpx2.AsyncHTTPTransport):
    """The transport behind `checked_client`."""

    def __init__(
        self,
        *,
        private: bool,
        trusted: Trusted = frozenset(),
        max_bytes: int = MAX_BYTES,
        resolve: Resolve = resolve,
    ) -> None:
        super().__init__(verify=_certificates(), trust_env=False)
        self._max_bytes = max_bytes
        # The pool takes a backend; the transport has no argument to hand one through.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_certificates(),
            max_connections=200,
            max_keepalive_connections=20,
            keepalive_expiry=30.0,
            network_backend=_CheckedBackend(private=private, trusted=trusted, resolve=resolve),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # A few packed bytes can unfold into gigabytes; unpacked bytes are what the limit counts.
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous transport answers with an asynchronous stream")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            await stream.aclose()
            raise httpx2.DecodingError("The answer is packed, which was not asked for.")
        response.stream = _Bounded(stream, self._max_bytes)
        return response


def checked_client(
    *,
    private: bool,
    trusted: Trusted = frozenset(),
    max_bytes: int = MAX_BYTES,
    seconds: float = 600.0,
    resolve: Resolve = resolve,
) -> httpx2.AsyncClient:
    """A client for addresses that people typed in. Close it, or use it as a context manager.

    Args:
        private: whether loopback and private networks may be reached as well.
        trusted: hosts (lower case) and ports that may be in such networks although others may not.
        max_bytes: most that one answer may have.
        seconds: longest pause between two reads or writes; whoever wants an end in sight bounds
            the whole call with `asyncio.timeout`.
        resolve: names to addresses, for tests.
    """
    return httpx2.AsyncClient(
        transport=CheckedTransport(
            private=private, trusted=trusted, max_bytes=max_bytes, resolve=resolve
        ),
        timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        follow_redirects=False,
        trust_env=False,
    )


def bounded(client: httpx2.AsyncClient, max_bytes: int = MAX_BYTES) -> httpx2.AsyncClient:
    """`client`, of whose answers no more than `max_bytes` are read."""

    async def bound(response: httpx2.Response) -> None:
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, max_bytes)

    hooks = client.event_hooks
    client.event_hooks = {**hooks, "response": [*hooks["response"], bound]}
    return client


def caused_by(error: BaseException, kind: type[BaseException]) -> bool:
    """Whether an error of `kind` is behind `error`, through whatever wrapped it on the way."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        if isinstance(at, kind):
            return True
        seen.add(id(at))
        at = at.__cause__ or at.__context__
    return False
