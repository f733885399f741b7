"""Ways in which files are damaged: by a bad disk, a cut line, or on purpose."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

Damage = Callable[[bytes, random.Random], bytes]


def truncated(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


def flipped_bits(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 4, 32, 256))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def hole(content: bytes, chance: random.Random) -> bytes:
    start, size = _stretch(content, chance)
    return content[:start] + content[start + size :]


def zeroed(content: bytes, chance: random.Random) -> bytes:
    start, size = _stretch(content, chance)
    return content[:start] + bytes(size) + content[start + size :]


def repeated(content: bytes, chance: random.Random) -> bytes:
    start, size = _stretch(content, chance)
    return content[: start + size] + content[start : start + size] * 3 + content[start + size :]


def shuffled(content: bytes, chance: random.Random) -> bytes:
    size = max(1, len(content) // 16)
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    one, two = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    pieces[one], pieces[two] = pieces[two], pieces[one]
    return b"".join(pieces)


def wild_numbers(content: bytes, chance: random.Random) -> bytes:
    """Sizes and counts that point far away."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 10))):
        at = chance.randrange(max(1, len(changed) - 4))
        changed[at : at + 4] = chance.choice(
            (
                b"\xff\xff\xff\xff",
                b"\x00\x00\x00\x80",
                b"9999",
                b"-1 0",
                struct.pack("<I", 2**31 - 1),
            )
        )
    return bytes(changed)


def foreign_head(content: bytes, chance: random.Random) -> bytes:
    """The beginning of another format before this one's body."""
    head = chance.choice(
        (
            b"%PDF-1.7\n",
            b"PK\x03\x04",
            b"{\\rtf1 ",
            b"<html>",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"\x00" * 40,
        )
    )
    return head + content[chance.choice((0, len(head))) :]


def member_damaged(content: bytes, chance: random.Random) -> bytes:
    """A container whose directory is whole and one of whose members is not."""
    return _rebuilt(
        content, chance, lambda data: chance.choice(SIMPLE)(data, chance) if data else data
    )


def member_swapped(content: bytes, chance: random.Random) -> bytes:
    """A container that holds one part under another's name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        other = archive.read(chance.choice(archive.namelist()))
    return _rebuilt(content, chance, lambda data: other)


def nested_deeply(content: bytes, chance: random.Random) -> bytes:
    """A part whose elements stand in each other ten thousand deep."""
    depth = chance.choice((300, 10_000))
    return _rebuilt(content, chance, lambda data: b"<a>" * depth + data + b"</a>" * depth)


def stream_damaged(content: bytes, chance: random.Random) -> bytes:
    """A PDF one of whose compressed streams was unpacked, hurt and packed again."""
    at = [i for i in range(len(content)) if content.startswith(b"stream\n", i)]
    if not at:
        return flipped_bits(content, chance)
    start = chance.choice(at) + 7
    end = content.find(b"endstream", start)
    try:
        data = zlib.decompress(content[start:end].rstrip(b"\r\n"))
    except zlib.error:
        return flipped_bits(content, chance)
    hurt = chance.choice(SIMPLE)(data, chance) if data else b"("
    return content[:start] + zlib.compress(hurt) + content[end:]


def text_damaged(content: bytes, chance: random.Random) -> bytes:
    """Brackets, quotes and signs of many scripts where none belong."""
    changed = content
    for _ in range(chance.choice((1, 5, 40))):
        at = chance.randrange(len(changed) + 1)
        sign = chance.choice(
            ("(", ")", "<<", "[", "\u202e", "\u0301" * 50, "\x00", "{", '"', "漢", "\ufeff")
        )
        changed = changed[:at] + sign.encode() + changed[at:]
    return changed


SIMPLE: tuple[Damage, ...] = (
    truncated, flipped_bits, hole, zeroed, repeated, shuffled, wild_numbers, text_damaged,
)  # fmt: skip
CONTAINER: tuple[Damage, ...] = (member_damaged, member_damaged, member_swapped, nested_deeply)


def damages_of(name: str) -> tuple[Damage, ...]:
    """What can happen to a file of that name's format."""
    always = (*SIMPLE, foreign_head)
    if name.endswith((".docx", ".pptx", ".xlsx", ".epub", ".odt")):
        return (*always, *CONTAINER)
    return (*always, stream_damaged, stream_damaged) if name.endswith(".pdf") else always


def _stretch(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, chance.randrange(1, max(2, min(len(content) - start, len(content) // 4)))


def _rebuilt(content: bytes, chance: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """The container with one member changed; names and sums are right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = old.namelist()
        chosen = chance.choice(names)
        for name in names:
            data = old.read(name)
            # A member without the time of day, so that a seed makes the same bytes.
            member = zipfile.ZipInfo(name)
            new.writestr(member, change(data) if name == chosen else data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
