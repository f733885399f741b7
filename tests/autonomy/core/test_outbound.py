"""What an address that somebody typed in can reach."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler

import httpx2
import pytest

from autonomy.core.outbound import (
    AddressRefused,
    AnswerTooLarge,
    caused_by,
    checked_client,
    is_ever_allowed,
    is_public,
)
from tests.providers.shapes import Page, serving

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a9fe:a9fe",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "2001:0:a00:1::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "100::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "fd12::1", "1.1.1.1"])
def test_whoever_may_use_private_addresses_may_use_these(address: str) -> None:
    assert is_ever_allowed(address)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "224.0.0.1"],
)
def test_metadata_and_multicast_are_for_nobody(address: str) -> None:
    assert not is_ever_allowed(address)


Resolve = Callable[[str, int], Awaitable[list[str]]]


def answers(*addresses: str) -> tuple[Resolve, list[str]]:
    """A name server that says `addresses` for every name, and the names it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return list(addresses)

    return resolve, asked


async def refused(url: str, resolve: Resolve) -> None:
    async with checked_client(private=False, resolve=resolve) as client:
        with pytest.raises(httpx2.ConnectError) as error:
            await client.get(url)
    assert caused_by(error.value, AddressRefused)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "127.1"]
)
async def test_this_machine_is_not_called_however_it_is_written(host: str) -> None:
    with serving({"/": "secret"}) as server:
        port = server.url.rsplit(":", 1)[1]
        async with checked_client(private=False) as client:
            with pytest.raises((httpx2.ConnectError, httpx2.InvalidURL)):
                await client.get(f"http://{host}:{port}/")
        assert server.asked == []


async def test_a_name_that_leads_inside_is_refused() -> None:
    resolve, _ = answers("10.0.0.7")
    await refused("http://models.example/v1/models", resolve)


async def test_one_private_address_among_public_ones_spoils_the_name() -> None:
    resolve, _ = answers("1.1.1.1", "127.0.0.1")
    await refused("http://models.example/", resolve)


async def test_a_name_is_resolved_once_per_connection_so_that_it_cannot_change_its_mind() -> None:
    with serving({"/": {"ok": True}}) as server:
        port = server.url.rsplit(":", 1)[1]
        turns = iter([["127.0.0.1"], ["169.254.169.254"]])
        asked = []

        async def rebinding(host: str, port: int) -> list[str]:
            asked.append(host)
            return next(turns)

        async with checked_client(private=True, resolve=rebinding) as client:
            response = await client.get(f"http://models.example:{port}/")
        assert response.json() == {"ok": True}
        assert asked == ["models.example"]
        assert server.asked[0][2]["host"] == f"models.example:{port}"


async def test_redirects_are_not_followed_and_are_checked_when_they_are() -> None:
    with serving({"/": Page(status=302, headers={"Location": "http://inside.example/"})}) as server:
        port = server.url.rsplit(":", 1)[1]

        async def resolve(host: str, port: int) -> list[str]:
            return ["169.254.169.254"] if host == "inside.example" else ["127.0.0.1"]

        async with checked_client(private=True, resolve=resolve) as client:
            assert (await client.get(f"http://outside.example:{port}/")).status_code == 302
            with pytest.raises(httpx2.ConnectError) as error:
                await client.get(f"http://outside.example:{port}/", follow_redirects=True)
        assert caused_by(error.value, AddressRefused)


async def test_a_proxy_of_the_environment_is_no_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving({}, otherwise=Page("proxied")) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        resolve, _ = answers("10.0.0.1")
        await refused("http://models.example/", resolve)
        assert proxy.asked == []


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65_536)


async def test_an_endless_answer_is_cut() -> None:
    with serving({"/": Page(write=_endless)}) as server:
        async with checked_client(private=True, max_bytes=1_000_000) as client:
            with pytest.raises(httpx2.ReadError) as error:
                await client.get(server.url + "/")
    assert caused_by(error.value, AnswerTooLarge)


async def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    page = Page(raw=bomb, headers={"Content-Encoding": "gzip"})
    with serving({"/": page}) as server:
        async with checked_client(private=True) as client:
            with pytest.raises(httpx2.DecodingError):
                await client.get(server.url + "/")
        assert server.asked[0][2]["accept-encoding"] == "identity"


async def test_a_name_server_that_never_answers_costs_the_time_allowed_and_no_more() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async with checked_client(private=False, seconds=0.05, resolve=never) as client:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get("http://models.example/")


async def test_an_unknown_name_is_an_ordinary_failure() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    async with checked_client(private=False, resolve=unknown) as client:
        with pytest.raises(httpx2.ConnectError) as error:
            await client.get("http://models.example/")
    assert not caused_by(error.value, AddressRefused)
