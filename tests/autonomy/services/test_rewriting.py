"""A draft that is rewritten by a real run: read in the confined process, stored, decided on, kept
and written back into the person's own file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import pytest

from autonomy import services
from autonomy.core.rewriting import Decision
from autonomy.core.types import TaskSpec
from autonomy.models import Artifact, RewriteChange
from autonomy.runtime.context import build_deps
from autonomy.services.files import delete_file
from tests.autonomy.agents.world import NoModels
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.library.drafts.accepting import body_of, decided, texts
from tests.autonomy.services.ride import Ride, gapless
from tests.files.drafts import members, rich_draft
from tests.files.hostile import docx_with_entity

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


class Rewriting(Ride):
    """A run that improves a file of its owner's."""

    def __init__(self, owner: User, name: str, data: bytes, goal: str = "Improve my draft") -> None:
        self.source = services.add_file(owner, name, [data])
        spec = TaskSpec(goal=goal, journey="rewrite", source_ids=(str(self.source.pk),))
        self.owner = owner
        self.run = services.start_run(owner, spec)
        self.hooks = {}
        self.api = KeyClient(services.create_api_key(owner, "tests")[1])

    def deps(self, segment: Any) -> Any:
        import dataclasses

        return dataclasses.replace(build_deps(segment), models=NoModels())

    def documents(self) -> list[Artifact]:
        return list(Artifact.objects.documents().filter(run=self.run).order_by("version"))

    def get(self, path: str) -> Any:
        return self.api.get(f"/api/v2/runs/{self.run.pk}/{path}")

    def file(self, artifact: Artifact, changes: str, format: str = "docx") -> bytes:
        answer = self.get(f"artifacts/{artifact.pk}/download?format={format}&changes={changes}")
        assert answer.status_code == 200, answer.content
        return bytes(answer.content)


def test_a_draft_is_rewritten_decided_on_kept_and_brought_back(alice: User) -> None:
    data = rich_draft(900)
    ride = Rewriting(alice, "My thesis.docx", data).drive()

    assert (ride.run.status, ride.run.stop_reason) == ("succeeded", "completed"), ride.run.error
    gapless(ride.run)
    original, proposal = ride.documents()
    causes = [v["cause"] for v in ride.get("versions").json()["items"]]
    assert causes == ["rewritten", "uploaded"]

    seen = ride.get(f"rewriting/{proposal.pk}?limit=10").json()
    assert (seen["word"], seen["file_name"], seen["next_block"]) == (True, "My thesis.docx", 10)
    assert "no language model" in seen["notice"]
    total = seen["counts"]["undecided"]
    assert total == RewriteChange.objects.filter(artifact=proposal).count() >= 20
    rest = ride.get(f"rewriting/{proposal.pk}?from=10&limit=400").json()
    changes = [c for page in (seen, rest) for b in page["blocks"] for c in b["changes"]]
    assert [c["number"] for c in changes] == list(range(1, total + 1))

    # Decisions: one by one, in another tab at once, taken back, all of them.
    address = f"/api/v2/runs/{ride.run.pk}/rewriting/{proposal.pk}"
    decide = lambda **body: ride.api.send("PATCH", f"{address}/decisions", body)  # noqa: E731
    assert decide(decision="accepted", numbers=[1, 2, 3]).json()["changed"] == [1, 2, 3]
    assert decide(decision="accepted", numbers=[3]).json()["changed"] == []
    assert decide(decision="rejected", numbers=[2, 4]).json()["counts"] == {
        "accepted": 2, "rejected": 2, "undecided": total - 4,
    }  # fmt: skip
    assert decide(decision="undecided", numbers=[4]).json()["decided"] == {
        "1": "accepted", "2": "rejected", "3": "accepted",
    }  # fmt: skip
    assert decide(decision="accepted", numbers=[1, total + 1]).status_code == 404
    assert ride.get(f"rewriting/{proposal.pk}/decisions").json()["counts"]["accepted"] == 2

    # The person's own file: undecided changes tracked, accepted ones made, rejected ones not.
    tracked = ride.file(proposal, "tracked")
    said = texts(body_of(data))
    edits = {c["number"]: c for c in changes}
    assert texts(decided(tracked, "HandyWriterz", accept=False)) == _with(
        said, edits, {1, 3}, seen, rest
    )
    everything = set(edits) - {2}
    assert texts(decided(tracked, "HandyWriterz", accept=True)) == _with(
        said, edits, everything, seen, rest
    )
    assert texts(body_of(ride.file(proposal, "accepted"))) == _with(said, edits, {1, 3}, seen, rest)
    assert texts(body_of(ride.file(proposal, "all"))) == _with(said, edits, everything, seen, rest)
    assert ride.file(original, "all") == data, "what nobody changed is the file itself"
    old, new = members(data), members(tracked)
    assert [name for name in old if old[name] != new[name]] == ["word/document.xml"]
    docx.Document(io.BytesIO(tracked))
    markdown = ride.file(proposal, "accepted", "md").decode()
    assert markdown.startswith("# Recovery of seagrass after anchoring\n")
    assert "[^1]: The the tide tables" in markdown

    # Kept as a version; the same again is the same version; the proposal can be brought back.
    kept = ride.api.send("POST", f"{address}/keep")
    assert kept.status_code == 201, kept.content
    assert ride.api.send("POST", f"{address}/keep").json()["id"] == kept.json()["id"]
    edited = Artifact.objects.get(pk=kept.json()["id"])
    assert texts(body_of(ride.file(edited, "all"))) == _with(said, edits, {1, 3}, seen, rest)
    newest = ride.get("versions").json()["items"][0]
    assert newest["why"] == f"2 of {total} changes accepted."
    back = services.restore(proposal, by=alice)
    assert services.counts_of(back) == services.counts_of(proposal)
    assert ride.get(f"rewriting/{back.pk}").json()["remarks"] == seen["remarks"]

    # The file is deleted: its Word form is gone in plain words, the text is not.
    delete_file(ride.source)
    gone = ride.get(f"artifacts/{proposal.pk}/download?format=docx")
    assert (gone.status_code, gone.json()["code"]) == (409, "draft_gone")
    assert ride.file(proposal, "all", "md")
    services.add_file(alice, "again.docx", [data])
    assert texts(body_of(ride.file(proposal, "all"))) == _with(said, edits, everything, seen, rest)


def _with(
    said: list[str], edits: dict[int, Any], numbers: set[int], *pages: dict[str, Any]
) -> list[str]:
    """What the paragraphs say once these changes are made."""
    made = list(said)
    blocks = {b["id"]: b for page in pages for b in page["blocks"]}
    for block in blocks.values():
        text = block["text"]
        wanted = [
            e
            for c in block["changes"]
            if c["number"] in numbers
            for e in edits[c["number"]]["edits"]
        ]
        for start, end, after in sorted(wanted, reverse=True):
            text = text[:start] + after + text[end:]
        made[int(block["id"][1:])] = text
    return made


def test_plain_text_and_strangers_and_hostile_files(alice: User, bob: User, tmp_path: Path) -> None:
    text = "Introduction\n\nIn order to win,the the team met 12 times (Berg, 2008).\n"
    ride = Rewriting(alice, "essay.txt", text.encode(), "Proofread and shorten this").drive()
    (_, proposal) = ride.documents()
    rows = RewriteChange.objects.filter(artifact=proposal)
    assert set(rows.values_list("kind", flat=True)) == {"wordy phrase", "spacing", "doubled word"}
    tracked = ride.file(proposal, "tracked")
    assert texts(decided(tracked, "HandyWriterz", accept=True))[1] == (
        "To win, the team met 12 times (Berg, 2008)."
    )

    stranger = KeyClient(services.create_api_key(bob, "tests")[1])
    address = f"/api/v2/runs/{ride.run.pk}/rewriting/{proposal.pk}"
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}/decisions").status_code == 404
    body = {"decision": "accepted"}
    assert stranger.send("PATCH", f"{address}/decisions", body).status_code == 404
    assert stranger.send("POST", f"{address}/keep").status_code == 404
    assert not rows.exclude(decision=Decision.UNDECIDED).exists()
    nothing = ride.api.send("POST", f"{address}/keep")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing_accepted")

    bad = docx_with_entity(tmp_path / "bad.docx", "file:///etc/passwd").read_bytes()
    refused = Rewriting(alice, "bad.docx", bad).drive()
    assert (refused.run.status, refused.run.stop_reason) == ("failed", "no_evidence")
    assert "declared entities" in refused.run.error
    assert refused.documents() == []


def test_a_fork_has_the_remarks_and_outlives_its_parent(alice: User) -> None:
    ride = Rewriting(alice, "Draft.docx", rich_draft(900)).drive()
    newest = ride.documents()[-1]
    seen = ride.get(f"rewriting/{newest.pk}?limit=400").json()
    assert seen["remarks"]

    parent, ride.run = ride.run, services.fork(ride.run)
    ride.drive()
    Artifact.objects.filter(run=parent).delete()
    parent.delete()
    same = ride.get(f"rewriting/{ride.documents()[-1].pk}?limit=400").json()
    assert same["remarks"] == seen["remarks"]
    assert same["left"] == seen["left"]
    assert same["wishes"] == seen["wishes"]
