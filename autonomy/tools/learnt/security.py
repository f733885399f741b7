"""Security schemes of an OpenAPI document: which secrets an operation wants, and where they go."""

from __future__ import annotations

from typing import Any

from autonomy.core.learnt import SecretUse
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.references import Document

FORBIDDEN_HEADERS = frozenset(
    {
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "upgrade",
        "te",
        "trailer",
        "cookie",
        "accept",
        "accept-encoding",
        "user-agent",
        "proxy-authorization",
        "forwarded",
        "expect",
    }
)
"""Headers that are never a parameter: they belong to the connection, or to us."""


def secrets_of(document: Document, operation: dict[str, Any]) -> tuple[SecretUse, ...]:
    """What `operation` wants to know its caller by: of its alternatives the first that can be met,
    none where one of them is to come without.

    Raises:
        NotLearnt: `auth`, when no alternative can be met.
    """
    wanted = operation.get("security", document.root.get("security"))
    if not isinstance(wanted, list) or not wanted or {} in wanted:
        return ()
    refusal: NotLearnt | None = None
    for alternative in wanted:
        try:
            return _met(document, alternative)
        except NotLearnt as refused:
            refusal = refusal or refused
    raise refusal or NotLearnt("auth", "Its way of signing in is not known here.")


def _met(document: Document, alternative: Any) -> tuple[SecretUse, ...]:
    if not isinstance(alternative, dict):
        raise NotLearnt("auth", "Its way of signing in cannot be read.")
    components = document.resolved(document.root.get("components"))
    schemes = document.resolved(components.get("securitySchemes"))
    return tuple(_use(name, document.resolved(schemes.get(name))) for name in alternative)


def _use(name: str, scheme: dict[str, Any]) -> SecretUse:
    kind = str(scheme.get("type", ""))
    if kind == "apiKey":
        place, key = str(scheme.get("in", "")), str(scheme.get("name", ""))
        if place == "query" and key:
            return SecretUse(scheme=name[:100], kind="query", name=key)
        if place == "header" and key and key.lower() not in FORBIDDEN_HEADERS:
            return SecretUse(scheme=name[:100], kind="header", name=key)
        raise NotLearnt("auth", f"It wants a key in a {place or 'place that is not named'}.")
    if kind == "http":
        how = str(scheme.get("scheme", "")).lower()
        if how == "bearer":
            return SecretUse(scheme=name[:100], kind="bearer")
        if how == "basic":
            return SecretUse(scheme=name[:100], kind="basic")
        raise NotLearnt("auth", f"It wants to be signed in to by HTTP {how[:30]}.")
    if kind in ("oauth2", "openIdConnect"):
        # The sign-in itself stays with the person: what they get from it is a bearer token.
        return SecretUse(scheme=name[:100], kind="bearer")
    raise NotLearnt("auth", f"Its way of signing in ({kind[:30] or name[:30]}) is not known here.")
