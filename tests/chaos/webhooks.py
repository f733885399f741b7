"""Similarity reports that come twice, late, at once and out of order: each cycle takes one."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.invariants import told
from tests.chaos.product import GOAL, Person, Product
from tests.chaos.scenario import Row, count

TARGET = 10.0
CYCLES = 2
"""The first report of a run is too high, so that it is revised and asks again."""
SENT = 5
"""How often each cycle's report is sent, in different forms and at different moments."""


@dataclass(slots=True)
class Report:
    run_id: str
    cycle_id: str
    number: int
    observed: float
    by_form: bool = False
    """As a form with the report's file, rather than as JSON."""


@dataclass(slots=True)
class Seen:
    """What came of the reports of one cycle."""

    answers: Counter[str] = field(default_factory=Counter)
    taken: set[float] = field(default_factory=set)
    """The figures that were acknowledged."""


class Webhooks:
    name = "webhooks"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), scale))

    async def _run(self, rng: random.Random, scale: float) -> list[Row]:
        async with Product(delay=0.05, throwaway=True) as product:
            began = time.monotonic()
            alice = product["alice"]
            seen: dict[str, Seen] = {}
            runs = count(100, scale, 10) // (CYCLES * SENT) or 1
            await asyncio.gather(
                *(
                    self._one(product, alice, random.Random(rng.random()), i, seen)
                    for i in range(runs)
                )
            )
            left = await product.settled(30)
            return [await self._judge(product, seen, runs, left, began)]

    async def _one(
        self,
        product: Product,
        alice: Person,
        rng: random.Random,
        number: int,
        seen: dict[str, Seen],
    ) -> None:
        run_id = await alice.start(
            GOAL.format(words=400, mark=f"webhook {number}"), target_similarity=TARGET
        )
        late: list[Report] = []
        for cycle in range(1, CYCLES + 1):
            cycle_id = await self._opened(product, run_id, cycle)
            observed = float(rng.randrange(30, 90) if cycle < CYCLES else rng.randrange(1, 10))
            again = [
                Report(run_id, cycle_id, cycle, observed, by_form=rng.random() < 0.4)
                for _ in range(SENT - 1)
            ]
            # Somebody else says something else at the same moment.
            other = Report(run_id, cycle_id, cycle, observed + 0.5)
            now, later = again[:2], again[2:]
            burst = [*now, other, *late]
            rng.shuffle(burst)
            await asyncio.gather(*(self._post(alice, report, seen) for report in burst))
            late = later
        for report in late:
            await asyncio.sleep(rng.uniform(0, 0.5))
            await self._post(alice, report, seen)

    async def _opened(self, product: Product, run_id: str, number: int) -> str:
        """The id of the run's cycle, as soon as there is one: often before the run waits for it."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            rows = await product.sql(
                "SELECT id::text FROM autonomy_turnitin_cycles WHERE run_id = %s AND number = %s",
                [run_id, number],
            )
            if rows:
                return str(rows[0][0])
            await asyncio.sleep(0.03)
        raise AssertionError(f"run {run_id} opened no cycle {number}")

    async def _post(self, person: Person, report: Report, seen: dict[str, Seen]) -> None:
        address = f"/api/v2/turnitin/{report.run_id}/report"
        body = {"cycle_id": report.cycle_id, "observed_similarity": report.observed}
        if report.by_form:
            form = {name: str(value) for name, value in body.items()}
            # Without a file: what it says is the same as the JSON's.
            reply = await person.http.post(address, data=form, files={"none": ("", b"")})
        else:
            reply = await person.http.post(address, json=body)
        found = seen.setdefault(report.cycle_id, Seen())
        if reply.status_code == 200:
            found.taken.add(reply.json()["observed_similarity"])
            found.answers["taken"] += 1
        elif reply.status_code == 409 and reply.json()["code"] == "already_reported":
            found.answers["told of the first one"] += 1
        else:
            found.answers[f"{reply.status_code} {reply.text[:80]}"] += 1

    async def _judge(
        self, product: Product, seen: dict[str, Seen], runs: int, left: int, began: float
    ) -> Row:
        cycles = await product.sql(
            "SELECT cycle.id::text, cycle.observed_similarity, cycle.status,"
            " (SELECT count(*) FROM autonomy_episodic_logs log WHERE log.run_id = cycle.run_id"
            "  AND log.type = 'turnitin.report_ready' AND log.meta ->> 'cycle_id' = cycle.id::text),"
            " (SELECT count(*) FROM autonomy_resumes WHERE run_id = cycle.run_id"
            "  AND value ->> 'cycle_id' = cycle.id::text)"
            " FROM autonomy_turnitin_cycles cycle"
        )
        wrong = [
            row
            for row in cycles
            if row[3] != 1 or row[4] != 1 or row[0] not in seen or seen[row[0]].taken != {row[1]}
        ]
        answers = sum((found.answers for found in seen.values()), Counter[str]())
        odd = set(answers) - {"taken", "told of the first one"}
        ((succeeded,),) = await product.sql(
            "SELECT count(*) FROM autonomy_runs WHERE status = 'succeeded'"
        )
        offences = await product.offences()
        said = ", ".join(f"{n} {what}" for what, n in answers.most_common())
        return Row(
            f"{answers.total()} duplicated and reordered webhooks",
            f"{len(cycles) - len(wrong)} of {len(cycles)} cycles took one report ({said}); "
            f"{succeeded} of {runs} runs ended well; broken promises: {told(offences)}"
            + (f"; wrong: {wrong[:2]}" if wrong else ""),
            "each applied once, whoever says otherwise is told",
            not (wrong or odd or offences or left)
            and len(cycles) == runs * CYCLES
            and succeeded == runs,
            time.monotonic() - began,
        )


scenario = Webhooks()
