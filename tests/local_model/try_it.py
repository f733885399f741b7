"""One run of the whole product through a real llama.cpp server, and what the server does that the
simulator does not. See README.md.

    python -m tests.local_model.try_it --server-python /tmp/llama/bin/python
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.chaos.product import GOAL, Product, until
from tests.stack_process import ROOT, free_port

NAME = "gibberish"
CALLS = """
SELECT role, mode, outcome, rung, count(*), sum(input_tokens)::int, sum(output_tokens)::int,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_ms)
FROM autonomy_model_calls GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
TOLD = """
SELECT type, content FROM autonomy_episodic_logs
WHERE type IN ('retry', 'note', 'attempt.restarted', 'budget', 'error', 'run.finished') ORDER BY id
"""


@contextlib.contextmanager
def served(python: str, context: int, interrupting: bool) -> Iterator[str]:
    """llama.cpp's server with the model that knows nothing; its base URL."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hw-llama-") as folder:
        path = Path(folder) / "gibberish.gguf"
        maker = ROOT / "tests" / "local_model" / "make_model.py"
        subprocess.run([python, str(maker), str(path)], check=True)
        command = [python, "-m", "llama_cpp.server", "--model", str(path), "--model_alias", NAME]
        command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", str(context)]
        command += ["--interrupt_requests", str(interrupting).lower()]
        with (Path(folder) / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--n_threads", "1", "--seed", "1"], stdout=log, stderr=log
            )
            try:
                _wait(f"http://127.0.0.1:{port}/v1/models")
                yield f"http://127.0.0.1:{port}/v1"
            finally:
                process.terminate()
                process.wait(20)


def _wait(url: str, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(url, timeout=2).raise_for_status()
            return
        if time.monotonic() > deadline:
            raise TimeoutError(url)
        time.sleep(0.2)


async def whole_run(base_url: str, words: int, journey: str) -> None:
    """Start a run, wait for its end, and say how it went."""
    product = Product(
        delay=0.0,
        throwaway=True,
        OPENAI_BASE_URL=base_url,
        HANDYWRITERZ_MODEL=f"openai:{NAME}",
        MODEL_MAX_OUTPUT_TOKENS="2048",
    )
    async with product:
        alice = product["alice"]
        began = time.monotonic()
        goal = GOAL.format(words=words, mark="local")
        run_id = await alice.start(goal, journey=journey, length_words=words)

        async def ended() -> bool:
            return (await alice.run(run_id))["status"] in ("succeeded", "failed", "cancelled")

        await until(ended, 400)
        run = await alice.run(run_id)
        print(f"{journey}: {run['status']}, {run.get('stop_reason')!r}, {run.get('error')!r},")
        print(f"  {time.monotonic() - began:.0f} s; budgets {run.get('budgets')}")
        for kind, number in Counter(await product.sql(TOLD)).most_common(60):
            print(f"  {number} × {kind[0]}: {kind[1][:170]}")
        print("role, mode, outcome, rung, calls, tokens in, tokens out, p50 ms")
        for row in await product.sql(CALLS):
            print("  ", *row)
        for row in await product.sql(
            "SELECT role, model, count(*), sum(input_tokens)::int, sum(output_tokens)::int,"
            " sum(usd), bool_or(price_known) FROM autonomy_budget_ledger GROUP BY 1, 2"
        ):
            print("  booked:", *row)
        await _document(alice, run_id)
        print("broken promises:", await product.offences() or "none")


async def _document(person: Any, run_id: str) -> None:
    found = (await person.http.get(f"/api/v2/runs/{run_id}/artifacts")).json()
    items = found.get("items", found) if isinstance(found, dict) else found
    for item in items:
        if item["kind"] == "document":
            path = f"/api/v2/runs/{run_id}/artifacts/{item['id']}/download?format=md"
            text = (await person.http.get(path)).text
            print(
                f"document: {len(text.split())} words. It begins:\n{text[:900]}\n…\n{text[-500:]}"
            )
            return
    print("no document")


async def protocol(base_url: str) -> None:
    """What the server answers to what the product may send."""
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "score": {"type": "integer"}},
        "required": ["title", "score"],
    }
    named = {"type": "json_schema", "json_schema": {"name": "Answer", "schema": schema}}
    asked: dict[str, dict[str, Any]] = {
        "plain": {},
        "json_schema": {"response_format": named},
        "json_object with a schema": {"response_format": {"type": "json_object", "schema": schema}},
        "two tokens": {"max_tokens": 2},
        "more than the window": {"messages": [{"role": "user", "content": "word " * 40_000}]},
        "another model's name": {"model": "no-such-model"},
    }
    base = {
        "model": NAME,
        "max_tokens": 120,
        "messages": [{"role": "user", "content": "Judge this."}],
    }
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:
        for what, extra in asked.items():
            reply = await client.post("/chat/completions", json=base | extra)
            print(f"{what}: {reply.status_code} {reply.text[:300]}")
        await _hung_up(client, base)


async def _hung_up(client: httpx.AsyncClient, base: dict[str, Any]) -> None:
    """How soon the server is free again after the reader of a long stream has gone."""
    long = base | {"stream": True, "max_tokens": 20_000, "logit_bias": {"4": -100}}
    async with client.stream("POST", "/chat/completions", json=long) as stream:
        async for _ in stream.aiter_bytes():
            break
    began = time.monotonic()
    await client.post("/chat/completions", json=base | {"max_tokens": 2})
    print(f"after hanging up: the next answer came in {time.monotonic() - began:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--server-python", required=True, help="a Python that has llama_cpp, gguf")
    parser.add_argument("--context", type=int, default=16_384, help="the model's window, tokens")
    parser.add_argument(
        "--interrupting", action="store_true", help="a new request breaks off a running stream"
    )
    parser.add_argument("--words", type=int, default=600)
    parser.add_argument("--journey", default="write")
    options = parser.parse_args()
    with served(options.server_python, options.context, options.interrupting) as base_url:
        asyncio.run(protocol(base_url))
        asyncio.run(whole_run(base_url, options.words, options.journey))


if __name__ == "__main__":
    main()
