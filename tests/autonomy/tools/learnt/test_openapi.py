"""Documents become tools, which are then called at a server that answers as they promise."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client
from pydantic import SecretStr

from autonomy.core import outbound
from autonomy.core.learnt import HttpContract, LearntTool
from autonomy.tools.learnt.contract_checks import Called
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.failing import CallInDoubt, LearntFailure
from autonomy.tools.learnt.http import call_http
from autonomy.tools.learnt.line import CallLimits, Line
from autonomy.tools.learnt.openapi import Bundle, read_openapi
from tests.learnt.services import DOCUMENTS, KEY, TOKEN, observatory, open_papers
from tests.learnt.serving import Asked, Reply, Served, serving

MOST = 4 * 1024 * 1024


def read(data: bytes | dict[str, Any], address: str = "", **more: Any) -> Bundle:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read_openapi(raw, address=address, most_bytes=MOST, most_operations=50, **more)


def papers(served: Served | None = None) -> dict[str, LearntTool]:
    text = (DOCUMENTS / "open_papers.yaml").read_text()
    if served is not None:
        text = text.replace("{protocol}://papers.example.org", served.base)
    return {op.id: op.tool for op in read(text.encode()).operations}


def stations(served: Served) -> dict[str, LearntTool]:
    bundle = read((DOCUMENTS / "observatory.json").read_bytes(), f"{served.base}/openapi.json")
    return {op.id: op.tool for op in bundle.operations}


async def called(
    tool: LearntTool, arguments: dict[str, Any], served: Served, **more: Any
) -> Called:
    secrets = {"apiKeyQuery": SecretStr(KEY), "token": SecretStr(TOKEN)}
    line = Line("tests", trusted=served.trusted, limits=CallLimits(seconds=5.0))
    return await call_http(tool, arguments, line, **({"secrets": secrets} | more))


# --------------------------------------------------------------------------- reading


def test_a_yaml_document_gives_named_tools_and_says_what_is_left_out() -> None:
    bundle = read((DOCUMENTS / "open_papers.yaml").read_bytes())

    assert [op.tool.name for op in bundle.operations] == [
        "open_papers.search_works",
        "open_papers.get_work",
    ]
    assert all(op.read_only for op in bundle.operations)
    assert dict(bundle.refused) == {
        "uploadPaper": "it wants to be sent multipart/form-data",
        "GET /old": "it is deprecated",
    }
    search = bundle.operations[0].tool
    assert isinstance(search.contract, HttpContract)
    assert search.contract.base_url == "https://papers.example.org/v1"
    assert [p.name for p in search.contract.parameters] == [
        "page",
        "query",
        "per-page",
        "filter",
        "sort",
    ]
    assert search.input_schema["required"] == ["query"]
    assert search.contract.secrets[0].name == "api_key"


def test_schemas_stand_by_themselves_and_hold_no_expression() -> None:
    work = papers()["getWork"].output_schema

    assert work["$ref"] == "#/$defs/Work"
    assert work["$defs"]["Work"]["properties"]["cites"]["items"] == {"$ref": "#/$defs/Work"}
    assert work["$defs"]["Work"]["properties"]["year"]["type"] == ["integer", "null"]
    assert "pattern" not in json.dumps(work)


def test_two_operations_of_one_name_are_told_apart() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Ünïcode API!"},
        "servers": [{"url": "https://api.example.org"}],
        "paths": {
            "/a": {"get": {"operationId": "list", "responses": {}}},
            "/b": {"get": {"operationId": "list", "responses": {}}},
        },
    }
    names = [op.tool.name for op in read(document, taken={"unicode_api.list"}).operations]

    assert names == ["unicode_api.list_2", "unicode_api.list_3"]


@pytest.mark.django_db
def test_the_products_own_document_is_read(anonymous_client: Client) -> None:
    document = anonymous_client.get("/api/openapi.json").content

    bundle = read(document, "https://write.example.org/api/openapi.json")

    contracts = [op.tool.contract for op in bundle.operations]
    assert len(contracts) == 50
    assert {c.base_url for c in contracts if isinstance(c, HttpContract)} == {
        "https://write.example.org"
    }
    assert all("more than 50" in why for _, why in bundle.refused if "at once" in why)


# --------------------------------------------------------------------------- hostile documents


def test_documents_that_unfold_are_refused_quickly() -> None:
    laughs = "openapi: 3.0.0\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
    )
    started = time.process_time()
    with pytest.raises(NotLearnt, match="unfolds"):
        read(laughs.encode())
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[" * 40_000, "too_deep"),
        (b'{"a":' * 40_000, "too_deep"),
        (b"\xff\xfe\x00", "unreadable"),
        (b"a: [unclosed", "unreadable"),
        (b"just a text", "unreadable"),
        (b'{"swagger": "2.0"}', "not_openapi"),
        (b'{"openapi": "4.0.0"}', "version"),
        (b"openapi: 3.0.1\npaths: {}", "nothing"),
        (b"a: !!python/object/apply:os.system ['true']", "unreadable"),
        (b"x" * (MOST + 1), "too_large"),
    ],
)
def test_what_is_no_document_is_refused_with_its_reason(data: bytes, code: str) -> None:
    with pytest.raises(NotLearnt) as refused:
        read(data)
    assert refused.value.code == code


def one(operation: dict[str, Any], **components: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Evil"},
        "servers": [{"url": "https://api.example.org"}],
        "paths": {"/x": {"get": {"responses": {}, **operation}}},
        "components": components,
    }


def answering(schema: Any) -> dict[str, Any]:
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (answering({"$ref": "http://169.254.169.254/x.json"}), "another document"),
        (answering({"$ref": "file:///etc/passwd"}), "another document"),
        (answering({"$ref": "#/components/schemas/Nowhere"}), "not there"),
        (answering({"$dynamicRef": "#x"}), "not followed"),
        ({"parameters": [{"$ref": "#/paths/~1x/get/parameters/0"}]}, "circle"),
        ({"servers": [{"url": "file:///etc"}]}, "where its server is"),
        ({"servers": [{"url": "https://user:pw@api.example.org"}]}, "where its server is"),
        (
            {"parameters": [{"name": "sid", "in": "cookie", "required": True, "schema": {}}]},
            "in a cookie",
        ),
        ({"security": [{"unknown": []}]}, "signing in"),
    ],
)
def test_an_operation_that_cannot_be_called_says_why(operation: dict[str, Any], says: str) -> None:
    with pytest.raises(NotLearnt, match=says):
        read(one(operation))


def test_connection_headers_are_no_parameters() -> None:
    names = ("Host", "Cookie", "Authorization", "Transfer-Encoding", "X-Fine")
    listed = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in names]
    contract = read(one({"parameters": listed})).operations[0].tool.contract

    assert isinstance(contract, HttpContract)
    assert [p.name for p in contract.parameters] == ["X-Fine"]


async def test_a_schema_that_asks_for_endless_work_is_given_up() -> None:
    choices = {
        f"S{i}": {"anyOf": [{"$ref": f"#/components/schemas/S{i + 1}"}] * 4} for i in range(12)
    }
    document = one(
        answering({"$ref": "#/components/schemas/S0"}), schemas={**choices, "S12": {"type": "null"}}
    )
    with serving(lambda _: Reply({"a": 1})) as served:
        document["servers"] = [{"url": served.base}]
        tool = read(document).operations[0].tool
        started = time.process_time()
        with pytest.raises(LearntFailure) as failed:
            await called(tool, {}, served)
    assert failed.value.error.code == "schema_drift"
    assert time.process_time() - started < 20


def test_a_huge_enumeration_is_not_kept() -> None:
    tool = read(one(answering({"enum": list(range(5_000))}))).operations[0].tool
    assert tool.output_schema == {}


# --------------------------------------------------------------------------- calling


async def test_a_search_is_called_with_its_key_and_recorded_without() -> None:
    with serving(open_papers) as served:
        found = await called(
            papers(served)["searchWorks"],
            {
                "query": "sleep & memory",
                "filter": {"from_year": 2019},
                "sort": ["year", "relevance"],
            },
            served,
        )

    assert found.result["total"] == 3
    assert served.asked[-1].query == [
        ("query", "sleep & memory"),
        ("filter[from_year]", "2019"),
        ("sort", "year,relevance"),
        ("api_key", KEY),
    ]
    assert KEY not in found.exchange.model_dump_json()
    assert found.exchange.status == 200


async def test_styles_headers_and_choices_of_a_3_1_document() -> None:
    with serving(observatory) as served:
        tools = stations(served)
        read_ = await called(
            tools["GET /stations/{station-id}/readings"],
            {
                "station-id": "N/7",
                "kinds": ["tide", "wind"],
                "window": {"hours": 3},
                "X-Units": "si",
            },
            served,
        )
        told = await called(
            tools["addObservation"], {"body": {"text": "calm"}}, served, key="run:1"
        )

    asked = served.asked[0]
    assert asked.query == [("kinds", "tide|wind"), ("window", '{"hours": 3}')]
    assert asked.headers["x-units"] == "si"
    assert [reading["kind"] for reading in read_.result] == ["tide", "wind"]
    assert told.result == {"id": 7, "text": "calm"}
    assert served.asked[1].headers["idempotency-key"] == "run:1"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "query"),
        ({"query": 3}, "query"),
        ({"query": "x", "per-page": 500}, "per-page"),
        ({"query": "x", "unknown": 1}, ""),
    ],
)
async def test_arguments_are_checked_before_anything_is_sent(
    arguments: dict[str, Any], field: str
) -> None:
    with serving(open_papers) as served, pytest.raises(LearntFailure) as failed:
        await called(papers(served)["searchWorks"], arguments, served)

    assert failed.value.error.code == "bad_input"
    assert failed.value.error.detail["problems"][0]["field"] == field
    assert served.asked == []


async def test_a_path_cannot_be_left() -> None:
    with serving(open_papers) as served:
        for evil in ("..", ".", ""):
            with pytest.raises(LearntFailure, match="dots in a path"):
                await called(papers(served)["getWork"], {"doi": evil}, served)
        with pytest.raises(LearntFailure):
            await called(papers(served)["getWork"], {"doi": "../../admin?x=1#y"}, served)

    assert [asked.path for asked in served.asked] == ["/v1/works/..%2F..%2Fadmin%3Fx%3D1%23y"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply({"error": 1}, 401), "auth"),
        (Reply({"error": 1}, 403), "auth"),
        (Reply({}, 402), "quota"),
        (Reply({}, 429, {"Retry-After": "7"}), "rate_limited"),
        (Reply({}, 429, {"Retry-After": "86400"}), "quota"),
        (Reply({}, 400), "bad_input"),
        (Reply({}, 422), "bad_input"),
        (Reply({}, 404), "schema_drift"),
        (Reply({}, 410), "schema_drift"),
        (Reply({}, 202), "schema_drift"),
        (Reply({}, 500), "unavailable"),
        (Reply({"total": "3", "items": []}), "schema_drift"),
        (Reply({"total": 0}), "schema_drift"),
        (Reply("<html>moved</html>", headers={"Content-Type": "text/html"}), "schema_drift"),
        (Reply("total: NaN"), "schema_drift"),
        (
            Reply(b'{"total": NaN, "items": []}', headers={"Content-Type": "application/json"}),
            "schema_drift",
        ),
        (Reply(b"x" * 3_000_000), "too_large"),
    ],
)
async def test_each_failure_has_its_code(reply: Reply, code: str) -> None:
    with serving(lambda _: reply) as served, pytest.raises(LearntFailure) as failed:
        await called(papers(served)["searchWorks"], {"query": "x"}, served)
    assert failed.value.error.code == code


async def test_drift_is_told_by_its_place() -> None:
    drifted = {"total": 1, "items": [{"title": "A", "doi": 7}]}
    with serving(lambda _: Reply(drifted)) as served, pytest.raises(LearntFailure) as failed:
        await called(papers(served)["searchWorks"], {"query": "x"}, served)

    detail = failed.value.error.detail
    assert (detail["pointer"], detail["expected"], detail["got"]) == (
        "/items/0/doi",
        "string",
        "integer",
    )
    assert failed.value.exchange is not None
    assert failed.value.exchange.answer == drifted


async def test_the_wrapper_stands_between_both() -> None:
    def renamed(asked: Asked) -> Reply:
        assert dict(asked.query)["q"] == "x"
        return Reply({"count": 0, "results": []})

    wrapper = (
        "request:\n- rename: {from: /query, to: /q}\n"
        "response:\n- rename: {from: /count, to: /total}\n- rename: {from: /results, to: /items}\n"
    )
    with serving(renamed) as served:
        tool = papers(served)["searchWorks"].model_copy(update={"wrapper": wrapper})
        found = await called(tool, {"query": "x"}, served)
    assert found.result == {"total": 0, "items": []}


async def test_what_changed_something_and_did_not_answer_is_in_doubt() -> None:
    for reply in (Reply({}, 500), Reply({"unexpected": 1}, 201)):
        with serving(lambda _, reply=reply: reply) as served, pytest.raises(CallInDoubt):  # type: ignore[misc]
            await called(stations(served)["addObservation"], {"body": {"text": "x"}}, served)
    with serving(lambda _: Reply({}, 422)) as served, pytest.raises(LearntFailure):
        await called(stations(served)["addObservation"], {"body": {"text": "x"}}, served)


async def test_nobody_there_is_not_the_same_as_late() -> None:
    with serving(open_papers) as gone:
        tool = papers(gone)["searchWorks"]
    with pytest.raises(LearntFailure) as failed:
        await called(tool, {"query": "x"}, gone)
    assert failed.value.error.code == "dead_host"


# --------------------------------------------------------------------------- secrets and addresses


async def test_no_key_no_call() -> None:
    with serving(open_papers) as served, pytest.raises(LearntFailure) as failed:
        await called(papers(served)["searchWorks"], {"query": "x"}, served, secrets={})
    assert (failed.value.error.code, failed.value.error.detail["wanted"]) == (
        "auth",
        ["apiKeyQuery"],
    )
    assert served.asked == []


async def test_a_key_does_not_follow_a_redirect_to_another_host() -> None:
    with serving(lambda _: Reply({"stolen": True})) as thief:
        onward = Reply(None, 307, {"Location": f"{thief.base}/take"})
        with serving(lambda _: onward) as served:
            both = Served(served.host, served.port)
            line = Line("tests", trusted=served.trusted | thief.trusted)
            with pytest.raises(LearntFailure, match="key does not go"):
                await call_http(
                    papers(both)["searchWorks"],
                    {"query": "x"},
                    line,
                    secrets={"apiKeyQuery": SecretStr(KEY)},
                )
    assert thief.asked == []


async def test_an_echoed_key_is_taken_out_of_the_answer() -> None:
    def echo(asked: Asked) -> Reply:
        work = {"title": f"You sent {dict(asked.query)['api_key']}", "doi": "1"}
        return Reply({"total": 1, "items": [work]})

    with serving(echo) as served:
        found = await called(papers(served)["searchWorks"], {"query": KEY}, served)
    assert found.result["items"][0]["title"] == "You sent [secret]"
    assert KEY not in found.exchange.model_dump_json()


@pytest.mark.parametrize(
    "base",
    [
        "http://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://[::1]:{port}",
        "http://169.254.169.254",
        "http://0x7f000001",
        "http://metadata.internal",
        "https://inside.example.org",
    ],
)
async def test_private_addresses_are_not_called(base: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.7"] if host == "inside.example.org" else await outbound.resolve(host, port)

    with serving(lambda _: Reply({"total": 0, "items": []})) as served:
        text = (DOCUMENTS / "open_papers.yaml").read_text()
        address = base.replace("{port}", str(served.port))
        text = text.replace("{protocol}://papers.example.org", address)
        tool = {op.id: op.tool for op in read(text.encode()).operations}["searchWorks"]
        line = Line("tests", resolve=resolve)
        with pytest.raises(LearntFailure) as failed:
            await call_http(tool, {"query": "x"}, line, secrets={"apiKeyQuery": SecretStr(KEY)})
    assert failed.value.error.code == "not_allowed"
    assert served.asked == []
