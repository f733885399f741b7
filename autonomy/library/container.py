"""Zip containers of documents (DOCX, PPTX, XLSX, EPUB, ODT), opened with suspicion.

The container is measured before and while it is unpacked, so that a small file cannot become a
huge one, and XML parts that declare entities are refused: office programs never write them.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lxml import etree  # type: ignore[import-untyped]

from autonomy.library.parsed import FailureCode, ParseFailure, ParseLimits

_MAX_MEMBERS = 20_000
# XML rarely packs better than 1:100; bombs pack 1:1000 and more.
_MAX_RATIO = 400
_PIECE = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Container:
    """An open container; `noun` names it in messages ("Word document")."""

    def __init__(self, path: Path, limits: ParseLimits, noun: str) -> None:
        """
        Raises:
            ParseFailure: `damaged`, or `too_large` by what the container itself declares.
        """
        self._noun = noun
        self._left = limits.max_unpacked_bytes
        try:
            self._archive = zipfile.ZipFile(path)
            members = self._archive.infolist()
        except _BROKEN as error:
            raise self.damaged() from error
        bombs = any(
            m.file_size > 10_000_000 and m.file_size > _MAX_RATIO * max(m.compress_size, 1)
            for m in members
            if m.filename.endswith((".xml", ".rels", ".xhtml", ".html", ".opf"))
        )
        declared = sum(member.file_size for member in members)
        if len(members) > _MAX_MEMBERS or declared > limits.max_unpacked_bytes or bombs:
            self._archive.close()
            raise self._too_large()
        self.names = frozenset(member.filename for member in members)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._archive.close()

    def read(self, name: str) -> bytes | None:
        """The bytes of a member, or None when there is none of that name.

        Raises:
            ParseFailure: `damaged`, `encrypted`, or `too_large` by what really comes out.
        """
        if name not in self.names:
            return None
        pieces: list[bytes] = []
        try:
            with self._archive.open(name) as member:
                # The declared size can lie: count what really comes out.
                while piece := member.read(_PIECE):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise self._too_large()
                    pieces.append(piece)
        except RuntimeError as error:
            raise self.failure(
                "encrypted", "is protected by a password. Remove the password and upload it again."
            ) from error
        except _BROKEN as error:
            raise self.damaged() from error
        return b"".join(pieces)

    def xml(self, name: str) -> Any:
        """The root element of an XML member, or None when there is none of that name.

        Raises:
            ParseFailure: as `read`, and `damaged` for XML that is not well-formed or declares
                a document type.
        """
        content = self.read(name)
        if content is None:
            return None
        wide = content[:4].startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4]
        head = content[: 1 << 16]
        if wide or b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise self.failure(
                "damaged",
                "holds parts that such files never hold (declared entities), so it was not "
                "opened. Save it again from the program that made it and upload that.",
            )
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
        )
        try:
            return etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self.damaged() from error

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Of an Office part: relation id to the last word of its type and the part's name.

        Targets outside the container are left out: nothing is ever fetched.
        """
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            if not isinstance(relation.tag, str) or relation.get("TargetMode") == "External":
                continue
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = (kind, target.lstrip("/"))
        return found

    def damaged(self) -> ParseFailure:
        return self.failure(
            "damaged",
            "is damaged and cannot be opened. Open it in the program that made it, save it again "
            "and upload that.",
        )

    def failure(self, code: FailureCode, what: str) -> ParseFailure:
        return ParseFailure(code, f"This {self._noun} {what}")

    def _too_large(self) -> ParseFailure:
        return self.failure(
            "too_large",
            "unpacks to far more data than such a file holds, so it was not opened. "
            "Split it and upload the parts you need.",
        )


def relation_id(element: Any) -> str:
    """The `r:id` of an Office element."""
    return str(element.get(_RELATION, ""))
