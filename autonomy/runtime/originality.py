"""The product's own similarity engine over what one person has."""

from __future__ import annotations

import asyncio
import logging

from pydantic import ValidationError

from autonomy.core.originality import FlaggedPassage, Similarity
from autonomy.export.document import Document
from autonomy.export.draft_text import draft_text
from autonomy.library.embed import Embedder
from autonomy.memory.compared_texts import TextLimits, choose, read
from autonomy.memory.ids import uuids
from autonomy.models import Artifact
from autonomy.runtime.db import run_db
from autonomy.tools.similarity import ComparedText, SimilaritySettings, compare
from autonomy.tools.similarity.drafts import flagged_passages, listed
from handywriterz.env import env

logger = logging.getLogger(__name__)


def text_limits() -> TextLimits:
    """How much this deployment compares one draft with."""
    return TextLimits(texts=env().similarity_texts_max, characters=env().similarity_chars_max)


class RunOriginality:
    """`ports.Originality` of one person. It asks nobody outside and costs nothing but time, so it
    is no effect."""

    def __init__(self, owner_id: int, embedder: Embedder) -> None:
        self._owner_id = owner_id
        self._embedder = embedder

    async def check(self, document_id: str) -> Similarity | None:
        """See `ports.Originality`: None when the person has no such document, or it is kept in a
        form that is not read any more."""
        given = await run_db(self._read, document_id)
        return None if given is None else await self._compared(*given)

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        """See `ports.Originality`; nothing where `check` says None."""
        given = await run_db(self._read, document_id)
        if given is None:
            return []
        document, texts, _ = given
        return flagged_passages(document, await self._compared(*given), texts)

    async def _compared(
        self, document: Document, texts: list[ComparedText], left_out: int
    ) -> Similarity:
        found = await asyncio.to_thread(
            compare,
            draft_text(document),
            texts,
            SimilaritySettings(),
            self._embedder.encode,
            listed=listed(document),
        )
        return found.model_copy(update={"left_out": left_out})

    def _read(self, document_id: str) -> tuple[Document, list[ComparedText], int] | None:
        rows = Artifact.objects.documents().filter(
            pk__in=uuids([document_id]), run__owner_id=self._owner_id
        )
        row = rows.select_related("run").first()
        if row is None:
            return None
        try:
            document = Document.model_validate(row.body)
        except ValidationError:
            logger.exception("document %s could not be read", row.pk)
            return None
        chosen = choose(row, text_limits())
        return document, read(self._owner_id, chosen), chosen.left_out
