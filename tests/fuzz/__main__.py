"""`python -m tests.fuzz [COUNT] [SEED]`: exit code 1 when a parser crashed, hung or said nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fuzz.run import fuzz

COUNT, SEED = 2_000, 1
KEPT = Path("test-results/fuzz")


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else COUNT
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    found = fuzz(count, seed, KEPT)
    sys.stdout.write(
        f"{found.table()}\n\n{found.count:,} files in {found.seconds:,.0f} s: "
        f"{len(found.crashes)} crashes, {len(found.hangs)} hangs past the limit, "
        f"{len(found.speechless)} without a message.\n"
    )
    wrong = [*found.crashes, *found.hangs, *found.speechless]
    for key in wrong:
        sys.stdout.write(f"  {key}\n")
    if wrong:
        sys.stdout.write(f"They are kept in {KEPT}.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
