"""Two papers on one theme, made here: real text, a title, authors and a year to be found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import typst


@dataclass(frozen=True)
class Paper:
    file_name: str
    title: str
    authors: tuple[str, ...]
    year: int
    journal: str
    sections: tuple[tuple[str, str], ...]

    @property
    def first_family(self) -> str:
        return self.authors[0].rpartition(" ")[2]


STREET_TREES = Paper(
    file_name="street-trees.pdf",
    title="Street Trees and Summer Heat in Mid-Sized Cities",
    authors=("Nadia Okonkwo", "Lars Heidemann"),
    year=2018,
    journal="Journal of Urban Climate 14 (2018)",
    sections=(
        (
            "Abstract",
            "We study how street trees change the air temperature that pedestrians meet in summer. "
            "Sensors at sixty crossings in four cities recorded three hot seasons. Streets with a "
            "closed canopy were on average 1.9 degrees cooler in the afternoon than open streets "
            "of the same width. The effect depends on soil water and fades after long dry spells.",
        ),
        (
            "Introduction",
            "Urban heat is a growing problem because paved surfaces store the energy of the day and "
            "give it back at night. Heat waves raise mortality among older people, and the risk is "
            "highest where there is no shade. Earlier work measured the temperature of roofs and "
            "squares from aircraft, which says little about the air at the height of a person. "
            "Other studies followed a single street for one season, so that their results could "
            "not be separated from the weather of that year. Planners therefore lack figures that "
            "hold across streets and summers. This paper asks how much cooling a row of street "
            "trees gives to pedestrians, and under which conditions the cooling fails.",
        ),
        (
            "Methods",
            "We placed sixty shielded sensors at a height of two metres on lamp posts in four "
            "mid-sized cities. Each crossing was paired with another of the same width and "
            "orientation that had no trees. Canopy cover was estimated from photographs taken "
            "upwards every second week. Soil moisture was measured at a depth of forty centimetres "
            "in every tenth planting pit. We propose a paired difference as the measure of cooling, "
            "because it removes the weather of the day from the comparison.",
        ),
        (
            "Results",
            "The mean afternoon difference between paired streets was 1.9 degrees, and in the "
            "hottest weeks it reached 3.1 degrees. Cooling increased with canopy cover up to about "
            "seventy per cent and did not increase further. Night temperatures were almost the same "
            "in both kinds of street. When soil moisture fell below fifteen per cent, the cooling "
            "effect dropped by half within ten days. Young trees with small crowns showed no effect "
            "that could be measured.",
        ),
        (
            "Discussion",
            "Shade explains most of the difference in the afternoon, because it keeps the energy of "
            "the sun from the pavement. Transpiration adds to it as long as the roots find water, "
            "which is why the effect weakens in a drought. A closed canopy can also hold back the "
            "wind, and this may explain why cooling stops growing beyond seventy per cent of cover. "
            "For planners this means that watering established trees is cheaper than planting new "
            "ones when a dry summer is expected.",
        ),
        (
            "Limitations",
            "Our cities share a temperate climate, and the results may not carry over to drier "
            "regions. The sensors measured air temperature only, so that radiant heat and humidity "
            "remain open questions. Future work should follow the same streets as the young trees "
            "grow.",
        ),
    ),
)

GREEN_ROOFS = Paper(
    file_name="green-roofs.pdf",
    title="Green Roofs and the Cooling of Dense Districts",
    authors=("Mireille Fontaine", "Tomasz Zielinski", "Ayu Pratama"),
    year=2021,
    journal="Building and Neighbourhood 8 (2021)",
    sections=(
        (
            "Abstract",
            "Green roofs are promoted as a remedy for urban heat, yet most evidence comes from single "
            "buildings. We combine measurements on twenty-two roofs with a model of a dense district. "
            "Planted roofs lower the surface temperature of the roof by up to eighteen degrees, but "
            "the air in the street below changes by less than half a degree.",
        ),
        (
            "Introduction",
            "Dense districts have little ground left for trees, so that roofs are often the only "
            "surface where plants can be added. Urban heat makes such districts uncomfortable, and "
            "the demand for cooling energy rises every summer. Previous work on green roofs was "
            "limited to the building that carries them and reported savings of energy under the "
            "roof. Whether a whole district becomes cooler for pedestrians is a different question, "
            "and the evidence for it has been weak. We address this gap with measurements and a "
            "model that were made for each other.",
        ),
        (
            "Methods",
            "Twenty-two roofs were instrumented for two summers, eleven of them planted and eleven "
            "covered with gravel. Surface temperature, substrate moisture and the flow of heat into "
            "the building were logged every five minutes. A model of the district with a resolution "
            "of four metres was calibrated against these data. We propose to judge a measure by the "
            "temperature at the height of a pedestrian and not by that of the roof itself.",
        ),
        (
            "Results",
            "On clear afternoons the planted roofs were on average twelve degrees cooler at the "
            "surface than gravel roofs, and the largest difference was eighteen degrees. The flow of "
            "heat into the top floor fell by a third. In the model, planting every second roof "
            "lowered the air temperature in the street by 0.3 degrees. Planting all roofs of "
            "buildings below twelve metres gave 0.6 degrees, whereas tall buildings contributed "
            "nothing to the street.",
        ),
        (
            "Discussion",
            "The air that a roof cools stays above the roof, which explains why tall buildings do not "
            "help people in the street. Low buildings are different because their roofs lie within "
            "the layer of air that is mixed down to the ground. Compared with street trees, green "
            "roofs cool the building rather than the pedestrian. Their advantage is that they need "
            "no ground and hold back rain water at the same time.",
        ),
        (
            "Limitations",
            "The model does not include wind from outside the district, so that the effect of large "
            "parks nearby remains unknown. Only extensive roofs with a thin substrate were measured. "
            "However, dry substrate cooled much less, and irrigation in droughts is a question for "
            "future work.",
        ),
    ),
)

PAPERS = (STREET_TREES, GREEN_ROOFS)

_PAGE = """
#set document(title: "{title}", author: ({authors}), date: datetime(year: {year}, month: 5, day: 4))
#set page(paper: "a5", margin: 1.8cm, header: align(right, text(8pt)[{journal}]),
  footer: align(center, context counter(page).display()))
#set text(size: 10.5pt, lang: "en")
#set par(justify: true)
#show heading: it => block(above: 1.2em, below: 0.7em, text(12pt, weight: "bold", it.body))
#align(center)[#text(17pt, weight: "bold")[{title}]

#text(11pt)[{names}]]
{body}
"""


def make_pdf(paper: Paper, folder: Path) -> Path:
    """Typeset the paper into `folder`."""
    body = "\n".join(f"= {heading}\n{text}\n" for heading, text in paper.sections)
    source = _PAGE.format(
        title=paper.title,
        authors=", ".join(f'"{name}"' for name in paper.authors) + ",",
        year=paper.year,
        journal=paper.journal,
        names=", ".join(paper.authors),
        body=body,
    )
    path = folder / paper.file_name
    path.write_bytes(typst.compile(source.encode()))
    return path


def fresh_paper(name: str, folder: Path) -> Path:
    """A paper that no other test has uploaded, told apart by `name`."""
    plain = re.sub(r"\W+", "-", name)
    title = f"{STREET_TREES.title}: {plain.replace('-', ' ')}"
    return make_pdf(replace(STREET_TREES, file_name=f"{plain[:30]}.pdf", title=title), folder)
