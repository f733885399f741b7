from __future__ import annotations

from autonomy.export.ris import write_ris
from autonomy.tools.citations import references_of
from tests.autonomy.export.works import WORKS, source


def test_a_record_has_every_tag_in_its_place() -> None:
    references, _ = references_of([source("article")])
    assert write_ris(references).split("\r\n") == [
        "TY  - JOUR",
        "ID  - smith2019",
        "AU  - Smith, Jane A.",
        "AU  - Jones, Bo",
        "TI  - Learning to read graphs",
        "T2  - Journal of Data Studies",
        "VL  - 12",
        "IS  - 3",
        "DO  - 10.1000/jds.2019.12",
        "PY  - 2019",
        "DA  - 2019///",
        "SP  - 45",
        "EP  - 67",
        "ER  - ",
        "",
        "",
    ]


def test_every_kind_of_work_makes_one_record() -> None:
    references, _ = references_of([source(name) for name in WORKS])
    text = write_ris(references)
    assert text.count("TY  - ") == text.count("ER  - ") == len(WORKS)
    assert "AU  - World Health Organization\r\n" in text
    assert "Y2  - 2026/01/05/\r\n" in text
    assert "ED  - Weber, Max\r\n" in text


def test_a_value_cannot_start_a_line_of_its_own() -> None:
    references, _ = references_of([source("book", title="A\r\nER  - \r\nTY  - BOOK")])
    assert write_ris(references).count("\r\nER  - ") == 1
