"""A sound file of each format, to be damaged."""

from __future__ import annotations

from pathlib import Path

from tests.files import documents, hostile, office


def sound_files(folder: Path) -> dict[str, bytes]:
    """File name to content; formats that matter more come in more shapes."""
    made = [
        documents.two_column_paper(folder / "paper.pdf"),
        documents.book_of_pages(folder / "book.pdf", 6),
        hostile.encrypted_pdf(folder / "owned.pdf", owner_only=True),
        documents.word_document(folder / "report.docx"),
        office.presentation(folder / "slides.pptx"),
        office.workbook(folder / "sheets.xlsx"),
        office.book(folder / "book.epub"),
        office.open_document(folder / "letter.odt"),
    ]
    texts = {
        "letter.rtf": office.RTF,
        "table.csv": office.TABLE * 20,
        "page.html": documents.PAGE,
        "notes.md": documents.NOTES,
        "notes.txt": f"Mills of the valley\n\n{documents.LEFT}\n\n{documents.RIGHT}\n" * 5,
    }
    return {path.name: path.read_bytes() for path in made} | {
        name: text.encode() for name, text in texts.items()
    }
