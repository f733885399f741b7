"""Which learnt tools can be searched with, how well one fits a topic, and what to ask it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autonomy.core.words import stems
from autonomy.tools.learnt.works import ABSTRACTS, TITLES
from autonomy.tools.registry import Tool

QUERIES = ("query", "q", "search", "search_query", "term", "terms", "keywords", "text", "topic")
LIMITS = (
    "limit",
    "per_page",
    "per-page",
    "perpage",
    "page_size",
    "pagesize",
    "rows",
    "size",
    "max_results",
    "top_k",
    "n",
    "count",
)
GENERAL = stems(
    "paper papers article articles work works publication publications literature scholarly "
    "research academic abstract abstracts study studies journal scientific bibliographic"
)
"""Words by which a tool says that it finds publications, whatever they are about."""
USD = 0.01
"""A dollar that counts as much as a call that always fails."""


def query_arguments(schema: Mapping[str, Any], query: str, most: int) -> dict[str, Any] | None:
    """Arguments that ask a tool for `query`; None when it is no tool to search with.

    Args:
        schema: of the tool's arguments.
        most: results that are wanted.
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    required = [str(name) for name in schema.get("required", ())]
    folded = {name.lower().replace("-", "_"): name for name in properties}
    named = next((folded[q] for q in QUERIES if q in folded), None)
    if named is None or not _is_text(resolved(properties[named], definitions)):
        body = properties.get("body")
        if not isinstance(body, dict):
            return None
        inner_schema = {**resolved(body, definitions), "$defs": definitions}
        inner = query_arguments(inner_schema, query, most)
        rest = _filled(properties, definitions, [n for n in required if n != "body"])
        return None if inner is None or rest is None else {**rest, "body": inner}
    filled = _filled(properties, definitions, [n for n in required if n != named])
    if filled is None:
        return None
    arguments = {**filled, named: query}
    for limit in LIMITS:
        name = folded.get(limit.replace("-", "_"))
        spec = resolved(properties[name], definitions) if name else {}
        if name and spec.get("type") == "integer" and name not in arguments:
            highest = spec.get("maximum", most)
            arguments[name] = max(1, min(most, int(highest)))
            break
    return arguments


def _filled(
    properties: Mapping[str, Any], definitions: Mapping[str, Any], names: Iterable[str]
) -> dict[str, Any] | None:
    """Values for what else is required; None when one of them takes thought."""
    made: dict[str, Any] = {}
    for name in names:
        spec = resolved(properties.get(name, {}), definitions)
        if "const" in spec:
            made[name] = spec["const"]
        elif "default" in spec:
            made[name] = spec["default"]
        elif spec.get("enum"):
            made[name] = spec["enum"][0]
        else:
            return None
    return made


def resolved(spec: Any, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that `spec` names among `definitions`, or is."""
    for _ in range(10):
        reference = spec.get("$ref") if isinstance(spec, dict) else None
        if not isinstance(reference, str):
            break
        spec = definitions.get(reference.removeprefix("#/$defs/"), {})
    return spec if isinstance(spec, dict) else {}


def _is_text(spec: Mapping[str, Any]) -> bool:
    kind = spec.get("type", "string")
    return kind == "string" or (isinstance(kind, list) and "string" in kind)


def finds_works(tool: Tool[Any, Any]) -> bool:
    """Whether a tool can be asked for a topic and, as far as it says, gives titles back."""
    if tool.schemas is None:
        return False
    given, output = tool.schemas
    if query_arguments(given, "topic", 10) is None:
        return False
    names = {name.lower() for name in _names(output)}
    promises = bool(names & set(TITLES)) and bool(names & {*ABSTRACTS, "doi", "url", "link"})
    # One that promises nothing but words may still give a list of works.
    return promises or ("text" in names and bool(GENERAL & stems(tool.description)))


def _names(schema: Any, depth: int = 0) -> Iterable[str]:
    if depth > 12 or not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in ("properties", "$defs") and isinstance(value, dict):
            for name, inner in value.items():
                if keyword == "properties":
                    yield name
                yield from _names(inner, depth + 1)
        elif keyword in ("items", "additionalProperties"):
            yield from _names(value, depth + 1)
        elif keyword in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
            for inner in value:
                yield from _names(inner, depth + 1)


def fit(text: str, topic: str) -> float:
    """How well what a tool says of itself fits a topic, 0 to 1; one that finds publications of
    every kind fits each topic somewhat."""
    # “exchange-rate” asks for what gives an exchange rate.
    have, wanted = stems(text.replace("-", " ")), stems(topic.replace("-", " "))
    shared = len(have & wanted) / len(wanted) if wanted else 0.0
    return max(shared, 0.35 if have & GENERAL else 0.0)


def worth(tool: Tool[Any, Any], topic: str) -> float:
    """Relevance, lessened by a tool's failures and its price; 0 for one that does not fit."""
    relevance = fit(f"{tool.name.replace('.', ' ').replace('_', ' ')} {tool.description}", topic)
    health = 0.8 if tool.success_share is None else tool.success_share
    return relevance * (0.25 + 0.75 * health) / (1.0 + tool.usd_per_call / USD)


def best(tools: Iterable[Tool[Any, Any]], topic: str, most: int) -> list[Tool[Any, Any]]:
    """The tools that are worth most for a topic, best first; none that does not fit at all."""
    ranked = sorted(
        ((worth(tool, topic), tool) for tool in tools), key=lambda r: (-r[0], r[1].name)
    )
    return [tool for value, tool in ranked if value > 0][:most]
