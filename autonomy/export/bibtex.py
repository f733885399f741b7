"""The works cited, for reference managers: BibTeX, CSL-JSON and RIS."""

from __future__ import annotations

import json
import re

from autonomy.export.document import Document
from autonomy.export.pandoc import run_pandoc
from autonomy.export.render import render
from autonomy.export.ris import write_ris
from autonomy.tools.csl.reference import Reference


def write_bibtex(document: Document) -> str:
    """The works cited as BibTeX entries, keys as in the other formats (`vaswani2017`)."""
    references = render(document).references
    if not references:
        return ""
    source = json.dumps(references, ensure_ascii=False)
    entries = run_pandoc(["-f", "csljson", "-t", "bibtex", "--wrap=none"], source).decode()
    return _complete(entries, references)


def _complete(entries: str, references: list[Reference]) -> str:
    """Pandoc's entries with what they leave out: DOI, day of access, a report's institution, and
    months as the macros that BibTeX knows."""
    for reference in references:
        extra = ""
        if "DOI" in reference:
            extra += f"  doi = {{{reference['DOI']}}},\n"
        day = reference.get("accessed", {}).get("date-parts", [[]])[0]
        if len(day) == 3:
            extra += f"  urldate = {{{day[0]:04d}-{day[1]:02d}-{day[2]:02d}}},\n"
        opening = re.search(rf"(?m)^@\w+\{{{re.escape(reference['id'])},\n", entries)
        if opening:
            entries = entries[: opening.end()] + extra + entries[opening.end() :]
    entries = re.sub(r"(?m)^(  month = )\{([a-z]{3})\}", r"\1\2", entries)
    reports = re.compile(r"^@techreport\{.*?^\}", re.MULTILINE | re.DOTALL)
    return reports.sub(
        lambda found: found[0].replace("\n  publisher =", "\n  institution ="), entries
    )


def write_csl_json(document: Document) -> str:
    """The works cited as CSL-JSON (https://docs.citationstyles.org), in the order of the list."""
    return json.dumps(render(document).references, ensure_ascii=False, indent=2) + "\n"


def write_ris_file(document: Document) -> str:
    """The works cited as RIS records, in the order of the list."""
    return write_ris(render(document).references)
