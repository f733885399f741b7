"""The end of an account."""

from __future__ import annotations

from django.contrib.auth.models import User

from autonomy.runtime import removal
from autonomy.services.errors import Conflict


def remove_account(user: User) -> dict[str, int]:
    """Remove a person's account with everything in it, for good; counts of what went.

    A removal that is cut short is completed by the next round of upkeep.

    Raises:
        Conflict: the person is the only administrator and there are other people.
    """
    try:
        return removal.complete(removal.begin(user))
    except removal.LastAdministrator:
        raise Conflict(
            "You are the only administrator. Make somebody else one first (Administration, "
            "People), then remove your account.",
            code="last_administrator",
        ) from None
