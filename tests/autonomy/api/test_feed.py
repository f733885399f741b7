from __future__ import annotations

import pytest

from autonomy.api.feed import RunsFeed
from autonomy.models import Run


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["", "abc", "../../x", "0" * 40])
def test_a_cursor_that_is_no_id_delivers_from_the_beginning(cursor: str) -> None:
    feed = RunsFeed(Run.objects.all, oldest=cursor)

    assert feed._read({}).events == []
