"""Rules about programs and what they computed."""

from __future__ import annotations

import io
import re
import zipfile

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules.known import rule


@rule
def means_told(finished: Finished) -> list[str]:
    """The document tells the mean of each group of the data, as counted here from the file."""
    found = []
    text = finished.document.replace("\\", "")
    for file in finished.files:
        for place, mean in file.facts.get("means", {}).items():
            near = {f"{mean:.2f}", f"{mean:.1f}"}
            line = [one for one in text.splitlines() if place in one]
            if not any(re.search(rf"(?<![\d.]){re.escape(n)}", one) for one in line for n in near):
                found.append(f"it does not tell the mean of {place}, {mean:.2f}")
    return found


@rule
def word_file(finished: Finished, tables: int = 0, figures: int = 0) -> list[str]:
    """The document as DOCX has so many tables, and figures with a text for who cannot see them."""
    if not finished.word:
        return ["there is no document"]
    with zipfile.ZipFile(io.BytesIO(finished.word)) as file:
        text = file.read("word/document.xml").decode()
        pictures = [name for name in file.namelist() if name.startswith("word/media/")]
    told = [d for d in re.findall(r"<wp:docPr [^>]*descr=\"([^\"]*)\"", text) if len(d) > 20]
    found = []
    if text.count("<w:tbl>") < tables:
        found.append(f"{text.count('<w:tbl>')} tables, not {tables}")
    if len(pictures) < figures or len(told) < figures:
        found.append(f"{len(pictures)} figures, {len(told)} of them told in words, not {figures}")
    return found


@rule
def mended_step(finished: Finished, least: int = 1) -> list[str]:
    """The self-debugger diagnosed a failed step and had it run again, and it did what it should."""
    retries = [
        e for e in finished.events if e["type"] == "retry" and e.get("source") == "self_debugger"
    ]
    mended = {(e.get("meta") or {}).get("step_id") for e in retries}
    steps = {s["id"]: s for s in (finished.run.get("plan") or {}).get("steps") or []}
    done = [step for step in mended if steps.get(step, {}).get("status") == "done"]
    if len(done) < least:
        told = [str(e.get("content"))[:160] for e in retries]
        return [f"{len(done)} steps were mended and done, not {least}; it said: {told}"]
    return []
