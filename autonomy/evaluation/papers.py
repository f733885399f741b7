"""Files that a seed makes: short papers on made-up studies, whole enough to be cited."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

_PLACES = "Arlen Brevik Caldera Dunmore Eskdale Fairholm Gravina Hollin Ivrea Jarrow Kestrel Lomond Morven".split()
_FAMILIES = (
    "Abara Bengtsson Castellano Dube Eriksen Farouk Grimaldi Hoshino Iqbal Jansen Kimani Lindqvist "
    "Moreau Novak Okafor Petrova Quispe Rahimi Salazar Tanaka Ueda Vargas Weiss Yilmaz".split()
)


class Subject(BaseModel):
    """What the papers of one seed are about."""

    model_config = ConfigDict(frozen=True)

    topic: str
    thing: str
    outcome: str
    cause: str
    people: str
    sites: str


SUBJECTS = tuple(
    Subject(topic=t, thing=a, outcome=o, cause=c, people=p, sites=s)
    for t, a, o, c, p, s in (
        ("street trees and summer heat", "street trees", "surface temperature", "canopy shade", "residents", "streets"),
        ("hedgerows and farmland birds", "hedgerows", "nest losses", "nesting cover", "farmers", "farms"),
        ("night buses and shift workers", "night buses", "travel time", "service frequency", "shift workers", "routes"),
        ("school gardens and vegetable eating", "school gardens", "refusal of vegetables", "weekly gardening", "teachers", "schools"),
        ("rain gardens and street flooding", "rain gardens", "peak runoff", "soil depth", "neighbours", "catchments"),
        ("cycle lanes and road injuries", "cycle lanes", "injury rates", "physical separation", "cyclists", "corridors"),
        ("peat bogs and carbon losses", "peat bogs", "carbon losses", "water level", "wardens", "bogs"),
        ("reading aloud and late talkers", "reading aloud", "speech delay", "daily reading", "parents", "nurseries"),
        ("green roofs and cooling demand", "green roofs", "cooling demand", "leaf cover", "caretakers", "buildings"),
        ("riparian strips and stream nitrate", "riparian strips", "nitrate load", "strip width", "growers", "streams"),
        ("quiet pavements and traffic noise", "quiet pavements", "noise levels", "surface porosity", "householders", "districts"),
        ("community kitchens and food waste", "community kitchens", "food waste", "shared storage", "volunteers", "kitchens"),
    )
)  # fmt: skip

_SECTIONS: dict[str, tuple[str, ...]] = {
    "Abstract": (
        "We report a {years}-year study of {thing} in {count} {sites} around {place}.",
        "Our results show that {thing} lowered {outcome} by {cut} per cent between {start} and {end}.",
        "The change was largest where {cause} had been planned together with the {people} from the beginning.",
    ),
    "Introduction": (
        "Planners have long suspected that {thing} influence {outcome}, although measurements over several years are rare.",
        "Earlier work on {thing} was limited to single {sites} and seldom lasted longer than {few} months.",
        "The question matters in {place} because {outcome} there has become a concern of the {people} since {start}.",
        "We therefore ask how strongly {cause} explains the effect of {thing} and under which conditions the effect disappears.",
        "Understanding {cause} is also of practical value, since it decides what {thing} cost to establish and to keep.",
    ),
    "Methods": (
        "We selected {count} {sites} at random from a register and measured {outcome} in each of them every {few} weeks.",
        "Each of the {sites} with {thing} was paired with a similar one without them, within {far} kilometres.",
        "Two observers recorded {cause} independently and agreed in {agree} per cent of the cases that both had visited.",
        "In addition, {asked} {people} answered a questionnaire about maintenance, costs and reasons for taking part.",
    ),
    "Setting": (
        "The area around {place} has grown quickly since {start}, and most of its {sites} were laid out before anyone considered {outcome}.",
        "Records of {outcome} reach back {years} years and were checked against an independent register before use.",
        "About {happy} per cent of the {sites} were managed by public bodies, while the rest belonged to private owners.",
        "Because {cause} differs widely within this area, it offers a natural contrast between neighbouring {sites}.",
    ),
    "Results": (
        "Average {outcome} fell by {cut} per cent where {thing} were introduced and by {base} per cent in the comparison {sites}.",
        "The effect of {thing} grew from {early} per cent in the first year to {late} per cent in the final year of measurement.",
        "Among the {sites} with little {cause}, {outcome} changed by less than {base} per cent during the whole period.",
        "Of the {people} who answered, {happy} per cent reported that they would support further {thing} in their own area.",
        "Variation between the {sites} was considerable, and {odd} of them showed no measurable change at all.",
    ),
    "Costs and upkeep": (
        "Establishing {thing} cost {asked} euros per unit on average, of which upkeep in the first {few} years took {late} per cent.",
        "Costs were lowest where {people} shared the work, and highest where contractors were hired for every visit.",
        "Every tenth euro spent on {cause} returned within {years} years through smaller expenses caused by {outcome}.",
        "Budgets that ended after {few} years led to visible decline of {thing} in {odd} of the {sites}.",
    ),
    "Views of the participants": (
        "In the questionnaire, {people} named better surroundings more often than lower {outcome} as their reason for supporting {thing}.",
        "Roughly {agree} per cent of them had noticed {cause} without being told that it was being studied.",
        "Critical answers concerned the effort of maintenance and the feeling that decisions about {thing} were made elsewhere.",
        "Those who had been consulted early judged {thing} more favourably even where {outcome} had hardly changed.",
    ),
    "Discussion": (
        "Most of the difference between the {sites} can be explained by {cause}, which varied more than any other factor.",
        "Maintenance by the {people} was decisive, because neglected {thing} lost half of their effect within {few} years.",
        "Our estimate of {cut} per cent is compatible with the mechanism that engineers have proposed for {thing}.",
        "Programmes that pay for {thing} without paying for their upkeep should therefore expect smaller benefits.",
    ),
    "Limitations": (
        "Our study cannot separate {cause} from the motivation of the {people}, because both were strongest in the same {sites}.",
        "Future research should follow {thing} for longer than {years} years and include {sites} outside {place}.",
        "The comparison {sites} were similar but not identical, so that some difference may have existed before {start}.",
        "It remains open whether the benefits of {thing} persist once public funding comes to an end.",
    ),
}


class Made(BaseModel):
    """One file."""

    model_config = ConfigDict(frozen=True)

    name: str
    data: bytes
    facts: dict[str, Any] = {}
    """What a rule may want to know of it."""


def subject_for(rng: random.Random, things: Sequence[str] = ()) -> Subject:
    """What this seed's papers are about.

    Args:
        things: only subjects about these; empty for all.
    """
    return rng.choice([one for one in SUBJECTS if not things or one.thing in things])


def numbers(rng: random.Random) -> dict[str, Any]:
    """Places, years and figures of one study."""
    years = rng.randint(3, 9)
    start = rng.randint(2004, 2013)
    cut = rng.randint(14, 48)
    return {
        "place": rng.choice(_PLACES),
        "years": years,
        "count": rng.randint(18, 96),
        "start": start,
        "end": start + years,
        "cut": cut,
        "base": rng.randint(2, 6),
        "few": rng.randint(3, 8),
        "far": rng.randint(2, 9),
        "agree": rng.randint(81, 97),
        "asked": rng.randint(110, 890),
        "early": rng.randint(5, 9),
        "late": cut + rng.randint(1, 9),
        "happy": rng.randint(52, 93),
        "odd": rng.randint(2, 7),
    }


def paper(
    rng: random.Random, subject: Subject, number: int, *, extra: str = "", hidden: str = ""
) -> Made:
    """A paper in Markdown.

    Args:
        extra: a paragraph that stands at the end of the results.
        hidden: text that a reader of the page would not see, in a comment of the discussion.
    """
    known = numbers(rng) | subject.model_dump()
    authors = rng.sample(_FAMILIES, 2)
    kind = rng.choice(("A field study", "A paired comparison", "Lessons", "Evidence"))
    title = f"{subject.topic[0].upper()}{subject.topic[1:]}: {kind.lower()} from {known['place']}"
    parts = [f"# {title}", f"{authors[0]} and {authors[1]} ({known['end'] + 2})"]
    for heading, templates in _SECTIONS.items():
        text = " ".join(template.format(**known) for template in templates)
        if heading == "Results" and extra:
            text += f"\n\n{extra.format(**known)}"
        if heading == "Discussion" and hidden:
            text += f"\n\n{hidden.format(**known)}"
        parts.append(f"## {heading}\n\n{text}")
    data = ("\n\n".join(parts) + "\n").encode()
    return Made(name=f"study-{number}-{known['place'].lower()}.md", data=data, facts=known)


def table(rng: random.Random, subject: Subject, number: int, *, rows: int = 600) -> Made:
    """Measurements as CSV: a place, a year and two figures in each row. The facts hold the mean of the
    first figure in each place."""
    places = sorted(rng.sample(_PLACES, rng.randint(3, 5)))
    level = {place: rng.uniform(20, 80) for place in places}
    start = rng.randint(2010, 2016)
    measure = subject.outcome.replace(" ", "_")
    lines = [f"place,year,{measure},visits"]
    seen: dict[str, list[float]] = {place: [] for place in places}
    for at in range(rows):
        place = places[at % len(places)] if at < len(places) else rng.choice(places)
        value = round(max(0.1, rng.gauss(level[place], 6)), 1)
        seen[place].append(value)
        lines.append(f"{place},{start + at % 6},{value},{rng.randint(0, 40)}")
    means = {place: sum(values) / len(values) for place, values in seen.items()}
    return Made(
        name=f"measurements-{number}.csv",
        data=("\n".join(lines) + "\n").encode(),
        facts={"measure": measure, "rows": rows, "means": means},
    )


def works(rng: random.Random, subject: Subject, count: int) -> list[dict[str, Any]]:
    """Publications on the subject, as an API would list them."""
    listed = []
    for number in range(1, count + 1):
        known = numbers(rng) | subject.model_dump()
        parts = ("Abstract", "Methods", "Results", "Discussion", "Limitations")
        kept = [text.format(**known) for part in parts for text in _SECTIONS[part]]
        title = f"{subject.topic.capitalize()}: evidence from {known['place']}"
        listed.append(
            {
                "title": title,
                "doi": f"10.5555/eval.{rng.randint(10**6, 10**7)}.{number}",
                "year": known["end"] + 2,
                "abstract": " ".join(kept),
                "venue": f"{known['place']} Journal of {subject.thing.title()}",
                "authors": [{"name": f"A. {name}"} for name in rng.sample(_FAMILIES, 2)],
            }
        )
    return listed


Maker = Callable[..., Made]

KINDS: dict[str, Maker] = {"paper": paper, "table": table}
"""Kind of file to what makes it: called with dice, subject, number and the task's options."""
