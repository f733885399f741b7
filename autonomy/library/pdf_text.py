"""Text of a page as PDFium knows it."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as raw


def characters(text: Any, count: int) -> str:
    """The characters of a text page, one for each of PDFium's indices."""
    buffer = (ctypes.c_ushort * (count + 1))()
    if count > 0 and raw.FPDFText_GetText(text, 0, count, buffer) == count + 1:
        string = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if len(string) == count:
            return string
    # Some characters have no Unicode, or two units: then the text and the indices run apart.
    codes = (raw.FPDFText_GetUnicode(text, index) for index in range(count))
    return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)
