"""References are imported while the library is written to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from autonomy.models import Source
from autonomy.services import files
from autonomy.services.references import import_references
from autonomy.services.styles import add_style
from tests.autonomy.api.test_styles import CSL
from tests.autonomy.api.world import make_run
from tests.locks import Aside

pytestmark = pytest.mark.django_db(transaction=True)

BIB = """@article{smith2019, author={Smith, Jane}, title={Learning to read graphs}, year=2019,
  journal={J. of Data}}
@book{lee2020, author={Lee, Ann}, title={A History of Quiet Ink}, year=2020}
"""


@pytest.fixture
def upload(alice: User) -> Source:
    csl = {
        "type": "article-journal",
        "title": "Learning to read graphs",
        "author": [{"family": "Smith", "given": "Jane"}],
        "issued": {"date-parts": [[2019]]},
    }
    return Source.objects.create(owner=alice, csl=csl, file_name="graphs.pdf", status="ready")


def test_an_import_goes_on_though_one_of_its_works_is_deleted(alice: User, upload: Source) -> None:
    with transaction.atomic():
        files.delete_file(upload)
        importing = Aside(lambda: import_references(alice, BIB))
        assert importing.waits()
    outcome = importing.end()
    assert [one.outcome for one in outcome.taken] == ["known", "added"]
    assert [str(one.source) for one in outcome.taken] == [
        "Learning to read graphs",
        "A History of Quiet Ink",
    ]
    assert Source.objects.get().csl["title"] == "A History of Quiet Ink"


def test_an_import_does_not_undo_what_a_person_corrects_meanwhile(
    alice: User, upload: Source
) -> None:
    with transaction.atomic():
        row = Source.objects.select_for_update().get(pk=upload.pk)
        row.csl, row.csl_edited = {**row.csl, "container-title": "My journal"}, True
        row.save(update_fields=["csl", "csl_edited"])
        importing = Aside(lambda: import_references(alice, BIB))
        assert importing.waits()
    assert [one.outcome for one in importing.end().taken] == ["known", "added"]
    upload.refresh_from_db()
    assert upload.csl["container-title"] == "My journal"


@pytest.mark.parametrize(
    "take",
    [lambda owner: import_references(owner, BIB), lambda owner: add_style(owner, CSL.encode())],
)
def test_what_names_the_person_does_not_wait_for_an_import(
    alice: User, take: Callable[[User], object]
) -> None:
    with transaction.atomic():
        take(alice)
        starting = Aside(lambda: make_run(alice))
        assert not starting.waits()
        assert starting.end().owner_id == alice.pk
