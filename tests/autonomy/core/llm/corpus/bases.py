"""Good answers of every shape that the product asks for, in several languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from autonomy.core.answers import ClaimVerdicts, PlannedDocument, ProposedRepair


@dataclass(frozen=True)
class Base:
    """A good answer."""

    name: str
    output: type[BaseModel]
    value: dict[str, Any]


def _section(heading: str, purpose: str, queries: list[str], words: int) -> dict[str, Any]:
    return {"heading": heading, "purpose": purpose, "queries": queries, "words": words}


BASES = (
    Base(
        "plan",
        PlannedDocument,
        {
            "title": "Tides and the mudflats of the Orm estuary",
            "rationale": "The sources measure salt, birds and silt; nothing is said of fish.",
            "sections": [
                _section(
                    "Salt in the channels",
                    "Show how far the salt reaches at spring tide, and who measured it.",
                    ["salinity spring tide", "salt wedge upstream", "gauge readings channel"],
                    310,
                ),
                _section(
                    "Silt: where it settles",
                    "Compare the two maps of the flats (1988, 2011).",
                    ["silt deposition map", "mudflat height change"],
                    270,
                ),
                _section("Birds", "Say which waders left, and when.", ["wader counts winter"], 220),
            ],
        },
    ),
    Base(
        "plan in German",
        PlannedDocument,
        {
            "title": "Wärmepumpen im Altbau – was die Quellen hergeben",
            "rationale": "Zwei Messreihen, eine Umfrage; über Kosten sagen sie wenig.",
            "sections": [
                _section(
                    "Vorlauftemperatur und Dämmung",
                    "Zeigen, ab welcher Temperatur die Anlage unwirtschaftlich wird.",
                    ["Vorlauftemperatur Altbau", "Dämmung Jahresarbeitszahl"],
                    400,
                ),
                _section("Lärm", "Die Umfrage „Nachbarn“ auswerten.", ["Lärm Umfrage"], 150),
            ],
        },
    ),
    Base(
        "plan in Japanese",
        PlannedDocument,
        {
            "title": "里山の水路と生き物",
            "rationale": "資料は三つの谷の調査に限られる。",
            "sections": [
                _section(
                    "水路の形", "形が魚に及ぼす影響を示す。", ["水路 魚 調査", "護岸 形"], 350
                ),
                _section("農薬", "濃度の変化を比べる。", ["農薬 濃度"], 250),
            ],
        },
    ),
    Base(
        "plan in Arabic",
        PlannedDocument,
        {
            "title": "مياه الواحات",
            "rationale": "تقيس المصادر منسوب الآبار فقط.",
            "sections": [
                _section("الآبار", "بيان انخفاض المنسوب.", ["منسوب الآبار", "ملوحة المياه"], 300),
                _section("الري", "مقارنة طريقتين.", ["الري بالتنقيط"], 200),
            ],
        },
    ),
    Base(
        "plan with formulas",
        PlannedDocument,
        {
            "title": "Diffusion in porous glass",
            "rationale": "All three papers fit $D = \\frac{L^2}{\\tau}$ to their data.",
            "sections": [
                _section(
                    "The coefficient $D$",
                    "Derive \\theta from \\nabla c and state its error.",
                    ["diffusion coefficient glass", "porosity \\rho"],
                    260,
                ),
                _section("Limits", "Say where \\alpha < 1 was seen.", ["anomalous diffusion"], 140),
            ],
        },
    ),
    Base(
        "verdicts",
        ClaimVerdicts,
        {
            "verdicts": [
                {
                    "marker": 1,
                    "verdict": "supported",
                    "reason": 'It says "fell by a third", which is the claim.',
                },
                {"marker": 2, "verdict": "unsupported", "reason": "It speaks of 2011, not 2001."},
                {"marker": 4, "verdict": "partly", "reason": "Only the western flats are named."},
            ]
        },
    ),
    Base(
        "one verdict",
        ClaimVerdicts,
        {
            "verdicts": [
                {
                    "marker": 7,
                    "verdict": "partly",
                    "reason": "The hedge is missing:\nit says “may”.",
                }
            ]
        },
    ),
    Base(
        "verdicts without reasons",
        ClaimVerdicts,
        {"verdicts": [{"marker": n, "verdict": "supported"} for n in (11, 12)]},
    ),
    Base(
        "repair",
        ProposedRepair,
        {
            "diagnosis": "The search asked for 90 results; at most 40 are given, so 40 are asked for.",
            "tool": None,
            "input": {"queries": ["estuary salt"], "limit": 40, "source_ids": []},
        },
    ),
    Base(
        "repair with another tool",
        ProposedRepair,
        {
            "diagnosis": "There is no tool library.find; library.search takes the same queries.",
            "tool": "library.search",
            "input": {"queries": ["wader counts", "winter roost"], "limit": 12},
        },
    ),
)
