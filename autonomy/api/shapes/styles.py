"""Citation styles as the API shows them."""

from __future__ import annotations

from autonomy.api.schemas import styles as schemas
from autonomy.models import (
    CitationStyle,
)
from autonomy.services import style_id


def style(row: CitationStyle) -> schemas.StyleOut:
    return schemas.StyleOut(id=style_id(row), title=row.title, own=True, uuid=row.pk)
