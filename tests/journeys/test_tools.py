"""Tools of every shape through the HTTP API of a running product: added, called, asked for in a run,
and mended in a run whose worker is killed in the middle of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
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
from tests.providers.openai_server import Behaviour, OpenAIServer
from tests.providers.openai_server import running as simulating
from tests.stack_process import StackProcess, eventually, free_port, running

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
def simulator() -> Iterator[OpenAIServer]:
    with simulating() as server:
        yield server


@pytest.fixture(scope="module")
def stack(
    served: Served, papers: Served, calculator: str, simulator: OpenAIServer
) -> Iterator[StackProcess]:
    own = free_port()
    others = (calculator, simulator.base_url)
    ports = (served.port, papers.port, own, *(httpx.URL(url).port for url in others))
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


@pytest.fixture(scope="module")
def rates_tool(caller: Caller, served: Served) -> str:
    """The tool that asks for a rate, with calls that went well."""
    seen = add(caller, url=f"{served.base}/openapi.json")
    keep(caller, seen, made_up.KEY)
    name = named(seen, "rateOn")
    for day in ("2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"):
        given = {"date": day, "base": "EUR", "quote": "USD"}
        assert try_(caller, name, **given)["rate"] == rate(**given)
    return name


def test_paths_with_parameters_and_pages_are_added_and_called(
    caller: Caller, rates_tool: str
) -> None:
    assert rates_tool == "rates.rate_on"
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
    caller: Caller, served: Served, rates_tool: str
) -> None:
    run_id = caller.ask("Use the exchange-rate tool for GBP/JPY on 2024-03-08. What was the rate?")
    run = caller.until(run_id, "succeeded")

    called = next(s for s in run["plan"]["steps"] if s["id"] == "look-call-1")
    assert called["title"] == "Use rates.rate_on: base GBP, date 2024-03-08, quote JPY"
    assert str(rate("2024-03-08", "GBP", "JPY")) in caller.download(run_id, "md").decode()
    (source,) = caller.http.get(f"/api/v2/runs/{run_id}/sources").json()["items"]
    assert source["csl"]["URL"] == f"{served.base}/on/2024-03-08"
    assert source["csl"]["container-title"] == rates_tool


def test_a_model_reads_out_what_rules_do_not_and_the_call_is_cited(
    stack: StackProcess, served: Served, simulator: OpenAIServer
) -> None:
    """With a model that somebody connected: its first arguments do not fit the schema."""
    mind = Caller(stack, "mind@example.org", "--staff")
    keep(mind, add(mind, url=f"{served.base}/openapi.json"), made_up.KEY)
    connection = {"provider": "compatible", "base_url": simulator.base_url, "label": "Simulated"}
    made = mind.http.post("/api/v2/models/connections", json=connection)
    assert made.status_code == 201, made.text
    roles = {"scope": "user", "roles": {"default": f"{made.json()['slug']}:simulated"}}
    assert mind.http.put("/api/v2/models/roles", json=roles).status_code == 200
    unfit = {"date": "the third of May 2023", "base": "GBP", "quote": 392}
    answer = {"calls": [{"tool": "rates.rate_on", "arguments": unfit}]}
    simulator.script.append(Behaviour(content=json.dumps(answer)))

    run_id = mind.ask(
        "Use the exchange-rate tool: what was a British pound worth in yen on the third of May 2023?"
    )
    run = mind.until(run_id, "succeeded")

    callers = [r for r in simulator.requests if r.role == "caller"]
    assert len(callers) == 2
    assert "Does not fit" in callers[1].user
    step = next(s for s in run["plan"]["steps"] if s["id"] == "look-call-1")
    assert step["title"] == "Use rates.rate_on: base GBP, date 2023-05-03, quote JPY"
    text = mind.download(run_id, "md").decode()
    assert str(rate("2023-05-03", "GBP", "JPY")) in text
    (source,) = mind.http.get(f"/api/v2/runs/{run_id}/sources").json()["items"]
    assert source["csl"]["URL"] == f"{served.base}/on/2023-05-03"
    assert mind.citations(run_id)


# --------------------------------------------------------------------------- a repair that is hurt


def below(pid: int) -> set[int]:
    """Every descendant of a process."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = {int(child) for child in task.read_text().split()}
        except OSError:
            continue
        found |= children.union(*(below(child) for child in children))
    return found


def version(caller: Caller, name: str) -> int:
    return int(caller.http.get(f"/api/v2/tools/{name}").json()["version"])


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("at the proof", "item_rate"),
        ("when the version is written", "rates"),
    ],
)
def test_a_worker_killed_in_a_repair_leaves_one_version_and_the_run_goes_on(
    stack: StackProcess, caller: Caller, rates: Rates, rates_tool: str, moment: str, name: str
) -> None:
    before = version(caller, rates_tool)
    rates.change(name)
    pid = stack.pid("runs")
    usual = below(pid)
    due: dict[str, Callable[[], bool]] = {
        # Or right behind it, where the proof was over between two looks.
        "at the proof": lambda: (
            (rates.asked >= 2 and bool(below(pid) - usual)) or version(caller, rates_tool) > before
        ),
        "when the version is written": lambda: version(caller, rates_tool) > before,
    }
    run_id = caller.ask(f"Use the exchange-rate tool for EUR/CHF on 2024-02-{10 + before}. Rate?")
    assert eventually(due[moment], 120, every=0.01), caller.run(run_id)
    stack.kill("runs")
    assert eventually(lambda: not running(pid), 20)

    caller.until(run_id, "succeeded")
    made = caller.http.get(f"/api/v2/tools/{rates_tool}").json()["versions"]
    assert [v["number"] for v in made if v["number"] > before] == [before + 1]
    assert made[0]["author"] == "agent"
    wanted = str(rate(f"2024-02-{10 + before}", "EUR", "CHF"))
    assert wanted in caller.download(run_id, "md").decode()
    repaired = [e for e in caller.events(run_id) if "tool_repair" in (e.get("meta") or {})]
    assert len({e["meta"]["tool_repair"]["version"] for e in repaired}) == 1
