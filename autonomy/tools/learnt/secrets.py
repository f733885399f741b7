"""Secrets of learnt tools: put into a request on its way out, taken out of all that comes back."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

import httpx2
from pydantic import SecretStr

from autonomy.core.learnt import SecretUse
from autonomy.tools.fetch.addresses import host_of, port_of

HIDDEN = "[secret]"
SHORTEST = 4
"""Characters; a shorter secret protects nothing, and would blot out ordinary words."""

Secrets = Mapping[str, SecretStr]
"""By the name of their security scheme."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Secrets where they go."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()


def host_key(address: str | httpx2.URL) -> str:
    """The host and port that a secret is kept for, as in `api.example.org:443`."""
    url = httpx2.URL(address)
    return f"{host_of(url)}:{port_of(url)}"


def missing(uses: Sequence[SecretUse], secrets: Secrets) -> list[str]:
    """Names of the schemes that there is no secret for."""
    return [use.scheme for use in uses if use.scheme not in secrets]


def placed(uses: Sequence[SecretUse], secrets: Secrets) -> Placed:
    """Every secret that `uses` ask for, in its place. A secret for HTTP Basic is `name:password`."""
    headers: list[tuple[str, str]] = []
    query: list[tuple[str, str]] = []
    for use in uses:
        value = secrets[use.scheme].get_secret_value()
        if use.kind == "query":
            query.append((use.name, value))
        elif use.kind == "header":
            headers.append((use.name, value))
        elif use.kind == "bearer":
            headers.append(("Authorization", f"Bearer {value}"))
        else:
            headers.append(("Authorization", f"Basic {b64encode(value.encode()).decode()}"))
    return Placed(tuple(headers), tuple(query))


def forms(secrets: Secrets) -> tuple[str, ...]:
    """Every way in which a secret may stand in what comes back, longest first."""
    found: set[str] = set()
    for secret in secrets.values():
        value = secret.get_secret_value()
        if len(value) < SHORTEST:
            continue
        found |= {value, quote(value, safe=""), quote_plus(value)}
        found.add(b64encode(value.encode()).decode())
        if ":" in value and len(password := value.partition(":")[2]) >= SHORTEST:
            found.add(password)
    return tuple(sorted(found, key=len, reverse=True))


def scrubbed(value: Any, hidden: Sequence[str]) -> Any:
    """`value` without those texts, wherever they stand in it."""
    if not hidden:
        return value
    if isinstance(value, str):
        for text in hidden:
            value = value.replace(text, HIDDEN)
        return value
    if isinstance(value, dict):
        return {scrubbed(k, hidden): scrubbed(v, hidden) for k, v in value.items()}
    if isinstance(value, list):
        return [scrubbed(item, hidden) for item in value]
    return value
