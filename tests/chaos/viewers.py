"""Viewers dropped at every k = 1…50 events: each sees exactly 1..n, no gap and no double."""

from __future__ import annotations

import asyncio
import random
import time

from tests.chaos.product import GOAL, Product, until
from tests.chaos.scenario import Row, allowed, count, percentile
from tests.chaos.watching import AGAIN_SECONDS, Gone, Viewer


class Dropped(Viewer):
    """A viewer who is cut off after every `k` events, now and then within an event or before any."""

    def __init__(self, k: int, rng: random.Random, **fields: object) -> None:
        super().__init__(**fields)  # type: ignore[arg-type]
        self.k = k
        self.drops = 0
        self._rng = rng

    async def watch(self) -> None:
        while not self.ended:
            try:
                await self.once(most=self.k, half=self._rng.random() < 0.3, done=lambda: self.ended)
                if self._rng.random() < 0.2:  # twice at the same cursor
                    await self.once(most=0, half=True, done=lambda: self.ended)
                    self.drops += 1
            except (Gone, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                self.refusals.append(error.status if isinstance(error, Gone) else 0)
                await asyncio.sleep(AGAIN_SECONDS)
            self.drops += 1


class Viewers:
    name = "viewers"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), scale))

    async def _run(self, rng: random.Random, scale: float) -> list[Row]:
        async with Product(delay=0.25, throwaway=True) as product:
            return [
                await self._dropped(product, rng, scale),
                await self._web_killed(product, scale),
            ]

    async def _dropped(self, product: Product, rng: random.Random, scale: float) -> Row:
        began = time.monotonic()
        alice = product["alice"]
        sent = await alice.chat(GOAL.format(words=1200, mark="drops"))
        viewers = [
            Dropped(
                k,
                random.Random(rng.random()),
                port=product.port,
                headers=alice.headers,
                run_id=sent["run_id"],
                # Of three: the run's stream, the conversation's stream, the socket (twice).
                conversation_id="" if k % 4 == 0 else sent["conversation_id"],
                socket=k % 2 == 1,
            )
            for k in range(1, count(50, scale, 8) + 1)
        ]
        async with asyncio.timeout(90):
            await asyncio.gather(*(viewer.watch() for viewer in viewers))
        ((n,),) = await product.sql(
            "SELECT last_seq FROM autonomy_runs WHERE id = %s", [sent["run_id"]]
        )
        wrong = [v for v in viewers if v.seqs != list(range(1, n + 1))]
        refused = sum(len(v.refusals) for v in viewers)
        drops = sum(v.drops for v in viewers)
        lag = percentile(
            (at - _ts(e) for v in viewers for e, at in zip(v.events, v.arrived, strict=True)), 0.95
        )
        figure = f"{len(viewers) - len(wrong)} of {len(viewers)} saw exactly 1..{n}; {drops} drops"
        if wrong:
            figure += f"; e.g. k={wrong[0].k} {_what(wrong[0].seqs, n)}"
        figure += f"; lag p95 {lag:.2f} s" + (f"; {refused} refused" if refused else "")
        goal = "each sees exactly 1..n"
        return Row(
            "viewers dropped at every k events", figure, goal, not wrong, time.monotonic() - began
        )

    async def _web_killed(self, product: Product, scale: float) -> Row:
        """SIGKILL of the web server while twenty people watch."""
        began = time.monotonic()
        alice = product["alice"]
        sent = await alice.chat(GOAL.format(words=1200, mark="web"))
        viewers = [
            Viewer(
                product.port,
                alice.headers,
                sent["run_id"],
                sent["conversation_id"],
                socket=i % 2 == 0,
            )
            for i in range(count(20, scale, 6))
        ]
        tasks = [asyncio.create_task(viewer.follow()) for viewer in viewers]

        async def watching() -> bool:
            return all(viewer.last >= 5 for viewer in viewers)

        await until(watching, 30)
        await product.kill("web", 9)
        killed = time.time()
        async with asyncio.timeout(90):
            await asyncio.gather(*tasks)
        ((n,),) = await product.sql(
            "SELECT last_seq FROM autonomy_runs WHERE id = %s", [sent["run_id"]]
        )
        wrong = [v for v in viewers if v.seqs != list(range(1, n + 1))]
        back = (
            max(next((at for at in v.arrived if at > killed), killed + 99) for v in viewers)
            - killed
        )
        late = allowed(10.0, scale)
        figure = f"{len(viewers) - len(wrong)} of {len(viewers)} saw exactly 1..{n}; all back after {back:.1f} s"
        ok = not wrong and back < late
        return Row(
            "web server killed with viewers",
            figure,
            f"exactly 1..n, back < {late:.0f} s",
            ok,
            time.monotonic() - began,
        )


def _ts(event: dict[str, object]) -> float:
    from datetime import datetime

    return datetime.fromisoformat(str(event["ts"])).timestamp()


def _what(seqs: list[int], n: int) -> str:
    missing = sorted(set(range(1, n + 1)) - set(seqs))[:5]
    doubled = sorted({seq for seq in seqs if seqs.count(seq) > 1})[:5]
    return f"missing {missing}, doubled {doubled}, in order {seqs == sorted(seqs)}"


scenario = Viewers()
