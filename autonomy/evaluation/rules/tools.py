"""Rules about tools, learnt ones above all."""

from __future__ import annotations

import json
from typing import Any

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules.known import rule


@rule
def known_tools(finished: Finished) -> list[str]:
    """Every tool of the plan is one that the product has."""
    from autonomy.runtime.context import registry

    steps = (finished.run.get("plan") or {}).get("steps") or []
    known = {str(tool["name"]) for tool in registry().schemas()}
    unknown = sorted({s["tool"] for s in steps if s.get("tool") and s["tool"] not in known})
    return [f"the plan uses {', '.join(unknown)}"] if unknown else []


@rule
def learnt_tool(finished: Finished, least: int = 1) -> list[str]:
    """The run let in tools that its person did not have, and called one with success."""
    good = [r for r in finished.recordings if r["ok"]]
    found = [] if finished.tools else ["no tool was learnt"]
    if len(good) < least:
        found.append(f"{len(good)} calls of learnt tools succeeded, not {least}")
    return found


@rule
def new_evidence(finished: Finished, least: int) -> list[str]:
    """So many works that the person did not have are cited."""
    cited = {c["source_id"] for c in finished.citations}
    own = {s["id"] for s in finished.sources if s["origin"] in ("upload", "import")}
    new = cited - own
    return [] if len(new) >= least else [f"{len(new)} new works are cited, not {least}"]


@rule
def repaired_tool(finished: Finished) -> list[str]:
    """A learnt tool failed because its API answers otherwise. The agent made a version of it that
    differs in the wrapper only, proved it in the sandbox on what was recorded, and uses it; calls
    succeed again; the log tells of it."""
    if not any(r["failure"] in DRIFT for r in finished.recordings):
        return ["no call failed for what the API changed: nothing was proven"]
    repaired = [v for v in finished.versions if _in_use(v)]
    if not repaired:
        told = [e.get("content") for e in _repairs(finished)]
        return [f"no version by the agent is in use; the log says: {told}"]
    return [problem for version in repaired for problem in _doubts(finished, version)]


DRIFT = ("schema_drift", "bad_input")
"""Failures by which a changed API shows: of its answers, or of what it wants to be asked."""


def _in_use(version: dict[str, Any]) -> bool:
    applied = version["author"] == "agent" and version["evidence"].get("state") == "applied"
    return bool(applied and version["used"])


def _repairs(finished: Finished) -> list[dict[str, Any]]:
    """Events that tell of a repair that was tried."""
    return [e for e in finished.events if "tool_repair" in (e.get("meta") or {})]


def _doubts(finished: Finished, version: dict[str, Any]) -> list[str]:
    named = f"version {version['number']}"
    mine = [v for v in finished.versions if v["tool"] == version["tool"]]
    base = next((v for v in mine if v["number"] == version["evidence"].get("base")), None)
    proof = version["evidence"].get("proof") or {}
    calls = [r for r in finished.recordings if r["tool"] == version["tool"]]
    after = [r for r in calls if r["number"] == version["number"]]
    told = [
        meta
        for event in _repairs(finished)
        if (meta := event["meta"]["tool_repair"])["mended"] and meta["version"] == version["number"]
    ]
    found = []
    if base is None or base["promises"] != version["promises"]:
        found.append(f"{named} differs from its base in more than the wrapper")
    elif not version["patch"] or base["wrapper"] == version["wrapper"]:
        found.append(f"{named} has no diff")
    if not proof.get("passed") or not proof.get("recorded") or not proof.get("broken_variants"):
        found.append(f"{named} was not proven: {proof}")
    if not version["evidence"].get("changes"):
        found.append(f"{named} does not say what the API changed")
    if not any(r["ok"] for r in after):
        found.append(f"no call of {named} succeeded")
    if any(r["failure"] in DRIFT for r in after):
        found.append(f"a call of {named} failed as before")
    if not told:
        found.append(f"the log does not tell of {named}")
    return found


@rule
def cited_through_repair(finished: Finished, least: int) -> list[str]:
    """So many works are cited that a call of a repaired version named."""
    numbers = {(v["tool"], v["number"]) for v in finished.versions if _in_use(v)}
    said = json.dumps(
        [r["result"] for r in finished.recordings if (r["tool"], r["number"]) in numbers]
    ).lower()
    cited = {c["source_id"] for c in finished.citations}
    dois = {s["id"]: str(s["csl"].get("DOI", "")).lower() for s in finished.sources}
    named = [one for one in cited if dois.get(one) and f'"{dois[one]}"' in said]
    if len(named) < least:
        return [f"{len(named)} of {len(cited)} cited works were named by the repaired tool"]
    return []
