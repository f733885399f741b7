"""Facts of claims against passages: false alarms on true claims, detections on spoiled ones.

Needs a folder with SciFact in BEIR's form (`corpus.jsonl.gz`, `train_queries.jsonl`,
`train_evidence.tsv`): `SCIFACT=…` names its folder.

Spoiled claims are sentences of the corpus, held against their own abstract, with one fact changed
to another of its kind that the abstract does not have.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from autonomy.core.types import FindingWeight
from autonomy.library.sentences import sentences
from autonomy.tools.facts.compare import Facts, findings
from autonomy.tools.facts.names import names
from autonomy.tools.facts.spelling import plain
from tests.bench.figures import Figure

FOLDER = Path(os.environ.get("SCIFACT", ""))
SPOILED = 400
"""Sentences per kind of corruption."""
FALSE_ALARMS = 0.06
DETECTED = 0.9

_NUMBER = re.compile(r"(?<![\w.,/-])\d+(?:\.\d+)?(?![\w.,/-]\w|[\w/])")
_YEAR = re.compile(r"(?<![\w.,/-])(?:19[5-9]\d|20[01]\d)(?![\w.,/-])")
_UNIT = re.compile(r"(?<=\d )(?:mg|kg|ml|years?|months?|weeks?|days?|hours?|min)\b|(?<=\d)%")
_OTHER = {"mg": "kg", "kg": "mg", "ml": "km", "%": " mg", "min": "days"}
_TIMES = ("years", "months", "weeks", "days", "hours")


def _corpus() -> dict[str, str]:
    if not (FOLDER / "corpus.jsonl.gz").is_file():
        raise FileNotFoundError("Name the folder of SciFact with SCIFACT=…")
    with gzip.open(FOLDER / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        return {row["_id"]: f"{row['title']} {row['text']}" for row in rows}


def _claims() -> Iterator[tuple[str, str, str]]:
    """(label, claim, document) for each pair of SciFact's training claims that has evidence."""
    with (FOLDER / "train_queries.jsonl").open(encoding="utf-8") as lines:
        asked = {row["_id"]: row["text"] for row in map(json.loads, lines)}
    with (FOLDER / "train_evidence.tsv").open(encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        pairs = {(row["label"], row["query-id"], row["corpus-id"]) for row in rows}
    for label, query, document in sorted(pairs):
        yield label, asked[query], document


def _number(sentence: str, document: str, chance: random.Random) -> str | None:
    places = [m for m in _NUMBER.finditer(sentence) if not _YEAR.fullmatch(m[0])]
    if not places:
        return None
    match = chance.choice(places)
    for _ in range(20):
        digits = list(match[0])
        at = chance.choice([i for i, c in enumerate(digits) if c.isdigit()])
        digits[at] = chance.choice("123456789")
        changed = "".join(digits)
        if changed not in document:
            return sentence[: match.start()] + changed + sentence[match.end() :]
    return None


def _year(sentence: str, document: str, chance: random.Random) -> str | None:
    places = list(_YEAR.finditer(sentence))
    if not places:
        return None
    match = chance.choice(places)
    shifted = str(int(match[0]) + chance.choice((-3, -2, -1, 1, 2, 3)))
    if shifted in document:
        return None
    return sentence[: match.start()] + shifted + sentence[match.end() :]


def _unit(sentence: str, document: str, chance: random.Random) -> str | None:
    places = list(_UNIT.finditer(sentence))
    if not places:
        return None
    match = chance.choice(places)
    stem = match[0].rstrip("s")
    others = [t for t in _TIMES if not t.startswith(stem)]
    other = _OTHER.get(match[0]) or chance.choice(others)
    number = re.search(r"[\d.]+\s?$", sentence[: match.start()])
    if number is None or f"{number[0]}{other}" in document:
        return None
    return sentence[: match.start()] + other + sentence[match.end() :]


_PEOPLE = ("Okonkwo", "Lindqvist", "Marrakesh", "Patagonia", "Novartis", "Helsinki", "UNESCO")


def _name(sentence: str, document: str, chance: random.Random) -> str | None:
    found = [n for n in names(plain(sentence)) if not n.label and n.text in sentence]
    found = [n for n in found if not sentence.startswith(n.text)]
    if not found:
        return None
    return sentence.replace(chance.choice(found).text, chance.choice(_PEOPLE), 1)


Spoil = Callable[[str, str, random.Random], str | None]
_SPOILS: dict[str, Spoil] = {
    "number changed": _number,
    "year shifted": _year,
    "unit changed": _unit,
    "name swapped": _name,
}


def _alarmed(claim: str, facts: Facts) -> bool:
    return any(f.weight is FindingWeight.MISSING for f in findings(claim, facts))


def _spoiled(corpus: dict[str, str], spoil: Spoil) -> tuple[int, int, int]:
    """How many spoiled sentences there are, how many are noticed, and how many of the same
    sentences raise a false alarm unspoiled."""
    chance = random.Random(7)
    made = noticed = false = 0
    for document in corpus.values():
        if made == SPOILED:
            break
        facts = None
        for start, end in sentences(document):
            sentence = document[start:end]
            if not 8 <= len(sentence.split()) <= 60:
                continue
            changed = spoil(sentence, document, chance)
            if changed is None:
                continue
            facts = facts or Facts(document)
            made += 1
            noticed += _alarmed(changed, facts)
            false += _alarmed(sentence, facts)
            break
    return made, noticed, false


def bench() -> list[Figure]:
    corpus = _corpus()
    seen: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    began = time.perf_counter()
    for label, claim, document in _claims():
        seen[label] += 1
        alarms[label] += _alarmed(claim, Facts(corpus[document]))
    each = (time.perf_counter() - began) / sum(seen.values())
    share = alarms["SUPPORT"] / seen["SUPPORT"]
    figures = [
        Figure(
            "false alarms on supported claims",
            100 * share,
            "%",
            f"{alarms['SUPPORT']} of {seen['SUPPORT']} claims",
            f"≤ {FALSE_ALARMS:.0%}",
            share <= FALSE_ALARMS,
        ),
        Figure(
            "alarms on contradicted claims",
            100 * alarms["CONTRADICT"] / seen["CONTRADICT"],
            "%",
            f"{alarms['CONTRADICT']} of {seen['CONTRADICT']}: facts do not tell meaning",
        ),
    ]
    for name, spoil in _SPOILS.items():
        made, noticed, false = _spoiled(corpus, spoil)
        figures.append(
            Figure(
                f"{name}: noticed",
                100 * noticed / made,
                "%",
                f"{noticed} of {made}; {false} alarms on the true sentences",
                f"≥ {DETECTED:.0%}",
                noticed / made >= DETECTED,
            )
        )
    figures.append(Figure("a claim against an abstract", each * 1e3, "ms"))
    return figures
