"""Which server is at an address, from answers in each one's own shape."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from autonomy.core.llm.portfolio import OfferedModel
from autonomy.core.llm.servers import MODELS_MAX, Found, find, loaded_context
from autonomy.core.outbound import checked_client
from tests.providers.shapes import HTML, Page, serving


async def found_at(url: str, provider: str = "compatible", key: str | None = None) -> Found:
    async with checked_client(private=True, max_bytes=4_000_000) as client:
        return await find(client, provider, url, key)


def listing(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(rows)}


OLLAMA = {
    "/api/version": {"version": "0.12.3"},
    "/v1/models": listing({"id": "llama3.2:1b", "owned_by": "library"}),
    "/api/tags": {
        "models": [
            {"name": "llama3.2:1b", "model": "llama3.2:1b"},
            {"name": "nomic-embed-text:latest"},
            {"name": "tuned:latest"},
        ]
    },
}


async def test_ollama_says_what_each_model_can_do() -> None:
    told = {
        "capabilities": ["completion", "tools"],
        "model_info": {"general.architecture": "llama", "llama.context_length": 131_072},
        "parameters": 'stop "<|eot|>"\nnum_ctx                        8192',
    }
    with serving(OLLAMA | {"POST /api/show": told}) as server:
        found = await found_at(server.url + "/v1")
    assert found.server == "ollama"
    assert found.base_url == server.url + "/v1"
    assert found.models[0] == OfferedModel(
        "llama3.2:1b", context_tokens=8_192, structured=True, tools=True
    )


async def test_an_embedder_of_ollama_is_not_offered() -> None:
    told = {"capabilities": ["embedding"], "model_info": {"bert.context_length": 2_048}}
    with serving(OLLAMA | {"POST /api/show": told}) as server:
        assert (await found_at(server.url)).models == ()


async def test_the_window_of_a_loaded_model_is_the_one_it_was_given() -> None:
    running = {"models": [{"name": "llama3.2:1b", "context_length": 4_096}]}
    with serving({"/api/ps": running}) as server:
        async with checked_client(private=True) as client:
            assert await loaded_context(client, server.url + "/v1", "llama3.2:1b") == 4_096
            assert await loaded_context(client, server.url + "/v1", "other") is None


async def test_llama_cpp_says_the_window_of_one_slot() -> None:
    pages = {
        "/v1/models": listing(
            {"id": "q.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131_072}}
        ),
        "/props": {"default_generation_settings": {"n_ctx": 16_384}, "total_slots": 4},
    }
    with serving(pages) as server:
        found = await found_at(server.url)
    assert found.server == "llama.cpp"
    assert found.models == (OfferedModel("q.gguf", context_tokens=16_384, structured=True),)


async def test_llama_cpp_without_props_still_says_its_window_in_the_list() -> None:
    row = {"id": "q", "owned_by": "llamacpp", "meta": {"n_ctx": 2_048, "n_ctx_train": 131_072}}
    with serving({"/v1/models": listing(row)}) as server:
        assert (await found_at(server.url)).models[0].context_tokens == 2_048


async def test_vllm_says_how_long_a_conversation_may_be() -> None:
    row = {"id": "Qwen/Qwen3-8B", "owned_by": "vllm", "max_model_len": 32_768}
    with serving({"/v1/models": listing(row)}) as server:
        found = await found_at(server.url + "/v1")
    assert (found.server, found.models[0].context_tokens) == ("vllm", 32_768)


async def test_lm_studio_says_what_is_loaded() -> None:
    rows = (
        {
            "id": "qwen3",
            "type": "llm",
            "state": "loaded",
            "max_context_length": 32_768,
            "loaded_context_length": 4_096,
            "capabilities": ["tool_use"],
        },
        {"id": "gemma", "type": "vlm", "state": "not-loaded", "max_context_length": 8_192},
        {"id": "nomic", "type": "embeddings", "state": "not-loaded", "max_context_length": 2_048},
    )
    # It answers 200 with an error in the body for every path that it does not know.
    with serving(
        {"/api/v0/models": listing(*rows), "/v1/models": listing(*rows)},
        otherwise=Page({"error": "Unexpected endpoint or method."}),
    ) as server:
        found = await found_at(server.url)
    assert found.server == "lmstudio"
    assert [(m.id, m.context_tokens, m.tools) for m in found.models] == [
        ("qwen3", 4_096, True),
        ("gemma", 8_192, None),
    ]


async def test_the_simulator_is_known_by_its_owner() -> None:
    row = {"id": "simulated", "owned_by": "handywriterz-simulator"}
    with serving({"/v1/models": listing(row)}) as server:
        found = await found_at(server.url)
    assert found.simulated


async def test_a_gateway_says_windows_prices_and_abilities_as_openrouter_does() -> None:
    row = {
        "id": "vendor/model",
        "context_length": 200_000,
        "pricing": {"prompt": "0.000003", "completion": "0.000015"},
        "supported_parameters": ["tools", "structured_outputs"],
        "top_provider": {"max_completion_tokens": 64_000},
    }
    with serving({"/api/v1/models": listing(row)}) as server:
        found = await found_at(server.url + "/api/v1", key="sk-x")
        assert all(headers["authorization"] == "Bearer sk-x" for _, _, headers, _ in server.asked)
    assert found.models == (
        OfferedModel(
            "vendor/model", 200_000, 64_000, True, True, pytest.approx(3), pytest.approx(15)
        ),
    )


async def test_a_server_without_v1_is_found_when_v1_was_typed() -> None:
    with serving({"/models": listing({"id": "m"})}) as server:
        found = await found_at(server.url + "/v1")
    assert (found.server, found.base_url) == ("compatible", server.url)


async def test_anthropics_list_is_asked_in_its_own_way() -> None:
    row = {"type": "model", "id": "claude-x", "max_input_tokens": 200_000, "max_tokens": 64_000}
    with serving({"/v1/models": {"data": [row], "has_more": False}}) as server:
        found = await found_at(server.url, "anthropic", "sk-ant")
        headers = server.asked[0][2]
    assert headers["x-api-key"] == "sk-ant"
    assert "authorization" not in headers
    assert found.models == (OfferedModel("claude-x", 200_000, 64_000),)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (HTML, "not_an_api"),
        (Page("just text"), "not_an_api"),
        (Page({"data": "none"}), "not_an_api"),
        (Page({"error": "no"}, 404), "not_an_api"),
        (Page({"error": "key"}, 401), "auth"),
        (Page({"error": "key"}, 403), "auth"),
        (Page({"error": "pay"}, 402), "quota"),
        (Page({"error": "slow"}, 429), "rate_limit"),
        (Page({"error": "down"}, 500), "server"),
        (Page({"error": "busy"}, 503), "overload"),
        (Page(status=302, headers={"Location": "http://169.254.169.254/"}), "not_an_api"),
        (Page(raw=b"\xff\xfe" * 50), "not_an_api"),
        (Page(raw=b"[" * 100_000), "not_an_api"),
    ],
)
async def test_what_is_no_list_of_models_has_a_named_reason(page: Page, problem: str) -> None:
    with serving({}, otherwise=page) as server:
        found = await found_at(server.url)
    assert found.server == ""
    assert found.problem == problem


async def test_ten_thousand_models_and_odd_names_are_cut_to_what_can_be_used() -> None:
    odd = [
        {"id": name} for name in ("", "a b", "a,b", "x" * 181, "a\nb", "\u202eevil", None, 7, ["m"])
    ]
    rows = odd + [{"id": f"m{number}"} for number in range(10_000)] + [{"no": "id"}, "row"]
    with serving({"/v1/models": {"data": rows}}) as server:
        found = await found_at(server.url)
    assert len(found.models) == MODELS_MAX
    assert found.models[0].id == "m0"


@pytest.mark.parametrize("value", [-1, 0, True, "8192", 1e99, None, 10**12, {"n": 1}])
async def test_a_window_that_is_no_number_of_tokens_stays_unknown(value: Any) -> None:
    with serving({"/v1/models": listing({"id": "m", "max_model_len": value})}) as server:
        assert (await found_at(server.url)).models[0].context_tokens is None


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.02)


async def test_a_server_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autonomy.core.llm.servers.PROBE_SECONDS", 0.3)
    with serving({}, otherwise=Page(write=_drip)) as server:
        assert (await found_at(server.url)).problem == "timeout"
