"""Connections to models: added, changed and removed by a person for themselves, or by staff for
everybody. A key goes in and never comes out again."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict, dataclass
from typing import Literal

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from pydantic import SecretStr

from autonomy.core.llm.addresses import BadAddress, normalise, origin
from autonomy.core.llm.catalogue import DEFAULT, DIALECTS, EMBEDDER, NONE, PROVIDERS, ROLES
from autonomy.core.llm.portfolio import Access, OfferedModel
from autonomy.core.llm.trial import Trial
from autonomy.models import ModelConnection
from autonomy.models.fields import new_id
from autonomy.runtime.contention import transacted
from autonomy.runtime.credentials import seal, unseal
from autonomy.runtime.portfolios import access_of, may_use_private, offered
from autonomy.services.errors import Conflict, Invalid, NotAllowed, NotFound
from handywriterz.env import env

OwnScope = Literal["user", "deployment"]

LABEL_CHARS = 80
KEY_CHARS = 500
SLUG = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
RESERVED = frozenset({*ROLES, DEFAULT, NONE, "rules", EMBEDDER, "test", *DIALECTS})
"""Words that mean something else where a slug could stand."""
DEPLOYMENT_MAX = 100

GONE = "There is no model connection with this id, or it is not yours."


class BadField(Invalid):
    """One field of a connection or choice that cannot be accepted; says which."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Wanted:
    """A connection as somebody describes it."""

    provider: str
    label: str = ""
    slug: str = ""
    base_url: str = ""
    api_key: SecretStr | None = None
    scope: OwnScope = "user"


def connections_of(user: User) -> QuerySet[ModelConnection]:
    """What the user may change and test: their own, and the deployment's if they are staff."""
    own = ModelConnection.objects.filter(owner=user)
    return own | ModelConnection.objects.filter(owner=None) if user.is_staff else own


def connection_of(user: User, connection_id: uuid.UUID) -> ModelConnection:
    """Raises `NotFound`; another person's cannot be told from none, staff included: a key is
    nobody's but its owner's."""
    row = connections_of(user).filter(pk=connection_id).first()
    if row is None:
        raise NotFound(GONE)
    return row


@transacted
def create_connection(user: User, wanted: Wanted) -> ModelConnection:
    """Store a connection. Nothing is called: test it before or after.

    Raises:
        BadField: a field cannot be accepted.
        Conflict: the slug is taken, or there are as many connections as one may have.
        NotAllowed: only staff add connections for everybody.
    """
    owner = _owner(user, wanted.scope)
    row = ModelConnection(id=new_id(), owner=owner)
    _describe(row, wanted)
    # One at a time per person, so that two requests together do not pass the limit.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    siblings = ModelConnection.objects.filter(owner=owner)
    most = DEPLOYMENT_MAX if owner is None else env().model_connections_per_user
    if siblings.count() >= most:
        raise Conflict(
            f"There are {most} connections already, which is the most. Remove one first.",
            code="too_many_connections",
        )
    taken = set(siblings.values_list("slug", flat=True))
    row.slug = checked_slug(wanted.slug, row.provider) if wanted.slug else _free(row, taken)
    _save(row)
    return row


@transacted
def change_connection(
    row: ModelConnection,
    *,
    label: str | None = None,
    slug: str | None = None,
    base_url: str | None = None,
    api_key: SecretStr | None = None,
) -> ModelConnection:
    """Change what is given; an empty `api_key` removes the key.

    A key belongs to the address that it was given for: with another host it has to be given again,
    so that nobody can have a stored key sent elsewhere.

    Raises:
        BadField, Conflict: as for `create_connection`.
        NotFound: it was removed meanwhile.
    """
    found = ModelConnection.objects.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise NotFound(GONE)
    row = found
    wanted = Wanted(
        provider=row.provider,
        label=row.label if label is None else label,
        base_url=row.base_url if base_url is None else base_url,
        api_key=api_key,
    )
    before, sealed = row.base_url, row.secret
    _describe(row, wanted, has_key=bool(sealed) and api_key is None)
    if api_key is None:
        row.secret = sealed
        moved = bool(before or row.base_url) and _origin(before) != _origin(row.base_url)
        # Also one that cannot be opened now: the secret that opens it may come back.
        if moved and sealed:
            raise BadField("api_key", "The address has changed: give the key for it again.")
    if slug is not None and slug != row.slug:
        row.slug = checked_slug(slug, row.provider)
    if api_key is not None or row.base_url != before:
        # What was found was found elsewhere, or with another key.
        row.tested_at = row.test_ok = row.test_seconds = None
        row.test_failure, row.server, row.simulated, row.offered = "", "", False, []
    _save(row)
    return row


def remove_connection(row: ModelConnection) -> None:
    """Forget a connection with its key. Runs that use it fall to their next choice at their next
    segment."""
    row.delete()


def draft_access(user: User, wanted: Wanted) -> Access:
    """How a connection that is not stored would be reached. Raises as `create_connection`."""
    row = ModelConnection(id=new_id(), owner=_owner(user, wanted.scope), slug="test")
    _describe(row, wanted)
    return access_of(row, private=may_use_private(user.pk))


def record_trial(row: ModelConnection, trial: Trial) -> ModelConnection:
    """Keep what a test found, unless the connection was changed or removed meanwhile."""
    values: dict[str, object] = {
        "tested_at": timezone.now(),
        "test_ok": trial.ok,
        "test_failure": trial.code[:20],
        "test_seconds": round(trial.seconds, 3),
    }
    if trial.ok:
        values |= {
            "server": trial.found.server,
            "simulated": trial.found.simulated,
            "offered": _merged(trial),
        }
        if row.base_url and trial.found.base_url:
            values["base_url"] = trial.found.base_url
    ModelConnection.objects.filter(pk=row.pk, updated_at=row.updated_at).update(**values)
    return ModelConnection.objects.filter(pk=row.pk).first() or row


def locked(row: ModelConnection) -> bool:
    """Whether its key can no longer be opened and has to be given again."""
    return bool(row.secret) and unseal(row.secret, row.pk) is None


def _merged(trial: Trial) -> list[dict[str, object]]:
    """The models found, with what the call showed of the one that was called."""
    models = {model.id: model for model in trial.found.models}
    tried = models.get(trial.model, OfferedModel(trial.model))
    shown = trial.structured if trial.structured is not None else tried.structured
    models[trial.model] = OfferedModel(**asdict(tried) | {"structured": shown})
    return [
        {name: value for name, value in asdict(model).items() if value is not None}
        for model in models.values()
    ]


# --------------------------------------------------------------------------- fields


def checked_slug(slug: str, provider: str) -> str:
    """Raises `BadField` for one that cannot be told from something else in a model string."""
    if not SLUG.fullmatch(slug):
        raise BadField(
            "slug",
            "Use a lower-case letter first, then up to 30 lower-case letters, digits and hyphens.",
        )
    if slug in RESERVED or (slug in PROVIDERS and slug != provider):
        raise BadField("slug", f"“{slug}” means something else here; choose another name.")
    return slug


def checked_key(key: SecretStr | None) -> SecretStr | None:
    """The key without the blanks that come along when one is pasted. The message never quotes it."""
    bare = key.get_secret_value().strip() if key else ""
    if not bare:
        return None
    if len(bare) > KEY_CHARS:
        raise BadField("api_key", f"A key has at most {KEY_CHARS} characters.")
    if not bare.isascii() or not bare.isprintable() or " " in bare:
        raise BadField("api_key", "The key holds a character that keys do not have; copy it again.")
    return SecretStr(bare)


def _describe(row: ModelConnection, wanted: Wanted, *, has_key: bool = False) -> None:
    """Put the checked fields of `wanted`, slug aside, into `row`."""
    provider = PROVIDERS.get(wanted.provider)
    if provider is None:
        raise BadField("provider", f"Choose one of: {', '.join(PROVIDERS)}.")
    label = " ".join(wanted.label.split())
    if len(label) > LABEL_CHARS or not label.isprintable():
        raise BadField("label", f"At most {LABEL_CHARS} printable characters are allowed.")
    address = wanted.base_url.strip()
    if address and not provider.takes_address:
        raise BadField("base_url", "This provider has one address, which is known.")
    if not address and provider.needs_address:
        raise BadField("base_url", "Give the address of the server.")
    if address and address != row.base_url:
        try:
            address = normalise(address, wanted.provider)
        except BadAddress as error:
            raise BadField("base_url", str(error)) from error
    key = checked_key(wanted.api_key)
    if key is None and not has_key and not address and provider.needs_key:
        raise BadField("api_key", "This provider needs a key.")
    row.provider, row.label, row.base_url = wanted.provider, label, address
    row.secret = seal(key, row.pk) if key else None


def _owner(user: User, scope: OwnScope) -> User | None:
    if scope == "user":
        return user
    if not user.is_staff:
        raise NotAllowed("Only staff set up models for everybody.")
    return None


def _free(row: ModelConnection, taken: set[str]) -> str:
    """A slug from the label or the provider that nobody of this owner uses."""
    named = re.sub(r"[^a-z0-9]+", "-", row.label.lower()).strip("-")[:24].strip("-")
    base = row.provider
    if row.provider == "compatible" and SLUG.fullmatch(named):
        usable = named not in RESERVED and named not in PROVIDERS
        base = named if usable else f"{named}-server"
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(slug for slug in candidates if slug not in taken)


def _origin(address: str) -> str:
    return origin(address) if address else ""


def _save(row: ModelConnection) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=row._state.adding)
    except IntegrityError as error:
        raise Conflict(
            f"There is a connection named “{row.slug}” already; choose another name.",
            code="slug_taken",
        ) from error


def models_of(row: ModelConnection) -> tuple[OfferedModel, ...]:
    """What the connection was found to offer."""
    return offered(row.offered)
