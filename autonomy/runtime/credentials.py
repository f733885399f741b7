"""Keys of providers at rest: encrypted, bound to the row that they belong to, and never shown.

The encryption key comes from `CREDENTIALS_KEYS` (a comma list: the first encrypts, all decrypt) or,
where that is unset, from Django's `SECRET_KEY`. Inside the sealed text stands the row's id: a sealed
key that is moved to another row opens for nobody.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import lru_cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from pydantic import SecretStr

from handywriterz.env import env
from handywriterz.log_lines import conceal

_LABEL = b"handywriterz model credentials v1"


def _derived(secret: str) -> Fernet:
    """A Fernet key from a secret of any form (HKDF, RFC 5869), apart from its other uses."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=_LABEL)
    return Fernet(urlsafe_b64encode(kdf.derive(secret.encode())))


@lru_cache(maxsize=4)
def _box(own: str, secret_key: str) -> MultiFernet:
    secrets = [part.strip() for part in own.split(",") if part.strip()]
    # The signing key stays the last to try: what was stored before there were keys still opens.
    return MultiFernet([_derived(secret) for secret in (*secrets, secret_key)])


def _current() -> MultiFernet:
    own = env().credentials_keys
    return _box(own.get_secret_value() if own else "", settings.SECRET_KEY)


def seal(key: SecretStr, row: UUID) -> bytes:
    """The key of row `row`, for its column."""
    inside = json.dumps({"row": str(row), "key": key.get_secret_value()})
    return _current().encrypt(inside.encode())


def unseal(sealed: bytes | memoryview | None, row: UUID) -> SecretStr | None:
    """The key that was sealed for `row`; None when there is none, or it cannot be opened (another
    row's, or the secrets have changed): then it has to be given again."""
    if not sealed:
        return None
    try:
        inside = json.loads(_current().decrypt(bytes(sealed)))
    except (InvalidToken, ValueError):
        return None
    if not isinstance(inside, dict) or inside.get("row") != str(row):
        return None
    conceal(str(inside["key"]))
    return SecretStr(str(inside["key"]))


def resealed(sealed: bytes | memoryview, row: UUID) -> bytes | None:
    """The same key under the first of the secrets; None when it cannot be opened."""
    key = unseal(sealed, row)
    return None if key is None else seal(key, row)
