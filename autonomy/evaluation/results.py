"""What came of a round: rows, the table, JSON and JUnit XML."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autonomy.evaluation.finished import Finished

_CONTROL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd]")
"""What XML cannot hold."""


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one task."""

    task: str
    seed: int
    without: str
    """The behaviour that was switched off; empty for none."""
    complaints: list[str]
    delivered: bool = False
    retries: int = 0
    seconds: float = 0.0
    tokens: int = 0
    usd: float = 0.0
    similarity: list[float | None] = field(default_factory=list)
    run_id: str = ""

    @property
    def passed(self) -> bool:
        """Whether every rule held."""
        return not self.complaints

    @property
    def judged(self) -> bool:
        """Whether its rules were looked at: a run that was never over, or that the harness could not
        make, shows nothing of a behaviour."""
        return bool(self.run_id)

    @property
    def as_it_should(self) -> bool:
        """Passed; or, with the behaviour off, failed by its rules."""
        return not self.passed and self.judged if self.without else self.passed


def result_of(finished: Finished, complaints: list[str], without: str, seconds: float) -> Result:
    budgets = finished.run["budgets"]
    return Result(
        task=finished.drawn.task,
        seed=finished.drawn.seed,
        without=without,
        complaints=complaints,
        delivered=finished.run["status"] == "succeeded" and bool(finished.document),
        retries=finished.retries,
        seconds=round(seconds, 2),
        tokens=int(budgets["tokens_spent"]),
        usd=float(budgets["usd_spent"]),
        similarity=finished.similarity,
        run_id=str(finished.run["id"]),
    )


@dataclass(frozen=True, slots=True)
class Round:
    """Everything that one call of `make evaluate` found."""

    id: str
    started_at: datetime
    finished_at: datetime
    version: str
    seeds: int
    results: list[Result]
    finished: bool = True
    """False: it goes on, or was ended before all of its runs were over."""

    @property
    def as_it_should(self) -> bool:
        return bool(self.results) and all(result.as_it_should for result in self.results)

    def as_json(self) -> str:
        body = asdict(self) | {
            "started_at": self.started_at.astimezone(UTC).isoformat(),
            "finished_at": self.finished_at.astimezone(UTC).isoformat(),
            "as_it_should": self.as_it_should,
        }
        for row, result in zip(body["results"], self.results, strict=True):
            row["passed"] = result.passed
        return json.dumps(body, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, text: str) -> Round:
        """Of `as_json`.

        Raises:
            ValueError: it is no such file.
        """
        try:
            body: dict[str, Any] = json.loads(text)
            results = [
                Result(**{name: row[name] for name in Result.__dataclass_fields__})
                for row in body["results"]
            ]
            return cls(
                id=body["id"],
                started_at=datetime.fromisoformat(body["started_at"]),
                finished_at=datetime.fromisoformat(body["finished_at"]),
                version=body["version"],
                seeds=int(body["seeds"]),
                results=results,
                finished=bool(body.get("finished", True)),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"This is no result of an evaluation: {error}.") from error

    def junit(self) -> str:
        """JUnit XML: a suite per task, and one per task with its behaviour switched off."""
        root = ET.Element("testsuites", name="evaluation")
        for (task, without), rows in grouped(self.results).items():
            suite = ET.SubElement(
                root,
                "testsuite",
                name=f"{task} without {without}" if without else task,
                tests=str(len(rows)),
                failures=str(sum(not row.as_it_should for row in rows)),
                errors="0",
                time=f"{sum(row.seconds for row in rows):.2f}",
                timestamp=self.started_at.astimezone(UTC).isoformat(),
            )
            for row in rows:
                case = ET.SubElement(
                    suite,
                    "testcase",
                    classname=suite.get("name", ""),
                    name=f"seed {row.seed}",
                    time=f"{row.seconds:.2f}",
                )
                if not row.as_it_should:
                    said = row.complaints or [f"every rule held without {without}"]
                    text = _CONTROL.sub("?", "\n".join(said))
                    failure = ET.SubElement(case, "failure", message=text.splitlines()[0][:300])
                    failure.text = text
        ET.indent(root)
        return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"

    def table(self) -> str:
        """For the terminal: a line per task, then what did not go as it should."""
        head = ("task", "passed", "retries", "seconds", "US$ per document")
        lines = [
            (
                f"{task} without {without}" if without else task,
                _score(rows, without),
                _mean(row.retries for row in rows),
                _mean(row.seconds for row in rows),
                _cost(rows),
            )
            for (task, without), rows in grouped(self.results).items()
        ]
        widths = [max(len(row[n]) for row in [head, *lines]) for n in range(len(head))]
        text = [
            "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
            for row in [head, *lines]
        ]  # fmt: skip
        for row in self.results:
            if not row.as_it_should:
                off = f" without {row.without}" if row.without else ""
                text += ["", f"{row.task} seed {row.seed}{off} (run {row.run_id or 'none'}):"]
                text += [f"  - {c}" for c in row.complaints[:12]] or ["  - every rule held"]
        return "\n".join(text) + "\n"

    def write(self, folder: Path) -> None:
        """`results.json` and `junit.xml` in `folder`, which is made. Each is whole at every moment."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("results.json", self.as_json()), ("junit.xml", self.junit())):
            fresh = folder / f".{name}.new"
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(folder / name)


def grouped(results: Iterable[Result]) -> dict[tuple[str, str], list[Result]]:
    """Task and what was off → its runs, in the order of tasks."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in sorted(results, key=lambda r: (r.task, r.without, r.seed)):
        found.setdefault((result.task, result.without), []).append(result)
    return found


def _score(rows: Sequence[Result], without: str) -> str:
    right = sum(row.as_it_should for row in rows)
    return f"{right}/{len(rows)}" + (" fail, as they must" if without else "")


def _mean(values: Iterable[float]) -> str:
    listed = list(values)
    return f"{sum(listed) / len(listed):.1f}"


def _cost(rows: Sequence[Result]) -> str:
    """What all runs cost, shared by the documents that came of them."""
    documents = sum(row.delivered for row in rows)
    return f"{sum(row.usd for row in rows) / documents:.4f}" if documents else "–"
