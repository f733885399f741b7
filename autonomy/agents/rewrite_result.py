"""A rewritten draft put together: the version that proposes the changes, and what is told with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from autonomy.agents.draft_plan import wishes
from autonomy.agents.rewriter import RewrittenPart
from autonomy.core.phrases import clause, counted
from autonomy.core.ports import Deps
from autonomy.core.rewriting import (
    DraftText,
    LeftAlone,
    NoteworthyPlace,
    ProposedChange,
    TextEdit,
    edited,
)
from autonomy.core.types import Author, GateResult, Plan, StepKind, StepStatus
from autonomy.core.versions import Made, VersionCause
from autonomy.export.document import Document
from autonomy.export.draft_document import document_of
from autonomy.library.drafts.draft import Draft
from autonomy.tools.prose.inventory import inventory
from autonomy.tools.prose.meaning import LossKind, losses
from autonomy.tools.prose.remarks import remarks
from autonomy.tools.registry import ToolFailure

RULE_NOTICE = (
    "Improved by rules alone: no language model took part. Rules mend spelling, spacing, "
    "consistency and wordy phrases; whether a sentence could be better they cannot tell."
)
WITH_A_MODEL = (
    "A language model would also look whether sentences can be clearer, shorter or better joined: "
    "connect one under Settings → Models and ask again."
)
MIXED_NOTICE = "Parts of this draft were improved by rules alone, without a language model."
_FACTS = frozenset(
    {
        LossKind.NUMBER,
        LossKind.DATE,
        LossKind.NAME,
        LossKind.CITATION,
        LossKind.QUOTATION,
        LossKind.HELD,
    }
)
KIND = "data"
"""Of the artifacts that hold a draft as it was read, and what is told of its rewriting."""


@dataclass(frozen=True, slots=True)
class Result:
    artifact_id: str
    document: Document
    changes: int
    left: int
    remarks: int
    by_rule: bool
    """No part was looked through by a model."""

    @property
    def outcome(self) -> str:
        """What is told in place of a result where there is no change; empty where there is."""
        if self.changes:
            return ""
        how = "by rule" if self.by_rule else "by a language model and by rule"
        told = [
            f"“{self.document.title}” was looked through {how}, and nothing was found to change: it "
            "is as you brought it.",
            *self._besides(),
        ]
        return " ".join([*told, *([WITH_A_MODEL] if self.by_rule else [])])

    def said(self) -> str:
        """The same in short, for the log."""
        words = counted(self.document.words(), "word")
        many = "is" if self.changes == 1 else "are"
        first = (
            f"{counted(self.changes, 'change')} {many} proposed in {words}."
            if self.changes
            else f"Nothing was found to change in {words}."
        )
        return " ".join([first, *self._besides()])

    def _besides(self) -> list[str]:
        told = []
        if self.left:
            sentences, was = (
                ("a change of it", "was") if self.left == 1 else ("changes of them", "were")
            )
            told.append(
                f"{counted(self.left, 'sentence')} {was} left alone, because {sentences} did not "
                "pass the checks."
            )
        if self.remarks:
            are = "is" if self.remarks == 1 else "are"
            told.append(f"{counted(self.remarks, 'place')} {are} worth a look.")
        return told


async def load_draft(draft_id: str, deps: Deps) -> tuple[Draft, DraftText]:
    """The draft as it was read, and what a document says of where it comes from."""
    body = await deps.artifacts.load(draft_id)
    ref = DraftText.model_validate(body["ref"])
    draft = await asyncio.to_thread(Draft.model_validate, body["draft"])
    return draft, ref.model_copy(update={"draft_id": draft_id})


async def keep_original(draft: Draft, ref: DraftText, deps: Deps) -> str:
    """The draft as its person brought it, as the first version; its artifact id."""
    document = await asyncio.to_thread(document_of, draft, ref, author=Author.HUMAN, date=_today())
    made = Made(
        cause=VersionCause.UPLOADED,
        why=f"“{ref.file_name}” as you brought it." if ref.file_name else "",
        author=Author.HUMAN,
        words=document.words(),
    )
    return await deps.artifacts.save(
        "document", document.title, document.model_dump(mode="json"), made
    )


async def assemble_rewriting(plan: Plan, deps: Deps, made: Made) -> Result:
    """The version that proposes every change, with its rows and what is told beside it. Where there
    is no change, and the draft is still as it was brought, there is no version but that one.

    Raises:
        ToolFailure: no part could be improved.
    """
    draft, ref = await load_draft(str(plan.step("read").result["draft_id"]), deps)
    parts = [
        RewrittenPart.model_validate(
            (await deps.artifacts.load(step.result["artifact_id"]))["part"]
        )
        for step in plan.steps
        if step.kind is StepKind.WRITE and step.status is StepStatus.DONE
    ]
    if not parts:
        raise ToolFailure("no_draft", "No part of the draft could be improved.")
    changes, left = await asyncio.to_thread(settled, draft, parts)
    by_model = any(part.author is Author.MODEL for part in parts)
    untouched = None if changes else await _untouched(made.made_from, deps)
    if untouched is not None:
        artifact_id, document = made.made_from, untouched
    else:
        artifact_id, document = await _proposal(draft, ref, changes, parts, made, deps)
    noted = await asyncio.to_thread(remarks, draft, wishes(deps))
    result = Result(
        artifact_id, document, len(changes), len(left), len(noted), by_rule=not by_model
    )
    told = {
        "document_id": artifact_id,
        "left": [one.model_dump(mode="json") for one in left],
        "remarks": [
            NoteworthyPlace(
                block=r.block, start=r.start, end=r.end, kind=r.kind, message=r.message
            ).model_dump(mode="json")
            for r in noted
        ],
        "reading": list(draft.remarks),
        "wishes": sorted(wishes(deps)),
        "outcome": result.outcome,
    }
    await deps.artifacts.save(KIND, "What was not changed, and why", {"rewriting": told})
    return result


async def _untouched(document_id: str, deps: Deps) -> Document | None:
    """The document, if it is the draft as it was brought."""
    if not document_id:
        return None
    document = Document.model_validate(await deps.artifacts.load(document_id))
    ref = document.draft
    return document if ref is not None and not ref.proposed and not ref.edits else None


async def _proposal(
    draft: Draft,
    ref: DraftText,
    changes: Sequence[ProposedChange],
    parts: Sequence[RewrittenPart],
    made: Made,
    deps: Deps,
) -> tuple[str, Document]:
    """The version with the changes in it, and its artifact id."""
    by_model = any(part.author is Author.MODEL for part in parts)
    author = Author.MODEL if by_model else Author.RULE
    document = await asyncio.to_thread(
        document_of,
        draft,
        ref.model_copy(update={"edits": overlay(changes), "proposed": bool(changes)}),
        author=author,
        date=_today(),
        notice=_notice(parts),
        simulated=any(part.simulated for part in parts),
    )
    made = made.model_copy(update={"author": author, "words": document.words()})
    artifact_id = await deps.artifacts.save(
        "document", document.title, document.model_dump(mode="json"), made
    )
    if deps.drafts is not None and changes:
        await deps.drafts.propose(artifact_id, changes)
    return artifact_id, document


def settled(
    draft: Draft, parts: Iterable[RewrittenPart]
) -> tuple[list[ProposedChange], list[LeftAlone]]:
    """The changes of all parts in the order of the draft, and what is left alone.

    The changes of a paragraph are looked at together once more: where they would lose something
    that no single one loses, none of them is made.
    """
    listed = list(parts)
    left = [one for part in listed for one in part.left]
    by_block: dict[str, list[ProposedChange]] = {}
    for part in listed:
        for change in part.changes:
            by_block.setdefault(change.block, []).append(change)
    kept: list[ProposedChange] = []
    for block in draft.blocks:
        own = sorted(by_block.get(block.id, []), key=lambda one: one.edits[0].start)
        if not own:
            continue
        after = edited(block.text, overlay(own)[block.id])
        held = [block.text[h.start : h.end] for h in block.held]
        wrong = losses(block.text, after, held=held, kinds=_FACTS)
        if not wrong:
            kept += own
            continue
        why = f"together with the others of its paragraph {wrong[0].message}"
        left += [
            LeftAlone(
                block=one.block,
                start=one.start,
                end=one.end,
                text=one.before[:2_000],
                reason=why,
                author=one.author,
            )
            for one in own
        ]
    places = {block.id: place for place, block in enumerate(draft.blocks)}
    return kept, sorted(left, key=lambda one: (places[one.block], one.start))


def overlay(changes: Iterable[ProposedChange]) -> dict[str, tuple[TextEdit, ...]]:
    """Block id to the edits of all its changes, in order."""
    found: dict[str, list[TextEdit]] = {}
    for change in changes:
        found.setdefault(change.block, []).extend(change.edits)
    return {block: tuple(sorted(edits)) for block, edits in found.items()}


def _notice(parts: Sequence[RewrittenPart]) -> str:
    by_rule = [part for part in parts if part.author is Author.RULE]
    if not by_rule:
        return ""
    said = RULE_NOTICE if len(by_rule) == len(parts) else MIXED_NOTICE
    reasons = list(dict.fromkeys(part.reason for part in parts if part.reason))
    return " ".join([said, *(f"That is because {clause(reason)}" for reason in reasons[:2])])


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


# ------------------------------------------------------------------------------------- gates


async def rewriting_gates(document: Document, deps: Deps) -> tuple[GateResult, ...]:
    """Whether the version that is handed over still has all that the draft had."""
    if document.draft is None:
        return ()
    draft, _ = await load_draft(document.draft.draft_id, deps)
    return await asyncio.to_thread(gates_of, draft, document.draft.edits)


def gates_of(draft: Draft, edits: Mapping[str, Sequence[TextEdit]]) -> tuple[GateResult, ...]:
    """What the draft holds is counted over the whole text, before and after."""
    before = inventory(block.text for block in draft.blocks)
    after = inventory(edited(b.text, list(edits.get(b.id, ()))) for b in draft.blocks)
    lost, added = before.lost(after), before.added(after)
    held = [
        block.text[h.start : h.end]
        for block in draft.blocks
        for h in block.held
        if any(e.start < h.end and h.start < e.end for e in edits.get(block.id, ()))
    ]
    total = sum(before.numbers.values())
    cited, quoted = sum(before.citations.values()), sum(before.quotations.values())
    return (
        GateResult(
            gate="meaning",
            passed=not lost and not added,
            observed=f"{len(lost)} lost, {len(added)} added",
            expected="nothing lost, nothing added",
            message=f"Of {counted(total, 'number')}, {counted(len(before.names), 'word')} of names, "
            f"{counted(cited, 'citation')} and {counted(quoted, 'quotation')} none was lost, and none was added."
            if not lost and not added
            else f"Lost or added: {'; '.join((lost + added)[:5])}.",
        ),
        GateResult(
            gate="structure",
            passed=not held,
            observed=f"{len(held)} fields, links or breaks touched",
            expected="none",
            message=f"{counted(len(draft.blocks), 'paragraph')}, {counted(draft.tables, 'table')}, "
            f"{counted(draft.images, 'image')} and {counted(len(draft.notes), 'note')} are where they were."
            if not held
            else f"“{held[0][:80]}” would be changed, which must stay.",
        ),
    )
