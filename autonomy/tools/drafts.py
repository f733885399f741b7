"""The tool that takes somebody's draft in: which of the files it is, and its text in blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.phrases import counted
from autonomy.core.ports import Repeat
from autonomy.core.types import FileState
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

READ = "draft.read"
NOTHING_ATTACHED = (
    "There is no draft to improve. Attach it as a Word document (which keeps its layout), Markdown, "
    "plain text or PDF, and ask again."
)
_ENDINGS = {
    "docx": 4,
    "md": 3,
    "markdown": 3,
    "txt": 3,
    "odt": 3,
    "rtf": 3,
    "html": 2,
    "htm": 2,
    "pdf": 1,
}
_NAMED_LIKE = re.compile(
    r"draft|thesis|dissertation|essay|chapter|manuscript|assignment|coursework|proposal|paper|v\d",
    re.IGNORECASE,
)


class ReadDraftInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source_ids: list[str] = Field(description="Files among which the draft is.")
    goal: str = Field(default="", description="The request, which may name the file.")


class ReadDraftOutput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    draft_id: str = Field(description="Where the blocks are stored.")
    source_id: str
    file_name: str
    title: str
    words: int
    blocks: int
    remarks: list[str] = Field(default_factory=list)
    said: str = ""


def which_draft(files: Sequence[FileState], goal: str) -> FileState | None:
    """The file that is the draft: the only one, the one that the request names, or the one that
    looks most like somebody's own text; None when two are as likely."""
    scored = sorted(((_likely(one, goal), one) for one in files), key=lambda pair: -pair[0])
    if not scored or scored[0][0] <= 0 or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    return scored[0][1]


def _likely(file: FileState, goal: str) -> int:
    name, _, ending = file.file_name.rpartition(".")
    score = _ENDINGS.get(ending.lower(), 0)
    if score and _NAMED_LIKE.search(name):
        score += 2
    if score and name and name.lower() in goal.lower():
        score += 20
    return score


def draft_tools() -> list[Tool[ReadDraftInput, ReadDraftOutput]]:
    async def run(context: ToolContext, given: ReadDraftInput) -> ReadDraftOutput:
        if context.drafts is None or not given.source_ids:
            raise ToolFailure("no_draft", NOTHING_ATTACHED)
        files = await context.library.files(given.source_ids)
        if not files:
            raise ToolFailure("no_draft", NOTHING_ATTACHED)
        chosen = which_draft(files, given.goal)
        if chosen is None:
            names = ", ".join(f"“{one.file_name}”" for one in files[:6])
            raise ToolFailure(
                "no_draft",
                f"None of these files is plainly the draft: {names}. Attach the draft alone, or "
                "write its name in the message.",
            )
        taken = await context.drafts.take(chosen.source_id)
        return ReadDraftOutput(
            draft_id=taken.draft_id,
            source_id=chosen.source_id,
            file_name=chosen.file_name,
            title=taken.title,
            words=taken.words,
            blocks=taken.blocks,
            remarks=list(taken.remarks),
            said=f"“{chosen.file_name}”: {counted(taken.words, 'word')} in "
            f"{counted(taken.blocks, 'paragraph')}. {' '.join(taken.remarks)}".strip(),
        )

    return [
        Tool(
            READ,
            "Reads the person's own draft into paragraphs that can be improved one by one.",
            ReadDraftInput,
            ReadDraftOutput,
            run,
            repeat=Repeat.READ,
        )
    ]
