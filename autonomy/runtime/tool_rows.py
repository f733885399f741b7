"""Rows of learnt tools: what was read of a document or server, stored as versions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from autonomy.agents import tool_ingestor
from autonomy.agents.tool_ingestor import Origin
from autonomy.models import Tool, ToolAuthor, ToolPolicy, ToolRate
from autonomy.runtime import tool_notices
from autonomy.runtime.contention import transacted
from autonomy.runtime.learnt_tools import definition_of
from autonomy.runtime.tool_versions import append_version
from autonomy.tools.learnt.openapi import Bundle, Operation
from handywriterz.env import env


class TooManyTools(Exception):
    """A person would have more tools than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} tools")
        self.most = most


@transacted
def store_bundle(owner: User | None, origin: Origin, bundle: Bundle) -> list[Tool]:
    """Rows for every operation of `bundle`; one that is there already gets a new version where its
    contract is another. Raises `TooManyTools`."""
    if owner is not None:
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    made = [_stored(owner, origin, bundle, operation) for operation in bundle.operations]
    most = env().tools_per_user
    if owner is not None and Tool.objects.filter(owner=owner).count() > most:
        raise TooManyTools(most)
    return made


def _stored(owner: User | None, origin: Origin, bundle: Bundle, operation: Operation) -> Tool:
    learnt = operation.tool
    tool = None
    while tool is None:  # what is removed at this moment goes first
        known, fresh = Tool.objects.get_or_create(
            owner=owner,
            name=learnt.name,
            defaults={
                "origin": origin.kind,
                "bundle": bundle.name,
                "learnt_from": origin.told[:2_000],
                "policy": tool_ingestor.policy_of(operation),
                "read_only": operation.read_only,
                "rate": ToolRate.ORDINARY,
            },
        )
        # A run's repair, a switch and the counters of calls meanwhile are not to be written over.
        tool = Tool.objects.select_for_update(no_key=True).filter(pk=known.pk).first()
    contract: dict[str, Any] = {
        "input_schema": learnt.input_schema,
        "output_schema": learnt.output_schema,
        "definition": definition_of(learnt),
    }
    current = tool.versions.filter(number=tool.current_version).first()
    if current is None or any(getattr(current, name) != v for name, v in contract.items()):
        append_version(tool, ToolAuthor.INGEST, evidence={"learnt_from": origin.told}, **contract)
        tool_notices.seen_to(tool)  # a repair of the contract before has nothing left to mend
    tool.description = learnt.description
    if not fresh and tool.read_only and not operation.read_only:
        tool.policy = ToolPolicy.ASK  # it was let in as one that only reads
    tool.read_only = operation.read_only
    tool.save(update_fields=["description", "policy", "read_only", "current_version"])
    return tool
