"""One request to the simulated provider, as it came in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.providers.dialects import DIALECTS, Asked, Body, Dialect, dialect_of

REQUEST_ID = "x-client-request-id"
"""The header in which the product names its request: the key of the entry in its ledger."""


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Body

    @cached_property
    def dialect(self) -> Dialect:
        return dialect_of(self.path) or DIALECTS[0]

    @cached_property
    def asked(self) -> Asked:
        return self.dialect.read(self.body)

    @cached_property
    def system(self) -> str:
        return self.asked.said("system")

    @cached_property
    def user(self) -> str:
        return self.asked.said("user")

    @property
    def role(self) -> str:
        """The role that our prompts name in their first line."""
        match = re.match(r"Role: (\w+)", self.system)
        return match[1] if match else ""

    @property
    def key(self) -> str | None:
        return self.dialect.key(self.headers)

    @property
    def request_id(self) -> str:
        return self.headers.get(REQUEST_ID, "")

    @cached_property
    def begun(self) -> str:
        """What the model had said before the client asked it to go on; empty at a first request."""
        turns = self.asked.turns
        ours = [number for number, turn in enumerate(turns) if turn.role == "assistant"]
        return turns[ours[-1]].text if ours and ours[-1] >= len(turns) - 2 else ""
