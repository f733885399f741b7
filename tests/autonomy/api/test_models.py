"""Models over HTTP: connections, tests, choices; and what neither gives away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from pydantic import SecretStr

from autonomy import services
from autonomy.models import EmbeddingSpace, ModelConnection, ModelPreference, UsageDay
from autonomy.runtime.credentials import unseal
from autonomy.runtime.portfolios import access_of
from autonomy.runtime.reembedding import reconcile
from autonomy.services import NotFound, Wanted, create_api_key, trials
from autonomy.services.connections import record_trial
from tests.autonomy.api.conftest import KeyClient
from tests.providers.shapes import GREETING, completion, serving
from tests.providers.simulator import Simulator

pytestmark = pytest.mark.django_db

MODELS = "/api/v2/models"
CONNECTIONS = f"{MODELS}/connections"
KEY = "sk-marker-7f3a9c"


@pytest.fixture
def staff_api(staff: User) -> KeyClient:
    return KeyClient(create_api_key(staff, "tests")[1])


@pytest.fixture
def bob_api(bob: User) -> KeyClient:
    return KeyClient(create_api_key(bob, "tests")[1])


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(api_key=KEY).on_a_thread() as started:
        yield started


def made(client: KeyClient, **fields: Any) -> dict[str, Any]:
    body = {"provider": "openai", "api_key": KEY} | fields
    response = client.send("POST", CONNECTIONS, body)
    assert response.status_code == 201, response.content
    found: dict[str, Any] = response.json()
    return found


def refused(response: Any, field: str) -> str:
    assert response.status_code == 422, response.content
    problem = response.json()
    assert problem["errors"][0]["field"] == field
    assert KEY not in response.content.decode()
    return str(problem["errors"][0]["message"])


# ----------------------------------------------------------------------------- connections


def test_a_key_goes_in_and_never_comes_out(
    api: KeyClient, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        connection = made(api, label="My key")
        listed = api.send("GET", MODELS)
    assert connection["has_key"] is True
    assert connection["slug"] == "openai"
    row = ModelConnection.objects.get(owner=alice)
    stored = unseal(row.secret, row.pk)
    assert stored is not None
    assert stored.get_secret_value() == KEY
    assert KEY.encode() not in bytes(row.secret or b"")
    for text in (str(connection), listed.content.decode(), caplog.text, repr(row), str(stored)):
        assert KEY not in text


def test_a_connection_is_changed_and_removed(api: KeyClient, alice: User) -> None:
    connection = made(api)
    at = f"{CONNECTIONS}/{connection['id']}"
    changed = api.send("PATCH", at, {"label": "Work", "slug": "work"}).json()
    assert (changed["label"], changed["slug"], changed["has_key"]) == ("Work", "work", True)
    assert api.send("PATCH", at, {"api_key": ""}).status_code == 422  # it needs one
    assert api.send("DELETE", at).status_code == 204
    assert api.send("DELETE", at).status_code == 404
    assert not ModelConnection.objects.filter(owner=alice).exists()


def test_a_stored_key_is_not_sent_to_another_host(api: KeyClient, alice: User) -> None:
    connection = made(api, base_url="https://gateway.example/v1")
    at = f"{CONNECTIONS}/{connection['id']}"
    refused(api.send("PATCH", at, {"base_url": "https://evil.example/v1"}), "api_key")
    refused(api.send("PATCH", at, {"base_url": ""}), "api_key")
    assert ModelConnection.objects.get(owner=alice).base_url == "https://gateway.example/v1"
    same = api.send("PATCH", at, {"base_url": "https://gateway.example/other/v1"}).json()
    assert same["base_url"] == "https://gateway.example/other/v1"
    moved = api.send("PATCH", at, {"base_url": "https://other.example", "api_key": "sk-2"}).json()
    assert moved["base_url"] == "https://other.example/v1"


def test_a_key_that_cannot_be_opened_does_not_move_to_another_host_either(
    api: KeyClient, alice: User
) -> None:
    connection = made(api, base_url="https://gateway.example/v1")
    ModelConnection.objects.filter(owner=alice).update(secret=b"sealed by another secret")
    at = f"{CONNECTIONS}/{connection['id']}"
    refused(api.send("PATCH", at, {"base_url": "https://evil.example/v1"}), "api_key")
    row = ModelConnection.objects.get(owner=alice)
    assert (row.base_url, bytes(row.secret or b"")) == (
        "https://gateway.example/v1",
        b"sealed by another secret",
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"provider": "nonsense"}, "provider"),
        ({"api_key": ""}, "api_key"),
        ({"api_key": None}, "api_key"),
        ({"api_key": f"{KEY}\r\nX-Evil: 1"}, "api_key"),
        ({"api_key": f"{KEY} {KEY}"}, "api_key"),
        ({"api_key": f"{KEY}\x00"}, "api_key"),
        ({"api_key": f"{KEY}é"}, "api_key"),
        ({"api_key": KEY * 50}, "api_key"),
        ({"slug": "Mine"}, "slug"),
        ({"slug": "1st"}, "slug"),
        ({"slug": "a_b"}, "slug"),
        ({"slug": "ключ"}, "slug"),
        ({"slug": "ａbc"}, "slug"),
        ({"slug": "ab\n"}, "slug"),
        ({"slug": "x" * 32}, "slug"),
        ({"slug": "writer"}, "slug"),
        ({"slug": "none"}, "slug"),
        ({"slug": "anthropic"}, "slug"),
        ({"slug": "openai-responses"}, "slug"),
        ({"label": "x" * 81}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"label": "a\u202eb"}, "label"),
        ({"provider": "google", "base_url": "https://evil.example"}, "base_url"),
        ({"provider": "compatible"}, "base_url"),
        ({"base_url": "javascript:alert(1)"}, "base_url"),
        ({"base_url": "http://u:p@example.com"}, "base_url"),
        ({"base_url": "http://example.com/\r\nHost: evil"}, "base_url"),
        ({"base_url": "http://" + "x" * 500}, "base_url"),
        ({"scope": "environment"}, "scope"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_fields_that_cannot_be_accepted_are_named(
    api: KeyClient, fields: dict[str, Any], field: str
) -> None:
    body = {"provider": "openai", "api_key": KEY} | fields
    message = refused(api.send("POST", CONNECTIONS, body), field)
    assert message
    assert not ModelConnection.objects.exists()


def test_a_pasted_key_may_bring_blanks_around_it(api: KeyClient, alice: User) -> None:
    made(api, api_key=f"  {KEY}\n")
    row = ModelConnection.objects.get(owner=alice)
    key = unseal(row.secret, row.pk)
    assert key is not None
    assert key.get_secret_value() == KEY


def test_slugs_are_unique_per_person_and_made_up_when_left_out(
    api: KeyClient, bob_api: KeyClient
) -> None:
    assert made(api)["slug"] == "openai"
    assert made(api)["slug"] == "openai-2"
    lab = {"provider": "compatible", "base_url": "http://lab.example", "label": "The Lab!"}
    assert made(api, **lab)["slug"] == "the-lab"
    again = api.send("POST", CONNECTIONS, {"provider": "openai", "api_key": KEY, "slug": "openai"})
    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")
    assert made(bob_api, slug="openai")["slug"] == "openai"


def test_nobody_keeps_more_connections_than_the_setting_says(api: KeyClient) -> None:
    for _ in range(20):
        made(api)
    response = api.send("POST", CONNECTIONS, {"provider": "openai", "api_key": KEY})
    assert (response.status_code, response.json()["code"]) == (409, "too_many_connections")


def test_the_same_request_twice_makes_one_connection(api: KeyClient) -> None:
    body = {"provider": "openai", "api_key": KEY}
    first = api.send("POST", CONNECTIONS, body, **{"Idempotency-Key": "k1"})
    second = api.send("POST", CONNECTIONS, body, **{"Idempotency-Key": "k1"})
    assert first.json()["id"] == second.json()["id"]
    assert ModelConnection.objects.count() == 1


# ----------------------------------------------------------------------------- whose it is


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "POST"])
def test_another_persons_connection_does_not_exist_for_anyone_else(
    method: str, api: KeyClient, bob_api: KeyClient, staff_api: KeyClient
) -> None:
    at = f"{CONNECTIONS}/{made(api)['id']}" + ("/test" if method == "POST" else "")
    body = {"base_url": "https://evil.example"} if method == "PATCH" else None
    for stranger in (bob_api, staff_api):
        assert stranger.send(method, at, body).status_code == 404
        assert "connections" in stranger.send("GET", MODELS).json()
        assert stranger.send("GET", MODELS).json()["connections"] == []


def test_the_deployments_is_made_by_staff_and_seen_without_its_address(
    api: KeyClient, staff_api: KeyClient
) -> None:
    ours = {"provider": "compatible", "base_url": "http://gpu.internal:8000", "slug": "lab"}
    assert api.send("POST", CONNECTIONS, ours | {"scope": "deployment"}).status_code == 403
    made_by_staff = made(staff_api, **ours, scope="deployment")
    (seen,) = api.send("GET", MODELS).json()["connections"]
    assert (seen["slug"], seen["scope"], seen["id"], seen["base_url"]) == (
        "lab",
        "deployment",
        None,
        "",
    )
    assert api.send("DELETE", f"{CONNECTIONS}/{made_by_staff['id']}").status_code == 404
    (own,) = staff_api.send("GET", MODELS).json()["connections"]
    assert own["base_url"] == "http://gpu.internal:8000/v1"
    assert staff_api.send("DELETE", f"{CONNECTIONS}/{made_by_staff['id']}").status_code == 204


# ----------------------------------------------------------------------------- tests


def test_a_test_is_a_real_round_trip_and_is_kept(
    staff_api: KeyClient, staff: User, simulator: Simulator
) -> None:
    connection = made(staff_api, provider="compatible", base_url=simulator.base_url)
    trial = staff_api.send("POST", f"{CONNECTIONS}/{connection['id']}/test").json()
    assert trial["ok"], trial
    assert trial["server"] == "simulator"
    assert trial["simulated"] is True
    assert trial["model"] == "simulated"
    assert [model["id"] for model in trial["models"]] == ["simulated", "simulated-small"]
    assert len(simulator.requests) == 1
    row = ModelConnection.objects.get(pk=UUID(connection["id"]))
    assert (row.test_ok, row.server, row.simulated) == (True, "simulator", True)
    used = UsageDay.objects.get(user=staff)
    assert used.tokens_spent == trial["input_tokens"] + trial["output_tokens"]


def test_a_draft_is_tested_without_being_stored_and_saved_with_what_was_found(
    staff_api: KeyClient, simulator: Simulator
) -> None:
    draft = {"provider": "compatible", "base_url": simulator.root_url, "api_key": KEY}
    trial = staff_api.send("POST", f"{MODELS}/test", draft | {"model": "simulated-small"}).json()
    assert (trial["ok"], trial["model"]) == (True, "simulated-small")
    assert not ModelConnection.objects.exists()
    saved = made(staff_api, **draft, label="Simulator")
    assert (saved["server"], saved["test_ok"], saved["simulated"]) == ("simulator", True, True)
    assert len(saved["models"]) == 2
    other = made(staff_api, **draft | {"api_key": "sk-another"})
    assert (other["server"], other["test_ok"]) == ("", None)


def test_a_test_that_fails_is_an_answer(staff_api: KeyClient, simulator: Simulator) -> None:
    draft = {"provider": "compatible", "base_url": simulator.base_url, "api_key": "sk-wrong"}
    response = staff_api.send("POST", f"{MODELS}/test", draft)
    assert response.status_code == 200
    trial = response.json()
    assert (trial["ok"], trial["code"]) == (False, "auth")
    assert "sk-wrong" not in response.content.decode()


def test_only_staff_may_point_at_this_machine(api: KeyClient) -> None:
    with serving({"/v1/models": {"data": [{"id": "m"}]}}) as server:
        port = server.url.rsplit(":", 1)[1]
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            draft = {"provider": "compatible", "base_url": f"http://{host}:{port}"}
            trial = api.send("POST", f"{MODELS}/test", draft).json()
            assert trial["code"] == "address", trial
        assert server.asked == []


def test_tests_are_limited_over_both_ways_of_asking(staff_api: KeyClient) -> None:
    connection = made(staff_api, provider="compatible", base_url="http://127.0.0.1:1")
    at = f"{CONNECTIONS}/{connection['id']}/test"
    draft = {"provider": "compatible", "base_url": "http://127.0.0.1:1"}
    answers = [staff_api.send("POST", at).status_code for _ in range(3)]
    answers += [staff_api.send("POST", f"{MODELS}/test", draft).status_code for _ in range(4)]
    assert answers == [200] * 6 + [429]


def test_nobody_holds_more_than_one_of_the_places_for_tests(
    staff_api: KeyClient, staff: User, alice: User, bob: User
) -> None:
    draft = {"provider": "compatible", "base_url": "http://127.0.0.1:1"}
    with trials._place(staff):
        mine = staff_api.send("POST", f"{MODELS}/test", draft)
        assert (mine.status_code, mine.json()["code"]) == (503, "busy")
        assert "your tests" in mine.json()["detail"]
    with trials._place(alice), trials._place(bob):
        assert staff_api.send("POST", f"{MODELS}/test", draft).status_code == 200


def test_a_days_allowance_that_is_used_up_tests_nothing(
    staff_api: KeyClient, staff: User, simulator: Simulator
) -> None:
    from datetime import UTC, datetime

    from autonomy.models import Quota

    Quota.objects.create(user=staff, tokens_per_day=10)
    UsageDay.objects.create(user=staff, day=datetime.now(UTC).date(), tokens_spent=10)
    draft = {"provider": "compatible", "base_url": simulator.base_url, "api_key": KEY}
    response = staff_api.send("POST", f"{MODELS}/test", draft)
    assert (response.status_code, response.json()["code"]) == (429, "quota_tokens")
    assert simulator.requests == []


@pytest.mark.parametrize("figure", [10**18, 10**400], ids=["large", "vast"])
def test_a_server_that_overstates_its_use_costs_nobody_their_day(
    figure: int, staff_api: KeyClient, staff: User
) -> None:
    answer = completion(GREETING)
    answer["usage"] = {"prompt_tokens": figure, "completion_tokens": figure, "total_tokens": 0}
    pages = {"/v1/models": {"data": [{"id": "m"}]}, "POST /v1/chat/completions": answer}
    with serving(pages) as server:
        draft = {"provider": "compatible", "base_url": server.url}
        response = staff_api.send("POST", f"{MODELS}/test", draft)
    assert response.status_code == 200, response.content
    trial = response.json()
    assert (trial["ok"], trial["input_tokens"], trial["output_tokens"]) == (True, None, None)
    used = UsageDay.objects.get(user=staff)
    assert 0 < used.tokens_spent < 200
    assert 0 < used.usd_spent < 1


def test_a_hosts_corrected_address_is_kept(staff_api: KeyClient) -> None:
    pages = {
        "/models": {"data": [{"id": "m"}]},
        "POST /chat/completions": completion(GREETING),
    }
    with serving(pages) as server:
        connection = made(staff_api, provider="compatible", base_url=server.url + "/v1")
        trial = staff_api.send("POST", f"{CONNECTIONS}/{connection['id']}/test").json()
    assert trial["ok"], trial
    assert ModelConnection.objects.get().base_url == server.url


def test_what_is_changed_during_a_test_is_not_overwritten_by_it(
    staff: User, simulator: Simulator
) -> None:
    wanted = Wanted("compatible", base_url=simulator.base_url, api_key=SecretStr(KEY))
    tested = services.create_tested(staff, wanted)
    trial = services.try_draft(staff, wanted)
    services.change_connection(
        tested, base_url="https://elsewhere.example", api_key=SecretStr("sk-2")
    )
    kept = record_trial(tested, trial)
    assert (kept.base_url, kept.test_ok) == ("https://elsewhere.example/v1", None)
    services.remove_connection(kept)
    record_trial(tested, trial)
    with pytest.raises(NotFound):
        services.change_connection(tested, label="Gone")
    assert not ModelConnection.objects.exists()


# ----------------------------------------------------------------------------- choices


def roles(client: KeyClient, scope: str = "user", **chosen: str) -> Any:
    return client.send("PUT", f"{MODELS}/roles", {"scope": scope, "roles": chosen})


def test_without_any_model_the_work_is_done_by_rules_and_says_why(api: KeyClient) -> None:
    page = api.send("GET", MODELS).json()
    assert page["mode"] == "rules"
    assert set(page["roles"]) == {"planner", "writer", "critic", "debugger", "small", "embedder"}
    assert "Connect a model" in page["roles"]["writer"]["why"]
    embedder = page["roles"]["embedder"]
    assert embedder["available"]
    assert "cannot be compared" in embedder["why"]
    assert {provider["id"] for provider in page["providers"]} == {
        "openai",
        "anthropic",
        "google",
        "openrouter",
        "ollama",
        "compatible",
    }
    assert page["may_change_deployment"] is False


def test_choices_go_by_person_then_deployment_and_are_taken_back(
    api: KeyClient, staff_api: KeyClient, alice: User
) -> None:
    made(staff_api, scope="deployment", slug="team")
    made(api)
    assert roles(staff_api, "deployment", default="team:gpt-5-mini").status_code == 200
    page = roles(api, writer="openai:gpt-5, team:gpt-5-mini").json()
    assert page["mode"] == "models"
    writer, critic = page["roles"]["writer"], page["roles"]["critic"]
    assert (writer["chosen_by"], writer["choice"]) == ("user", "openai:gpt-5, team:gpt-5-mini")
    assert [model["available"] for model in writer["models"]] == [True, True]
    assert writer["models"][0]["context_tokens"]
    assert (critic["chosen_by"], critic["choice"]) == ("deployment", "team:gpt-5-mini")
    assert page["choices"]["user"] == {"writer": "openai:gpt-5, team:gpt-5-mini"}
    assert page["choices"]["deployment"] == {"default": "team:gpt-5-mini"}
    back = roles(api, writer="").json()
    assert back["roles"]["writer"]["chosen_by"] == "deployment"
    assert ModelPreference.objects.get(owner=alice).roles == {}


def test_rules_only_is_a_choice(api: KeyClient, staff_api: KeyClient) -> None:
    made(staff_api, scope="deployment", slug="team")
    roles(staff_api, "deployment", default="team:gpt-5-mini")
    page = roles(api, default="none").json()
    assert page["mode"] == "rules"
    assert page["roles"]["writer"]["why"] == "Rules only was chosen."
    assert page["roles"]["writer"]["chosen_by"] == "user"


@pytest.mark.parametrize(
    "chosen",
    [
        {"embedder": "openai:x"},
        {"writer": "gpt-5"},
        {"writer": "nowhere:m"},
        {"writer": "openai:"},
        {"writer": "openai:a b"},
        {"writer": "openai:a\u202eb"},
        {"writer": "none, openai:m"},
        {"writer": ", ".join(f"openai:m{n}" for n in range(11))},
        {"writer": "openai:" + "x" * 2_000},
        {"w" * 50: "openai:m"},
    ],
)
def test_choices_that_mean_nothing_are_refused(api: KeyClient, chosen: dict[str, str]) -> None:
    response = roles(api, **chosen)
    assert response.status_code == 422, response.content
    assert not ModelPreference.objects.exclude(roles={}).exists()


def test_choices_for_everybody_are_staffs_and_name_what_everybody_has(
    api: KeyClient, staff_api: KeyClient
) -> None:
    assert roles(api, "deployment", default="openai:m").status_code == 403
    made(staff_api, slug="mine")
    assert roles(staff_api, "deployment", default="mine:m").status_code == 422
    assert roles(staff_api, "user", default="mine:m").status_code == 200


def test_staff_choose_the_embedder_of_everybody_see_how_far_it_is_and_go_back(
    api: KeyClient, staff_api: KeyClient
) -> None:
    refused(roles(staff_api, "deployment", embedder="shelf:small"), "roles.embedder")
    made(staff_api, scope="deployment", slug="claude", provider="anthropic")
    assert "no embeddings" in refused(
        roles(staff_api, "deployment", embedder="claude:small"), "roles.embedder"
    )
    made(staff_api, scope="deployment", slug="shelf")
    assert roles(api, "deployment", embedder="shelf:small").status_code == 403
    assert "staff choose it" in refused(roles(api, embedder="shelf:small"), "roles.embedder")

    chosen = roles(staff_api, "deployment", embedder="shelf:small").json()["roles"]["embedder"]
    assert (chosen["choice"], chosen["chosen_by"]) == ("shelf:small", "deployment")
    assert chosen["progress"] == {"filled": 0, "wanted": 0, "error": ""}
    reconcile()
    EmbeddingSpace.objects.update(filled=12_300, wanted=40_000)
    seen = api.send("GET", MODELS).json()["roles"]["embedder"]
    assert seen["progress"] == {"filled": 12_300, "wanted": 40_000, "error": ""}
    assert "12,300 of 40,000 passages; search goes on with the built-in one." in seen["why"]
    assert seen["available"]
    assert not seen["models"][0]["available"]

    back = roles(staff_api, "deployment", embedder="built-in").json()["roles"]["embedder"]
    assert (back["choice"], back["progress"]) == ("built-in:all-MiniLM-L6-v2", None)
    reconcile()
    assert EmbeddingSpace.objects.get().state == "retired"


def test_what_is_not_available_says_why(api: KeyClient, alice: User) -> None:
    page = roles(api, writer="anthropic:claude-x").json()
    (model,) = page["roles"]["writer"]["models"]
    assert not model["available"]
    assert "Anthropic is not set up" in model["why"]

    made(api, slug="work")
    roles(api, writer="work:gpt-5")
    ModelConnection.objects.filter(owner=alice).update(secret=b"sealed by another secret")
    page = api.send("GET", MODELS).json()
    assert page["connections"][0]["needs_key_again"] is True
    assert page["roles"]["writer"]["available"] is False
    assert "Give the key again" in page["roles"]["writer"]["why"]

    ModelConnection.objects.filter(owner=alice).delete()
    page = api.send("GET", MODELS).json()
    assert "There is no connection “work”" in page["roles"]["writer"]["why"]


def test_a_connection_to_this_machine_says_that_one_may_not(api: KeyClient) -> None:
    made(api, provider="compatible", base_url="http://127.0.0.1:11434", slug="lab", api_key=None)
    page = roles(api, writer="lab:llama3.2").json()
    assert not page["roles"]["writer"]["available"]
    assert "private network" in page["roles"]["writer"]["why"]


# ----------------------------------------------------------------------------- health


def _open_the_circuit(endpoint: str) -> None:
    """As a worker does that meets a refused key."""
    from autonomy.core.llm.admission import Admission
    from autonomy.core.llm.failures import Failure, FailureKind
    from autonomy.runtime.provider_health import shared_health

    async def fail() -> None:
        health = shared_health()
        leave = await health.admit(endpoint, per_minute=None, longest=1)
        assert isinstance(leave, Admission)
        await health.failed(endpoint, Failure(FailureKind.AUTH, "m"), leave)
        await health.aclose()

    asyncio.run(fail())


def test_an_open_circuit_is_told_and_a_good_test_closes_it(
    staff_api: KeyClient, staff: User, simulator: Simulator
) -> None:
    connection = made(staff_api, provider="compatible", base_url=simulator.base_url, slug="sim")
    roles(staff_api, default="sim:simulated")
    access = access_of(ModelConnection.objects.get(), private=True)
    _open_the_circuit(access.endpoint)
    writer = staff_api.send("GET", MODELS).json()["roles"]["writer"]
    (model,) = writer["models"]
    assert (model["health"], model["available"]) == ("open", False)
    assert model["retry_in"] > 0
    assert "left alone" in writer["why"]

    assert staff_api.send("POST", f"{CONNECTIONS}/{connection['id']}/test").json()["ok"]
    page = staff_api.send("GET", MODELS).json()
    assert page["roles"]["writer"]["models"][0]["health"] == "closed"
    assert (page["mode"], page["simulated"]) == ("models", True)
