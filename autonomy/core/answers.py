"""The shapes in which models answer. Docstrings and descriptions are part of the prompt: a server
that takes a schema shows them to the model.

Lenient where leniency is harmless (a missing reason), strict where a guess would be a lie (a
verdict has no default). Other names for a field or a verdict are understood only in the context
`LENIENT`, so that an answer which needs them is recorded as coerced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from autonomy.core.plain_prose import plain_line

LENIENT: dict[str, bool] = {"lenient": True}
"""Validation context of the parse ladder's last rung."""


_THOUSANDS = re.compile(r"-?\d{1,3}(?:\.\d{3})+")


def _lenient(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("lenient"))


def _plain(key: object) -> str:
    return "_".join(str(key).strip(" _-").lower().replace("-", " ").replace("_", " ").split())


def _one_line(text: str) -> str:
    """No links, no HTML, no markers. Small models also give back the example of the prompt, dots and
    all: that is no answer."""
    line = plain_line(text)
    if text.strip() and not any(character.isalnum() for character in line):
        raise ValueError("write the text itself, not a placeholder")
    return line


def _says_something(line: str) -> str:
    if not line:
        raise ValueError("it is empty")
    return line


def _one_number(value: Any) -> Any:
    # Pydantic takes true for 1, which no model means, and "1.000" for 1, which in Berlin is a thousand.
    if isinstance(value, bool) or (isinstance(value, str) and _THOUSANDS.fullmatch(value.strip())):
        raise ValueError("write a whole number, in digits alone")
    return value


MaySay = Annotated[str, AfterValidator(_one_line)]
"""A line that may be empty."""
Said = Annotated[MaySay, AfterValidator(_says_something)]
"""A line that has to say something."""
Whole = Annotated[int, BeforeValidator(_one_number)]


class _Answer(BaseModel):
    # Extra keys are ignored, not refused: they do no harm, and another call would cost money.
    model_config = ConfigDict(frozen=True, extra="ignore")

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Field to other names that models give it."""

    @model_validator(mode="before")
    @classmethod
    def _other_names(cls, value: Any, info: ValidationInfo) -> Any:
        """Fields under the names that models give them. Without leave to rename, an answer that
        needs it is refused: what is optional would be lost without a word."""
        if not isinstance(value, dict):
            return value
        renamed = dict(value)
        for field in cls.model_fields:
            if field in renamed:
                continue
            names = {field, *cls.also.get(field, ())}
            meant = [key for key in renamed if key not in cls.model_fields and _plain(key) in names]
            if len(meant) > 1:
                raise ValueError(f"“{field}” is given several times under other names")
            if meant:
                renamed[field] = renamed.pop(meant[0])
        if len(renamed) == len(value) and renamed.keys() != value.keys() and not _lenient(info):
            raise ValueError("use exactly the names of the fields")
        return renamed


class DataParagraph(_Answer):
    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "part": ("number", "index", "part_number"),
        "text": ("paragraph", "content"),
    }

    part: Whole = Field(ge=1, le=100, description="Number of the part that it tells of.")
    text: str = Field(min_length=1, max_length=6_000, description="One paragraph of prose.")


class DataParagraphs(_Answer):
    """The text of a section about computed data, part by part."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {"paragraphs": ("parts", "texts", "sections")}

    paragraphs: list[DataParagraph] = Field(max_length=40, description="One for each part.")


class PlannedSection(_Answer):
    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "heading": ("title", "section_title", "header"),
        "purpose": ("description", "goal", "aim", "summary"),
        "queries": ("query", "searches", "search_queries", "keywords", "search"),
        "words": ("word_count", "words_count", "length", "target_words", "target_length"),
    }

    heading: Said = Field(min_length=1, max_length=200, description="Heading, without a number.")
    purpose: MaySay = Field(
        max_length=1_000, description="One or two sentences: what the section has to establish."
    )
    queries: list[Annotated[str, AfterValidator(plain_line)]] = Field(
        max_length=8, description="Two to five short searches that would find its evidence."
    )
    words: Whole = Field(ge=0, le=30_000, description="Target length in words.")
    keep: bool = Field(
        default=False,
        description="Only when told of finished sections: true keeps the one of this heading as it is.",
    )


class PlannedQueries(_Answer):
    """Queries to scholarly registries."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "queries": ("query", "searches", "search_queries", "keywords"),
    }

    queries: list[Annotated[str, AfterValidator(plain_line)]] = Field(
        max_length=12, description="Three to six queries of two to eight words."
    )


class PlannedCall(_Answer):
    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "tool": ("name", "function"),
        "arguments": ("input", "parameters", "args"),
    }

    tool: str = Field(min_length=1, max_length=100, description="Its name, as shown.")
    arguments: dict[str, Any] = Field(description="By name, as its schema has them.")


class PlannedCalls(_Answer):
    """Calls of tools whose answers the document needs."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {"calls": ("tool_calls", "tools")}

    calls: list[PlannedCall] = Field(max_length=8, description="Empty when none is asked for.")


class RewrittenSentence(_Answer):
    """One sentence that reads better otherwise."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "number": ("n", "no", "id", "sentence", "index"),
        "text": ("new", "rewritten", "revised", "improved", "after"),
        "why": ("reason", "because", "explanation"),
        "kind": ("type", "category"),
    }

    number: Whole = Field(ge=1, description="The sentence's number.")
    text: str = Field(
        min_length=1, max_length=6_000, description="The whole sentence as it should be."
    )
    why: MaySay = Field(
        default="", max_length=400, description="What is better now, in a few words."
    )
    kind: MaySay = Field(default="", max_length=40)


class RewrittenSentences(_Answer):
    """The sentences that should change; those that are good are left out."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "changes": ("sentences", "edits", "rewrites", "results", "rewritten"),
    }

    changes: list[RewrittenSentence] = Field(max_length=200)


class PlannedDocument(_Answer):
    """The outline of a document."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "title": ("document_title",),
        "rationale": ("reason", "reasoning", "justification", "explanation"),
        "sections": ("section", "outline", "parts", "body", "body_sections", "chapters"),
    }

    title: Said = Field(max_length=300, description="Title of the document.")
    rationale: MaySay = Field(
        default="", max_length=1_000, description="Why this outline suits the request."
    )
    sections: list[PlannedSection] = Field(
        min_length=1, max_length=20, description="Body sections in order."
    )


_VERDICTS = {
    "fully supported": "supported",
    "supports": "supported",
    "yes": "supported",
    "partial": "partly",
    "partially": "partly",
    "partly supported": "partly",
    "partially supported": "partly",
    "not supported": "unsupported",
    "unsupported by the passage": "unsupported",
    "no": "unsupported",
    "contradicts": "contradicted",
    "contradiction": "contradicted",
    "contradictory": "contradicted",
    "contradicted by the passage": "contradicted",
    "refuted": "contradicted",
}


def _verdict(value: Any, info: ValidationInfo) -> Any:
    if _lenient(info) and isinstance(value, str):
        plain = " ".join(value.lower().replace("_", " ").replace("-", " ").split()).strip(" .!*")
        return _VERDICTS.get(plain, value)
    return value


class ClaimVerdict(_Answer):
    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "marker": ("claim", "number", "claim_number", "id", "claim_id"),
        "verdict": ("judgement", "judgment", "label", "status", "result"),
        "reason": ("reasoning", "rationale", "explanation", "justification"),
    }

    marker: Whole = Field(description="Number of the claim that is judged.")
    verdict: Annotated[
        Literal["supported", "partly", "unsupported", "contradicted"], BeforeValidator(_verdict)
    ]
    reason: MaySay = Field(default="", max_length=1_000, description="One sentence.")


class ClaimVerdicts(_Answer):
    """One verdict per claim."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "verdicts": ("verdict", "claims", "judgements", "judgments", "results", "answers")
    }

    verdicts: list[ClaimVerdict]


class ReworkedPassage(_Answer):
    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "number": ("passage", "id", "index", "passage_number"),
        "text": ("wording", "rewritten", "rephrased", "new_text", "passage_text"),
    }

    number: Whole = Field(description="Number of the passage.")
    text: Said = Field(max_length=4_000, description="The passage said anew, on one line.")


class ReworkedPassages(_Answer):
    """Each passage in other words."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "passages": ("rewritten", "rephrased", "results", "answers"),
    }

    passages: list[ReworkedPassage]


class ProposedRepair(_Answer):
    """What to change about a failed step."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "diagnosis": ("cause", "explanation", "reason", "analysis"),
        "tool": ("tool_name",),
        "input": ("new_input", "tool_input", "arguments", "parameters"),
    }

    diagnosis: Said = Field(
        min_length=1, max_length=1_000, description="Why it failed and what the change does."
    )
    tool: str | None = Field(
        default=None, description="Another registered tool; null keeps the one it has."
    )
    input: dict[str, Any] | None = Field(
        default=None, description="The complete new input; null keeps the one it has."
    )


class ProposedPatch(_Answer):
    """How to mend the wrapper of a learnt tool."""

    also: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "diagnosis": ("cause", "explanation", "reason", "analysis"),
        "diff": ("patch", "unified_diff"),
    }

    diagnosis: Said = Field(min_length=1, max_length=600, description="What the API changed.")
    diff: str = Field(
        default="", max_length=12_000, description="Unified diff of the wrapper; empty when unsure."
    )
