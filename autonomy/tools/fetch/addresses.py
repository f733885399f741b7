"""Which URLs may be called at all. The addresses behind a name are looked at where the connection
is made, in `core.outbound`: what is refused here never asks a name server."""

from __future__ import annotations

import httpx2

from autonomy.core.outbound import Trusted, is_public
from autonomy.core.works import FetchRefused

PORTS = frozenset({80, 443})
LONGEST_URL = 4_096
"""Characters."""
_INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion")
"""Top-level names that mean this machine or its neighbours."""


def port_of(url: httpx2.URL) -> int:
    return (443 if url.scheme == "https" else 80) if url.port is None else url.port


def host_of(url: httpx2.URL) -> str:
    """Lower case, without the dot of the root and without brackets."""
    return url.host.lower().strip("[]").rstrip(".")


def trusted_hosts(listed: str) -> Trusted:
    """`host:port, host:port` as it stands in a setting.

    Raises:
        ValueError: with the part that is not of this form.
    """
    found = set()
    for part in filter(None, (piece.strip().lower() for piece in listed.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65_536:
            raise ValueError(f"“{part}” is not host:port")
        found.add((host.strip("[]"), int(port)))
    return frozenset(found)


def vetted(address: str, trusted: Trusted = frozenset()) -> httpx2.URL:
    """`address` as a URL that may be called, if the addresses behind its host may.

    Raises:
        FetchRefused: `address`, with the reason.
    """
    try:
        url = httpx2.URL(address) if len(address) <= LONGEST_URL else None
    except (httpx2.InvalidURL, ValueError, TypeError):
        url = None
    if url is None:
        raise FetchRefused("address", "This is not an address that can be called.")
    if url.scheme not in ("http", "https"):
        raise FetchRefused("address", "Only http and https addresses are called.")
    if url.userinfo:
        raise FetchRefused(
            "address", "An address with a user name or password in it is not called."
        )
    host = host_of(url)
    if not host or "%" in host:
        raise FetchRefused("address", "The address names no host.")
    port = port_of(url)
    if (host, port) in trusted:
        return url
    if any(host == name or host.endswith("." + name) for name in _INSIDE):
        raise FetchRefused("address", f"{host} is a name for machines of a private network.")
    if port not in PORTS:
        if is_private(host):
            raise FetchRefused("address", f"{host} is an address of a private network.")
        raise FetchRefused("address", f"Port {port} is not called: only 80 and 443 are.")
    return url


def is_private(host: str) -> bool:
    """Whether `host` is written as an address, and one that is not public."""
    try:
        return not is_public(host)
    except ValueError:
        return False  # a name: looked at where the connection is made
