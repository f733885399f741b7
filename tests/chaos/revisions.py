"""The worker is killed while it revises a draft after a report: the revision is made once, its calls
are paid once, and the run goes on to its next report and its end."""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import time
from collections import Counter
from typing import Any

from tests.chaos.invariants import told
from tests.chaos.product import GOAL, Product, until
from tests.chaos.scenario import Row, count

KILLS = 20
RUNS_AT_ONCE = 4
"""That revise at the same moment; one kill hits all of them."""
MARKED = 5
"""Passages that a report marks."""
LATEST_SECONDS = 1.5
"""After the first call of a revision has reached the provider."""


class Revisions:
    name = "revisions"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), count(KILLS, scale)))

    async def _run(self, rng: random.Random, kills: int) -> list[Row]:
        async with Product(delay=0.4, throwaway=True) as product:
            began = time.monotonic()
            hit = 0
            for number in range(kills):
                hit += await self._one(product, rng, number)
            left = await product.settled(60)
            return [await self._judge(product, kills, hit, left, began)]

    async def _one(self, product: Product, rng: random.Random, number: int) -> int:
        """How many revisions were under way when the worker was killed."""
        alice = product["alice"]
        runs = [
            await alice.start(
                GOAL.format(words=300, mark=f"revision {number}-{n}"), target_similarity=10
            )
            for n in range(RUNS_AT_ONCE)
        ]
        cycles = [await self._waiting(product, run_id, 1) for run_id in runs]
        asked = len(self._reworked(product))
        await asyncio.gather(
            *(
                self._report(product, run, cycle, 38)
                for run, cycle in zip(runs, cycles, strict=True)
            )
        )

        async def reworking() -> bool:
            return len(self._reworked(product)) > asked

        await until(reworking, 20)
        await asyncio.sleep(rng.uniform(0, LATEST_SECONDS))
        open_ones = await product.sql(
            "SELECT count(*) FROM autonomy_turnitin_cycles WHERE id = ANY(%s::uuid[])"
            " AND revised_id IS NULL",
            [cycles],
        )
        await product.kill("runs", signal.SIGKILL)
        for run_id in runs:
            cycle = await self._waiting(product, run_id, 2)
            await self._report(product, run_id, cycle, 5)
        return int(open_ones[0][0])

    def _reworked(self, product: Product) -> list[Any]:
        return [call for call in product.provider.count.requests() if call.role == "reworker"]

    async def _waiting(self, product: Product, run_id: str, number: int) -> str:
        """The id of the run's cycle, once the run waits for its report."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            rows = await product.sql(
                "SELECT cycle.id::text FROM autonomy_turnitin_cycles cycle"
                " JOIN autonomy_runs run ON run.id = cycle.run_id"
                " WHERE run.id = %s AND number = %s AND run.status = 'waiting_human'",
                [run_id, number],
            )
            if rows:
                return str(rows[0][0])
            await asyncio.sleep(0.1)
        raise AssertionError(f"run {run_id} never waited for report {number}")

    async def _report(self, product: Product, run_id: str, cycle_id: str, percent: float) -> None:
        """Hand in a file that marks sentences of the draft."""
        (row,) = await product.sql(
            "SELECT artifact.body FROM autonomy_turnitin_cycles cycle JOIN autonomy_artifacts artifact"
            " ON artifact.id = cycle.artifact_id WHERE cycle.id = %s",
            [cycle_id],
        )
        text = " ".join(section["markdown"] for section in row[0]["sections"])
        sentences = re.findall(r"[A-Z][^.\[\]|]{60,}(?=[.\[ ])", text)
        passages = [{"text": one.strip()} for one in sentences[:MARKED]]
        file = json.dumps({"similarity": percent, "passages": passages}).encode()
        reply = await product["alice"].http.post(
            f"/api/v2/turnitin/{run_id}/report",
            data={"cycle_id": cycle_id},
            files={"report": ("report.json", file)},
        )
        assert reply.status_code == 200, f"{reply.status_code} {reply.text}"

    async def _judge(self, product: Product, kills: int, hit: int, left: int, began: float) -> Row:
        runs = kills * RUNS_AT_ONCE
        wrong = await product.sql(
            "SELECT cycle.run_id, cycle.number, cycle.status, cycle.revised_id,"
            " (SELECT count(*) FROM autonomy_episodic_logs log WHERE log.run_id = cycle.run_id"
            "  AND log.type = 'turnitin.revised' AND log.meta ->> 'cycle_id' = cycle.id::text) told,"
            " (SELECT count(*) FROM autonomy_document_versions made"
            "  WHERE made.cycle_id = cycle.id) versions,"
            " (SELECT count(*) FROM autonomy_passage_changes change WHERE change.cycle_id = cycle.id)"
            " FROM autonomy_turnitin_cycles cycle WHERE cycle.number = 1"
        )
        bad = [
            row for row in wrong if row[2] != "rejected" or row[4] != 1 or row[5] > 1 or not row[6]
        ]
        revised = sum(row[5] for row in wrong)
        begun = dict(
            await product.sql("SELECT run_id || ':' || key, attempts FROM autonomy_effects")
        )
        answered = Counter(
            call.request_id.rpartition("#")[0]
            for call in self._reworked(product)
            if call.outcome == "answered"
        )
        twice = {key: n for key, n in answered.items() if n > max(1, begun.get(key, 0))}
        ((succeeded,),) = await product.sql(
            "SELECT count(*) FROM autonomy_runs WHERE status = 'succeeded'"
        )
        offences = await product.offences()
        return Row(
            f"{kills} SIGKILLs of the worker within {hit} revisions",
            f"{len(wrong) - len(bad)} of {runs} reports led to one revision ({revised} new versions,"
            f" {answered.total()} calls answered, {len(twice)} paid twice); {succeeded} of {runs} runs"
            f" ended well; broken promises: {told(offences)}"
            + (f"; wrong: {bad[:2]}" if bad else ""),
            "one revision each, no call paid twice, none lost",
            not (bad or twice or offences or left)
            and len(wrong) == runs
            and succeeded == runs
            and hit > 0
            and bool(answered),
            time.monotonic() - began,
        )


scenario = Revisions()
