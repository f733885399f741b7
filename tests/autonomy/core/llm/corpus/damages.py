"""What models do to JSON, one function per kind, each from a good value to a bad text.

`ends` says what the text still allows: `same` (the value as it was), `less` (the same with the end or
a harmless part missing) or `unusable` (it says too little, or two things at once). A kind may end
better than it must, never in something else: see `meaning`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

Ends = Literal["same", "less", "unusable"]
Make = Callable[[dict[str, Any], random.Random], str]


@dataclass(frozen=True)
class Damage:
    """One kind of damage."""

    kind: str
    make: Make
    ends: Ends


DAMAGES: list[Damage] = []
Change = Callable[[str, random.Random], str]
INNER: list[tuple[str, Change]] = []
"""Kinds that take the text of a good answer and leave JSON of a sort."""
OUTER: list[tuple[str, Change]] = []
"""Kinds that take any text, so that several can be put around one another."""


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def by_value(kind: str, ends: Ends = "same") -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        DAMAGES.append(Damage(kind, make, ends))
        return make

    return register


def by_text(kind: str, ends: Ends = "same", *, inner: bool = False) -> Callable[[Change], Change]:
    def register(make: Change) -> Change:
        DAMAGES.append(Damage(kind, lambda value, rng: make(dumped(value), rng), ends))
        (INNER if inner else OUTER).append((kind, make))
        return make

    return register


def outside_strings(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` applied to what stands between its strings."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', text)
    return "".join(part if part.startswith('"') else change(part) for part in parts)


def strings(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` applied to each of its strings, quotation marks included."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: change(found.group()), text)


# --------------------------------------------------------------------------- thinking

_MUSING = 'First the {"title": "draft"} [1]… no, better otherwise. What about "verdicts"?'

by_text("think tags, closed")(lambda t, _: f"<think>\n{_MUSING}\n</think>\n\n{t}")
by_text("think tags, nested")(
    lambda t, _: f"<think>a <think>{_MUSING}</think> b {{'x': 1}}</think>{t}"
)
by_text("think tags, end only")(lambda t, _: f"{_MUSING}\n</think>\n{t}")
by_text("think tags, unclosed behind")(lambda t, _: f"{t}\n<think>I should also mention")
by_text("think tags, unclosed before")(lambda t, _: f"<think>Let me see. {t}")
by_text("think tags, around prose")(
    lambda t, _: f"Sure.<reasoning>{_MUSING}</reasoning>Here:\n{t}\n<scratchpad>ok</scratchpad>"
)
by_text("think tags, other spellings")(
    lambda t, rng: rng.choice(
        [
            f"[THINK]{_MUSING}[/THINK]{t}",
            f"◁think▷{_MUSING}◁/think▷{t}",
            f"<seed:think>x</seed:think>{t}",
        ]
    )
)
by_text("channels of a chat template")(
    lambda t, _: (
        f"<|channel|>analysis<|message|>{_MUSING}<|end|><|start|>assistant<|channel|>final<|message|>{t}<|return|>"
    )
)
by_text("end-of-turn tokens")(lambda t, rng: t + rng.choice(["<|im_end|>", "</s>", "<|eot_id|>"]))

# --------------------------------------------------------------------------- wrapping

by_text("fence")(lambda t, _: f"```json\n{t}\n```")
by_text("fence without language")(lambda t, _: f"```\n{t}\n```")
by_text("fence of another language")(
    lambda t, rng: f"```{rng.choice(['python', 'yaml', 'js'])}\n{t}\n```"
)
by_text("fence never closed")(lambda t, _: f"Here you are:\n```json\n{t}")
by_text("fences, several")(
    lambda t, _: f'Draft:\n```json\n{{"draft": 1}}\n```\nFinal:\n```json\n{t}\n```\nDone.'
)
by_text("prose around")(
    lambda t, _: (
        f"Certainly! Based on claim [1] and {{your request}}, the answer is:\n\n{t}\n\nLet me know (soon)!"
    )
)
by_text("prose in other languages")(lambda t, _: f"Hier ist „das“ Ergebnis:\n{t}\n以上です。")
by_text("tool call, tagged")(
    lambda t, _: f'<tool_call>\n{{"name": "answer", "arguments": {t}}}\n</tool_call>'
)
by_text("tool call, function tag")(lambda t, _: f"<function=answer>{t}</function>")
by_text("tool call, bracket tag")(
    lambda t, _: f'[TOOL_CALLS][{{"name": "answer", "arguments": {t}, "id": "a1b2c3d4e"}}]'
)
by_text("tool call, fenced")(
    lambda t, _: f'```json tool\n{{"tool_name": "answer", "parameters": {t}}}\n```'
)
by_text("tool call, arguments as text")(lambda t, _: json.dumps({"name": "answer", "arguments": t}))
by_text("HTML around")(lambda t, _: f"<html><body><pre>{t}</pre></body></html>")
by_text("JSON in a JSON string")(lambda t, _: json.dumps(t))
by_text("JSON in a string, twice")(lambda t, _: json.dumps(json.dumps(t)))
by_value("escaped once too often")(lambda v, _: json.dumps(dumped(v), ensure_ascii=False)[1:-1])
by_text("byte order mark")(lambda t, _: "\ufeff" + t)
by_text("blank space around")(lambda t, _: f"\n\n\t  {t} \r\n\u00a0\n")
by_value("wrapped in another object")(
    lambda v, rng: dumped({rng.choice(["answer", "response", "output", "data"]): v})
)
by_value("wrapped twice")(lambda v, _: dumped({"result": {"output": v}}))
by_value("array for object")(lambda v, _: dumped([v]))
by_value("object said twice, the same")(lambda v, _: f"{dumped(v)}\n{dumped(v)}")


@by_value("two objects, first a sketch")
def _sketch(value: dict[str, Any], _: random.Random) -> str:
    return f'{{"sketch": true}}\n\n{dumped(value)}'


# --------------------------------------------------------------------------- punctuation


@by_text("trailing commas", inner=True)
def _trailing(text: str, _: random.Random) -> str:
    return outside_strings(text, lambda part: re.sub(r"([}\]])", r",\1", part).replace("[,]", "[]"))


@by_text("missing commas", inner=True)
def _missing_commas(text: str, _: random.Random) -> str:
    return outside_strings(text, lambda part: part.replace(",", "\n"))


@by_text("doubled commas", inner=True)
def _doubled(text: str, _: random.Random) -> str:
    return outside_strings(text, lambda part: part.replace(",", ",,"))


@by_text("comments", inner=True)
def _comments(text: str, rng: random.Random) -> str:
    note = rng.choice([' // it\'s "so"\n', " /* why {not} */ ", " # hm, [1]\n"])
    return outside_strings(text, lambda part: re.sub(r"([,{])", lambda f: f[1] + note, part))


@by_text("single quotes", inner=True)
def _single(text: str, _: random.Random) -> str:
    def requoted(string: str) -> str:
        return "'" + string[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"

    return strings(text, requoted)


@by_text("smart quotes", inner=True)
def _smart(text: str, _: random.Random) -> str:
    return strings(text, lambda string: "“" + string[1:-1] + "”")


@by_text("unquoted keys", inner=True)
def _unquoted(text: str, _: random.Random) -> str:
    return re.sub(r'(?<=[{,] )"(\w+)"(?=: )|(?<=\{)"(\w+)"(?=: )', lambda f: f[1] or f[2], text)


@by_text("quotes inside left bare", inner=True)
def _bare_quotes(text: str, _: random.Random) -> str:
    return text.replace('\\"', '"')


@by_text("equals signs", inner=True)
def _equals(text: str, _: random.Random) -> str:
    return outside_strings(text, lambda part: part.replace(":", " ="))


@by_text("raw line breaks in strings", inner=True)
def _raw_breaks(text: str, _: random.Random) -> str:
    return re.sub(r"(?<!\\)\\n", "\n", text)


@by_value("Python's literals")
def _python(value: dict[str, Any], _: random.Random) -> str:
    return repr(value)


@by_value("Python's tuples")
def _tuples(value: dict[str, Any], _: random.Random) -> str:
    return outside_strings(dumped(value), lambda p: p.replace("[", "(").replace("]", ")")).replace(
        "null", "None"
    )


@by_text("brackets not closed", "less")
def _unclosed(text: str, _: random.Random) -> str:
    return text.rstrip("]} \n")


@by_text("wrong bracket", "less", inner=True)
def _wrong_bracket(text: str, _: random.Random) -> str:
    return text[:-2] + "]" + text[-1] if text.endswith("}}") else text.replace("}]}", "]]}")


@by_text("too many brackets")
def _too_many(text: str, _: random.Random) -> str:
    return text + "}]}"


@by_text("opening brace missing", inner=True)
def _headless(text: str, _: random.Random) -> str:
    return text[1:]


# --------------------------------------------------------------------------- cut off


@by_text("cut off anywhere", "less")
def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(1, len(text))]


@by_text("cut off near the end", "less")
def _cut_late(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) * 3 // 4, len(text))]


# --------------------------------------------------------------------------- strings


@by_text("control characters", inner=True)
def _controls(text: str, rng: random.Random) -> str:
    return strings(text, lambda s: s[:1] + rng.choice(["\x07", "\x1b", "\x0e"]) + s[1:])


@by_text("NUL bytes", inner=True)
def _nul(text: str, _: random.Random) -> str:
    return strings(text, lambda s: s[:1] + "\\u0000" + s[1:])


@by_text("LaTeX with single backslashes", inner=True)
def _latex(text: str, _: random.Random) -> str:
    return text.replace("\\\\", "\\")


@by_text("escapes that JSON does not know", inner=True)
def _escapes(text: str, _: random.Random) -> str:
    return strings(text, lambda s: s.replace("'", "\\'").replace("(", "\\x28"))


@by_text("every letter escaped", inner=True)
def _unicode_escapes(text: str, _: random.Random) -> str:
    return json.dumps(json.loads(text), ensure_ascii=True)


# --------------------------------------------------------------------------- values


def _walked(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _walked(v, change, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_walked(v, change, key) for v in value]
    return change(key, value)


def _keyed(value: Any, change: Callable[[str], str], inside: bool = True) -> Any:
    if isinstance(value, dict):
        # A tool's input has keys of its own, which no rung may touch.
        return {
            change(k): v if k == "input" else _keyed(v, change, inside) for k, v in value.items()
        }
    return [_keyed(v, change, inside) for v in value] if isinstance(value, list) else value


@by_value("numbers as strings")
def _stringed(value: dict[str, Any], _: random.Random) -> str:
    own = {"words", "marker"}
    return dumped(_walked(value, lambda k, v: str(v) if k in own else v))


@by_value("numbers in words around them")
def _worded(value: dict[str, Any], _: random.Random) -> str:
    spelled = {"words": "about {} words", "marker": "claim {}"}
    return dumped(_walked(value, lambda k, v: spelled[k].format(v) if k in spelled else v))


@by_value("numbers as floats")
def _floats(value: dict[str, Any], _: random.Random) -> str:
    return dumped(_walked(value, lambda k, v: float(v) if k in ("words", "marker") else v))


@by_value("near enum")
def _near(value: dict[str, Any], rng: random.Random) -> str:
    near = {
        "supported": [
            "SUPPORTED",
            "Supported.",
            "fully supported",
            "**supported**",
            "supported: it says so",
        ],
        "partly": ["Partly", "partially", "partially supported", "partly_supported"],
        "unsupported": ["Unsupported", "not supported", "UN-SUPPORTED", "Not_supported"],
    }
    return dumped(_walked(value, lambda k, v: rng.choice(near[v]) if k == "verdict" else v))


@by_value("wrong enum", "unusable")
def _wrong_enum(value: dict[str, Any], rng: random.Random) -> str:
    wrong = [
        "maybe",
        "42",
        "supported only in part",
        "supported, but not fully",
        "",
        "unclear",
        None,
    ]
    damaged = _walked(value, lambda k, v: rng.choice(wrong) if k == "verdict" else v)
    if damaged == value:
        damaged["sections" if "sections" in value else "diagnosis"] = None
    return dumped(damaged)


@by_value("other case in keys")
def _cased(value: dict[str, Any], rng: random.Random) -> str:
    return dumped(
        _keyed(value, rng.choice([str.upper, str.title, lambda k: f"{k}_", lambda k: f" {k} "]))
    )


@by_value("other names for keys")
def _renamed(value: dict[str, Any], _: random.Random) -> str:
    names = {
        "heading": "title", "purpose": "description", "queries": "search_queries", "words": "word_count",
        "marker": "claim", "verdict": "label", "reason": "explanation", "rationale": "reasoning",
        "diagnosis": "cause", "verdicts": "results", "sections": "outline",
    }  # fmt: skip
    return dumped(_keyed(value, lambda k: names.get(k, k)))


@by_value("extra fields")
def _extra(value: dict[str, Any], _: random.Random) -> str:
    damaged = deepcopy(value)
    for holder in (damaged, *damaged.get("sections", ()), *damaged.get("verdicts", ())):
        holder.update(confidence=0.93, note="x", nested={"a": [1, 2]})
    return dumped(damaged)


@by_value("missing fields", "unusable")
def _missing(value: dict[str, Any], rng: random.Random) -> str:
    damaged = deepcopy(value)
    if "sections" in damaged:
        del rng.choice(damaged["sections"])[rng.choice(["heading", "purpose", "queries", "words"])]
    elif "verdicts" in damaged:
        del rng.choice(damaged["verdicts"])[rng.choice(["marker", "verdict"])]
    else:
        del damaged["diagnosis"]
    return dumped(damaged)


@by_value("null for what may be left out", "less")
def _nulls(value: dict[str, Any], _: random.Random) -> str:
    return dumped(_walked(value, lambda k, v: None if k in ("reason", "rationale", "keep") else v))


@by_value("NaN and Infinity", "unusable")
def _nan(value: dict[str, Any], rng: random.Random) -> str:
    text = dumped(_walked(value, lambda k, v: "@@" if k in ("words", "marker", "diagnosis") else v))
    return text.replace('"@@"', rng.choice(["NaN", "Infinity", "-Infinity", "1e999"]))


@by_value("the same key twice, differing", "unusable")
def _twice(value: dict[str, Any], _: random.Random) -> str:
    text = dumped(value)
    for key, other in (("words", "999"), ("verdict", '"supported"'), ("diagnosis", '"Other."')):
        if f'"{key}":' in text:
            if key == "verdict":
                other = '"partly"' if '"verdict": "supported"' in text else other
            return text.replace(f'"{key}":', f'"{key}": {other}, "{key}":', 1)
    raise AssertionError(text)


@by_value("the same key twice, alike")
def _twice_alike(value: dict[str, Any], _: random.Random) -> str:
    text = dumped(value)
    return re.sub(r'("(?:words|marker|tool)": (?:\d+|null|"[^"]*"))', r"\1, \1", text)


@by_value("object for array")
def _object_for_array(value: dict[str, Any], _: random.Random) -> str:
    damaged = deepcopy(value)
    for key in ("sections", "verdicts"):
        if key in damaged:
            damaged[key] = (
                damaged[key][0]
                if len(damaged[key]) == 1
                else {str(n): v for n, v in enumerate(damaged[key])}
            )
    return dumped(damaged)


@by_value("the list alone")
def _list_alone(value: dict[str, Any], _: random.Random) -> str:
    return dumped(value.get("verdicts", value))


@by_value("one object per line")
def _json_lines(value: dict[str, Any], _: random.Random) -> str:
    return "\n".join(dumped(v) for v in value["verdicts"]) if "verdicts" in value else dumped(value)


@by_value("list as text")
def _list_as_text(value: dict[str, Any], _: random.Random) -> str:
    damaged = deepcopy(value)
    for section in damaged.get("sections", ()):
        section["queries"] = "\n".join(f"- {query}" for query in section["queries"])
    for key in ("sections", "verdicts", "input"):
        if key in damaged:
            damaged[key] = dumped(damaged[key])
    return dumped(damaged)


@by_value("wrong nesting", "unusable")
def _wrong_nesting(value: dict[str, Any], _: random.Random) -> str:
    if "sections" in value:
        return dumped({"title": {"sections": value["sections"], "text": value["title"]}})
    if "verdicts" in value:
        return dumped({"verdicts": [[v["marker"], [v["verdict"]]] for v in value["verdicts"]]})
    return dumped({"input": {"diagnosis": None, "input": [value["input"]]}})


@by_value("translated keys", "unusable")
def _translated(value: dict[str, Any], rng: random.Random) -> str:
    names = rng.choice(
        [
            {
                "title": "Titel",
                "sections": "Abschnitte",
                "verdicts": "Urteile",
                "diagnosis": "Diagnose",
            },
            {"title": "題名", "sections": "節", "verdicts": "判定", "diagnosis": "診断"},
            {
                "title": "العنوان",
                "sections": "الأقسام",
                "verdicts": "الأحكام",
                "diagnosis": "التشخيص",
            },
        ]
    )
    return dumped({names.get(key, key): held for key, held in value.items()})


@by_value("schema instead of an answer", "unusable")
def _schema(value: dict[str, Any], _: random.Random) -> str:
    return dumped({"type": "object", "properties": {key: {"type": "string"} for key in value}})


@by_value("the prompt's example given back", "unusable")
def _echo(value: dict[str, Any], _: random.Random) -> str:
    return dumped(
        _walked(
            value, lambda k, v: "…" if isinstance(v, str) and k not in ("verdict", "tool") else v
        )
    ).replace("}]}", ', "reason": "…"}]}' if '"reason"' not in dumped(value) else "}]}")


# --------------------------------------------------------------------------- other notations


def _bare(held: Any) -> str:
    plain = isinstance(held, int) or (isinstance(held, str) and "\n" not in held)
    return str(held) if plain else dumped(held)


def _yaml(value: Any, indent: int = 0) -> list[str]:
    pad = " " * indent
    lines: list[str] = []
    for key, held in value.items():
        if isinstance(held, dict) and held:
            lines += [f"{pad}{key}:", *_yaml(held, indent + 2)]
        elif isinstance(held, list) and held and isinstance(held[0], dict):
            lines.append(f"{pad}{key}:")
            for item in held:
                inner = _yaml(item, indent + 4)
                lines += [f"{pad}  - {inner[0].lstrip()}", *inner[1:]]
        elif isinstance(held, list) and held:
            lines += [f"{pad}{key}:", *(f"{pad}  - {item}" for item in held)]
        else:
            lines.append(f"{pad}{key}: {_bare(held)}")
    return lines


@by_value("YAML")
def _as_yaml(value: dict[str, Any], _: random.Random) -> str:
    return "\n".join(_yaml(value))


@by_value("YAML in a fence")
def _fenced_yaml(value: dict[str, Any], _: random.Random) -> str:
    return "```yaml\n" + "\n".join(_yaml(value)) + "\n```"


@by_value("Markdown list with names")
def _markdown(value: dict[str, Any], _: random.Random) -> str:
    return re.sub(r"^(\s*(?:- )?)(\w+):", r"\1**\2**:", "\n".join(_yaml(value)), flags=re.M)


@by_value("Markdown table", "unusable")
def _table(value: dict[str, Any], _: random.Random) -> str:
    if "verdicts" not in value:
        return "| Heading | Words |\n|---|---|\n| " + next(iter(value)) + " | 300 |"
    rows = [
        f"| {v['marker']} | {v['verdict']} | {v.get('reason', '')} |" for v in value["verdicts"]
    ]
    return "| marker | verdict | reason |\n|---|---|---|\n" + "\n".join(rows)


@by_value("Markdown list without names", "unusable")
def _bare_list(value: dict[str, Any], _: random.Random) -> str:
    return "\n".join(f"{n}. **{key}** – as above" for n, key in enumerate(value, start=1))


@by_value("XML parameters")
def _xml(value: dict[str, Any], _: random.Random) -> str:
    inner = "\n".join(
        f"<parameter={key}>\n{held if isinstance(held, str) else dumped(held)}\n</parameter>"
        for key, held in value.items()
    )
    return f"<tool_call>\n<function=answer>\n{inner}\n</function>\n</tool_call>"


# --------------------------------------------------------------------------- nothing to read

REFUSALS = (
    "I'm sorry, but I can't help with that request.",
    "As an AI, I must decline.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "Je suis désolé, je ne peux pas répondre à cette demande.",
    "Lo siento, no puedo ayudar con eso.",
    "Mi dispiace, non posso fornire questo contenuto.",
    "Sinto muito, mas não posso ajudar com isso.",
    "申し訳ありませんが、お手伝いできません。",
    "抱歉，我无法提供帮助。",
    "عذرًا، لا أستطيع المساعدة في ذلك.",
    "Извините, я не могу помочь с этим.",
    "죄송합니다. 도와드릴 수 없습니다.",
)
by_value("refusal", "unusable")(lambda _, rng: rng.choice(REFUSALS))
by_value("empty", "unusable")(lambda _v, _r: "")
by_value("blank", "unusable")(lambda _, rng: rng.choice([" ", "\n\n\t", "\ufeff", "\u200b \u200b"]))
by_value("a bare scalar", "unusable")(
    lambda _, rng: rng.choice(["null", "42", '"yes"', "true", "[]", "{}"])
)
by_value("prose alone", "unusable")(
    lambda _, rng: rng.choice(
        [
            "The claims look fine to me.",
            "Claim 1 [supported], claim 2 {unsupported}.",
            "好的。",
            "Klar!",
        ]
    )
)
by_value("thinking alone", "unusable")(lambda _v, _r: f"<think>{_MUSING}")
by_value("an error as the answer", "unusable")(
    lambda _v, _r: '{"error": {"code": 500, "message": "model runner has stopped"}}'
)
by_value("lone surrogate")(
    lambda v, _: dumped(v).replace(  # The surrogate stands in a field that no shape asks for.
        "{", '{"emoji": "\\ud83d", ', 1
    )
)
by_value("10,000 brackets", "unusable")(
    lambda _, rng: rng.choice(["[", "{", '{"a":', "[{"]) * 10_000
)
by_value("10,000 brackets in a value", "unusable")(
    lambda v, _: dumped({**v, next(iter(v)): "@"}).replace('"@"', "[" * 5_000 + "]" * 5_000)
)
by_value("100 KB of thought")(lambda v, _: "<think>" + _MUSING * 1_300 + "</think>" + dumped(v))
by_value("100 KB of prose")(lambda v, _: "On the one hand, 'tis [so]. " * 3_600 + dumped(v))
by_value("100 KB, the value repeated")(
    lambda v, _: (dumped(v) + "\n") * (100_000 // len(dumped(v)))
)
by_value("5 MB", "unusable")(lambda v, _: dumped(v) + " and so on" * 500_000)
