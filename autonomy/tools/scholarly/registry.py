"""What a registry can be asked. Each registry is one file that knows its words and its shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from autonomy.core.works import Work
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.lines import Line
from autonomy.tools.fetch.pace import Pace

MIRROR_PACE = Pace(per_minute=1_200, burst=10)
"""Of a registry's copy at an address of the operator's own; it may ask for less."""


@dataclass(frozen=True, slots=True)
class Years:
    """Of publication, inclusive; None is open."""

    first: int | None = None
    last: int | None = None

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of a work that is looked for by its description."""

    title: str
    family: str = ""
    """Of the first author."""
    year: int | None = None

    @property
    def words(self) -> str:
        return " ".join(part for part in (self.title, self.family, str(self.year or "")) if part)


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks."""

    email: str = ""
    """Where a registry's operators can write to; puts us in the polite pool."""
    key: str = ""


class Registry:
    """One registry. A method that a registry has no answer for gives None: it is not asked.

    All raise `Unanswered`.
    """

    name: ClassVar[str]
    base: ClassVar[str]
    pace: ClassVar[Pace]
    """Until it says otherwise."""
    keyed_pace: ClassVar[Pace | None] = None
    """With a key."""

    def __init__(self, base_url: str = "", account: Account = Account()) -> None:
        self.base_url = (base_url or self.base).rstrip("/")
        self.account = account

    @property
    def line(self) -> Line:
        mirror = self.base_url != self.base
        pace = (self.account.key and self.keyed_pace) or self.pace
        return Line(
            self.name,
            self.base_url,
            MIRROR_PACE if mirror else pace,
            self._secrets(),
            account=self.account.key,
            own=mirror,
        )

    def _secrets(self) -> Mapping[str, str]:
        return {}

    async def search(
        self, ask: Asker, query: str, limit: int, years: Years
    ) -> Sequence[Work] | None:
        """Works for words, best first."""
        return None

    async def identify(
        self, ask: Asker, wanted: Mapping[str, Sequence[str]]
    ) -> Sequence[Work] | None:
        """The works of these identifiers, by kind; those that it does not know are left out."""
        return None

    async def find(self, ask: Asker, reference: Reference, limit: int) -> Sequence[Work] | None:
        """Works that a reference may mean, best first."""
        return None

    async def citing(self, ask: Asker, work: Work, limit: int) -> Sequence[Work] | None:
        """Works that cite `work`."""
        return None


def kept(works: Sequence[Work | None]) -> list[Work]:
    return [work for work in works if work is not None]


def described(csl: Mapping[str, Any]) -> bool:
    """Whether there is enough to speak of a work: a title."""
    return len(str(csl.get("title") or "")) > 1
