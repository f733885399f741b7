"""Which reader a reading is of: what changes how files are read changes the version."""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from importlib.metadata import version
from pathlib import Path

_FOLDER = Path(__file__).parent
_NO_READERS = frozenset({"embed.py", "minilm.py"})
"""Files here that have no part in it."""
_PACKAGES = ("pypdfium2", "python-docx", "selectolax")


@cache
def parser_version() -> str:
    """Digest of the code that reads and cuts files, with what it stands on.

    Taken from the code itself, so that no release can forget to count on; a program for scanned
    pages that is installed later makes a new version, because it reads more.
    """
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.py")):
        if path.name not in _NO_READERS:
            digest.update(path.relative_to(_FOLDER).as_posix().encode())
            digest.update(path.read_bytes())
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}".encode())
    for program in ("tesseract", "pandoc"):
        digest.update(str(bool(shutil.which(program))).encode())
    return digest.hexdigest()[:16]
