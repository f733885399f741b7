"""What the product's gateway adds to a model call: the whole of it against the bare SDK.

Ours is what a node calls, with the run's effects, its budget ledger, PostgreSQL and Redis. Bare is
the provider's own client with retries off. Both speak to one local server that answers at once, in
turns, so that a busy machine is busy for both. Streams come in two ways: in pieces some time apart,
as models send them, and all at once, which shows the processor time that the pieces take.

    python -m tests.bench.gateway
    python -m tests.bench.gateway --profile streamed
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from pydantic import BaseModel

from tests.bench.figures import Figure, percentile, table
from tests.bench.servers import servers
from tests.stack_process import ROOT

CALLS = 150
WARM_UP = 15
GOAL_MS = 5.0
SYSTEM = "Role: writer\nYou write one section of a report from the passages that are given."
USER = "Write the section on tides.\n" + "Tides rise and fall twice a day near most coasts. " * 60
PROSE = "The sea rises and falls with the moon, and ports plan their work around it. " * 6
PIECE_SECONDS = 0.004
"""Between the pieces of a stream; still several times as fast as models are."""


class Judgement(BaseModel):
    """What the structured calls ask for."""

    verdict: str
    reason: str
    score: float


JUDGEMENT = Judgement(verdict="supported", reason="The passage says so in its words.", score=0.9)

BURST = "streamed in one burst"

Call = Callable[[int], Awaitable[object]]


def bench() -> list[Figure]:
    with simulated() as (at_once, in_time), servers():
        from autonomy.runtime.db import close_pool

        samples = asyncio.run(_measured(at_once, in_time))
        close_pool()
    figures = []
    for name, (ours, bare) in samples.items():
        for share, label in ((0.5, "p50"), (0.95, "p95")):
            mine, other = percentile(ours, share) * 1e3, percentile(bare, share) * 1e3
            goal = share == 0.5 and name != BURST
            figures.append(
                Figure(
                    f"added to a {name} call, {label}",
                    mine - other,
                    "ms",
                    f"{mine:.1f} ms against {other:.1f} ms of the bare SDK",
                    f"≤ {GOAL_MS:g} ms" if goal else "",
                    mine - other <= GOAL_MS if goal else None,
                )
            )
    return figures


async def _measured(at_once: str, in_time: str) -> dict[str, tuple[list[float], list[float]]]:
    """Kind of call → seconds of each of ours and of the bare client's, taken in turns."""
    found = {}
    for base_url in (at_once, in_time):
        ours, bare = await our_calls(base_url), bare_calls(base_url)
        for name in ("streamed",) if base_url == in_time else tuple(ours):
            label = BURST if name == "streamed" and base_url == at_once else name
            found[label] = await _in_turns(ours[name], bare[name])
    return found


async def _in_turns(ours: Call, bare: Call) -> tuple[list[float], list[float]]:
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + CALLS):
        for call, seconds in zip((ours, bare), taken, strict=True):
            began = time.perf_counter()
            await call(number)
            seconds.append(time.perf_counter() - began)
    return taken[0][WARM_UP:], taken[1][WARM_UP:]


# ----------------------------------------------------------------------------- the two sides


async def our_calls(base_url: str) -> dict[str, Call]:
    """The gateway of a claimed run."""
    from autonomy.core.llm.portfolio import Portfolio
    from autonomy.core.packing import Part, Prompt
    from autonomy.runtime.db import run_db
    from handywriterz.env import env

    served = {"openai_base_url": base_url, "handywriterz_model": "openai:simulated"}
    portfolio = Portfolio.from_env(env().model_copy(update=served))
    with patch("autonomy.runtime.context.portfolio_for", lambda *_, **__: portfolio):
        deps, tokens = await run_db(_segment)
    models: Any = deps.models
    prompt = Prompt("bench", "1", SYSTEM, (Part(USER),))

    async def on_token(piece: str) -> None:
        tokens.add("task", piece)

    async def whole(number: int) -> object:
        return await models.text("writer", key=f"whole:{number}", prompt=prompt)

    async def streamed(number: int) -> object:
        return await models.text(
            "writer", key=f"streamed:{number}", prompt=prompt, on_token=on_token
        )

    async def structured(number: int) -> object:
        return await models.structured(
            "critic", key=f"structured:{number}", prompt=prompt, output=Judgement
        )

    return {"whole": whole, "streamed": streamed, "structured": structured}


def _segment() -> tuple[Any, Any]:
    """What the nodes of a freshly claimed run are given, and where their text goes."""
    from autonomy.core.llm import SHARED
    from autonomy.models import Run
    from autonomy.runtime import queue
    from autonomy.runtime.context import Segment, build_deps
    from autonomy.runtime.provider_health import shared_health
    from autonomy.runtime.tokens import TokenStream
    from tests.bench.throughput import queue_runs

    SHARED.health = shared_health()  # as the engine does
    queue_runs(1)
    claim = queue.claim(1)
    assert claim is not None
    Run.objects.filter(pk=claim.fence.run_id).update(tokens_limit=10**9, usd_limit=10**5)
    tokens = TokenStream(claim.fence)
    return build_deps(Segment(claim, Run.objects.get(pk=claim.fence.run_id), tokens)), tokens


def bare_calls(base_url: str) -> dict[str, Call]:
    """The provider's own client, with the same words and the same limit."""
    import openai

    client = openai.AsyncOpenAI(base_url=base_url, api_key="bench", max_retries=0)
    asked: Any = {
        "model": "simulated",
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": USER},
        ],
        "max_tokens": 8_192,
    }
    schema = {"name": "Judgement", "schema": Judgement.model_json_schema()}

    async def whole(_: int) -> object:
        return (await client.chat.completions.create(**asked)).choices[0].message.content

    async def streamed(_: int) -> object:
        pieces = []
        options = {"include_usage": True}
        answer = await client.chat.completions.create(**asked, stream=True, stream_options=options)
        async for chunk in answer:
            if chunk.choices and chunk.choices[0].delta.content:
                pieces.append(chunk.choices[0].delta.content)
        return "".join(pieces)

    async def structured(_: int) -> object:
        wanted = {"type": "json_schema", "json_schema": schema}
        answer = await client.chat.completions.create(**asked, response_format=wanted)
        return Judgement.model_validate_json(answer.choices[0].message.content)

    return {"whole": whole, "streamed": streamed, "structured": structured}


# ----------------------------------------------------------------------------- the server


@contextmanager
def simulated() -> Iterator[tuple[str, str]]:
    """A provider in a process of its own: the base URL at which it answers at once, and that at
    which it takes its time between the pieces of a stream."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.gateway", "--serve"],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


async def _serve() -> None:
    from tests.providers.openai_server import Behaviour, OpenAIServer, Received

    def said(received: Received) -> str:
        wanted = received.body.get("response_format") or received.body.get("tools")
        return JUDGEMENT.model_dump_json() if wanted else PROSE

    for seconds in (0.0, PIECE_SECONDS):
        server = OpenAIServer(default=said)
        server.behaviour = Behaviour(chunk_delay=seconds)
        await server.start()
        sys.stdout.write(f"{server.base_url}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


# ----------------------------------------------------------------------------- where time goes


def profile(kind: str) -> str:
    """Where the event loop's time goes in `CALLS` of one kind, and how long each round trip takes."""
    with simulated() as (at_once, _), servers():
        from autonomy.runtime.db import close_pool

        told = asyncio.run(_profiled(at_once, kind))
        close_pool()
    return told


async def _profiled(base_url: str, kind: str) -> str:
    from autonomy.runtime import budgets_ledger, effects

    waits: dict[str, list[float]] = {}

    def timed(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        async def wrapped(fn: Any, *arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return await original(fn, *arguments, **named)
            finally:
                label = getattr(fn, "__name__", str(fn))
                if label == "execute":
                    label = "effect begin" if arguments[0] is effects.BEGIN else "effect record"
                waits.setdefault(label, []).append(time.perf_counter() - began)

        setattr(owner, name, wrapped)

    calls = await our_calls(base_url)
    for number in range(WARM_UP):
        await calls[kind](number)
    timed(budgets_ledger, "run_db")
    timed(effects, "run_db")
    profiler = cProfile.Profile()
    profiler.enable()
    for number in range(WARM_UP, WARM_UP + CALLS):
        await calls[kind](number)
    profiler.disable()
    stats = pstats.Stats(profiler, stream=sys.stdout)
    stats.sort_stats("cumulative").print_stats(60)
    return "".join(
        f"{name:24} × {len(took) / CALLS:.1f} per call, p50 {percentile(took, 0.5) * 1e3:.2f} ms,"
        f" p95 {percentile(took, 0.95) * 1e3:.2f} ms\n"
        for name, took in waits.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--serve", action="store_true", help="be the provider")
    parser.add_argument(
        "--profile",
        metavar="KIND",
        help="show where the time of whole, streamed or structured calls goes",
    )
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve())
    else:
        sys.stdout.write(profile(options.profile) if options.profile else table(bench()))


if __name__ == "__main__":
    main()
