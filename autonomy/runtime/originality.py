"""The product's own similarity engine over what one person has."""

from __future__ import annotations

import asyncio

from pydantic import ValidationError

from autonomy.core.originality import FlaggedPassage, Similarity
from autonomy.export.document import Document
from autonomy.library.embed import Embedder
from autonomy.memory.ids import uuids
from autonomy.models import Artifact
from autonomy.runtime import similarity_checks
from autonomy.runtime.db import run_db
from autonomy.runtime.similarity_checks import Material, Question
from autonomy.tools.similarity.drafts import flagged_passages


class RunOriginality:
    """`ports.Originality` of one person. It asks nobody outside and costs nothing but time, so it
    is no effect; what was found is kept for the next who asks."""

    def __init__(self, owner_id: int, embedder: Embedder) -> None:
        self._owner_id = owner_id
        self._embedder = embedder

    async def check(self, document_id: str) -> Similarity | None:
        """See `ports.Originality`: None when the person has no such document, or it is kept in a
        form that is not read any more."""
        asked = await run_db(self._question, document_id)
        if asked is None:
            return None
        known = similarity_checks.result_of(await run_db(similarity_checks.kept, asked))
        return known if known is not None else await self._found(asked)

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        """See `ports.Originality`; nothing where `check` says None."""
        similarity = await self.check(document_id)
        asked = await run_db(self._question, document_id)
        if similarity is None or asked is None:
            return []
        return flagged_passages(Document.model_validate(asked.artifact.body), similarity)

    async def _found(self, asked: Question) -> Similarity | None:
        given = await run_db(_material, asked)
        if given is None:
            return None
        similarity = await asyncio.to_thread(similarity_checks.found, given, self._embedder)
        await run_db(similarity_checks.keep, asked, similarity)
        return similarity

    def _question(self, document_id: str) -> Question | None:
        rows = Artifact.objects.documents().filter(
            pk__in=uuids([document_id]), run__owner_id=self._owner_id
        )
        row = rows.select_related("run").first()
        return None if row is None else similarity_checks.question(row)


def _material(asked: Question) -> Material | None:
    try:
        return similarity_checks.material(asked)
    except ValidationError:
        return None
