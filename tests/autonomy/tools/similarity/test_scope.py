from __future__ import annotations

import pytest

from autonomy.tools.similarity.scope import says_scope


@pytest.mark.parametrize(
    ("sentence", "scope"),
    [
        ("This document examines community kitchens and food waste.", True),
        ("In this essay I will first look at rain gardens.", True),
        ("The present  chapter\ndeals with peat bogs.", True),
        ("This paper will discuss how cycle lanes are paid for.", True),
        ("This study examines 40 kitchens over six years.", False),
        ("This report considers that kitchens lower waste.", False),
        ("This study shows lower waste in kitchens.", False),
        ("Community kitchens lower food waste.", False),
        ("This document is long.", False),
    ],
)
def test_a_statement_of_scope_is_told_from_a_claim(sentence: str, scope: bool) -> None:
    assert says_scope(sentence) is scope
