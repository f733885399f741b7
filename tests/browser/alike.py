"""A document that takes from a paper in every way that the similarity report tells apart."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.papers import STREET_TREES
from tests.stack_process import StackProcess, eventually

_RESULTS = dict(STREET_TREES.sections)["Results"]
_METHODS = dict(STREET_TREES.sections)["Methods"]

COPIED = ". ".join(_RESULTS.split(". ")[3:])
"""The paper's last two sentences of its results, word for word."""
QUOTED = _METHODS.split(". ")[0] + "."
EDITED = (
    "Shade accounts for most of the difference in the afternoon, since it keeps the energy of the "
    "sun away from the pavement. Transpiration adds something to it as long as the roots find "
    "water."
)
"""The beginning of the paper's discussion with words exchanged."""
OWN = (
    "Cities grow warmer each year, and their councils look for remedies that they can afford. "
    "This essay weighs one of them and asks what a council gets for its money."
)
SECTIONS = [
    ("Where the heat comes from", f"{OWN}\n\n{COPIED}"),
    ("What was measured", f"One study went about it with care. “{QUOTED}” That is a lot of work."),
    ("What shade does", f"{EDITED}\n\n{OWN.replace('This essay', 'The next part')}"),
]

_MAKE = """
import json
from pathlib import Path
from django.contrib.auth.models import User
from django.utils import timezone
from autonomy.export.document import Document, Section
from autonomy.models import Artifact, Run
from chat.models import Conversation
given = json.loads(Path({given!r}).read_text())
owner = User.objects.get(email=given["email"])
if given["run"]:
    run = Run.objects.get(pk=given["run"])
else:
    conversation = Conversation.objects.create(owner=owner, title=given["title"])
    run = Run.objects.create(
        owner=owner, conversation_id=conversation.pk, journey="write", title=given["title"],
        task={{"goal": given["title"], "journey": "write"}}, status="succeeded",
        tokens_limit=1, seconds_limit=1, usd_limit=1, finished_at=timezone.now(),
    )
sections = tuple(
    Section(id="s%d" % n, heading=heading, markdown=text)
    for n, (heading, text) in enumerate(given["sections"])
)
version = Artifact.objects.filter(run=run).count() + 1
body = Document(title=given["title"], sections=sections).model_dump(mode="json")
row = Artifact.objects.create(
    run=run, kind="document", version=version, title=given["title"], sha256="0" * 64, body=body,
)
print(json.dumps({{"run": str(run.pk), "artifact": str(row.pk)}}))
"""


@dataclass(frozen=True)
class Written:
    run: str
    artifact: str

    @property
    def address(self) -> str:
        return f"/runs/{self.run}/similarity/"


def write_document(
    stack: StackProcess,
    email: str,
    sections: list[tuple[str, str]],
    *,
    title: str = "Shade and what it costs",
    run: str = "",
) -> Written:
    """Store a document of this person's, in a run of its own or as the next version of `run`."""
    given = json.dumps({"email": email, "sections": sections, "title": title, "run": run})
    # By way of a file: a long text is no argument of a command.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(given)
        file.flush()
        done = stack.manage("shell", "-c", _MAKE.format(given=file.name))
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Written(found["run"], found["artifact"])


def files_ready(page: Page, base_url: str, count: int, seconds: float = 120) -> None:
    """Wait until so many of the person's files have been read."""

    def ready() -> bool:
        rows = page.request.get(f"{base_url}/api/files").json()["items"]
        return len(rows) >= count and all(row["status"] == "ready" for row in rows)

    assert eventually(ready, seconds, every=0.5), page.request.get(f"{base_url}/api/files").text()
