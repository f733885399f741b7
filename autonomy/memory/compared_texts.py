"""What a person's draft is compared with: their sources and their earlier documents, and nobody
else's."""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum, TextField
from django.db.models.functions import MD5, Cast, Length
from pydantic import ValidationError

from autonomy.core.originality import ComparedKind
from autonomy.core.types import FileStatus
from autonomy.export.document import Document
from autonomy.export.draft_text import draft_text
from autonomy.library.parsed import EVIDENCE_KINDS
from autonomy.memory.ids import uuids
from autonomy.models import Artifact, Passage, Run, RunSource, Source
from autonomy.tools.similarity.texts import ComparedText

_KINDS = sorted(kind.value for kind in EVIDENCE_KINDS)
_LINEAGE = 200
"""Runs that are followed from fork to fork."""
PASSAGE_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How much one draft is compared with; what comes after is left out and counted."""

    texts: int
    characters: int
    """Of all texts together."""


@dataclass(frozen=True, slots=True)
class There:
    """All texts that a document may be compared with, named but not measured."""

    owner_id: int
    groups: tuple[tuple[uuid.UUID, ...], ...]
    """Sources of its run, earlier documents, the rest of the library: in the order of their rank."""
    limits: TextLimits
    digest: str
    """Names the texts as they stand now, and the limits: 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which texts a document is compared with, before they are read."""

    run_sources: tuple[uuid.UUID, ...]
    documents: tuple[uuid.UUID, ...]
    """Artifacts."""
    library: tuple[uuid.UUID, ...]
    left_out: int


def there(document: Artifact, limits: TextLimits) -> There:
    """The texts for `document`: what its run found and cites first, then the owner's latest
    documents of other runs that are older than it, then the rest of the library, newest first.
    Versions of the same run, and of runs that it was forked from or that were forked from it,
    never count; nor does the file of a draft that it is a version of.

    Whoever looks at what was found asks this: it reads no text, and no size of one.
    """
    owner_id = document.run.owner_id
    sources = {
        row["id"]: row
        for row in Source.objects.filter(owner_id=owner_id, status=FileStatus.READY)
        .exclude(_draft_itself(document))
        .order_by("-created_at")
        .annotate(about=MD5(Cast("csl", TextField())))
        .values("id", "sha256", "ready_at", "passage_count", "about", "file_name")
    }
    named = [one.get("id") for one in document.body.get("sources", [])]
    cited = uuids(map(str, [*named, *document.run.task.get("source_ids", [])]))
    kept = RunSource.objects.filter(run_id=document.run_id, kept=True).order_by("id")
    first = [*kept.values_list("source_id", flat=True), *cited]
    mine = list(dict.fromkeys(each for each in first if each in sources))
    own = set(mine)
    rest = [each for each in sources if each not in own]
    documents = _earlier(document)[: limits.texts]
    names = {pk: f"{pk}:{sha256}" for pk, sha256 in documents}
    names |= {pk: ":".join(map(str, row.values())) for pk, row in sources.items()}
    groups = (tuple(mine), tuple(pk for pk, _ in documents), tuple(rest))
    said = "\n".join(names[each] for group in groups for each in group)
    bounded = f"{limits.texts}:{limits.characters}:{len(mine)}"
    digest = hashlib.sha256(f"{bounded}\n{said}".encode()).hexdigest()
    return There(owner_id, groups, limits, digest)


def choose(known: There) -> Chosen:
    """Those of the texts that the limits have room for. Measuring them takes as long as many pages
    of a large library: only who is going to compare asks this."""
    sizes = _sizes(known.owner_id, known.groups[1])
    room, spent, left_out = known.limits.texts, 0, 0
    taken: list[list[uuid.UUID]] = []
    for group in known.groups:
        taken.append([])
        for each in group:
            if room == 0 or spent + sizes.get(each, 0) > known.limits.characters:
                left_out += 1
                continue
            room -= 1
            spent += sizes.get(each, 0)
            taken[-1].append(each)
    of_run, papers, library = map(tuple, taken)
    return Chosen(of_run, papers, library, left_out)


def read(owner_id: int, chosen: Chosen) -> list[ComparedText]:
    """The texts: sources of the run, the rest of the library, earlier documents."""
    ids = [*chosen.run_sources, *chosen.library]
    rows = Source.objects.filter(owner_id=owner_id).in_bulk(ids)
    written = dict(_written(owner_id, ids))
    of_run = set(chosen.run_sources)
    texts = [
        _source(rows[each], *written[each], of_run=each in of_run)
        for each in ids
        if each in rows and each in written
    ]
    bodies = Artifact.objects.filter(run__owner_id=owner_id).in_bulk(chosen.documents)
    return texts + [
        text for each in chosen.documents if each in bodies and (text := _document(bodies[each]))
    ]


def _draft(document: Artifact) -> dict[str, Any]:
    """What the document says of the draft that it was made from; empty when it was written here."""
    draft = document.body.get("draft")
    return draft if isinstance(draft, dict) else {}


def _draft_itself(document: Artifact) -> Q:
    """The draft's own file among the sources, under whatever id."""
    draft = _draft(document)
    same = Q(pk__in=uuids([str(draft.get("source_id") or "")]))
    return same | Q(sha256=draft["sha256"]) if draft.get("sha256") else same


def _earlier(document: Artifact) -> list[tuple[uuid.UUID, str]]:
    """The latest documents, older than `document`, of the owner's other runs: id and sha256,
    newest first."""
    newest = (
        Artifact.objects.documents()
        .filter(run_id=OuterRef("pk"), created_at__lt=document.created_at)
        .order_by("-version")
        .values("id")[:1]
    )
    runs = Run.objects.filter(owner_id=document.run.owner_id).exclude(id__in=_lineage(document.run))
    ids = runs.annotate(document=Subquery(newest)).exclude(document=None).values("document")
    rows = Artifact.objects.filter(id__in=ids).order_by("-created_at")
    if sha256 := _draft(document).get("sha256"):
        rows = rows.exclude(body__draft__sha256=sha256)
    return list(rows.values_list("id", "sha256"))


def _lineage(run: Run) -> set[uuid.UUID]:
    """The run, those it was forked from, and all forks of these."""
    known = {run.pk}
    parent = run.parent_id
    while parent is not None and parent not in known and len(known) < _LINEAGE:
        known.add(parent)
        parent = Run.objects.filter(pk=parent).values_list("parent_id", flat=True).first()
    edge = set(known)
    while edge and len(known) < _LINEAGE:
        forks = Run.objects.filter(parent_id__in=edge).exclude(pk__in=known)
        edge = set(forks.values_list("pk", flat=True)[:_LINEAGE])
        known |= edge
    return known


def _sizes(owner_id: int, documents: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Characters of each text; of a document, of all that is stored of it."""
    passages = (
        Passage.objects.filter(source__owner_id=owner_id, kind__in=_KINDS)
        .values("source_id")
        .annotate(size=Sum(Length("text")))
        .order_by()
    )
    bodies = Artifact.objects.filter(id__in=documents).annotate(
        size=Length(Cast("body", TextField()))
    )
    sizes = {row["source_id"]: int(row["size"]) for row in passages}
    return sizes | {pk: int(size) for pk, size in bodies.values_list("pk", "size")}


def _written(
    owner_id: int, ids: Sequence[uuid.UUID]
) -> Iterator[tuple[uuid.UUID, tuple[str, frozenset[str]]]]:
    """Each source's passages as one text, with their ids."""
    rows = (
        Passage.objects.filter(source__owner_id=owner_id, source_id__in=ids, kind__in=_KINDS)
        .order_by("source_id", "ordinal")
        .values_list("source_id", "id", "text")
    )
    for source_id, passages in groupby(rows.iterator(chunk_size=2_000), key=lambda row: row[0]):
        mine = list(passages)
        text = PASSAGE_BREAK.join(row[2] for row in mine)
        yield source_id, (text, frozenset(str(row[1]) for row in mine))


def _source(row: Source, text: str, passage_ids: frozenset[str], *, of_run: bool) -> ComparedText:
    people = row.csl.get("author") or row.csl.get("editor") or []
    names = [
        str(person.get("family") or person.get("literal") or "")
        for person in people
        if isinstance(person, dict)
    ]
    return ComparedText(
        id=str(row.pk),
        title=str(row),
        kind=ComparedKind.RUN_SOURCE if of_run else ComparedKind.LIBRARY,
        text=text,
        markers=passage_ids,
        names=tuple(name for name in names if name),
        year=_year(row.csl),
    )


def _year(csl: dict[str, Any]) -> str:
    issued = csl.get("issued")
    parts = issued.get("date-parts") if isinstance(issued, dict) else None
    return str(parts[0][0]) if parts and parts[0] else ""


def text_of(owner_id: int, text_id: str) -> ComparedText | None:
    """One of the owner's texts, as it is compared; None when there is none of that id."""
    for key in uuids([text_id]):
        source = Source.objects.filter(owner_id=owner_id, pk=key).first()
        written = dict(_written(owner_id, [key])) if source else {}
        if source is not None and key in written:
            return _source(source, *written[key], of_run=False)
        document = Artifact.objects.documents().filter(run__owner_id=owner_id, pk=key).first()
        if document is not None:
            return _document(document)
    return None


def _document(row: Artifact) -> ComparedText | None:
    """An earlier document; None when it is kept in a form that is not read any more."""
    try:
        document = Document.model_validate(row.body)
    except ValidationError:
        return None
    return ComparedText(
        id=str(row.pk),
        title=row.title or document.title,
        kind=ComparedKind.EARLIER_DOCUMENT,
        text=draft_text(document),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch of a compared text is to be looked up."""

    passage_id: str
    page: int | None


def places(source_id: str, starts: Iterable[int]) -> list[Place]:
    """The passage of a source that each of these characters of its text lies in, in the order
    asked for."""
    rows = (
        Passage.objects.filter(source_id=source_id, kind__in=_KINDS)
        .order_by("ordinal")
        .annotate(size=Length("text"))
        .values_list("id", "page", "size")
    )
    begins: list[int] = []
    found: list[Place] = []
    length = 0
    for passage_id, page, size in rows:
        begins.append(length)
        found.append(Place(str(passage_id), page))
        length += size + len(PASSAGE_BREAK)
    return [found[max(bisect_right(begins, start) - 1, 0)] for start in starts] if found else []
