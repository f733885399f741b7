"""Tests of model connections: a real small call, limited, counted against the person's day, and
kept with the connection that it was about."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from autonomy.core.llm import trial as trials
from autonomy.core.llm.portfolio import Access
from autonomy.core.llm.price import price
from autonomy.core.llm.servers import Found
from autonomy.core.llm.trial import Trial
from autonomy.models import ModelConnection, UsageDay
from autonomy.runtime import quotas
from autonomy.runtime.portfolios import access_of, may_use_private, offered
from autonomy.runtime.provider_health import shared_health
from autonomy.services.connections import (
    BadField,
    Wanted,
    create_connection,
    draft_access,
    locked,
    record_trial,
)
from autonomy.services.errors import QuotaUsedUp, Unavailable
from handywriterz.env import env

AT_ONCE = 4
"""Tests that one web process makes at the same time; each holds one of its places for requests."""
REMEMBERED_SECONDS = 900
MODEL_CHARS = 180

_testing: set[int] = set()
"""Who holds one of the places; nobody holds two."""
_doors = threading.Lock()


def try_draft(user: User, wanted: Wanted, model: str = "") -> Trial:
    """Test a connection as it is described; nothing of it is stored.

    Raises:
        BadField, NotAllowed: as for `create_connection`.
        QuotaUsedUp: the day allows no further use of models.
        Unavailable: too many tests are under way, or one of the same person.
    """
    access = draft_access(user, wanted)
    trial = _tried(user, access, model)
    # What is tested is usually saved next: then it need not be asked again.
    cache.set(_fingerprint(user, access), _portable(trial), REMEMBERED_SECONDS)
    return trial


def try_stored(user: User, row: ModelConnection, model: str = "") -> Trial:
    """Test a stored connection and keep what was found. Raises as `try_draft`."""
    if locked(row):
        raise BadField("api_key", "The key can no longer be opened: give it again.")
    trial = _tried(user, access_of(row, private=may_use_private(user.pk)), model)
    record_trial(row, trial)
    return trial


@transaction.atomic
def create_tested(user: User, wanted: Wanted) -> ModelConnection:
    """As `create_connection`, with what the person's last test of the very same found."""
    row = create_connection(user, wanted)
    access = access_of(row, private=may_use_private(user.pk))
    known = cache.get(_fingerprint(user, access))
    return row if known is None else record_trial(row, _trial(known))


def _tried(user: User, access: Access, model: str) -> Trial:
    model = model.strip()
    if len(model) > MODEL_CHARS or not model.isprintable() or any(c.isspace() for c in model):
        raise BadField("model", "A model's name has no blanks and at most 180 characters.")
    _allowance(user)
    with _place(user):
        trial = asyncio.run(_call(access, model))
    _count(user, access, trial)
    return trial


@contextlib.contextmanager
def _place(user: User) -> Iterator[None]:
    with _doors:
        if user.pk in _testing:
            raise Unavailable("Another of your tests is under way; wait for it.", code="busy")
        if len(_testing) >= AT_ONCE:
            raise Unavailable(
                "Other connections are being tested; try again in a moment.", code="busy"
            )
        _testing.add(user.pk)
    try:
        yield
    finally:
        with _doors:
            _testing.discard(user.pk)


async def _call(access: Access, model: str) -> Trial:
    trial = await trials.attempt(access, model)
    if trial.ok:
        # Somebody has seen it answer: runs need not wait for the circuit to find that out.
        health = shared_health()
        await health.clear(access.endpoint)
        await health.aclose()
    return trial


def _allowance(user: User) -> None:
    usage = quotas.usage_today(user.pk)
    for what, amount in (("tokens", usage.tokens), ("usd", usage.usd)):
        if amount.limit is not None and amount.left == 0:
            raise QuotaUsedUp(
                what,
                "A test calls the model, and your allowance for today is used up. It starts anew "
                f"at {usage.resets_at:%H:%M} UTC.",
                used=amount.spent,
                limit=amount.limit,
                resets_at=usage.resets_at,
            )


def _count(user: User, access: Access, trial: Trial) -> None:
    """Book what the test used on the person's day."""
    if not trial.spent_tokens:
        return
    sent, got = trial.input_tokens, trial.output_tokens
    if sent is None or got is None:
        sent, got = trial.spent_tokens, 0
    cost = price(
        f"{access.provider}:{trial.model}",
        sent,
        got,
        access=access,
        unknown_usd_per_mtok=env().model_unknown_usd_per_mtok,
    )
    usd = Decimal(repr(cost.usd)).quantize(Decimal("0.000001"), rounding=ROUND_UP)
    day = datetime.now(UTC).date()
    with transaction.atomic():
        UsageDay.objects.bulk_create([UsageDay(user=user, day=day)], ignore_conflicts=True)
        UsageDay.objects.filter(user=user, day=day).update(
            tokens_spent=F("tokens_spent") + trial.spent_tokens, usd_spent=F("usd_spent") + usd
        )


def _fingerprint(user: User, access: Access) -> str:
    """Names the same access of the same person, and tells nothing of the key."""
    key = access.api_key.get_secret_value() if access.api_key else ""
    dialect = access.provider if access.base_url is None else access.provider == "anthropic"
    told = "\n".join((str(user.pk), str(dialect), access.base_url or "", key))
    return f"trial:{salted_hmac('model connection trial', told, algorithm='sha256').hexdigest()}"


def _portable(trial: Trial) -> dict[str, Any]:
    return asdict(replace(trial, said=""))


def _trial(known: dict[str, Any]) -> Trial:
    found = known["found"]
    return Trial(**known | {"found": Found(**found | {"models": offered(list(found["models"]))})})
