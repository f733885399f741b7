"""One call of a role: what is asked, and how it stands while attempts are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from autonomy.core.llm.failures import Failure
from autonomy.core.llm.ladder import Rung
from autonomy.core.llm.request import OnToken
from autonomy.core.packing import Prompt


class Answer(BaseModel):
    """What an effect records of a call, so that a re-executed node replays it for nothing."""

    model_config = ConfigDict(frozen=True)

    text: str
    data: dict[str, Any] | None = None
    """The parsed value of a structured call."""
    model: str
    rung: Rung = Rung.NATIVE
    cut: bool = False
    attempts: int = 1
    simulated: bool = False


@dataclass(slots=True)
class Call:
    """One call of a role, over all its attempts."""

    role: str
    key: str
    prompt: Prompt
    output: type[BaseModel] | None
    on_token: OnToken | None
    deadline: float
    """On the gateway's clock."""
    attempts: int = 0
    refused: set[str] = field(default_factory=set)
    """Endpoints that refused the key or have no quota: not asked again."""


class Failed(Exception):
    """One attempt failed."""

    def __init__(
        self,
        failure: Failure,
        *,
        complaint: str = "",
        reply: str = "",
        sent: int = 0,
        answer: Answer | None = None,
    ) -> None:
        super().__init__(failure.sentence)
        self.failure = failure
        self.complaint = complaint
        """What to tell the model about its answer, when it is worth asking again."""
        self.reply = reply
        """What had been received."""
        self.sent = sent
        """Tokens of the request and the room for its answer, estimated."""
        self.answer = answer
        """Prose that ended at the token limit it was given: better than none."""
