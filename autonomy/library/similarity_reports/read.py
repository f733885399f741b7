"""A file that a person brings becomes a `ReadReport`, whatever its name claims."""

from __future__ import annotations

import re
from pathlib import Path

from autonomy.core.originality import ReadReport
from autonomy.library.parsed import ParseLimits
from autonomy.library.similarity_reports.classic import read_classic
from autonomy.library.similarity_reports.errors import (
    NotAReport,
    OtherReport,
    ReportEmpty,
    ReportRefused,
    ReportTooLarge,
)
from autonomy.library.similarity_reports.html_form import read_html
from autonomy.library.similarity_reports.json_form import read_json
from autonomy.library.similarity_reports.labels import fold, holds
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.opened import OpenedPdf
from autonomy.library.similarity_reports.outcome import Outcome
from autonomy.library.similarity_reports.similarity_pdf import read_similarity_pdf

_PDF, _PDF_WITHIN = b"%PDF-", 1_024
_HTML = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|main|div|table|h1)\b",
    re.I | re.S,
)
_HEAD = 65_536
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SEEN_PAGES = 3
_KNOWN = (
    (b"PK\x03\x04", "an Office document or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "an RTF document"),
)


def read_file(path: Path, file_name: str, limits: ParseLimits) -> Outcome:
    """As `similarity_reports.read_report`, for `library.readers`."""
    try:
        report = read(path.read_bytes(), file_name, ReportLimits.in_process(limits))
    except ReportRefused as refused:
        return Outcome(code=refused.code, message=refused.message)
    return Outcome(report=report)


def read(data: bytes, name: str, limits: ReportLimits) -> ReadReport:
    """As `similarity_reports.read_report`."""
    if not data:
        raise ReportEmpty
    if _PDF in data[:_PDF_WITHIN]:
        return _read_pdf(data, limits)
    for signature, looks_like in _KNOWN:
        if data.startswith(signature):
            raise NotAReport(looks_like)
    head = data[:_HEAD]
    plain = head
    for mark in _BOMS:
        plain = plain.removeprefix(mark)
    plain = plain.replace(b"\x00", b"").lstrip()
    is_json = plain.startswith(b"{")
    if (
        is_json
        or _HTML.match(plain)
        or (name.lower().endswith((".html", ".htm")) and b"<" in plain)
    ):
        if len(data) > limits.max_text_bytes:
            raise ReportTooLarge(
                f"it has {len(data) / 1e6:,.0f} MB, and at most {limits.max_text_bytes / 1e6:,.0f} "
                "MB of HTML or JSON are read"
            )
        return read_json(data, limits) if is_json else read_html(data, limits)
    raise NotAReport("binary data" if b"\x00" in head[:1_024] else "a text")


def _read_pdf(data: bytes, limits: ReportLimits) -> ReadReport:
    with OpenedPdf(data, limits) as pdf:
        report = read_similarity_pdf(pdf, limits) or read_classic(pdf, limits)
        if report is not None:
            return report
        said = fold("".join(pdf.text(index) for index in range(min(pdf.count, _SEEN_PAGES))))
        if holds(said, ("ai_report",)):
            raise OtherReport("a report on AI writing")
        if holds(said, ("receipt",)):
            raise OtherReport("a receipt for a submission")
        if not said:
            raise NotAReport("a PDF of pictures without text")
        raise NotAReport("a PDF")
