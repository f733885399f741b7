"""Tools of every shape through the HTTP API of a running product: added, called, and asked for in a
run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.autonomy.tools.learnt.test_mcp import calculator as calculator_server
from tests.journeys.client import Caller
from tests.learnt import rates as made_up
from tests.learnt.rates import Rates, rate
from tests.learnt.services import KEY as PAPERS_KEY
from tests.learnt.services import open_papers
from tests.learnt.serving import Served, serving
from tests.stack_process import StackProcess, free_port

pytestmark = [pytest.mark.stack, pytest.mark.timeout(560)]

calculator = calculator_server
OWN = "autonomy_api_runs_list_runs"
CLOCK = (
    "from autonomy.models import ToolServer; import sys; "
    "ToolServer.objects.create(name='clock', command=sys.executable, "
    "arguments=['-m', 'mcp_server_time', '--local-timezone', 'UTC'])"
)


@pytest.fixture(scope="module")
def rates() -> Rates:
    return Rates()


@pytest.fixture(scope="module")
def served(rates: Rates) -> Iterator[Served]:
    with serving(rates) as made:
        yield made


@pytest.fixture(scope="module")
def papers() -> Iterator[Served]:
    with serving(open_papers) as made:
        yield made


@pytest.fixture(scope="module")
def stack(served: Served, papers: Served, calculator: str) -> Iterator[StackProcess]:
    own = free_port()
    ports = (served.port, papers.port, own, httpx.URL(calculator).port)
    product = StackProcess(
        port=own,
        ready_made=True,
        SIGNUP="open",
        OUTSIDE_PRIVATE_HOSTS=",".join(f"127.0.0.1:{port}" for port in ports),
        TOOL_TESTS_PER_MINUTE="1000",
    )
    try:
        yield product.start()
    finally:
        product.stop()
        product.remove()


@pytest.fixture(scope="module")
def caller(stack: StackProcess) -> Caller:
    return Caller(stack, "tools@example.org")


def add(caller: Caller, **wanted: Any) -> dict[str, Any]:
    """Look at what is offered, then agree to exactly that."""
    seen = caller.http.post("/api/v2/tools/ingest", json=wanted)
    assert seen.status_code == 200, seen.text
    shown = seen.json()
    agreed = {**wanted, "fingerprint": shown["fingerprint"]}
    made = caller.http.post("/api/v2/tools/ingest", json=agreed)
    assert made.status_code == 201, made.text
    return dict(shown)


def keep(caller: Caller, seen: dict[str, Any], value: str) -> None:
    (secret,) = seen["secrets"]
    body = {"host": secret["host"], "scheme": secret["scheme"], "value": value}
    assert caller.http.put("/api/v2/tools/secrets", json=body).status_code == 204


def try_(caller: Caller, name: str, **arguments: Any) -> Any:
    tried = caller.http.post(f"/api/v2/tools/{name}/test", json={"arguments": arguments}).json()
    assert tried["ok"], tried
    return tried["result"]


def named(seen: dict[str, Any], operation: str) -> str:
    return next(str(o["name"]) for o in seen["operations"] if o["id"] == operation)


def test_this_products_own_document_is_added_and_called(
    stack: StackProcess, caller: Caller
) -> None:
    seen = add(caller, url=f"{stack.base_url}/api/openapi.json", only=[OWN])
    keep(caller, seen, caller.http.headers["Authorization"].removeprefix("Bearer "))
    name = named(seen, OWN)

    listed = try_(caller, name, limit=5)
    assert listed == caller.http.get("/api/v2/runs", params={"limit": 5}).json()


def test_yaml_with_references_and_a_key_in_the_query_is_added_and_called(
    caller: Caller, papers: Served
) -> None:
    seen = add(caller, url=f"{papers.base}/openapi.yaml")
    keep(caller, seen, PAPERS_KEY)
    assert try_(caller, named(seen, "searchWorks"), query="sleep")["total"] == 3
    work = try_(caller, named(seen, "getWork"), doi="10.5555/op.1")
    assert work["year"] == 2019


def test_paths_with_parameters_and_pages_are_added_and_called(
    caller: Caller, served: Served
) -> None:
    seen = add(caller, url=f"{served.base}/openapi.json")
    keep(caller, seen, made_up.KEY)
    given = {"date": "2024-01-05", "base": "EUR", "quote": "USD"}
    assert try_(caller, "rates.rate_on", **given)["rate"] == rate(**given)
    assert try_(caller, "rates.currencies", page=3)["next"] == 4


def test_two_real_mcp_servers_are_added_and_called(
    stack: StackProcess, caller: Caller, calculator: str
) -> None:
    seen = add(caller, kind="mcp", url=calculator)
    answer = try_(caller, seen["operations"][0]["name"], expression="6*7")
    assert "42" in str(answer)

    # A program of the machine is configured and added by staff only.
    stack.manage("shell", "-c", CLOCK)
    refused = caller.http.post("/api/v2/tools/ingest", json={"kind": "mcp", "server": "clock"})
    assert refused.status_code == 403
    staff = Caller(stack, "staff@example.org", "--staff")
    seen = add(staff, kind="mcp", server="clock")
    given = {"source_timezone": "Europe/Paris", "time": "12:00", "target_timezone": "Asia/Tokyo"}
    assert "Asia/Tokyo" in str(try_(staff, named(seen, "convert_time"), **given))


def test_a_run_calls_the_tool_that_its_request_names_and_cites_the_answer(
    caller: Caller, served: Served
) -> None:
    run_id = caller.ask("Use the exchange-rate tool for GBP/JPY on 2024-03-08. What was the rate?")
    run = caller.until(run_id, "succeeded")

    called = next(s for s in run["plan"]["steps"] if s["id"] == "look-call-1")
    assert called["title"] == "Use rates.rate_on: base GBP, date 2024-03-08, quote JPY"
    assert str(rate("2024-03-08", "GBP", "JPY")) in caller.download(run_id, "md").decode()
    (source,) = caller.http.get(f"/api/v2/runs/{run_id}/sources").json()["items"]
    assert source["csl"]["URL"] == f"{served.base}/on/{{date}}"
    assert source["csl"]["container-title"] == "rates.rate_on"
