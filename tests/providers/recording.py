"""Exchanges with a provider, kept so that the same job can be answered again without it.

One JSON object per line: a heading, then each exchange with its request in canonical form (see
`canonical`) and its answer as it came, block by block. Nothing in it is a secret: keys, account
names, ids of clients and all headers but two stay out.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "handywriterz-recording/1"

KEPT_HEADERS = ("content-type", "retry-after")
"""Of an answer."""

# What names the client or the moment, or follows from a budget: no part of what is asked.
_UNKEPT = frozenset(
    {
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "metadata",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
        "user",
    }
)
_FENCE = re.compile(r"^Fence code: (\w{6,})$", re.MULTILINE)
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_QUOTED_MARKER = re.compile(r"(\[ ?\[[pn]:)[0-9A-Za-z-]*")


def canonical(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as any deployment would have made it for the same job.

    Fence codes and database ids are chance: the codes become one word, the ids numbers in the order
    of their appearance. Passages need no such treatment: their short ids come from their content
    (`autonomy.core.markers`), which is what lets the markers of a replayed answer bind.
    """
    names: dict[str, str] = {}

    def plain(text: str) -> str:
        for code in _FENCE.findall(text):
            text = text.replace(code, "FENCE")
        text = _UUID.sub(lambda m: names.setdefault(m[0], f"id-{len(names) + 1}"), text)
        # A long quotation may have been cut in the middle of an id.
        return _QUOTED_MARKER.sub(r"\1…", text)

    def walked(value: Any) -> Any:
        if isinstance(value, str):
            return plain(value)
        if isinstance(value, Mapping):
            return {key: walked(item) for key, item in value.items()}
        return [walked(item) for item in value] if isinstance(value, list) else value

    kept = {key: walked(value) for key, value in body.items() if key not in _UNKEPT}
    return dict(sorted(kept.items()))


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    """From the version on, e.g. `/chat/completions`."""
    request: dict[str, Any]
    """Canonical."""
    status: int
    headers: dict[str, str]
    blocks: tuple[tuple[float, bytes], ...]
    """Seconds since the block before (or the request), and the bytes."""

    @property
    def digest(self) -> str:
        return digest_of(self.method, self.path, self.request)

    def line(self) -> str:
        answer = {
            "status": self.status,
            "headers": self.headers,
            "blocks": [[round(seconds, 4), *_written(data)] for seconds, data in self.blocks],
        }
        asked = {"method": self.method, "path": self.path, "request": self.request}
        return json.dumps({**asked, "answer": answer}, ensure_ascii=False)

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Exchange:
        answer = line["answer"]
        blocks = tuple((float(block[0]), _bytes(*block[1:])) for block in answer["blocks"])
        return cls(
            line["method"],
            line["path"],
            line["request"],
            int(answer["status"]),
            dict(answer["headers"]),
            blocks,
        )


def digest_of(method: str, path: str, request: Mapping[str, Any]) -> str:
    """Names a canonical request."""
    text = json.dumps([method, path, request], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def short_path(path: str) -> str:
    """Without what stands before the protocol's own path, which clients differ in."""
    return "/" + re.sub(r"^/+(?:v1/+)*", "", path)


@dataclass
class Recording:
    """A file of exchanges."""

    exchanges: list[Exchange] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Recording:
        """
        Raises:
            OSError: it cannot be opened.
            ValueError: it is no recording of ours.
        """
        heading, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
        try:
            if json.loads(heading).get("format") != FORMAT:
                raise ValueError
            return cls([Exchange.of(json.loads(line)) for line in lines if line.strip()])
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not a recording of this format ({FORMAT}).") from error

    def nearest(self, method: str, path: str, request: Mapping[str, Any]) -> tuple[int, str]:
        """The exchange most like a request that is not here: its number from 1 (0 when there is
        none), and a sentence that says where the two part."""
        wanted = _flat(request)
        best, closest = 0, -1.0
        for number, exchange in enumerate(self.exchanges, 1):
            if (exchange.method, exchange.path) != (method, path):
                continue
            match = difflib.SequenceMatcher(None, _flat(exchange.request), wanted, autojunk=False)
            ratio = match.ratio()
            if ratio > closest:
                best, closest = number, ratio
        if not best:
            return 0, f"The recording holds nothing for {method} {path}."
        kept = _flat(self.exchanges[best - 1].request)
        place, (ours, theirs) = next(
            (
                (number, pair)
                for number, pair in enumerate(_paired(kept, wanted), 1)
                if pair[0] != pair[1]
            ),
            (0, ("", "")),
        )
        return best, (
            f"The nearest is exchange {best} of {len(self.exchanges)} ({closest:.0%} the same); they "
            f"part at line {place}: recorded “{_from_difference(ours, theirs)}”, asked "
            f"“{_from_difference(theirs, ours)}”."
        )


def start(path: Path, upstream: str) -> None:
    """Begin a new recording. `upstream` is named by its host only.

    Raises:
        OSError: it exists already, or cannot be written.
    """
    heading = {"format": FORMAT, "upstream": upstream}
    with path.open("x", encoding="utf-8") as file:
        file.write(json.dumps(heading, ensure_ascii=False) + "\n")


def append(path: Path, exchange: Exchange) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(exchange.line() + "\n")


def _written(data: bytes) -> list[str]:
    """As text; a block that ends in the middle of a character, as base64."""
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        return [base64.b64encode(data).decode(), "base64"]


def _bytes(text: str, form: str = "") -> bytes:
    return base64.b64decode(text) if form == "base64" else text.encode()


def _flat(request: Mapping[str, Any]) -> list[str]:
    """A request as lines: texts by their own, the rest by key."""
    lines: list[str] = []

    def walk(name: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key in sorted(value):
                walk(f"{name}.{key}", value[key])
        elif isinstance(value, list):
            for item in value:
                walk(name, item)
        else:
            lines.extend(f"{name}: {line}" for line in str(value).splitlines() or [""])

    walk("", request)
    return lines


def _from_difference(line: str, other: str) -> str:
    """A few words of `line` around the place where it leaves `other`."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(line, other, strict=False))
    place = sum(1 for _ in same)
    start = max(0, place - 30)
    return ("…" if start else "") + line[start : place + 120]


def _paired(ours: list[str], theirs: list[str]) -> Iterable[tuple[str, str]]:
    longest = max(len(ours), len(theirs))
    fill = ["(nothing)"] * longest
    return zip((ours + fill)[:longest], (theirs + fill)[:longest], strict=True)
