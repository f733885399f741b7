"""The works of the made-up world, and who knows what of them.

Irregularities that registries really have, each at a fixed place:

- `spacing.5` was retracted, and each registry says so in its own way;
- `heat.3` has the wrong year in OpenAlex;
- the first six of `citing` are preprints on arXiv, of which the first three were published later
  under DOIs of their own, two years apart at most;
- `remote.9` is known to OpenAlex alone, `spacing.8` to Crossref alone, `citing.6` to arXiv alone;
- `shifts.2` has an expression of concern, `shifts.7` a correction;
- `remote.11` has no abstract anywhere; `heat.12` has a title with markup.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import count

from tests.registries.topics import TOPICS, Topic

_PEOPLE = (
    ("Adaeze", "Okonkwo"), ("Tomás", "Ibarra"), ("Ines", "van der Meulen"), ("Kwame", "Boateng"),
    ("Sigrún", "Hallsdóttir"), ("Mei", "Tanaka"), ("Joris", "de Wilde"), ("Paloma", "Ríos Vega"),
    ("Ravi", "Subramanian"), ("Elif", "Karaca"), ("Oksana", "Lysenko"), ("Henrik", "Aaltonen"),
    ("Nadia", "Ben Salah"), ("Theo", "Marchetti"), ("Yuki", "Morimoto"), ("Carla", "von Ahn"),
    ("Dylan", "O'Rourke"), ("Amara", "Diallo"), ("Petra", "Kovářová"), ("Luis", "Quintana-Sol"),
)  # fmt: skip
_EVERYWHERE = frozenset({"openalex", "crossref", "semantic_scholar", "unpaywall"})


@dataclass(frozen=True)
class Entry:
    """One work."""

    key: str
    """`topic.number`, numbered from 1."""
    title: str
    authors: tuple[tuple[str, str], ...]
    """Given and family name; a group has no given name."""
    year: int
    month: int
    venue: str
    volume: str
    issue: str
    pages: str
    abstract: str
    doi: str
    knows: frozenset[str]
    """Registries that have it."""
    arxiv: str = ""
    published_doi: str = ""
    """Of a preprint: what was published of it."""
    pmid: str = ""
    pmcid: str = ""
    openalex: str = ""
    s2: str = ""
    cites: tuple[str, ...] = ()
    """Keys."""
    cited_by: int = 0
    open_as: str = ""
    """pdf, html, jats, or nothing."""
    licence: str = ""
    notice: str = ""
    """retraction, expression_of_concern, correction."""
    preprint: bool = False
    finding: str = ""
    design: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def day(self) -> str:
        return f"{self.year}-{self.month:02d}-15"


@cache
def world() -> tuple[Entry, ...]:
    """Every work, the same at each call."""
    numbers = count(1)
    made: list[Entry] = []
    for topic in TOPICS:
        for at in range(1, len(topic.rows) + 1):
            made.extend(_entries(topic, at, next(numbers)))
    cited: dict[str, int] = {}
    for entry in made:
        for key in entry.cites:
            cited[key] = cited.get(key, 0) + 1
    return tuple(_with_count(entry, cited.get(entry.key, 0)) for entry in made)


def _with_count(entry: Entry, count_: int) -> Entry:
    from dataclasses import replace

    return replace(entry, cited_by=count_ * 7 + len(entry.title) % 5)


def by_key(key: str) -> Entry:
    """The published work `topic.number`, or `topic.number.preprint`."""
    return next(entry for entry in world() if entry.key == key)


def _entries(topic: Topic, at: int, number: int) -> list[Entry]:
    title, finding = topic.rows[at - 1]
    key = f"{topic.slug}.{at}"
    people = tuple(_PEOPLE[(number * 7 + 3 * i) % len(_PEOPLE)] for i in range(1 + number % 4))
    if key == "shifts.4":
        people = (*people[:1], ("", "ROSTER Study Group"))
    design = topic.designs[at % len(topic.designs)]
    abstract = " ".join((topic.opening, design, finding, topic.closing))
    if key == "remote.11":
        abstract = ""
    knows = set(_EVERYWHERE)
    if topic.medical:
        knows |= {"pubmed", "europe_pmc"}
    knows = {"remote.9": {"openalex"}, "spacing.8": {"crossref"}}.get(key, knows)
    published = Entry(
        key=key,
        title=title.replace("municipal", "<i>municipal</i>") if key == "heat.12" else title,
        authors=people,
        year=2014 + (number * 5) % 11,
        month=1 + number % 12,
        venue=topic.journals[number % len(topic.journals)],
        volume=str(3 + number % 30),
        issue=str(1 + number % 6),
        pages=f"{number * 11}–{number * 11 + 13}",
        abstract=abstract,
        doi=f"10.5555/hw.{topic.slug}.{at}",
        knows=frozenset(knows),
        pmid=str(39_000_000 + number) if topic.medical else "",
        pmcid=f"PMC{9_000_000 + number}" if topic.medical and at % 2 else "",
        openalex=f"W{4_300_000_000 + number}",
        s2=f"{number:040x}",
        cites=tuple(f"{topic.slug}.{n}" for n in range(max(1, at - 4), at)),
        open_as=_open(topic, at),
        licence="cc-by" if _open(topic, at) else "",
        notice={"spacing.5": "retraction", "shifts.2": "expression_of_concern", "shifts.7": "correction"}.get(key, ""),
        finding=finding,
        design=design,
    )  # fmt: skip
    if not (topic.preprints and at <= 6):
        return [published]
    number_ = f"{20 + at % 5}{at:02d}.{10_000 + number}"
    preprint = _preprint(published, number_, at, published.doi if at <= 3 else "")
    if at <= 3:
        return [published, preprint]
    return [preprint]


def _open(topic: Topic, at: int) -> str:
    if topic.medical and at % 2:
        return "jats"
    return {0: "pdf", 1: "html", 2: "", 3: "pdf"}[at % 4]


def _preprint(published: Entry, number: str, at: int, later: str) -> Entry:
    from dataclasses import replace

    return replace(
        published,
        key=f"{published.key}.preprint" if later else published.key,
        year=published.year - (1 + at % 2 if later else 0),
        venue="arXiv",
        volume="",
        issue="",
        pages="",
        doi=f"10.48550/arxiv.{number}",
        arxiv=number,
        published_doi=later,
        openalex=f"W{4_400_000_000 + at}",
        s2=f"{0xA0000 + at:040x}",
        knows=frozenset({"arxiv"} if at == 6 else {"arxiv", "openalex", "semantic_scholar"}),
        open_as="pdf",
        licence="cc-by",
        preprint=True,
    )
