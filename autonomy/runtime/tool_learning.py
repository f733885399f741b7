"""Learning tools in a run from the catalogue that staff keep (`core.ports.Learning`)."""

from __future__ import annotations

import logging

from django.contrib.auth.models import User

from autonomy.agents import tool_ingestor
from autonomy.agents.tool_ingestor import Limits, Origin
from autonomy.core.llm.ledger import Ledger
from autonomy.core.ports import Offer
from autonomy.models import Tool, ToolOffer
from autonomy.runtime.db import run_db
from autonomy.runtime.learnt_tools import line, usable_learnt
from autonomy.runtime.tool_rows import TooManyTools, store_bundle
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.openapi import Bundle
from autonomy.tools.registry import ToolRegistry
from handywriterz.env import env

logger = logging.getLogger(__name__)


class RunLearning:
    """The catalogue for one segment of a run. What is learnt becomes the person's own, so that no
    other person's runs change with it."""

    def __init__(self, owner_id: int, registry: ToolRegistry, ledger: Ledger) -> None:
        self._owner_id = owner_id
        self._registry = registry
        self._ledger = ledger
        rows = ToolOffer.objects.filter(enabled=True).order_by("name")
        self._rows = {row.name: row for row in rows}
        urls = [row.url for row in self._rows.values()]
        mine = Tool.objects.filter(owner_id=owner_id, learnt_from__in=urls) if urls else None
        had = set(mine.values_list("learnt_from", flat=True)) if mine is not None else set()
        self._offers = tuple(
            Offer(row.name, row.good_for) for row in self._rows.values() if row.url not in had
        )

    @property
    def offers(self) -> tuple[Offer, ...]:
        return self._offers

    async def learn(self, offer: str) -> list[str]:
        row = self._rows.get(offer)
        if row is None:
            raise NotLearnt("nothing", "it is not in this server's catalogue.")
        origin = Origin("mcp" if row.kind == "mcp" else "openapi", url=row.url)
        limits = Limits(env().tool_document_max_bytes, env().tool_operations_max)
        taken = await run_db(_taken, self._owner_id, row.url)
        bundle = await tool_ingestor.read(
            origin,
            line(),
            limits,
            secrets={},
            only=[str(name) for name in row.operations],
            taken=taken,
        )
        # A run lets in by itself only what changes nothing; the rest is a person's to decide.
        reading = tuple(op for op in bundle.operations if op.read_only)
        if not reading:
            raise NotLearnt("nothing", "it offers nothing that only reads.")
        kept = Bundle(bundle.name, bundle.title, reading, bundle.refused)
        rows = await run_db(self._store, origin, kept)
        tools = await run_db(usable_learnt, self._owner_id, self._ledger, rows)
        self._registry.add(tools)
        self._offers = tuple(o for o in self._offers if o.name != offer)
        logger.info("learnt %d tools from %s", len(tools), offer)
        return [tool.name for tool in tools]

    def _store(self, origin: Origin, bundle: Bundle) -> list[Tool]:
        try:
            return store_bundle(User.objects.get(pk=self._owner_id), origin, bundle)
        except TooManyTools as limit:
            raise NotLearnt("limit", f"you have {limit.most} learnt tools already.") from limit


def _taken(owner_id: int, url: str) -> set[str]:
    """Names of other tools, those learnt from the same place aside."""
    mine = Tool.objects.filter(owner_id=owner_id).exclude(learnt_from=url)
    everybody = Tool.objects.filter(owner=None)
    return {*mine.values_list("name", flat=True), *everybody.values_list("name", flat=True)}
