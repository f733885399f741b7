"""Reasoning is told from answers while they are being written as it is once they are whole."""

from __future__ import annotations

import random

import pytest

from autonomy.core.llm.thinking import Live, split
from tests.autonomy.core.llm.fakes import Bench, said
from tests.providers.behaviours import Behaviour

ANSWERS = {
    "none": "Reefs bleach [[p:a1]] when a < b and [see below]; x <y.",
    "before": "<think>First, I look.\n</think>\n\nReefs bleach.",
    "after": "Reefs bleach.<think>Was that right?</think>",
    "within": "Reefs <thinking>hm</thinking>bleach.",
    "nested": "<think>a<think>b</think>c</think>Reefs bleach.",
    "never closed": "Reefs bleach.\n<reasoning effort='high'>Let me see",
    "opened in the prompt": "I should be brief.</think>Reefs bleach.",
    "talked about": "Write `<think>` and “</think>” around it.",
    "brackets": "[THINK]hm[/THINK]Reefs bleach.",
    "triangles": "◁think▷hm◁/think▷Reefs bleach.",
    "channels": "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
    "<|channel|>final<|message|>Reefs bleach.<|return|>",
    "another channel": "Reefs bleach.<|channel|>analysis<|message|>Hm.",
    "control": "Reefs bleach.<|im_end|></s>",
}


def seen(pieces: list[str]) -> str:
    live, screen = Live(), ""
    for piece, done in [*((piece, False) for piece in pieces), ("", True)]:
        shown = live.feed(piece, done=done)
        screen = ("" if shown.void else screen) + shown.text
    return screen


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_however_an_answer_is_cut_into_pieces_a_reader_sees_what_is_kept_of_it(text: str) -> None:
    rng = random.Random(7)
    kept = split(text).answer
    assert seen([text]).strip() == kept
    assert seen(list(text)).strip() == kept
    for _ in range(200):
        cuts = sorted(rng.sample(range(len(text)), 4))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert seen(pieces).strip() == kept


def test_text_without_marks_is_not_held_back() -> None:
    live = Live()
    assert [live.feed(piece).text for piece in ("Reefs ", "bleach", ".")] == [
        "Reefs ",
        "bleach",
        ".",
    ]


@pytest.mark.parametrize(
    ("answer", "events"),
    [
        ("<think>They want prose. Of reefs, and short. Well then.</think>Reefs bleach.", []),
        (
            "They want prose. Of reefs, and short. Well then.</think>Reefs bleach.",
            ["attempt.restarted"],
        ),
    ],
)
async def test_a_reader_of_a_stream_does_not_see_the_reasoning(
    bench: Bench, answer: str, events: list[str]
) -> None:
    bench.server.behaviour = Behaviour(content=answer)
    screen: list[str] = []
    voided = 0

    async def on_token(piece: str) -> None:
        nonlocal voided
        if bench.kinds().count("attempt.restarted") > voided:
            voided += 1
            screen.clear()
        screen.append(piece)

    text = await bench.gateway().text("writer", key="k", prompt=said("p"), on_token=on_token)

    assert text == "Reefs bleach."
    assert "".join(screen) == text
    assert bench.kinds() == events
