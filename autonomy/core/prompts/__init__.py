"""Every prompt the product sends, one function each, returning a `Prompt`; a module for each role.

They share a build. The system text holds what never changes, so that providers can cache it: the
role, the rules, and the shape of the answer in words, because some servers ignore schemas. The user
text holds the case, with everything from outside inside a `Fence`. The first line names the role.
"""

from __future__ import annotations

from autonomy.core.answers import (
    ClaimVerdicts,
    DataParagraphs,
    PlannedCalls,
    PlannedDocument,
    PlannedQueries,
    ProposedPatch,
    ProposedRepair,
    ReworkedPassages,
    RewrittenSentence,
    RewrittenSentences,
)
from autonomy.core.markers import bind_markers, short_ids
from autonomy.core.packing import Prompt
from autonomy.core.prompts import (
    analysing,
    calling,
    data_writing,
    debugging,
    editing,
    hosting,
    judging,
    patching,
    planning,
    program_mending,
    reworking,
    searching,
    titling,
    writing,
)
from autonomy.core.prompts.analysing import analyst
from autonomy.core.prompts.calling import caller
from autonomy.core.prompts.data_writing import data_writer
from autonomy.core.prompts.debugging import debugger
from autonomy.core.prompts.editing import editor
from autonomy.core.prompts.hosting import small_talk
from autonomy.core.prompts.judging import critic
from autonomy.core.prompts.patching import patcher
from autonomy.core.prompts.planning import planner
from autonomy.core.prompts.program_mending import program_mender
from autonomy.core.prompts.reworking import Flagged, reworker
from autonomy.core.prompts.searching import searcher
from autonomy.core.prompts.titling import title
from autonomy.core.prompts.writing import CONTINUATION, writer

PROMPT_VERSIONS: dict[str, str] = {
    "planner": planning.VERSION,
    "writer": writing.VERSION,
    "critic": judging.VERSION,
    "reworker": reworking.VERSION,
    "debugger": debugging.VERSION,
    "patcher": patching.VERSION,
    "searcher": searching.VERSION,
    "caller": calling.VERSION,
    "editor": editing.VERSION,
    "analyst": analysing.VERSION,
    "program_mender": program_mending.VERSION,
    "data_writer": data_writing.VERSION,
    "title": titling.VERSION,
    "small_talk": hosting.VERSION,
}
"""Prompt name to the hash of its wording. docs/prompts.md has a line for each."""

__all__ = [
    "CONTINUATION",
    "PROMPT_VERSIONS",
    "ClaimVerdicts",
    "DataParagraphs",
    "Flagged",
    "PlannedCalls",
    "PlannedDocument",
    "PlannedQueries",
    "Prompt",
    "ProposedPatch",
    "ProposedRepair",
    "ReworkedPassages",
    "RewrittenSentence",
    "RewrittenSentences",
    "analyst",
    "bind_markers",
    "caller",
    "critic",
    "data_writer",
    "debugger",
    "editor",
    "patcher",
    "planner",
    "program_mender",
    "reworker",
    "searcher",
    "short_ids",
    "small_talk",
    "title",
    "writer",
]
