"""What the simulated model says: a sensible answer to each of our prompts.

It reads the prompt as a model would, from its text alone, and knows nothing of the product's state.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autonomy.core.brief import read_brief
from autonomy.core.types import TaskSpec
from autonomy.core.words import content_words, key_terms, overlap, stems
from tests.providers import analyses, calls


@dataclass(frozen=True)
class Quoted:
    """One fenced text of a prompt."""

    label: str
    text: str


def fenced(user: str) -> list[Quoted]:
    code = re.search(r"^Fence code: (\w+)$", user, re.M)
    if not code:
        return []
    pattern = rf"^<<<{code[1]} ([^\n]*)\n(.*?)\n{code[1]}>>>$"
    return [Quoted(m[1], m[2]) for m in re.finditer(pattern, user, re.M | re.S)]


def _labelled(user: str, start: str) -> list[Quoted]:
    return [quoted for quoted in fenced(user) if quoted.label.startswith(start)]


def _number(pattern: str, user: str, default: int) -> int:
    match = re.search(pattern, user)
    return int(match[1]) if match else default


# ----------------------------------------------------------------------------- editor

_SHORTER = {
    "In order to": "To",
    "in order to": "to",
    "It is important to note that s": "S",
    "Due to the fact that": "Because",
    "due to the fact that": "because",
    "a large number of": "many",
    "for the purpose of": "for",
    "the the": "the",
    "was was": "was",
    " , ": ", ",
    "were compared by two readers": "were compared by two separate readers",
}


def numbered(user: str) -> list[tuple[int, str]]:
    """The sentences that an editor is shown."""
    listed = _labelled(user, "sentences")[0].text
    return [(int(n), text) for n, text in re.findall(r"^(\d+)\. (.*)$", listed, re.M)]


def edit(user: str) -> dict[str, Any]:
    """Wordy phrases made short; sentences without one are good as they are."""
    changes = []
    for number, text in numbered(user):
        better = text
        for wordy, short in _SHORTER.items():
            better = better.replace(wordy, short)
        if better != text:
            changes.append(
                {"number": number, "text": better, "why": "Fewer words.", "kind": "concision"}
            )
    return {"changes": changes}


# ----------------------------------------------------------------------------- reworker

_TURNING = re.compile(
    r"\b(?:not|no|never|nor|without|may|might|could|hardly|fewer|less)\b|n[’']t\b"
)
_FIGURE = re.compile(r"\d[\d.,]*(?:\s*(?:%|per cent|percent|[a-z]+))?")
_TOKEN = re.compile(r"\{[pn]\d+\}")


def rework(user: str) -> dict[str, Any]:
    """Each passage in a sentence of another build, with its tokens, figures and names; one that a
    word turns or hedges is left out, for this model does not understand it."""
    made = []
    for quoted in _labelled(user, "passage "):
        tokens = _TOKEN.findall(quoted.text)
        plain = " ".join(re.sub(r"[“”\"]", "", _TOKEN.sub(" ", quoted.text)).split())
        figures = [one.strip(" .,") for one in _FIGURE.findall(plain)]
        words = content_words(_FIGURE.sub(" ", plain))
        words = list(dict.fromkeys(word for word in words if word.isalpha()))[:10]
        if _TURNING.search(plain) or len(words) < 4:
            continue
        names = [token for token in tokens if token.startswith("{n")]
        marks = [token for token in tokens if token.startswith("{p")]
        who = " and ".join(names) or "Their source"
        told = f"{who} bring together {', '.join(words[1:-1])} and {words[-1]} under {words[0]}"
        with_figures = f", with {' and '.join(figures)}" if figures else ""
        made.append(
            {
                "number": int(quoted.label.removeprefix("passage ")),
                "text": f"{told}{with_figures} {' '.join(marks)}".rstrip() + ".",
            }
        )
    return {"passages": made}


# ----------------------------------------------------------------------------- planner


def plan(user: str) -> dict[str, Any]:
    """Three sections or so, each about a term that recurs in the sources' openings."""
    request = _labelled(user, "request")[0].text
    openings = [quoted.text for quoted in _labelled(user, "opening")]
    body = _number(r"Length of the body: (\d+) words", user, 800)
    brief = read_brief(TaskSpec(goal=request))
    topic = brief.topic
    if not brief.named:
        listed = stems(" ".join(quoted.text for quoted in _labelled(user, "sources")))
        common = sorted(key_terms(openings, limit=12), key=lambda t: -len(stems(t) & listed))
        topic = " and ".join(common[:2]) or topic
    terms = key_terms(openings, limit=4, exclude=stems(topic)) if openings else []
    terms = terms[: max(2, min(4, body // 200))] or [topic]
    # The last section takes the rest, so that the words add up.
    each = body // (len(terms) + 1)
    sections = [
        {
            "heading": f"The role of {term}",
            "purpose": f"Establish what the sources report about {term}.",
            "queries": [f"{term} {topic}"[:80], term],
            "words": each,
        }
        for term in terms
    ]
    sections.append(
        {
            "heading": "Results and open questions",
            "purpose": "Compare the findings and name what remains unsettled.",
            "queries": ["results evaluation findings", "limitations future work"],
            "words": body - each * len(terms),
        }
    )
    return {
        "title": topic[:1].upper() + topic[1:],
        "rationale": "The sections follow the terms that recur in the sources.",
        "sections": sections,
    }


# ----------------------------------------------------------------------------- writer

# Slots take words of one sentence of a passage, so that each claim stays close to its evidence
# without repeating eight of its words in a row.
_CLAIMS = (
    "In this account {0} and {1} are tied to {2}, while {3} and {4} depend on {5} [[p:{id}]].",
    "What matters for {0} is {1} together with {2}, as the discussion of {3}, {4} and {5} makes plain [[p:{id}]].",
    "The passage links {0} with {1}, places {2} beside {3}, and returns to {4} and {5} [[p:{id}]].",
    "Seen this way, {0} rests on {1} and {2}; {3}, {4} and {5} follow [[p:{id}]].",
)
_FRAME = (
    "This document considers {topic} on the strength of the sources that were supplied.",
    "It keeps to what those sources report and says where they stop.",
    "The argument moves from {first} to {last}, and each step is tied to a page.",
    "Taken together, the parts on {first} and {last} give a coherent picture of {topic}.",
    "Where the sources differ, the difference is named rather than smoothed over.",
    "A reader who wants to check a statement can follow its reference to the passage behind it.",
    "What the sources leave open is left open here as well.",
    "The sections build on one another, and none of them goes beyond its evidence.",
)


def _sentences(text: str) -> list[str]:
    found = re.split(r"(?<=[.!?])\s+(?=[A-Z“\"])", " ".join(text.split()))
    return [sentence for sentence in found if 8 <= len(sentence.split()) <= 45]


def _of_table(text: str) -> str:
    """The first row of a table, each value under its column's name; empty where there is none."""
    rows = [line.split(" | ") for line in text.splitlines() if " | " in line]
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        return ""
    return "The table gives " + ", ".join(f"{v} as the {n}" for n, v in zip(*rows[:2], strict=True))


def _claims(passages: list[tuple[str, str]]) -> Iterator[str]:
    """Claims without end, one passage after another: two in its words, then one quotation."""
    turn = itertools.count()
    for position in itertools.count():
        made = False
        for ident, text in passages:
            table = _of_table(text)
            if table and position == 0:
                yield f"{table} [[p:{ident}]]."
            sentences = [] if table else _sentences(text)
            if not sentences:
                continue
            sentence = sentences[position % len(sentences)]
            words = list(
                dict.fromkeys(w for w in content_words(sentence) if w.isalpha() and len(w) > 3)
            )
            number = next(turn)
            if number % 3 == 2 and not re.search(r"[“”\"\[\]*_|]", sentence):
                quoted = " ".join(sentence.split()[:18]).rstrip(" .,;:(")
                yield f"[[n:{ident}]] put it in these words: “{quoted}”."
                made = True
            elif len(words) >= 6:
                yield _CLAIMS[number % len(_CLAIMS)].format(*words[:6], id=ident)
                made = True
        if not made:
            return


def _to_length(sentences: Iterator[str], words: int) -> str:
    chosen: list[str] = []
    count = 0
    for sentence in sentences:
        size = len(re.sub(r"\[\[[pn]:[^\]]*\]\]", "", sentence).split())
        if chosen and count + size / 2 > words:
            break
        chosen.append(sentence)
        count += size
    groups = [chosen[i : i + 5] for i in range(0, len(chosen), 5)]
    return "\n\n".join(" ".join(group) for group in groups)


def prose(user: str) -> str:
    """Paragraphs of the length asked for, whose claims carry the ids of the prompt's passages."""
    words = _number(r"Length: (\d+) words", user, 200)
    passages = [
        (match[1], quoted.text)
        for quoted in _labelled(user, "passage ")
        if (match := re.match(r"passage ([^:]+):", quoted.label))
    ]
    sections = [quoted.label.removeprefix("section: ") for quoted in _labelled(user, "section")]
    topic = re.search(r"^Document: “.*”, about (.*)\.$", user, re.M)
    if re.search(r"^Write the (introduction|conclusion)", user, re.M) or not passages:
        fill = {
            "topic": topic[1] if topic else "the topic",
            "first": (sections[0] if sections else "the background").lower(),
            "last": (sections[-1] if sections else "the findings").lower(),
        }
        frame = [sentence.format(**fill) for sentence in _FRAME]
        if "Write the conclusion" in user:
            frame = frame[3:] + frame[:3]
        return _to_length(itertools.chain(frame, _claims(passages)), words)
    return _to_length(_claims(passages), words)


# ----------------------------------------------------------------------------- critic


def verdicts(user: str) -> dict[str, Any]:
    """By shared words: supported from 40 per cent, partly from 15; contradicted where the findings
    say that one of the two negates."""
    quoted = {item.label: item.text for item in fenced(user)}
    judged = []
    for label, claim in quoted.items():
        match = re.fullmatch(r"claim (-?\d+)", label)
        if not match:
            continue
        passage = quoted.get(f"passage for claim {match[1]}", "")
        shared = overlap(stems(claim), stems(passage))
        verdict = "supported" if shared >= 0.4 else "partly" if shared >= 0.15 else "unsupported"
        if "negates" in quoted.get(f"findings for claim {match[1]}", "") and shared >= 0.6:
            verdict = "contradicted"
        judged.append(
            {
                "marker": int(match[1]),
                "verdict": verdict,
                "reason": f"{shared:.0%} of the claim's words stand in the passage.",
            }
        )
    return {"verdicts": judged}


# ----------------------------------------------------------------------------- debugger


def repair(user: str) -> dict[str, Any]:
    """The nearest tool, an input that fits its schema, or a shorter query."""
    step = json.loads(_labelled(user, "failed step")[0].text)
    error = json.loads(_labelled(user, "error")[0].text)
    schemas = {
        match[1]: json.loads(match[2])
        for match in re.finditer(r"^- ([\w.-]+): .*\n  input schema: (\{.*\})$", user, re.M)
    }
    detail, given = error.get("detail", {}), dict(step.get("input") or {})
    tool = step.get("tool")
    if error.get("code") == "unknown_tool" or tool not in schemas:
        tool = detail.get("nearest") or next(iter(schemas), None)
    properties = schemas.get(tool or "", {}).get("properties", {})
    required = schemas.get(tool or "", {}).get("required", [])
    fixed: dict[str, Any] = {}
    for name, shape in properties.items():
        if name in given:
            fixed[name] = _fitted(given[name], shape)
        elif name in required:
            fixed[name] = _fitted(step.get("title") or "", shape)
    if error.get("code") in ("no_evidence", "not_found") and isinstance(fixed.get("query"), str):
        fixed["query"] = " ".join(fixed["query"].split()[:3])
    return {
        "diagnosis": f"{error.get('message', 'The step failed.')[:200]} The input was made to fit the tool.",
        "tool": tool if tool != step.get("tool") else None,
        "input": fixed,
    }


def _fitted(value: Any, shape: dict[str, Any]) -> Any:
    kind = shape.get("type")
    if kind in ("integer", "number"):
        digits = re.search(r"-?\d+(?:\.\d+)?", str(value))
        number = float(digits.group()) if digits else shape.get("default", shape.get("minimum", 1))
        number = min(max(number, shape.get("minimum", number)), shape.get("maximum", number))
        return int(number) if kind == "integer" else number
    if kind == "string":
        return str(value)[: shape.get("maxLength", 10_000)]
    if kind == "array":
        return value if isinstance(value, list) else [value]
    return value


# ----------------------------------------------------------------------------- patcher


def patch(user: str) -> dict[str, Any]:
    """A rename for each key of the recorded answer that the new one has under another name."""
    try:
        old, new = (
            json.loads(_labelled(user, label)[0].text)
            for label in ("recorded answer", "new answer")
        )
    except ValueError:  # long answers are cut short in the prompt
        return {"diagnosis": "The answers are not whole.", "diff": ""}
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    moves = [
        (place, now)
        for place, values in before.items()
        if place not in after
        for now in after
        if now not in before
        and after[now] == values
        and place.rpartition("/")[0] == now.rpartition("/")[0]
    ]
    if not moves:
        return {"diagnosis": "Nothing is sure.", "diff": ""}
    text = _labelled(user, "wrapper")[0].text
    kept = [] if text == "(empty)" else text.splitlines()
    added = [f"- rename: {json.dumps({'from': now, 'to': place})}" for place, now in moves]
    head = [] if "response:" in kept else ["response:"]
    lines = [f"+{line}" for line in head + added]
    context = [f" {line}" for line in kept]
    hunk = f"@@ -{min(1, len(kept))},{len(kept)} +1,{len(kept) + len(lines)} @@"
    diff = "\n".join(["--- wrapper", "+++ wrapper", hunk, *context, *lines])
    said = ", ".join(f"{place} is {now}" for place, now in moves)
    return {"diagnosis": f"The API renamed fields: {said}.", "diff": diff}


def _leaves(value: Any, place: str) -> Iterator[tuple[str, list[Any]]]:
    """Values by the kind of their place, in order."""
    found: dict[str, list[Any]] = {}
    waiting = [(place, value)]
    while waiting:
        at, here = waiting.pop(0)
        if isinstance(here, dict):
            waiting += [(f"{at}/{key}", inner) for key, inner in here.items()]
        elif isinstance(here, list):
            waiting += [(f"{at}/*", inner) for inner in here]
        else:
            found.setdefault(at, []).append(here)
    yield from found.items()


# ----------------------------------------------------------------------------- small talk

_SMALL_TALK = (
    (
        r"\b(thanks?|thank you|danke|merci)\b",
        "You are welcome. Tell me when there is more to write.",
    ),
    (
        r"\b(who|what) are you\b|\byour name\b",
        "I am a simulated model: my answers are made up by rules and show how the product works.",
    ),
    (
        r"\bwhat can you\b|\bhelp\b|\bhow do(es)? (this|it)\b",
        "Add your sources and say what to write about them: an essay, a review or a short answer. "
        "Every statement will lead to a page of your sources.",
    ),
    (r"\b(bye|goodbye|see you)\b", "Goodbye. Your documents stay where they are."),
    (
        r"\b(hi|hello|hey|good (morning|afternoon|evening)|hallo|bonjour)\b",
        "Hello. What would you like to write about?",
    ),
)


def small_talk(user: str) -> str | None:
    """A sentence for what people say beside the work; None when this is none of it."""
    quotes = fenced(user)
    said = (quotes[-1].text if quotes else user).strip()
    if len(said.split()) > 12:
        return None
    found = (reply for pattern, reply in _SMALL_TALK if re.search(pattern, said, re.IGNORECASE))
    return next(found, None)


# ----------------------------------------------------------------------------- searcher


def queries(user: str) -> list[str]:
    """The topic's words, and with them those of each part that wants sources."""
    topic = content_words(_labelled(user, "topic")[0].text)[:5]
    missing = [quoted.text for quoted in _labelled(user, "what is missing")]
    parts = [content_words(line)[:2] for text in missing for line in text.splitlines()]
    return [" ".join([*topic, *part]) for part in ([], ["review"], *parts)][:6]


# ----------------------------------------------------------------------------- the rest


def _instance(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """The smallest value that fits a JSON schema."""
    if "$ref" in schema:
        return _instance(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
    if "anyOf" in schema:
        return _instance(schema["anyOf"][0], root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", [])
        return {
            k: _instance(v, root) for k, v in schema.get("properties", {}).items() if k in wanted
        }
    if kind == "array":
        return [_instance(schema.get("items", {}), root)] * schema.get("minItems", 0)
    simple: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "null": None}
    return simple.get(str(kind), "simulated")


def answer(role: str, user: str, schema: Mapping[str, Any] | None = None) -> str:
    """The text the model answers with; JSON for the roles that are asked for it."""
    if role == "planner":
        return json.dumps(plan(user), ensure_ascii=False)
    if role == "writer":
        return prose(user)
    if role == "critic":
        return json.dumps(verdicts(user), ensure_ascii=False)
    if role == "debugger":
        return json.dumps(repair(user), ensure_ascii=False)
    if role == "patcher":
        return json.dumps(patch(user), ensure_ascii=False)
    if role == "host":
        return small_talk(user) or "Hello. I am a simulated model and speak of little else."
    if role == "analyst":
        return analyses.program(user)
    if role == "mender":
        return analyses.mended(user)
    if role == "reporter":
        return json.dumps(analyses.report(user), ensure_ascii=False)
    if role == "editor":
        return json.dumps(edit(user), ensure_ascii=False)
    if role == "reworker":
        return json.dumps(rework(user), ensure_ascii=False)
    if role == "caller":
        request = _labelled(user, "request")[0].text
        shown = [quoted.text for quoted in _labelled(user, "tool, ")]
        return json.dumps(calls.calls(request, shown), ensure_ascii=False)
    if role == "searcher":
        return json.dumps({"queries": queries(user)}, ensure_ascii=False)
    if role == "titler":
        words = content_words(_labelled(user, "request")[0].text)[:8]
        return " ".join(words).capitalize() or "Untitled"
    if schema is not None:
        return json.dumps(_instance(schema, schema))
    return small_talk(user) or "This is a simulated answer."
