"""Redis killed again and again, its data gone each time: nothing is lost and viewers stay current."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import time

import httpx
import redis as redis_client

from handywriterz.stack.addresses import redis_dir, redis_url
from handywriterz.stack.child import STEADY_SECONDS
from tests.chaos.invariants import told
from tests.chaos.load import Load
from tests.chaos.product import Person, Product, fresh_paper, until
from tests.chaos.scenario import Row, allowed, count, percentile

RATE = 60
"""Messages per minute and person, as `chat.api` limits them."""


class RedisKilled:
    name = "redis"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), scale))

    async def _run(self, rng: random.Random, scale: float) -> list[Row]:
        async with Product(("alice", "bob"), delay=0.4) as product:
            return await Storm(product, rng, scale).rows()


class Storm:
    def __init__(self, product: Product, rng: random.Random, scale: float) -> None:
        self.product = product
        self.rng = rng
        self.scale = scale
        self.kills = count(6, scale, 2)
        self.current: list[float] = []
        """Seconds from each return until every viewer had what was committed by then."""
        self.tokens: list[float] = []
        """Seconds from each return until streamed text came again."""
        self.read: list[float] = []
        """Seconds from each return until the file uploaded meanwhile was read."""
        self.back = 0.0
        """When it was there again, by the monotonic clock."""
        self.wrong: list[str] = []
        """What did not survive, in words."""

    async def rows(self) -> list[Row]:
        began = time.monotonic()
        product, late = self.product, allowed(5.0, self.scale)
        load = Load(product, product["alice"], 4)
        async with load.going():
            await asyncio.sleep(2 + self.rng.random())
            for number in range(self.kills):
                await self._outage(load, number)
                await asyncio.sleep(max(0.0, STEADY_SECONDS - (time.monotonic() - self.back)))
                await asyncio.sleep(self.rng.uniform(0.2, 1.2))
            woken = await self._doorbell()
        left = await product.settled(30)
        offences = await product.offences()
        doubled = len(load.runs) - len(set(load.runs.values()))
        astray = await load.wrong()
        (lost,) = await product.sql(
            "SELECT count(*) FILTER (WHERE status <> 'succeeded'), count(*) FROM autonomy_runs"
        )
        seconds = time.monotonic() - began
        worst = max((lag for _, lag in load.lags()), default=0.0)
        return [
            Row(
                f"Redis killed {self.kills}× without persistence",
                f"{lost[0] + left} of {lost[1]} runs lost, broken promises: {told(offences)}, "
                f"{len(astray)} of {len(load.viewers)} viewers not exact",
                "0 lost",
                not (lost[0] or left or offences or astray or doubled),
                seconds,
            ),
            Row(
                "… viewers after Redis is back",
                f"current after max {max(self.current):.1f} s, text streams again after max "
                f"{max(self.tokens, default=0):.1f} s, oldest event shown {worst:.1f} s after its commit",
                f"current < {late:.0f} s",
                max(self.current) < late,
                seconds,
            ),
            Row(
                "… what rests on Redis",
                f"files read after max {max(self.read):.1f} s; messages accepted meanwhile in max "
                f"{max(load.sent):.2f} s; a worker wakes in {woken:.2f} s; "
                + ("; ".join(self.wrong) or "sessions, keys and rate limits hold"),
                f"files < {allowed(20, self.scale):.0f} s, a worker < {allowed(0.7, self.scale):.1f} s",
                not self.wrong
                and max(self.read) < allowed(20, self.scale)
                and woken < allowed(0.7, self.scale),
                seconds,
            ),
        ]

    async def _outage(self, load: Load, number: int) -> None:
        product, alice = self.product, self.product["alice"]
        async with product.unattended():
            await product.kill("redis", signal.SIGKILL)
            # What it had kept goes with it: `appendonlydir`, or one file in older versions.
            for kept in redis_dir(product.stack.data_dir).glob("*aof*"):
                kept.unlink()
            shutil.rmtree(redis_dir(product.stack.data_dir) / "appendonlydir", ignore_errors=True)
            file, sent = await self._meanwhile(number)
        assert await until(self._answers, 60) is not None, "Redis did not come back"
        back, back_at = time.monotonic(), time.time()
        self.back = back

        async def all_current() -> bool:
            return not await load.behind()

        took = await until(all_current, 30)
        self.current.append(30.0 if took is None else took)
        again = await alice.chat("Review grazing fish on reefs", key=f"meanwhile-{number}")
        if again["run_id"] != sent["run_id"]:
            self.wrong.append("an idempotency key made two runs")
        await product.read(file)
        self.read.append(time.monotonic() - back)

        def streamed() -> list[float]:
            return [at for viewer in load.viewers for at in viewer.tokens if at > back_at]

        async def streams() -> bool:
            return bool(streamed())

        await until(streams, 15)
        self.tokens.append(min(streamed(), default=back_at + 15) - back_at)

    async def _meanwhile(self, number: int) -> tuple[str, dict[str, str]]:
        """What people do while Redis is away; all of it has to work."""
        alice, bob = self.product["alice"], self.product["bob"]
        sent = await alice.chat("Review grazing fish on reefs", key=f"meanwhile-{number}")
        file = await alice.upload(f"new-{number}.md", fresh_paper(self.rng.getrandbits(64)))
        async with httpx.AsyncClient(base_url=self.product.stack.base_url, timeout=30) as browser:
            page = await browser.get("/", cookies={"sessionid": bob.session})
        if page.status_code != 200:
            self.wrong.append(f"a session's page answered {page.status_code}")
        if number == 0 and not await _limited(bob):
            self.wrong.append("no rate limit while Redis is away")
        return file, sent

    async def _answers(self) -> bool:
        def ping() -> bool:
            try:
                with redis_client.Redis.from_url(redis_url(self.product.stack.data_dir)) as client:
                    return bool(client.ping())
            except (redis_client.RedisError, OSError):
                return False

        return await asyncio.to_thread(ping)

    async def _doorbell(self) -> float:
        """Seconds from a message to the worker that takes it, median of five, Redis being there."""
        alice = self.product["alice"]
        for _ in range(5):
            await alice.start("Review grazing fish on reefs", journey="answer")
            await asyncio.sleep(0.3)
        rows = await self.product.sql(
            "SELECT extract(epoch FROM started_at - created_at)::float FROM autonomy_runs"
            " WHERE journey = 'answer' AND started_at IS NOT NULL ORDER BY created_at DESC LIMIT 5"
        )
        return percentile((row[0] for row in rows), 0.5)


async def _limited(person: Person) -> bool:
    """Whether a person who sends too much is told so (the messages are not valid, but count)."""
    for _ in range(RATE + 5):
        reply = await person.http.post("/api/chat", json={})
        if reply.status_code == 429:
            return True
    return False


scenario = RedisKilled()
