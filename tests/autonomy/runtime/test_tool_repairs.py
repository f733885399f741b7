"""A learnt tool whose API changes: mended, proposed, left alone and taken back, with real rows, real
HTTP and a real sandbox."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction

from autonomy.agents.tool_repair import ToolMend, mend_tool
from autonomy.core.learnt import HttpContract, LearntTool, Parameter, Place
from autonomy.core.ports import Deps
from autonomy.core.sandbox import NoSandbox, Tier
from autonomy.core.types import Step, StepError, StepKind
from autonomy.tools.learnt.failing import LearntFailure
from autonomy.tools.registry import ToolRegistry
from tests.autonomy.agents.world import make_deps
from tests.autonomy.memory_effects import MemoryEffects
from tests.autonomy.runtime.conftest import run_async
from tests.autonomy.tools.learnt.apis import WORKS
from tests.autonomy.tools.learnt.test_proof import PATIENT, sandbox_of
from tests.learnt.serving import Asked, Reply, Served, serving
from tests.locks import Aside

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from autonomy.models import Tool

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "things.search"


class Api:
    """An HTTP API over `WORKS` whose answers change when it is told to."""

    def __init__(self) -> None:
        self.change: Callable[[Any], Any] = lambda answer: answer
        self.served: Served

    def __call__(self, asked: Asked) -> Reply:
        return Reply(self.change(copy.deepcopy(WORKS.answer(dict(asked.query)))))


def renamed(answer: Any) -> Any:
    for item in answer["items"]:
        item["name"] = item.pop("title")
    return answer


def decoy(answer: Any) -> Any:
    for item in answer["items"]:
        item["short_title"] = item.pop("title")
    return answer


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, threads: None) -> Iterator[Api]:
    from autonomy.runtime import learnt_tools
    from autonomy.tools.learnt.line import CallLimits, Line

    made = Api()
    with serving(made) as served:
        made.served = served
        line = Line("tests", trusted=served.trusted, limits=CallLimits(seconds=60.0))
        monkeypatch.setattr(learnt_tools, "line", lambda: line)
        yield made


@pytest.fixture
def tool(api: Api, alice: User) -> Tool:
    from autonomy.models import Tool, ToolVersion
    from autonomy.runtime.learnt_tools import definition_of

    learnt = LearntTool(
        name=NAME,
        description="Finds things.",
        input_schema=WORKS.input_schema,
        output_schema=WORKS.output_schema,
        contract=HttpContract(
            base_url=api.served.base,
            method="GET",
            path="/things",
            parameters=(Parameter(name="q", place=Place.QUERY, required=True),),
        ),
    )
    row = Tool.objects.create(name=NAME, owner=alice, origin="openapi", description="Finds things.")
    ToolVersion.objects.create(
        tool=row,
        number=1,
        input_schema=learnt.input_schema,
        output_schema=learnt.output_schema,
        definition=definition_of(learnt),
        author="ingest",
    )
    return row


async def call(tool: Tool, alice: User, arguments: dict[str, Any]) -> Any:
    from autonomy.runtime.learnt_tools import call as called
    from autonomy.runtime.learnt_tools import ready

    prepared = await sync_to_async(ready)(tool.pk, alice.pk)
    return (await called(prepared, arguments)).result


def deps_of(alice: User, **more: Any) -> Deps:
    from autonomy.runtime.learnt_tools import usable_learnt
    from autonomy.runtime.tool_repairs import RunToolRepairs

    given: dict[str, Any] = {
        "tools": ToolRegistry(usable_learnt(alice.pk, None)),
        "repairs": RunToolRepairs(alice.pk),
        "sandbox": sandbox_of(Tier.UNSHARE, PATIENT),
        **more,
    }
    return dataclasses.replace(make_deps("Write about kelp"), **given)


async def failing(tool: Tool, alice: User) -> StepError:
    with pytest.raises(LearntFailure) as failure:
        await call(tool, alice, WORKS.recorded[0])
    return failure.value.error


STEP = Step(id="look-tool-1", kind=StepKind.TOOL, title="Look", tool=NAME, attempts=1)


async def broken(api: Api, tool: Tool, alice: User, change: Callable[[Any], Any]) -> StepError:
    """Three calls that go well, then one after the API's change."""
    for arguments in WORKS.recorded[:3]:
        await call(tool, alice, arguments)
    api.change = change
    return await failing(tool, alice)


def versions(tool: Tool) -> list[Any]:
    return list(tool.versions.order_by("number"))


def mended(deps: Deps, error: StepError, task: str = "t1") -> ToolMend:
    found = run_async(mend_tool(STEP, error, deps, task))
    assert found is not None
    return found


def test_two_runs_mend_a_renamed_field_once_and_a_restart_makes_no_second_version(
    api: Api, tool: Tool, alice: User
) -> None:
    error = run_async(broken(api, tool, alice, renamed))
    deps = deps_of(alice)
    other = dataclasses.replace(deps, effects=MemoryEffects())

    async def at_once() -> list[ToolMend | None]:
        return await asyncio.gather(
            mend_tool(STEP, error, deps, "t1"), mend_tool(STEP, error, other, "t2")
        )

    first, second = run_async(at_once())
    assert first is not None
    assert second is not None
    assert first.mended
    assert second.mended
    one, two = versions(tool)
    assert (two.author, two.evidence["state"], two.evidence["base"]) == ("agent", "applied", 1)
    assert two.wrapper == 'response:\n- rename: {"from": "/items/*/name", "to": "/items/*/title"}\n'
    assert "+- rename:" in two.patch
    assert two.evidence["proof"]["passed"]
    assert two.evidence["proof"]["recorded"] == 3
    for name in ("input_schema", "output_schema", "definition"):
        assert getattr(two, name) == getattr(one, name), "a repair changes the wrapper only"
    told = first if "renamed" in first.said else second
    assert "renamed “title” to “name”" in told.said
    assert "3 recorded answers still pass" in told.said
    assert f"Version 2 of {NAME} is used now" in told.said
    result = run_async(call(tool, alice, WORKS.held_back[0]))
    assert [i["title"] for i in result["items"]] == [
        i["title"] for i in WORKS.answer(WORKS.held_back[0])["items"]
    ]
    # The record of the effect was lost with its worker; what was settled is not.
    key = "t1" if one.pk and two.evidence["key"].startswith("run:t1") else "t2"
    again = mended(dataclasses.replace(deps, effects=MemoryEffects()), error, key)
    assert (again.mended, again.version) == (True, 2)
    assert len(versions(tool)) == 2


def test_what_is_doubtful_is_left_alone_with_the_reason(api: Api, tool: Tool, alice: User) -> None:
    error = run_async(broken(api, tool, alice, decoy))
    mend = mended(deps_of(alice), error)
    assert not mend.mended
    assert "short" in mend.said
    assert len(versions(tool)) == 1


def test_without_a_sandbox_a_proposal_is_kept_that_nobody_can_use(
    api: Api, tool: Tool, alice: User
) -> None:
    from autonomy.models import Notification
    from autonomy.runtime import tool_versions

    error = run_async(broken(api, tool, alice, renamed))
    mend = mended(deps_of(alice, sandbox=NoSandbox("Install bubblewrap.")), error)
    assert not mend.mended
    assert mend.waits
    assert "Install bubblewrap" in mend.said
    tool.refresh_from_db()
    assert tool.current_version == 1
    assert versions(tool)[1].evidence["state"] == "proposed"
    with pytest.raises(tool_versions.NotOpen, match="never proven"):
        tool_versions.agree(tool.pk, 2, "staff")
    (told,) = Notification.objects.filter(owner=alice)
    assert "could not be proven here" in told.text


def test_staff_agree_first_where_the_server_says_so(
    api: Api, tool: Tool, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autonomy.models import Notification
    from autonomy.runtime import tool_versions
    from handywriterz.env import env

    careful = env().model_copy(update={"tool_repair": "approve"})
    monkeypatch.setattr(tool_versions, "env", lambda: careful)
    error = run_async(broken(api, tool, alice, renamed))
    mend = mended(deps_of(alice), error)
    assert (mend.mended, mend.waits) == (False, True)
    tool.refresh_from_db()
    assert tool.current_version == 1
    (told,) = Notification.objects.filter(owner=alice)
    assert (told.kind, told.title, told.read_at) == ("waiting", NAME, None)

    tool_versions.agree(tool.pk, 2, "staff")
    told.refresh_from_db()
    assert told.read_at is not None
    tool.refresh_from_db()
    assert tool.current_version == 2
    with pytest.raises(tool_versions.NotOpen):
        tool_versions.agree(tool.pk, 2, "staff")
    run_async(call(tool, alice, WORKS.held_back[0]))


@pytest.mark.parametrize("code", ["auth", "quota", "dead_host"])
def test_what_no_wrapper_changes_is_said_with_what_to_do(
    api: Api, tool: Tool, alice: User, code: str
) -> None:
    error = StepError(code=code, message="It failed.", detail={"tool": NAME})
    mend = mended(deps_of(alice), error)
    assert (mend.mended, mend.cause) == (False, code)
    assert len(mend.said) > len("It failed.") + 30
    assert len(versions(tool)) == 1


def counted(tool: Tool, number: int, outcomes: str) -> None:
    """Calls of a version, as runs count them."""
    from autonomy.runtime.tool_health import count_outcome

    version = tool.versions.get(number=number)
    for outcome in outcomes:
        count_outcome(version.pk, "" if outcome == "1" else "schema_drift", None)


@pytest.mark.parametrize(
    ("before", "since", "back"),
    [
        ("1" * 9 + "0", "000000", True),
        ("1" * 9 + "0", "111000", True),
        ("1" * 9 + "0", "111100", False),
        ("1" * 9 + "0", "00000", False),
        ("110000", "110000", False),
        ("", "110100", True),
    ],
    ids=["fails", "half", "a third", "too few calls", "no worse than before", "nothing before"],
)
def test_a_repair_that_does_worse_than_what_it_replaced_is_taken_back(
    api: Api, tool: Tool, alice: User, before: str, since: str, back: bool
) -> None:
    from autonomy.core.learnt import Fix
    from autonomy.models import Notification
    from autonomy.runtime import tool_versions

    counted(tool, 1, before)
    fix = Fix(wrapper="response:\n- drop: {at: /x}\n", patch="", evidence={})
    tool_versions.settle(tool.pk, 1, fix, "k", apply=True)
    counted(tool, 2, since)

    tool.refresh_from_db()
    assert tool.current_version == (3 if back else 2)
    if not back:
        return
    taken, restored = versions(tool)[1:]
    assert (taken.evidence["state"], restored.wrapper) == ("taken_back", "")
    assert restored.evidence["rolled_back"] == 2
    failed = since[-6:].count("0")
    assert f"{failed} of its latest 6 calls failed" in restored.evidence["because"]
    assert Notification.objects.filter(owner=alice, kind="failed", title=NAME).count() == 1
    # The same fix is not used by itself again, and a person who says no is not asked again.
    again = tool_versions.settle(tool.pk, 3, fix, "k2", apply=True)
    assert (again.state, again.version) == ("proposed", 4)
    tool_versions.dismiss(tool.pk, 4, "alice")
    assert tool_versions.settle(tool.pk, 3, fix, "k3", apply=True).state == "declined"


def repaired(tool: Tool) -> None:
    from autonomy.core.learnt import Fix
    from autonomy.runtime import tool_versions

    tool_versions.settle(tool.pk, 1, Fix(wrapper="", patch="", evidence={}), "k", apply=True)


@pytest.mark.parametrize("counts", [True, False], ids=["while it is counted", "before"])
def test_a_call_of_a_tool_that_is_removed_meanwhile_ends_as_it_does(
    api: Api, tool: Tool, alice: User, monkeypatch: pytest.MonkeyPatch, counts: bool
) -> None:
    """A repair that fails again is looked at when its call is counted: the tool is gone by then."""
    from autonomy.models import Tool as Row
    from autonomy.runtime import learnt_tools, tool_health
    from autonomy.services.tools import remove_tool

    repaired(tool)
    api.change = renamed
    owner, name = (tool_health, "take_back_if_worse") if counts else (learnt_tools, "_keep")
    real = getattr(owner, name)

    def late(*given: Any, **more: Any) -> Any:
        remove_tool(tool)
        return real(*given, **more)

    monkeypatch.setattr(owner, name, late)
    assert run_async(failing(tool, alice)).code == "schema_drift"
    assert not Row.objects.filter(pk=tool.pk).exists()


def test_a_tool_that_is_removed_while_it_is_mended_is_not_mended(
    api: Api, tool: Tool, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autonomy.runtime import tool_versions
    from autonomy.services.tools import remove_tool

    error = run_async(broken(api, tool, alice, renamed))
    settle = tool_versions.settle

    def late(*given: Any, **more: Any) -> Any:
        remove_tool(tool)
        return settle(*given, **more)

    monkeypatch.setattr(tool_versions, "settle", late)
    mend = mended(deps_of(alice, sandbox=NoSandbox("Install bubblewrap.")), error)
    assert (mend.mended, mend.waits) == (False, False)
    assert "this tool has been removed" in mend.said


def test_a_removal_waits_for_the_call_that_is_being_kept(api: Api, tool: Tool) -> None:
    from autonomy.models import Tool as Row
    from autonomy.models import ToolRecording
    from autonomy.services.tools import remove_tool

    with transaction.atomic():
        version = tool.versions.get()
        ToolRecording.objects.create(version=version, exchange={}, ok=True, size=2)
        connection.check_constraints()  # as at the end of a transaction
        removal = Aside(lambda: remove_tool(tool))
        assert removal.waits()
    removal.end()
    assert not Row.objects.filter(pk=tool.pk).exists()
    assert not ToolRecording.objects.exists()


def test_removing_twice_changes_nothing(tool: Tool) -> None:
    from autonomy.models import Tool as Row
    from autonomy.services.tools import remove_tool

    again = Row.objects.get(pk=tool.pk)
    remove_tool(tool)
    remove_tool(again)
    assert not Row.objects.filter(pk=again.pk).exists()


def test_failures_that_no_wrapper_causes_take_nothing_back(
    api: Api, tool: Tool, alice: User
) -> None:
    from autonomy.core.learnt import Fix
    from autonomy.runtime import tool_versions
    from autonomy.runtime.tool_health import count_outcome

    fix = Fix(wrapper="response:\n- drop: {at: /x}\n", patch="", evidence={})
    tool_versions.settle(tool.pk, 1, fix, "k", apply=True)
    for code in ["dead_host", "auth", "unavailable", "bad_input", "quota"] * 4:
        count_outcome(tool.versions.get(number=2).pk, code, None)
    tool.refresh_from_db()
    assert (tool.current_version, versions(tool)[1].outcomes) == (2, "")


def test_a_call_that_failed_under_another_version_is_made_again_with_this_one(
    api: Api, tool: Tool, alice: User
) -> None:
    error = StepError(
        code="schema_drift", message="It failed.", detail={"tool": NAME, "version": 7}
    )
    mend = mended(deps_of(alice), error)
    assert (mend.mended, mend.version) == (True, 1)
    assert len(versions(tool)) == 1


@pytest.mark.parametrize(
    ("server", "owner", "policy"),
    [
        ("auto", "auto", "auto"),
        ("auto", "ask", "ask"),
        ("auto", "never", "never"),
        ("approve", "auto", "ask"),
        ("approve", "never", "never"),
        ("off", "auto", "never"),
    ],
)
def test_the_stricter_of_server_and_owner_decides(
    monkeypatch: pytest.MonkeyPatch, server: str, owner: str, policy: str
) -> None:
    from autonomy.models import Tool
    from autonomy.runtime import tool_versions
    from handywriterz.env import env

    chosen = env().model_copy(update={"tool_repair": server})
    monkeypatch.setattr(tool_versions, "env", lambda: chosen)
    assert tool_versions.repair_policy(Tool(repairs=owner)) == policy
