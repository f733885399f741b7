"""What the analyst is asked of a program that failed."""

from __future__ import annotations

from autonomy.core.analysis import TableProfile
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.analysing import columns
from autonomy.core.prompts.parts import LISTS, prompt, version
from autonomy.core.untrusted import RULE, Fence

# The whole program is asked for, because a patch of a program that fails tends not to apply.
_MENDER = """\
Role: mender.
You mend a Python program that computes results from a table and failed. It stands behind lines that read the table into `data`; \
the functions that it uses (count, number, share, coefficient, label, words, figures, add_table, add_figure, say, add_part, finish) are there \
and right.

Rules:
- Find the cause in the error, change as little as possible, and give the whole program again, without the lines that read the table.
- Every number in a title, note, alternative text or sentence stands in a cell of a table; sentences bind it: say("… {{n}} …", \
n=table.at(row, column)).
- Only pandas, numpy and matplotlib as they are imported; no files, no network. Answer with the code alone.

{rule}"""
VERSION = version(_MENDER)


def program_mender(*, profile: TableProfile, program: str, message: str, trace: str) -> Prompt:
    """For a mended program as plain text.

    Args:
        program: what failed, without the functions that all programs begin with.
        message: what went wrong, in one sentence.
        trace: the end of what it wrote to standard error.
    """
    fence = Fence()
    told = [
        Part(fence.announcement),
        Part(
            fence.quote("columns", columns(profile), limit=6_000),
            LISTS,
            "the columns",
            shorten=True,
        ),
        Part(fence.quote("program", program, limit=24_000)),
        Part(fence.quote("error", f"{message}\n{trace}", limit=3_000)),
    ]
    return prompt("program_mender", VERSION, _MENDER.format(rule=RULE), told, answer_tokens=6_000)
