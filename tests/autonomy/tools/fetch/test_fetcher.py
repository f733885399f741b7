"""Pages and files: what is fetched, what is refused, and in which words."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from autonomy.core.works import FetchRefused
from tests.autonomy.tools.fetch.conftest import MakeFetcher
from tests.providers.shapes import Page, serving
from tests.registries.faults import Fault
from tests.registries.server import Registries


async def refused(fetcher: object, url: str) -> FetchRefused:
    with pytest.raises(FetchRefused) as raised:
        await fetcher.fetch(url)  # type: ignore[attr-defined]
    return raised.value


async def test_a_page_comes_with_its_name_and_kind(
    make_fetcher: MakeFetcher, made_up_world: Registries
) -> None:
    fetched = await make_fetcher().fetch(f"{made_up_world.base}/files/spacing.1.html#results")
    assert fetched.media_type == "text/html"
    assert fetched.file_name == "spacing.1.html"
    assert fetched.url == f"{made_up_world.base}/files/spacing.1.html"
    (asked,) = made_up_world.questions("files")
    assert asked.headers["user-agent"] == "HandyWriterz/test (mailto:someone@example.org)"


async def test_robots_txt_is_read_once_and_heeded(
    make_fetcher: MakeFetcher, made_up_world: Registries
) -> None:
    fetcher = make_fetcher()
    problem = await refused(fetcher, f"{made_up_world.base}/private/diary")
    assert (problem.code, "does not allow" in problem.reason) == ("robots", True)
    await fetcher.fetch(f"{made_up_world.base}/files/spacing.1.html")
    assert len(made_up_world.questions("robots.txt")) == 1
    assert made_up_world.questions("private") == []


async def test_a_redirect_into_what_robots_txt_closes_is_refused(
    make_fetcher: MakeFetcher, made_up_world: Registries
) -> None:
    problem = await refused(
        make_fetcher(), f"{made_up_world.base}/go?to={made_up_world.base}/private/diary"
    )
    assert problem.code == "robots"
    assert made_up_world.questions("private") == []


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False)])
async def test_a_missing_robots_txt_allows_and_a_broken_one_does_not(
    make_fetcher: MakeFetcher, made_up_world: Registries, status: int, allowed: bool
) -> None:
    made_up_world.fail("robots.txt", Fault("status", status=status))
    url = f"{made_up_world.base}/files/spacing.1.html"
    if allowed:
        assert (await make_fetcher().fetch(url)).body
    else:
        assert (await refused(make_fetcher(), url)).code == "robots"


async def test_redirects_are_followed_to_a_limit_and_loops_are_named(
    make_fetcher: MakeFetcher, made_up_world: Registries
) -> None:
    base = made_up_world.base
    assert (await make_fetcher().fetch(f"{base}/hops/3")).file_name == "spacing.1.html"
    problem = await refused(make_fetcher(redirects=2), f"{base}/hops/3")
    assert (problem.code, "more than 2 times" in problem.reason) == ("redirects", True)
    problem = await refused(make_fetcher(), f"{base}/loop/a")
    assert (problem.code, "in a circle" in problem.reason) == ("redirects", True)
    problem = await refused(make_fetcher(), f"{base}/go")
    assert (problem.code, "to nowhere" in problem.reason) == ("redirects", True)


async def test_too_much_is_refused_by_header_and_by_count(
    make_fetcher: MakeFetcher, made_up_world: Registries
) -> None:
    problem = await refused(
        make_fetcher(max_bytes=200), f"{made_up_world.base}/files/spacing.1.html"
    )
    assert problem.code == "too_large"


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        handler.wfile.write(b"<p>more</p>" * 6_000)


def _dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<")
    handler.wfile.flush()
    handler.rfile.read()


@pytest.mark.parametrize(("write", "code"), [(_endless, "too_large"), (_dripping, "timeout")])
async def test_answers_without_an_end_are_cut(
    make_fetcher: MakeFetcher, write: object, code: str
) -> None:
    with serving({"/page": Page(write=write)}) as server:  # type: ignore[arg-type]
        fetcher = make_fetcher(max_bytes=100_000, seconds=0.6)
        object.__setattr__(fetcher, "trusted", frozenset({("127.0.0.1", int(server.url[17:]))}))
        assert (await refused(fetcher, f"{server.url}/page")).code == code


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (Page(raw=b"%PDF-1.7 ...", headers={"Content-Type": "text/html"}), "application/pdf"),
        (Page(raw=b"<!doctype html><p>x", headers={"Content-Type": "application/pdf"}), "text/html"),
        (Page(raw=b"plain words", headers={"Content-Type": "text/plain"}), "text/plain"),
        (Page(raw=b"<?xml version='1.0'?><article/>", headers={"Content-Type": "text/xml"}), "application/xml"),
    ],
)  # fmt: skip
async def test_the_bytes_say_what_a_file_is(
    make_fetcher: MakeFetcher, page: Page, kind: str
) -> None:
    with serving({"/x": page}) as server:
        fetcher = make_fetcher()
        object.__setattr__(fetcher, "trusted", frozenset({("127.0.0.1", int(server.url[17:]))}))
        assert (await fetcher.fetch(f"{server.url}/x")).media_type == kind


@pytest.mark.parametrize(
    "page",
    [
        Page(raw=b"\x7fELF\x02\x01\x01", headers={"Content-Type": "application/octet-stream"}),
        Page(raw=b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "image/png"}),
        Page(raw=b"\x00\x01\x02\x03", headers={"Content-Type": "text/html"}),
        Page(raw=b"PK\x03\x04rest", headers={"Content-Type": "application/zip"}),
        Page(raw=b"", headers={"Content-Type": "text/html"}),
    ],
)
async def test_what_is_not_read_here_is_refused(make_fetcher: MakeFetcher, page: Page) -> None:
    with serving({"/x": page}) as server:
        fetcher = make_fetcher()
        object.__setattr__(fetcher, "trusted", frozenset({("127.0.0.1", int(server.url[17:]))}))
        assert (await refused(fetcher, f"{server.url}/x")).code == "media_type"


@pytest.mark.parametrize(
    ("status", "says"), [(403, "does not let"), (404, "no such"), (503, "503")]
)
async def test_a_refusal_is_told_in_words(
    make_fetcher: MakeFetcher, made_up_world: Registries, status: int, says: str
) -> None:
    made_up_world.fail("files", Fault("status", status=status))
    problem = await refused(make_fetcher(), f"{made_up_world.base}/files/spacing.1.html")
    assert problem.code == "status"
    assert says in problem.reason


async def test_a_host_that_limits_us_is_left_alone_as_long_as_it_says(
    make_fetcher: MakeFetcher, made_up_world: Registries
) -> None:
    fetcher = make_fetcher(seconds=2.0)
    url = f"{made_up_world.base}/files/spacing.1.html"
    made_up_world.fail("files", Fault("status", status=429, headers={"Retry-After": "60"}))
    assert "limiting" in (await refused(fetcher, url)).reason
    assert "may be asked again in" in (await refused(fetcher, url)).reason
    assert len(made_up_world.questions("files")) == 1


async def test_no_page_is_packed(make_fetcher: MakeFetcher, made_up_world: Registries) -> None:
    await make_fetcher().fetch(f"{made_up_world.base}/files/spacing.1.html")
    assert made_up_world.questions("files")[0].headers["accept-encoding"] == "identity"
