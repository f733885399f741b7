"""Files that are no reports, or that mean harm."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from autonomy.core.originality import ReadReport
from autonomy.library.isolated import warm_up
from autonomy.library.similarity_reports import (
    NotAReport,
    OtherReport,
    ReportDamaged,
    ReportEmpty,
    ReportEncrypted,
    ReportLimits,
    ReportRefused,
    ReportTimeout,
    ReportTooLarge,
    read_report,
)
from autonomy.library.similarity_reports.isolated import read_confined
from tests.files.hostile import png
from tests.files.similarity_reports.canvas import Document
from tests.files.similarity_reports.variants import classic_report, enhanced_report


def pdf(*lines: str, pictures: int = 0) -> bytes:
    document = Document()
    if lines:
        page = document.page()
        for at, line in enumerate(lines):
            page.text(60, 100 + 30 * at, line, 12)
    for _ in range(pictures):
        document.page().picture()
    return document.bytes()


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"Similarity 14%", "report.txt", "a text"),
        (b"PK\x03\x04 word/document.xml", "draft.docx", "Office document"),
        (png(), "report.pdf", "a picture"),
        (b"\x00\x01\x02\x03" * 40, "report.pdf", "binary data"),
        (pdf("The harbour was quiet that winter.", "Nobody had seen ice."), "draft.pdf", "a PDF"),
        (pdf(pictures=3), "scan.pdf", "pictures without text"),
        (b"<html><body><p>Hello, 14% of it.</p></body></html>", "page.html", "a web page"),
        (b"<!doctype html><title>x</title>", "page.html", "a web page"),
        (b'{"cycle": 3}', "report.json", "no `similarity`"),
    ],
)
def test_what_is_no_report_is_told_so(data: bytes, name: str, said: str) -> None:
    with pytest.raises(NotAReport, match=said) as refused:
        read_report(data, name)
    assert "percentage without a file" in refused.value.message


def test_a_text_about_reports_is_no_report() -> None:
    prose = (
        "An originality report lists its primary sources under the similarity index.",
        "In the new one, match groups stand beside top sources, 14% Overall Similarity above.",
        "Of internet sources and publications it says little, e.g. trn:oid:::1:1.",
    )
    with pytest.raises(NotAReport):
        read_report(pdf(*prose), "essay.pdf")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("Digital Receipt", "This receipt says that your paper came in."), "receipt"),
        (("Page 2 of 9 - AI Writing Overview", "26% detected as AI"), "AI writing"),
    ],
)
def test_other_papers_of_the_service_are_called_by_their_names(
    lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(OtherReport, match=said):
        read_report(pdf(*lines), "report.pdf")


def _encrypted(data: bytes) -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(data))
    writer.encrypt(user_password="secret", owner_password="owner")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _bomb() -> bytes:
    """A page whose content unpacks to gigabytes: one block of it, again and again."""
    packer = zlib.compressobj(9)
    start = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * (1 << 25)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = pdf("Page with little on it")
    at = data.index(b"stream\n", data.index(b"/Contents") - 600) + len(b"stream\n")
    end = data.index(b"\nendstream", at)
    head = data.rindex(b"/Length", 0, at)
    content = start + block * 100
    return (
        data[:head]
        + b"/Length %d /Filter /FlateDecode >>\nstream\n" % len(content)
        + content
        + data[end:]
    )


def _deep_page() -> bytes:
    return b"<html><body>" + b"<div>" * 200_000 + b"14% Similarity index"


CASES: dict[str, tuple[Callable[[], bytes], type[ReportRefused]]] = {
    "empty": (lambda: b"", ReportEmpty),
    "truncated": (lambda: classic_report("plain-en").data[:-900], ReportDamaged),
    "half": (lambda: enhanced_report("plain-en").data[:2_500], ReportDamaged),
    "only a head": (lambda: b"%PDF-1.7\n", ReportDamaged),
    "encrypted": (lambda: _encrypted(classic_report("plain-en").data), ReportEncrypted),
    "ten thousand pages": (lambda: pdf(pictures=10_000), ReportTooLarge),
    "endless nesting": (lambda: b'{"similarity":' + b"[" * 200_000, ReportDamaged),
    "broken JSON": (lambda: b'{"similarity": 14,', ReportDamaged),
    "endless number": (lambda: b'{"similarity": ' + b"9" * 20_000 + b"}", ReportDamaged),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_loses_its_own_reading(name: str, tmp_path: Path) -> None:
    make, kind = CASES[name]
    path = tmp_path / "report"
    path.write_bytes(make())
    with pytest.raises(kind) as refused:
        read_confined(path, "report.pdf")
    assert "without a file" in refused.value.message or "hand that in" in refused.value.message


@pytest.mark.parametrize("make", [_bomb, _deep_page])
def test_a_file_that_unpacks_without_end_is_stopped(
    make: Callable[[], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "report"
    path.write_bytes(make())
    limits = ReportLimits(timeout_seconds=2)
    with pytest.raises((ReportTimeout, ReportTooLarge, ReportDamaged, NotAReport)):
        read_confined(path, "report.html", limits)
    # The next file is read as if nothing had been.
    path.write_bytes(classic_report("plain-en").data)
    assert read_confined(path, "report.pdf").similarity is not None


def test_more_text_than_is_read_is_refused_before_it_is_read() -> None:
    data = b'{"similarity": 14, "note": "' + b"x" * 3_000 + b'"}'
    with pytest.raises(ReportTooLarge, match="MB of HTML or JSON"):
        read_report(data, "report.json", ReportLimits(max_text_bytes=2_000))


def test_time_is_bounded(tmp_path: Path) -> None:
    warm_up()
    path = tmp_path / "report.pdf"
    path.write_bytes(enhanced_report("many-passages").data)
    with pytest.raises(ReportTimeout, match="longer than"):
        read_confined(path, "report.pdf", ReportLimits(timeout_seconds=0.01))


def test_damage_anywhere_is_a_refusal_or_a_reading_and_nothing_else(tmp_path: Path) -> None:
    rng = random.Random(11)
    path = tmp_path / "report.pdf"
    kinds = set()
    for made in (classic_report("break-fr"), enhanced_report("break-es")):
        for _ in range(12):
            data = bytearray(made.data)
            for _ in range(rng.choice((1, 5, 60))):
                data[rng.randrange(len(data))] = rng.randrange(256)
            path.write_bytes(data)
            try:
                report = read_confined(path, "report.pdf")
            except ReportRefused as refused:
                kinds.add(type(refused))
            else:
                assert isinstance(report, ReadReport)
                kinds.add(ReadReport)
    assert ReadReport in kinds
    assert len(kinds) > 1
