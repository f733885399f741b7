"""Keys of learnt tools: one for each host and scheme. A key goes in and never comes out again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q
from pydantic import SecretStr

from autonomy.models import ToolSecret
from autonomy.models.fields import new_id
from autonomy.runtime.contention import transacted
from autonomy.runtime.credentials import seal, unseal
from autonomy.services.errors import Conflict, Invalid, NotAllowed, NotFound

SECRET_CHARS = 4_000
PER_PERSON = 100
HOST = re.compile(r"[a-z0-9._:\[\]-]{1,250}:[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SecretState:
    """That there is a key, and nothing of it."""

    host: str
    scheme: str
    for_everybody: bool
    opens: bool
    """Whether it can still be opened; if not, it has to be given again."""


def secrets_of(user: User) -> list[SecretState]:
    """Which keys there are: the person's, and for staff the deployment's."""
    whose = Q(owner=user) | Q(owner=None) if user.is_staff else Q(owner=user)
    return [
        SecretState(
            row.host, row.scheme, row.owner_id is None, unseal(row.secret, row.pk) is not None
        )
        for row in ToolSecret.objects.filter(whose)
    ]


def sealed_for(user: User, host: str) -> dict[str, SecretStr]:
    """The person's keys for `host`, by scheme."""
    found = {}
    for row in ToolSecret.objects.filter(owner=user, host=host):
        opened = unseal(row.secret, row.pk)
        if opened is not None:
            found[row.scheme] = opened
    return found


@transacted
def put_secret(
    user: User, host: str, scheme: str, value: SecretStr, *, for_everybody: bool = False
) -> None:
    """Keep a key for `host`; what was there for the same scheme is replaced.

    Raises:
        Invalid: host, scheme or key have a form that none has.
        NotAllowed: only staff keep keys for everybody.
        Conflict: there are too many.
    """
    owner = _owner(user, for_everybody)
    host = host.strip().lower()
    if not HOST.fullmatch(host):
        raise Invalid("Give the host with its port, as in api.example.org:443.")
    bare = value.get_secret_value().strip()
    if not bare or len(bare) > SECRET_CHARS or not bare.isascii() or not bare.isprintable():
        raise Invalid("The key is empty, too long, or holds a character that keys do not have.")
    if not scheme.strip() or len(scheme) > 100:
        raise Invalid("Name the scheme that the key is for.")
    rows = ToolSecret.objects.select_for_update().filter(owner=owner)
    row = rows.filter(host=host, scheme=scheme).first()
    if row is None:
        if rows.count() >= PER_PERSON:
            raise Conflict(f"There are {PER_PERSON} keys already: remove one first.")
        row = ToolSecret(id=new_id(), owner=owner, host=host, scheme=scheme)
    row.secret = seal(SecretStr(bare), row.pk)
    row.save(force_insert=row._state.adding)


def remove_secret(user: User, host: str, scheme: str, *, for_everybody: bool = False) -> None:
    """Forget a key. Raises `NotFound`."""
    owner = _owner(user, for_everybody)
    rows = ToolSecret.objects.filter(owner=owner, host=host.lower(), scheme=scheme)
    if not rows.delete()[0]:
        raise NotFound("There is no such key, or it is not yours.")


def _owner(user: User, for_everybody: bool) -> User | None:
    if not for_everybody:
        return user
    if not user.is_staff:
        raise NotAllowed("Only staff keep keys for everybody.")
    return None
