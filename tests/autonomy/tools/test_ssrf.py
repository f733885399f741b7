"""Nothing that others write makes this server call its own network.

Each row is refused, and no connection is even attempted: neither a socket that listens here nor
the place where the transport would connect has seen anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest

from autonomy.core.llm.health import LocalHealth
from autonomy.core.outbound import AddressRefused, Resolve, caused_by, checked_client
from autonomy.core.works import Answer, FetchRefused
from autonomy.tools.fetch.addresses import trusted_hosts
from autonomy.tools.fetch.cache import Memory
from autonomy.tools.fetch.desk import Desk
from autonomy.tools.fetch.fetcher import Fetcher
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.index import Index
from autonomy.tools.scholarly.registry import Account
from tests.autonomy.tools.canary import Watch, listening, numbers_only, watching
from tests.registries.faults import Fault
from tests.registries.fixtures import made_up_world, world_of_registries
from tests.registries.server import Registries

__all__ = ["made_up_world", "world_of_registries"]

PUBLIC = "93.184.216.34"

LITERALS = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0",
    "2130706433",  # 127.0.0.1 as one number
    "017700000001",  # in octal
    "0177.0.0.1",
    "0x7f000001",
    "0x7f.1",
    "10.0.0.1",
    "10.255.255.255",
    "167772161",  # 10.0.0.1
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.1",
    "100.64.0.1",
    "100.100.100.200",  # a cloud's metadata
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",  # 169.254.169.254
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2002:c0a8:1::1]",
    "[2001:0:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:5601:5601]",  # Teredo for 169.254.169.254
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
]

NAMES = [
    "localhost",
    "localhost.",
    "LOCALHOST",
    "foo.localhost",
    "metadata.google.internal",
    "metadata.google.internal.",
    "instance-data.ec2.internal",
    "printer.local",
    "router.lan",
    "nas.home.arpa",
    "db.intranet",
]

WRITTEN = [
    "http://user@93.184.216.34/",
    "http://user:password@93.184.216.34/",
    "http://93.184.216.34@127.0.0.1/",
    "http://127.0.0.1#@93.184.216.34/",
    "http://127.0.0.1\\@93.184.216.34/",
    "http://93.184.216.34:80@127.0.0.1:80/",
    "http://93.184.216.34:22/",
    "http://93.184.216.34:6379/",
    "https://93.184.216.34:8443/",
    "http://93.184.216.34:0/",
    "http://93.184.216.34:65536/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://loc\u00adalhost/",
    "http://local\u200bhost/",
    "http://127.0.0.1%00.example.org/",
    "http://127.0.0.1%2f.example.org/",
    "http:///etc/passwd",
    "http://",
    "//127.0.0.1/",
    "file:///etc/passwd",
    "ftp://93.184.216.34/",
    "gopher://93.184.216.34:6379/_FLUSHALL",
    "dict://93.184.216.34:11211/stat",
    "data:text/html,hello",
    "javascript:alert(1)",
    "unix:///run/redis.sock",
    "",
    "http://" + "a" * 5_000 + ".example/",
]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    with watching(monkeypatch) as found:
        yield found


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """A port that listens on this machine, and who connected."""
    with listening() as found:
        yield found


def fetcher(resolve: Resolve = numbers_only, trusted: str = "") -> Fetcher:
    return Fetcher(
        LocalHealth(), "test", trusted=trusted_hosts(trusted), cache=Memory(), resolve=resolve
    )


async def refused(url: str, by: Fetcher) -> FetchRefused:
    with pytest.raises(FetchRefused) as raised:
        await by.fetch(url)
    return raised.value


@pytest.mark.parametrize("host", LITERALS)
async def test_an_address_of_a_private_network_is_refused_however_it_is_written(
    watch: Watch, host: str
) -> None:
    assert (await refused(f"http://{host}/", fetcher())).code == "address"
    assert watch.attempts == []


@pytest.mark.parametrize("host", LITERALS)
async def test_the_transport_alone_refuses_it_too(
    canary: tuple[int, list[tuple[str, int]]], host: str
) -> None:
    port, seen = canary
    async with checked_client(private=False, resolve=numbers_only) as client:
        with pytest.raises((httpx2.ConnectError, httpx2.InvalidURL)) as error:
            await client.get(f"http://{host}:{port}/")
    assert caused_by(error.value, AddressRefused) or isinstance(error.value, httpx2.InvalidURL)
    assert seen == []


async def test_the_canary_would_have_seen_a_connection() -> None:
    with listening() as (port, seen):
        async with checked_client(private=True, resolve=numbers_only) as client:
            with pytest.raises(httpx2.HTTPError):
                await client.get(f"http://127.0.0.1:{port}/")
        assert len(seen) == 1


@pytest.mark.parametrize("host", NAMES)
async def test_a_name_for_this_machine_or_its_neighbours_asks_no_name_server(
    watch: Watch, host: str
) -> None:
    asked: list[str] = []

    async def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        return [PUBLIC]

    assert (await refused(f"http://{host}/", fetcher(resolve))).code == "address"
    assert (asked, watch.attempts) == ([], [])


@pytest.mark.parametrize("host", LITERALS)
async def test_a_name_that_leads_inside_is_refused(watch: Watch, host: str) -> None:
    async def resolve(name: str, port: int) -> list[str]:
        return await numbers_only(host.strip("[]"), port)

    assert (await refused("http://harmless.example/", fetcher(resolve))).code == "address"
    assert watch.attempts == []


@pytest.mark.parametrize("url", WRITTEN)
async def test_tricks_with_the_address_are_refused_before_any_question(
    watch: Watch, url: str
) -> None:
    assert (await refused(url, fetcher())).code == "address"
    assert watch.attempts == []


async def test_one_private_address_among_public_ones_spoils_a_name(watch: Watch) -> None:
    async def resolve(name: str, port: int) -> list[str]:
        return [PUBLIC, "10.0.0.1"]

    assert (await refused("http://mixed.example/", fetcher(resolve))).code == "address"
    assert watch.attempts == []


async def test_a_name_that_changes_its_mind_is_looked_at_each_time(
    watch: Watch, made_up_world: Registries
) -> None:
    watch.stand_ins = {PUBLIC: ("127.0.0.1", made_up_world.port)}
    turns = iter([[PUBLIC], ["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]])

    async def rebinding(name: str, port: int) -> list[str]:
        return next(turns)

    # robots.txt is answered from outside; by then the name leads inside. If the first connection
    # is kept, the page comes from where the check has looked.
    by = fetcher(rebinding)
    fetched = await by.fetch("http://rebinding.example/files/spacing.1.html")
    assert fetched.media_type == "text/html"
    assert watch.attempts == [(PUBLIC, 80)]
    for _ in range(3):
        assert (
            await refused("http://rebinding.example/files/spacing.1.html", by)
        ).code == "address"
    assert watch.inside == []


@pytest.mark.parametrize("host", LITERALS)
async def test_a_redirect_leads_no_further_than_an_address(
    watch: Watch, made_up_world: Registries, host: str
) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    # By a second redirect: the first one stays on the host.
    onward = quote(f"{made_up_world.base}/go?to=http://{host}/latest/meta-data/", safe="")
    url = f"{made_up_world.base}/go?to={onward}"
    assert (await refused(url, fetcher(trusted=made_up_world.host))).code == "address"
    assert watch.inside == []


@pytest.mark.parametrize(
    "url", [one for one in WRITTEN if 0 < len(one) < 4_000 and "%" not in one and "#" not in one]
)
async def test_a_redirect_with_a_trick_in_it_is_refused(
    watch: Watch, made_up_world: Registries, url: str
) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    problem = await refused(
        f"{made_up_world.base}/go?to={quote(url)}", fetcher(trusted=made_up_world.host)
    )
    assert problem.code in ("address", "redirects", "status")
    assert watch.inside == []


async def test_a_redirect_to_another_port_of_a_trusted_host_is_refused(
    watch: Watch, made_up_world: Registries
) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    with listening() as (port, seen):
        url = f"{made_up_world.base}/go?to=http://127.0.0.1:{port}/"
        assert (await refused(url, fetcher(trusted=made_up_world.host))).code == "address"
        assert (watch.inside, seen) == ([], [])


async def test_robots_txt_is_no_way_inside(watch: Watch, made_up_world: Registries) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    made_up_world.fail("robots.txt", Fault("redirect", to="http://169.254.169.254/"))
    problem = await refused(
        f"{made_up_world.base}/files/spacing.1.html", fetcher(trusted=made_up_world.host)
    )
    assert problem.code == "address"
    assert watch.inside == []


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://metadata.google.internal/",
        "http://2130706433/",
        "http://user@93.184.216.34/",
        "file:///etc/passwd",
    ],
)
async def test_a_registry_that_redirects_inside_is_refused(
    watch: Watch, made_up_world: Registries, to: str
) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    made_up_world.fail("crossref", Fault("redirect", to=to, lasting=True))
    index = Index(
        [Crossref(made_up_world.url("crossref"))],
        Desk(LocalHealth(), "test", seconds=3.0, resolve=numbers_only),
    )
    (answer,) = (await index.search("trees")).answers
    assert answer.answer is Answer.REFUSED
    assert watch.inside == []


async def test_a_registry_that_redirects_to_a_neighbour_of_its_own_is_refused(
    watch: Watch, made_up_world: Registries
) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    with listening() as (port, seen):
        made_up_world.fail("crossref", Fault("redirect", to=f"http://127.0.0.1:{port}/"))
        index = Index(
            [Crossref(made_up_world.url("crossref"))], Desk(LocalHealth(), "test", seconds=3.0)
        )
        (answer,) = (await index.search("trees")).answers
        assert (answer.answer, watch.inside, seen) == (Answer.REFUSED, [], [])


async def test_a_registry_s_own_name_may_not_lead_inside(watch: Watch) -> None:
    async def poisoned(name: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    index = Index([Crossref()], Desk(LocalHealth(), "test", seconds=3.0, resolve=poisoned))
    (answer,) = (await index.search("trees")).answers
    assert (answer.answer, watch.attempts) == (Answer.REFUSED, [])


async def test_a_key_does_not_travel_along_a_redirect(
    watch: Watch, made_up_world: Registries
) -> None:
    watch.open_to = {("127.0.0.1", made_up_world.port)}
    watch.stand_ins = {PUBLIC: ("127.0.0.1", made_up_world.port)}

    async def elsewhere(name: str, port: int) -> list[str]:
        return [PUBLIC] if name == "elsewhere.example" else ["127.0.0.1"]

    made_up_world.fail("crossref", Fault("redirect", to="http://elsewhere.example/collect"))
    index = Index(
        [Crossref(made_up_world.url("crossref"), Account(key="secret"))],
        Desk(LocalHealth(), "test", seconds=3.0, resolve=elsewhere),
    )
    await index.search("trees")
    assert "secret" in made_up_world.questions("crossref")[0].headers["crossref-plus-api-token"]
    (collected,) = made_up_world.questions("collect")
    assert "secret" not in str(collected.headers)
