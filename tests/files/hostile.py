"""Files that are broken, mislabelled or made to do harm."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import pypdf
import typst

from tests.files.documents import repack, typeset, word_document

PROSE = (
    "The harbour was quiet that winter. Nobody had seen ice in the bay before, and few believed it."
)


def png() -> bytes:
    """A grey image of 200 × 100 pixels."""

    def part(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    rows = b"".join(b"\x00" + b"\x80" * 200 for _ in range(100))
    header = struct.pack(">IIBBBBB", 200, 100, 8, 0, 0, 0, 0)
    parts = part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def simple_pdf(path: Path) -> Path:
    return typeset(path, f"#set page(width: 10cm, height: 8cm)\n{PROSE}\n#pagebreak()\n{PROSE}")


def encrypted_pdf(path: Path, *, owner_only: bool = False) -> Path:
    writer = pypdf.PdfWriter(clone_from=simple_pdf(path))
    writer.encrypt(user_password="" if owner_only else "secret", owner_password="owner")
    writer.write(path)
    return path


def scanned_pdf(path: Path) -> Path:
    """Pages that are one picture each."""
    picture = ", ".join(str(byte) for byte in png())
    page = f'#image(bytes(({picture})), format: "png", width: 100%)'
    return typeset(path, f"{page}\n#pagebreak()\n{page}")


def photographed_pdf(path: Path, pages: list[str], pictures: set[int]) -> Path:
    """A page for each text; those in `pictures` (from 1) only as a picture of the page."""
    parts: list[str] = []
    for number, text in enumerate(pages, 1):
        if number in pictures:
            picture = typst.compile(
                f"#set page(width: 14cm, height: 9cm)\n#set text(size: 13pt)\n{text}".encode(),
                format="png",
                ppi=150,
            )
            assert isinstance(picture, bytes)
            content = ", ".join(map(str, picture))
            parts.append(
                f'#page(margin: 0cm)[#image(bytes(({content})), format: "png", width: 100%)]'
            )
        else:
            parts.append(f"#page[{text}]")
    return typeset(path, "#set page(width: 14cm, height: 9cm)\n" + "\n".join(parts))


def blank_pdf(path: Path) -> Path:
    return typeset(path, "#page[]\n#page[]")


def truncated_pdf(path: Path) -> Path:
    content = simple_pdf(path).read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    return path


def zip_bomb(path: Path) -> Path:
    """A Word document whose text unpacks to 200 MB."""
    return repack(word_document(path), {"word/document.xml": b"<w:p>" + b" " * 200_000_000})


def lying_zip_bomb(path: Path) -> Path:
    """As `zip_bomb`, but its directory claims a harmless size."""
    content = bytearray(zip_bomb(path).read_bytes())
    real = struct.pack("<I", 200_000_005)
    at = content.find(real)
    while at >= 0:
        content[at : at + 4] = struct.pack("<I", 5_000)
        at = content.find(real, at)
    path.write_bytes(content)
    return path


def docx_with_entity(path: Path, target: str) -> Path:
    """A Word document that asks the reader to fetch `target`."""
    with zipfile.ZipFile(word_document(path)) as archive:
        document = archive.read("word/document.xml").decode()
    declared = f'<!DOCTYPE x [<!ENTITY leak SYSTEM "{target}">]>'
    document = document.replace("?>", f"?>{declared}", 1).replace("Rain that", "&leak; Rain that")
    return repack(path, {"word/document.xml": document.encode()})
