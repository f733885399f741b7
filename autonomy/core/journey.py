"""Journeys: the configurations of the one graph, kept as data that operators may change."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import Field

from autonomy.core.value import Value


class SectionTemplate(Value):
    """One section of the rule path's outline. `{topic}` in texts stands for the brief's topic."""

    heading: str
    lead: str
    """The section's opening sentence in a rule-composed document."""
    queries: tuple[str, ...]
    cues: tuple[str, ...] = ()
    """Words of headings under which papers treat this (results, limitations, …)."""
    signals: tuple[str, ...] = ()
    """Beginnings of words of which a sentence must have one to be quoted here; empty: any."""
    share: float = Field(default=1.0, gt=0)
    """Of the body's words, relative to the other sections."""


class Gates(Value):
    """What a draft must meet. A field left out switches its gate off."""

    length_tolerance: float | None = Field(default=None, gt=0, lt=1)
    """Share of the asked length that the draft may be over or under."""
    minimum_sources: int | None = Field(default=None, ge=1)
    """Cited sources; never asks for more than the library holds."""
    minimum_citations_per_section: int | None = Field(default=None, ge=1)
    minimum_cited_sentences: float | None = Field(default=None, gt=0, le=1)
    """Share of the sentences of model-written sections that cite a source."""
    citations_verified: bool = True
    references_checked: bool = True
    """Ask registries about the cited works before delivery; otherwise only what is known of them
    already counts."""
    maximum_unquoted_overlap: float | None = Field(default=None, gt=0, lt=1)
    """Share of the draft's words that may stand in a cited passage word for word, or nearly so,
    outside quotation marks."""


class Journey(Value):
    name: str
    title: str
    description: str
    default_words: int = Field(ge=50)
    survey: bool
    """Read the sources before outlining; without it the plan is one search and one answer."""
    introduction: bool = True
    conclusion: bool = True
    rewrites: bool = False
    """The person's own draft is improved instead of a document written from sources."""
    analyses: bool = False
    """Tables that the person attached are computed with, for tables and figures of the document."""
    annotations: bool = False
    """One section per source instead of one per theme."""
    sections: tuple[SectionTemplate, ...] = ()
    gates: Gates = Gates()
    max_expansions: int = Field(default=2, ge=0)
    max_repairs: int = Field(default=4, ge=0)
    max_replans: int = Field(default=3, ge=0)
    max_revisions: int = Field(default=2, ge=0)
    max_cycles: int = Field(default=3, ge=1)
    """Similarity reports that are asked for before the run ends as it is."""


_FOLDER = files("autonomy") / "journeys"


@cache
def names() -> tuple[str, ...]:
    """The journeys of this deployment, in alphabetical order."""
    return tuple(sorted(p.name[:-5] for p in _FOLDER.iterdir() if p.name.endswith(".yaml")))


@cache
def load(name: str) -> Journey:
    """The journey called `name`.

    Raises:
        KeyError: there is none of that name; the message lists those there are.
    """
    if name not in names():
        raise KeyError(f"There is no journey “{name}”. Choose one of: {', '.join(names())}.")
    return Journey.model_validate(yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8")))
