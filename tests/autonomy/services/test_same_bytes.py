"""Bytes that two people uploaded, one of whom removes them just as the other brings them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage

from autonomy.services import files
from autonomy.services.errors import Unavailable
from autonomy.services.storage import Stored, keep

pytestmark = pytest.mark.django_db
BYTES = b"Ink fades in the sun, and paper yellows. " * 20


@pytest.fixture
def people() -> tuple[User, User]:
    return (
        User.objects.create_user("first", "first@example.org"),
        User.objects.create_user("second", "second@example.org"),
    )


def test_what_somebody_brings_before_the_removal_is_done_stays(
    people: tuple[User, User], django_capture_on_commit_callbacks: Any
) -> None:
    first = files.add_file(people[0], "a.txt", [BYTES])
    with django_capture_on_commit_callbacks() as removal:
        files.delete_file(first)
    second = files.add_file(people[1], "b.txt", [BYTES])
    for step in removal:
        step()
    assert default_storage.exists(second.file)
    with django_capture_on_commit_callbacks(execute=True):
        files.delete_file(second)
    assert not default_storage.exists(second.file)


def test_bytes_that_went_meanwhile_are_asked_for_again(
    people: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept_and_gone(chunks: Iterable[bytes]) -> Stored:
        stored = keep(chunks)
        default_storage.delete(stored.name)
        return stored

    monkeypatch.setattr(files, "keep", kept_and_gone)
    with pytest.raises(Unavailable, match="Send it again"):
        files.add_file(people[0], "a.txt", [BYTES])
