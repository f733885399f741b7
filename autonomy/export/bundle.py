"""A text with the pictures that it refers to, and the programs that computed them, as one archive."""

from __future__ import annotations

import io
import zipfile

from autonomy.export.document import Document
from autonomy.export.exhibits import FOLDER

_WHEN = (2000, 1, 1, 0, 0, 0)
"""The same document makes the same archive."""


def bundle(document: Document, name: str, text: bytes) -> bytes:
    """`text` as `name`, `figures/…` beside it, and `computed/program-N.py`."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(path: str, data: bytes) -> None:
            entry = zipfile.ZipInfo(path, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)

        put(name, text)
        for exhibit in document.exhibits:
            if exhibit.png:
                put(f"{FOLDER}/{exhibit.file_name}", exhibit.png)
        for number, one in enumerate(document.provenance, start=1):
            put(f"computed/program-{number}.py", one.program.encode())
    return held.getvalue()
