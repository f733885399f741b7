"""Addresses of model servers as people type or paste them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

MAX_CHARS = 500

_CALLS = re.compile(
    r"/(chat/completions|completions|responses|messages|embeddings|models|api/(tags|chat|generate"
    r"|show|version|ps|v0(/models)?))/*$"
)
"""Ends of addresses that were copied from an example of a call."""
_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9.\-_]{0,251}[A-Za-z0-9])?\.?$")
_LOCAL = re.compile(r"^(localhost|.*\.(local|localhost|lan|internal|home\.arpa))$")


class BadAddress(ValueError):
    """Not an address that a model can be called at; the text says why, for the person."""


def normalise(text: str, provider: str) -> str:
    """The address that calls start from, out of what was typed: with a scheme, without the call.

    Anthropic's dialect starts at the root, all others at `/v1` unless the path names another
    version.

    Raises:
        BadAddress: it cannot be one.
    """
    typed = text.strip()
    if not typed or len(typed) > MAX_CHARS or not typed.isascii() or not typed.isprintable():
        raise BadAddress("Give an address such as http://localhost:11434.")
    if re.search(r"[\s\\<>\"{}|^`]", typed):
        raise BadAddress("The address holds a character that addresses do not have.")
    if "://" not in typed:
        typed = f"{_likely_scheme(typed)}://{typed}"
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError as error:
        raise BadAddress("The address cannot be read; check its host and port.") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise BadAddress("The address must start with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("Put the key into its own field, not into the address.")
    host = (parts.hostname or "").lower()
    if not _is_host(host):
        raise BadAddress("The address has no host that can be called.")
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    path = _CALLS.sub("", path).rstrip("/")
    version = re.search(r"/v\d+[a-z0-9]*$", path)
    if provider == "anthropic":
        path = path[: version.start()] if version else path
    elif not version:
        path = f"{path}/v1"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{shown}{f':{port}' if port else ''}{path}"


def origin(address: str) -> str:
    """Scheme, host and port: what a key was given for."""
    parts = urlsplit(address)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or default}"


def place(address: str) -> str:
    """Host and port as people read them."""
    return urlsplit(address).netloc


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return bool(_HOST.match(host)) and ".." not in host
    return True


def _likely_scheme(typed: str) -> str:
    """http for what is nearly always a machine of one's own, https for the rest."""
    host = re.split(r"[/?#]", typed, maxsplit=1)[0].rsplit("@", 1)[-1]
    bare = host if host.startswith("[") else host.partition(":")[0]
    try:
        ip_address(bare.strip("[]"))
    except ValueError:
        return "http" if _LOCAL.match(bare.lower()) or "." not in bare else "https"
    return "http"
