from __future__ import annotations

from autonomy.core.tokens import estimate_tokens


def test_tokens_are_estimated_high() -> None:
    assert estimate_tokens("") == 1
    assert estimate_tokens("word " * 300) >= 300 * 1.3
    assert estimate_tokens("漢字" * 100) >= 400
    assert estimate_tokens("🦉" * 100) >= 250
    assert estimate_tokens("3.14159 2.71828\n" * 100) >= 900
    assert estimate_tokens("\ud800") >= 1
