"""Makes `docs/samples/` anew with the product as people start it: `python -m tests.samples`.

No model is configured, so the samples show what everybody gets. Their sources lie beside them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.journeys.client import Caller
from tests.stack_process import ROOT, StackProcess

FOLDER = ROOT / "docs" / "samples"
FORMATS = ("md", "docx", "pdf")


@dataclass(frozen=True)
class Sample:
    name: str
    request: str
    files: Sequence[Path]
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a person filled in in the library, by file name: CSL-JSON."""


def _licence(title: str, holder: str, year: int, address: str) -> dict[str, Any]:
    return {
        "type": "document",
        "title": title,
        "author": [{"literal": holder}],
        "issued": {"date-parts": [[year]]},
        "URL": address,
    }


def _record(path: Path) -> dict[str, Any]:
    title = path.read_text(encoding="utf-8").splitlines()[0].split(". ", 1)[1]
    return {
        "type": "document",
        "title": title,
        "author": [{"literal": "HandyWriterz"}],
        "issued": {"date-parts": [[2026]]},
    }


SOURCES = FOLDER / "sources"
_RECORDS = [
    next((ROOT / "docs" / "decisions").glob(f"{number}-*.md"))
    for number in ("0001", "0002", "0005", "0012", "0013", "0014", "0015", "0016", "0018")
]
"""Records are not changed once they are made."""
SAMPLES = (
    Sample(
        "cool-cities",
        "Write a 900-word literature review of how cities stay cool in summer from these papers, Harvard style",
        [SOURCES / "street-trees.pdf", SOURCES / "green-roofs.pdf"],
    ),
    Sample(
        "licences",
        "Write a 1,000-word report on free software licences, "
        "covering patents, warranty, and redistribution, APA style",
        [SOURCES / name for name in ("Apache-2.0.txt", "GPL-3.txt", "MPL-2.0.txt")],
        {
            "Apache-2.0.txt": _licence(
                "Apache License, Version 2.0",
                "Apache Software Foundation",
                2004,
                "https://www.apache.org/licenses/LICENSE-2.0",
            ),
            "GPL-3.txt": _licence(
                "GNU General Public License, Version 3",
                "Free Software Foundation",
                2007,
                "https://www.gnu.org/licenses/gpl-3.0.html",
            ),
            "MPL-2.0.txt": _licence(
                "Mozilla Public License, Version 2.0",
                "Mozilla Foundation",
                2012,
                "https://www.mozilla.org/MPL/2.0/",
            ),
        },
    ),
    Sample(
        "durability",
        "Write a 700-word report on how runs survive crashes from these records, Chicago style",
        _RECORDS,
        {path.name: _record(path) for path in _RECORDS},
    ),
)


def make(caller: Caller, sample: Sample) -> None:
    """Upload, describe, ask, and keep what comes back."""
    ids = caller.upload(*sample.files)
    for path, source_id in zip(sample.files, ids, strict=True):
        if csl := sample.described.get(path.name):
            reply = caller.http.patch(f"/api/v2/sources/{source_id}", json={"csl": csl})
            assert reply.status_code == 200, reply.text
    run_id = caller.ask(sample.request, ids)
    run = caller.until(run_id, "succeeded")
    for form in FORMATS:
        (FOLDER / f"{sample.name}.{form}").write_bytes(caller.download(run_id, form))
    print(f"{sample.name}: {run['stop_reason']}, {len(caller.citations(run_id))} citations")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hw-samples-") as folder:
        stack = StackProcess(data_dir=Path(folder))
        try:
            caller = Caller(stack.start(), "samples@example.org")
            for sample in SAMPLES:
                make(caller, sample)
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
