"""Tools over the API: looked at, let in, called, switched and put back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from autonomy.core.learnt import Fix
from autonomy.models import Notification, Tool, ToolRecording, ToolSecret, ToolServer, ToolVersion
from autonomy.runtime import learnt_tools, tool_rows, tool_versions
from autonomy.runtime.db import close_pool
from autonomy.services import tool_repairs
from autonomy.services import tools as services
from autonomy.services.learning import tryable
from autonomy.services.tools import changeable
from autonomy.tools.learnt.line import CallLimits, Line
from tests.autonomy.api.world import make_run
from tests.learnt.services import KEY, open_papers
from tests.learnt.serving import Reply, Served, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_connection_stays() -> Iterator[None]:
    """Calls are counted from a pool of threads, whose connections outlive them."""
    yield
    close_pool()


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Open Papers at an address that this server may call."""
    with serving(open_papers) as served:
        line = Line("tests", trusted=served.trusted, limits=CallLimits(seconds=10.0))
        monkeypatch.setattr(learnt_tools, "line", lambda: line)
        monkeypatch.setattr("autonomy.services.tools.line", lambda: line)
        yield served


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    data = "" if body is None else json.dumps(body)
    return client.generic(method, f"/api/v2/tools{path}", data, content_type="application/json")


def learn(client: Client, served: Served, **more: Any) -> Any:
    wanted = {"url": f"{served.base}/openapi.yaml", **more}
    seen = send(client, "POST", "/ingest", wanted).json()
    made = send(client, "POST", "/ingest", wanted | {"fingerprint": seen["fingerprint"]})
    assert made.status_code == 201, made.content
    return made.json()


def give_key(client: Client, served: Served, **more: Any) -> None:
    body = {"host": f"127.0.0.1:{served.port}", "scheme": "apiKeyQuery", "value": KEY, **more}
    assert send(client, "PUT", "/secrets", body).status_code == 204


SEARCH = "/open_papers.search_works"


def test_a_document_is_shown_let_in_and_called(papers: Served, alice_client: Client) -> None:
    seen = send(alice_client, "POST", "/ingest", {"url": f"{papers.base}/openapi.yaml"}).json()

    host = f"127.0.0.1:{papers.port}"
    assert (seen["let_in"], seen["hosts"]) == (False, [host])
    assert seen["secrets"] == [{"host": host, "scheme": "apiKeyQuery", "kind": "query"}]
    assert [op["policy"] for op in seen["operations"]] == ["auto", "auto"]
    assert not Tool.objects.filter(origin="openapi").exists()

    learn(alice_client, papers)
    listed = {tool["name"]: tool for tool in send(alice_client, "GET", "").json()["items"]}
    assert listed["open_papers.search_works"]["secrets_missing"] == ["apiKeyQuery"]
    assert (
        listed["open_papers.search_works"]["own"],
        listed["open_papers.search_works"]["host"],
    ) == (True, host)

    refused = send(alice_client, "POST", f"{SEARCH}/test", {"arguments": {"query": "sleep"}}).json()
    assert (refused["ok"], refused["code"]) == (False, "auth")

    give_key(alice_client, papers)
    tried = send(alice_client, "POST", f"{SEARCH}/test", {"arguments": {"query": "sleep"}}).json()
    assert (tried["ok"], tried["result"]["total"]) == (True, 3)

    row = Tool.objects.get(name="open_papers.search_works")
    assert (row.calls, row.failures, row.recent, row.last_failure) == (2, 1, "01", "auth")
    assert row.latency_seconds is not None
    recording = ToolRecording.objects.get()
    assert recording.ok
    assert recording.exchange["result"]["total"] == 3


def test_a_key_is_nowhere_but_sealed(papers: Served, alice_client: Client, caplog: Any) -> None:
    learn(alice_client, papers)
    give_key(alice_client, papers)
    tried = send(alice_client, "POST", f"{SEARCH}/test", {"arguments": {"query": KEY}})
    export = alice_client.get("/api/v2/me/export")
    exported = b"".join(export.streaming_content)  # type: ignore[attr-defined]

    everywhere = [
        tried.content.decode(),
        json.dumps(list(ToolRecording.objects.values_list("exchange", flat=True))),
        send(alice_client, "GET", "").content.decode(),
        send(alice_client, "GET", SEARCH).content.decode(),
        exported.decode("latin-1"),
        bytes(ToolSecret.objects.get().secret or b"").decode("latin-1"),
    ]
    assert [text for text in everywhere if KEY in text] == []


def test_what_changed_since_it_was_shown_is_not_let_in(
    papers: Served, alice_client: Client
) -> None:
    wanted = {"url": f"{papers.base}/openapi.yaml"}
    seen = send(alice_client, "POST", "/ingest", wanted).json()
    before = papers.answering

    def changed(asked: Any) -> Reply:
        reply = before(asked)
        text = reply.body.decode().replace("/works:", "/everything:")
        return Reply(text.encode(), headers=reply.headers)

    papers.answering = changed
    made = send(alice_client, "POST", "/ingest", wanted | {"fingerprint": seen["fingerprint"]})

    assert (made.status_code, made.json()["code"]) == (409, "document_changed")
    assert not Tool.objects.filter(origin="openapi").exists()


def test_learning_again_makes_a_version_only_of_what_changed(
    papers: Served, alice_client: Client
) -> None:
    learn(alice_client, papers)
    learn(alice_client, papers)
    tool = Tool.objects.get(name="open_papers.search_works")
    assert tool.current_version == 1

    before = papers.answering

    def changed(asked: Any) -> Reply:
        reply = before(asked)
        text = reply.body.decode().replace("maximum: 50", "maximum: 25")
        return Reply(text.encode(), headers=reply.headers)

    papers.answering = changed
    assert learn(alice_client, papers)["replaces"] == [
        "open_papers.get_work",
        "open_papers.search_works",
    ]
    tool.refresh_from_db()
    assert tool.current_version == 2

    back = send(alice_client, "POST", f"{SEARCH}/revert", {"version": 1}).json()
    assert (back["version"], back["versions"][0]["author"]) == (3, "staff")
    assert back["versions"][0]["evidence"]["reverted_to"] == 1
    assert back["input_schema"]["properties"]["per-page"]["maximum"] == 50
    assert send(alice_client, "POST", f"{SEARCH}/revert", {"version": 9}).status_code == 404


def test_learning_again_writes_over_nothing_that_happened_meanwhile(
    papers: Served, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(alice_client, papers)
    before = tool_versions.append_version

    def meanwhile(tool: Tool, *args: Any, **more: Any) -> Any:
        Tool.objects.filter(pk=tool.pk).update(killed=True, calls=7)
        return before(tool, *args, **more)

    monkeypatch.setattr(tool_rows, "append_version", meanwhile)
    answering = papers.answering

    def changed(asked: Any) -> Reply:
        reply = answering(asked)
        text = reply.body.decode().replace("maximum: 50", "maximum: 25")
        return Reply(text.encode(), headers=reply.headers)

    papers.answering = changed
    learn(alice_client, papers)

    tool = Tool.objects.get(name="open_papers.search_works")
    assert (tool.current_version, tool.killed, tool.calls) == (2, True, 7)


def test_nothing_is_locked_while_a_document_is_read_and_a_repeat_asks_nobody(
    papers: Served, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = services.preview_tools
    inside: list[bool] = []

    def read(user: User, wanted: services.Wanted) -> services.Preview:
        inside.append(connection.in_atomic_block)
        return reading(user, wanted)

    monkeypatch.setattr(services, "preview_tools", read)
    wanted = {"url": f"{papers.base}/openapi.yaml"}
    seen = send(alice_client, "POST", "/ingest", wanted).json()
    body = json.dumps(wanted | {"fingerprint": seen["fingerprint"]})
    answers = [
        alice_client.post(
            "/api/v2/tools/ingest",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": "once"},
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert inside == [False, False]  # the preview, and the first letting in


def test_switches_and_policy(papers: Served, alice_client: Client, bob_client: Client) -> None:
    learn(alice_client, papers)
    assert send(alice_client, "PATCH", SEARCH, {"policy": "ask"}).json()["policy"] == "ask"
    assert send(alice_client, "PATCH", SEARCH, {"policy": "maybe"}).status_code == 422
    assert send(alice_client, "POST", f"{SEARCH}/disable").json()["enabled"] is False
    assert send(alice_client, "POST", f"{SEARCH}/enable").json()["enabled"] is True
    assert send(bob_client, "GET", SEARCH).status_code == 404
    assert send(alice_client, "DELETE", SEARCH).status_code == 204
    assert send(alice_client, "GET", SEARCH).status_code == 404


def test_tools_for_everybody_are_changed_by_staff_only(
    papers: Served, bob_client: Client, staff_client: Client
) -> None:
    wanted = {"url": f"{papers.base}/openapi.yaml", "for_everybody": True}
    assert send(bob_client, "POST", "/ingest", wanted).status_code == 403
    learn(staff_client, papers, for_everybody=True)
    give_key(staff_client, papers, for_everybody=True)

    assert send(bob_client, "GET", SEARCH).json()["may_change"] is False
    assert send(bob_client, "POST", f"{SEARCH}/disable").status_code == 403
    tried = send(bob_client, "POST", f"{SEARCH}/test", {"arguments": {"query": "x"}}).json()
    assert tried["ok"] is True

    Tool.objects.update(killed=True)
    assert send(bob_client, "POST", f"{SEARCH}/test", {"arguments": {}}).status_code == 409


def test_a_tool_of_ones_own_hides_the_one_of_its_name_for_everybody(
    alice: User, alice_client: Client
) -> None:
    for owner in (alice, None):
        Tool.objects.create(owner=owner, name="books.find", origin="mcp")
    listed = [t for t in send(alice_client, "GET", "").json()["items"] if t["name"] == "books.find"]
    assert [tool["own"] for tool in listed] == [True]


@pytest.mark.parametrize(
    "off", [{"enabled": False}, {"policy": "never"}, {"killed": True}], ids=str
)
def test_one_that_is_switched_off_hides_nothing(
    alice: User, alice_client: Client, off: dict[str, Any]
) -> None:
    own = Tool.objects.create(owner=alice, name="books.find", origin="mcp", **off)
    shared = Tool.objects.create(owner=None, name="books.find", origin="mcp")
    listed = [t for t in send(alice_client, "GET", "").json()["items"] if t["name"] == "books.find"]
    assert sorted(tool["own"] for tool in listed) == [False, True]
    assert [row.pk for row in learnt_tools.callable_tools(alice.pk)] == [shared.pk]
    assert changeable(alice, "books.find") == own, "one's own can be switched on again"


def test_what_is_done_by_a_name_is_done_to_the_card_that_offers_it(
    staff: User, staff_client: Client
) -> None:
    own = Tool.objects.create(owner=staff, name="books.find", origin="mcp", enabled=False)
    shared = Tool.objects.create(owner=None, name="books.find", origin="mcp")
    listed = {
        tool["own"]: tool
        for tool in send(staff_client, "GET", "").json()["items"]
        if tool["name"] == "books.find"
    }
    assert (listed[True]["may_change"], listed[True]["beside_own"]) == (True, False)
    assert (listed[False]["may_change"], listed[False]["beside_own"]) == (False, True)
    assert tryable(staff, "books.find") == own, "what is shown is what is tried"

    assert send(staff_client, "DELETE", "/books.find").status_code == 204
    assert list(Tool.objects.filter(name="books.find")) == [shared]
    after = [t for t in send(staff_client, "GET", "").json()["items"] if t["name"] == "books.find"]
    assert [(t["may_change"], t["beside_own"]) for t in after] == [(True, False)]


def test_a_list_of_tools_reads_the_versions_that_it_shows(
    papers: Served, alice: User, alice_client: Client
) -> None:
    learn(alice_client, papers)
    for number in range(30):
        tool = Tool.objects.get(owner=alice, name="open_papers.search_works")
        fix = Fix(
            wrapper=f"response:\n- rename: {{from: /a{number}, to: /b}}\n", patch="", evidence={}
        )
        tool_versions.settle(tool.pk, tool.current_version, fix, f"r{number}", apply=True)
    read: list[int] = []
    real = ToolVersion.from_db.__func__  # type: ignore[attr-defined]

    def counted(cls: Any, *given: Any) -> Any:
        made = real(cls, *given)
        read.append(made.number)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ToolVersion, "from_db", classmethod(counted))
        items = send(alice_client, "GET", "").json()["items"]
    (tool_shown,) = [t for t in items if t["name"] == "open_papers.search_works"]
    assert tool_shown["repair"]["version"] == 31
    assert sorted(set(read)) == [1, 31], "of each tool the one in use"


def test_the_deployments_key_serves_no_tool_of_a_persons_own(
    papers: Served, bob_client: Client, staff_client: Client
) -> None:
    give_key(staff_client, papers, for_everybody=True)
    learn(bob_client, papers)

    tried = send(bob_client, "POST", f"{SEARCH}/test", {"arguments": {"query": "x"}}).json()
    assert tried["code"] == "auth"
    assert [asked.path for asked in papers.asked if asked.path == "/v1/works"] == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/openapi.json",
        "http://localhost:8000/openapi.json",
        "file:///etc/passwd",
        "https://user:pw@example.org/x",
        "nonsense",
    ],
)
def test_addresses_inside_are_not_fetched(url: str, alice_client: Client) -> None:
    answer = send(alice_client, "POST", "/ingest", {"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "tool_address")


def test_a_refused_address_says_why_and_what_can_be_done(alice_client: Client) -> None:
    answer = send(alice_client, "POST", "/ingest", {"url": "http://127.0.0.1:18500/openapi.json"})
    told = answer.json()["detail"]
    assert "private network" in told
    assert "as a file" in told
    assert "OUTSIDE_PRIVATE_HOSTS" in told


def test_what_would_never_be_called_is_refused_before_it_is_let_in(alice_client: Client) -> None:
    def document(**servers: str) -> str:
        paths = {
            path: {"delete": {"servers": [{"url": url}], "responses": {"200": {}}}}
            for path, url in servers.items()
        }
        info = {"title": "Books", "version": "1"}
        paths = {f"/{path}": item for path, item in paths.items()}
        return json.dumps({"openapi": "3.0.3", "info": info, "paths": paths})

    outside, inside = "https://books.example.org", "http://10.0.0.7:8080"
    mixed = document(books=outside, shelves=inside, walls="http://192.168.1.2")
    seen = send(alice_client, "POST", "/ingest", {"document": mixed}).json()
    (offered,) = seen["operations"]
    assert (offered["description"], offered["policy"]) == ("DELETE /books", "ask")
    assert [one["id"] for one in seen["refused"]] == ["DELETE /shelves", "DELETE /walls"]
    assert all("private network" in one["reason"] for one in seen["refused"])

    answer = send(alice_client, "POST", "/ingest", {"document": document(shelves=inside)})
    assert (answer.status_code, answer.json()["code"]) == (422, "tool_not_called")
    assert "OUTSIDE_PRIVATE_HOSTS" in answer.json()["detail"]


def test_a_name_that_leads_inside_is_refused_before_it_is_let_in(
    alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks like one of the internet; the address behind it is not."""

    async def resolve(host: str, port: int) -> list[str]:
        if host == "gone.example.org":
            raise OSError("unknown")
        public = ["93.184.215.14"]
        return {"books.example.org": public, "trap.example.org": [*public, "10.0.0.7"]}[host]

    line = Line("tests", resolve=resolve, trusted=frozenset({("own.example.org", 443)}))
    monkeypatch.setattr("autonomy.services.tools.line", lambda: line)
    hosts = ("books", "trap", "gone", "own")
    paths = {
        f"/{name}": {"get": {"servers": [{"url": f"https://{name}.example.org"}], "responses": {}}}
        for name in hosts
    }
    document = {"openapi": "3.0.3", "info": {"title": "Books", "version": "1"}, "paths": paths}
    seen = send(alice_client, "POST", "/ingest", {"document": json.dumps(document)}).json()

    assert [one["description"] for one in seen["operations"]] == [
        "GET /books",
        "GET /gone",
        "GET /own",
    ]
    (refused,) = seen["refused"]
    assert refused["id"] == "GET /trap"
    assert "the name trap.example.org leads to an address of a private network" in refused["reason"]


def test_only_staff_start_programs(alice_client: Client, alice: User) -> None:
    ToolServer.objects.create(name="clock", command="/bin/true")
    answer = send(alice_client, "POST", "/ingest", {"kind": "mcp", "server": "clock"})
    assert answer.status_code == 403
    assert send(alice_client, "GET", "").json()["servers"] == []


def test_a_program_that_is_switched_off_is_refused_with_the_reason(staff_client: Client) -> None:
    ToolServer.objects.create(name="clock", command="/bin/true", enabled=False)
    answer = send(staff_client, "POST", "/ingest", {"kind": "mcp", "server": "clock"})
    assert (answer.status_code, answer.json()["code"]) == (422, "tool_server")


def test_a_question_about_a_tool_is_answered_once(
    alice: User, alice_client: Client, bob_client: Client
) -> None:
    tool = Tool.objects.create(owner=alice, name="hers.write", origin="mcp", policy="ask")
    asked = {"kind": "tool_approval", "tool": "hers.write", "interrupt_id": "q1"}
    run = make_run(alice, status="waiting_human", waiting_for=asked)

    def answer(client: Client, **body: Any) -> int:
        given = json.dumps({"interrupt_id": "q1", **body})
        path = f"/api/v2/runs/{run.pk}/tool"
        status: int = client.post(path, given, content_type="application/json").status_code
        return status

    assert answer(bob_client, allowed=True) == 404
    assert answer(alice_client, allowed=True, always=True) == 202
    assert answer(alice_client, allowed=True) == 202
    assert answer(alice_client, allowed=False) == 409
    assert run.resumes.get().value == {"allowed": True}
    tool.refresh_from_db()
    assert tool.policy == "auto"
    assert answer(alice_client, interrupt_id="q2", allowed=True) == 409


# --------------------------------------------------------------------------- repairs


def mended(owner: User | None, *, apply: bool) -> Tool:
    """A learnt tool with a repair, in use or waiting."""
    tool = Tool.objects.get(name="open_papers.search_works", owner=owner)
    proof = {"passed": True, "reason": "", "recorded": 4, "fresh": 2}
    evidence = {"changes": [{"kind": "rename", "said": "renamed “a” to “b”"}], "proof": proof}
    fix = Fix(wrapper="response:\n- drop: {at: /x}\n", patch="", evidence=evidence)
    tool_versions.settle(tool.pk, 1, fix, f"k{apply}", apply=apply)
    return tool


def test_an_owner_sees_a_repair_and_agrees_dismisses_or_undoes(
    papers: Served, alice: User, alice_client: Client
) -> None:
    learn(alice_client, papers)
    mended(alice, apply=False)
    seen = send(alice_client, "GET", SEARCH).json()
    repair = seen["repair"]
    assert (seen["version"], repair["state"], repair["open"]) == (1, "proposed", True)
    assert (repair["said"], repair["recorded"], repair["fresh"]) == (["renamed “a” to “b”"], 4, 2)
    assert "+- drop:" in repair["patch"]
    told = alice_client.get("/api/v2/notifications").json()["items"]
    assert [(n["kind"], n["title"]) for n in told] == [("waiting", "open_papers.search_works")]

    agreed = send(alice_client, "POST", f"{SEARCH}/repairs/2/agree").json()
    assert (agreed["version"], agreed["repair"]["state"]) == (2, "applied")
    assert send(alice_client, "POST", f"{SEARCH}/repairs/2/dismiss").status_code == 409
    undone = send(alice_client, "POST", f"{SEARCH}/repairs/2/undo").json()
    assert (undone["version"], undone["repair"]["state"]) == (3, "taken_back")
    assert undone["versions"][0]["author"] == "staff"
    assert send(alice_client, "POST", f"{SEARCH}/repairs/2/undo").status_code == 409
    assert send(alice_client, "POST", f"{SEARCH}/repairs/9/agree").status_code == 404
    chosen = send(alice_client, "PATCH", SEARCH, {"repairs": "never"}).json()
    assert (chosen["repairs"], chosen["policy"]) == ("never", "auto")


def test_whoever_puts_back_or_removes_a_tool_is_not_waited_for_any_more(
    papers: Served, alice: User, alice_client: Client
) -> None:
    def waiting() -> int:
        return Notification.objects.filter(owner=alice, kind="waiting", read_at=None).count()

    learn(alice_client, papers)
    tool = mended(alice, apply=True)
    proof = {"passed": True, "reason": "", "recorded": 4, "fresh": 2}
    fix = Fix(wrapper="response:\n- drop: {at: /y}\n", patch="", evidence={"proof": proof})
    tool_versions.settle(tool.pk, 2, fix, "another", apply=False)
    assert waiting() == 1
    back = send(alice_client, "POST", f"{SEARCH}/revert", {"version": 1}).json()
    assert (back["version"], back["versions"][0]["evidence"]["by"], waiting()) == (4, "alice", 0)

    fix = Fix(wrapper="response:\n- drop: {at: /z}\n", patch="", evidence={"proof": proof})
    tool_versions.settle(tool.pk, 4, fix, "a third", apply=False)
    assert waiting() == 1
    assert send(alice_client, "DELETE", SEARCH).status_code == 204
    assert waiting() == 0


def test_repairs_of_tools_for_everybody_are_decided_by_staff(
    papers: Served, bob_client: Client, staff_client: Client
) -> None:
    learn(staff_client, papers, for_everybody=True)
    mended(None, apply=False)
    for deed in ("agree", "dismiss", "undo"):
        assert send(bob_client, "POST", f"{SEARCH}/repairs/2/{deed}").status_code == 403
    assert bob_client.get("/api/v2/notifications").json()["items"] == []
    assert len(staff_client.get("/api/v2/notifications").json()["items"]) == 1
    assert send(staff_client, "POST", f"{SEARCH}/repairs/2/dismiss").json()["repair"] is None


# --------------------------------------------------------------------------- removed meanwhile


@pytest.mark.parametrize(
    ("method", "path", "body", "seam"),
    [
        ("POST", "/disable", None, (services, "changeable")),
        ("PATCH", "", {"policy": "ask"}, (services, "learnt")),
        ("POST", "/revert", {"version": 1}, (services, "learnt")),
        ("POST", "/repairs/2/agree", None, (tool_repairs, "repair_of")),
        ("POST", "/repairs/2/dismiss", None, (tool_repairs, "repair_of")),
        ("POST", "/repairs/2/undo", None, (tool_repairs, "repair_of")),
    ],
)
def test_what_is_asked_of_a_tool_that_is_removed_meanwhile_is_not_found(
    papers: Served,
    alice: User,
    alice_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    body: Any,
    seam: tuple[Any, str],
) -> None:
    learn(alice_client, papers)
    tool = mended(alice, apply=False)
    look = getattr(*seam)

    def late(*given: Any) -> Any:
        found = look(*given)
        services.remove_tool(tool)
        return found

    monkeypatch.setattr(*seam, late)
    refused = send(alice_client, method, f"{SEARCH}{path}", body)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_version_that_is_put_back_of_a_tool_that_is_removed_meanwhile_is_not_found(
    papers: Served, alice: User, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(alice_client, papers)
    tool = mended(alice, apply=True)
    put_back = tool_versions.revert

    def late(*given: Any) -> None:
        services.remove_tool(tool)
        put_back(*given)

    monkeypatch.setattr(tool_versions, "revert", late)
    assert send(alice_client, "POST", f"{SEARCH}/revert", {"version": 1}).status_code == 404


def test_a_try_of_a_tool_that_is_removed_meanwhile_says_so(
    papers: Served, alice: User, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(alice_client, papers)
    row = Tool.objects.get(name="open_papers.search_works", owner=alice)
    look = services.made_ready

    def late(found: Tool, owner_id: int) -> Any:
        services.remove_tool(row)
        return look(found, owner_id)

    monkeypatch.setattr(services, "made_ready", late)
    tried = send(alice_client, "POST", f"{SEARCH}/test", {"arguments": {"query": "sleep"}}).json()
    assert (tried["ok"], tried["code"]) == (False, "not_allowed")
    assert "has been removed" in tried["message"]
