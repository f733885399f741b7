"""Tools that are learnt and mended while a run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from autonomy.core.learnt import Exchange, Fix, RepairCase, Settled


class Offer(NamedTuple):
    """A document or server that staff let runs learn tools from."""

    name: str
    good_for: str
    """Subjects and kinds of evidence, in staff's words."""


class Learning(Protocol):
    """Learning tools in a run, from the catalogue that staff keep and from nowhere else."""

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What could be learnt, without what was learnt already."""
        ...

    async def learn(self, offer: str) -> list[str]:
        """Learn the tools of one offer, which are in the run's registry then; their names. Learning
        again changes nothing.

        Raises:
            autonomy.tools.learnt.document.NotLearnt: with the reason.
        """
        ...


class NoCall(Exception):
    """A call could not even be made, or there is no tool any more; the message says why, for
    people."""


class ToolRepairs(Protocol):
    """Learnt tools as the self-debugger mends them."""

    async def case(self, tool: str) -> RepairCase | None:
        """The tool as it stands, with its recordings; None when it may not be mended."""
        ...

    async def take_back_if_worse(self, tool: str) -> None:
        """Put back what a repair replaced, when the repair in use does worse."""
        ...

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        """Make a call that changes nothing under another wrapper: how it is answered, whatever
        that is. Neither counted nor recorded.

        Raises:
            NoCall: nobody answered.
        """
        ...

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        """Make a version of a proven fix, applied or proposed as the server's policy says; once for
        each `key`, and only while the version that failed is still the one in use.

        Raises:
            NoCall: the tool was removed or switched off meanwhile.
        """
        ...

    async def settled(self, key: str) -> Settled | None:
        """What became of the fix of that key before; None when there was none."""
        ...

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        """Keep an unproven fix for staff to look at; as `settle` otherwise."""
        ...


class NoToolRepairs:
    """No tool is mended."""

    async def case(self, tool: str) -> RepairCase | None:
        return None

    async def take_back_if_worse(self, tool: str) -> None:
        return None

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        raise NoCall("No tool is mended here.")

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        raise NoCall("No tool is mended here.")

    async def settled(self, key: str) -> Settled | None:
        return None

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        raise NoCall("No tool is mended here.")
