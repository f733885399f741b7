"""Which language a text is in, when its commonest words make that plain."""

from __future__ import annotations

import re

_COMMON = {
    "en": "the of and to in is that for with as are on by this be from which was or an",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als",
    "fr": "de la le et les des en un du une que est pour qui dans par sur au avec ne",
    "es": "de la que el en y los del se las por un para con no una su al es como",
    "it": "di che la il un per in una del è con non si da le dei nel della al sono",
    "pt": "de que do da em um para com não uma os no se na por mais as dos como ao",
    "nl": "de van het een en in is dat op te zijn met voor niet aan er om ook als bij",
}
_SETS = {code: frozenset(words.split()) for code, words in _COMMON.items()}
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
_SAMPLE = 20_000


def detect(text: str) -> str | None:
    """The ISO 639-1 code, or None when the text is too short or the vote too close."""
    sample = text[:_SAMPLE].lower()
    letters = sum(map(str.isalpha, sample))
    if letters < 40:
        return None
    for code, script in _SCRIPTS:
        # Japanese is told from Chinese by a tenth of kana; other scripts must be the main one.
        if len(script.findall(sample)) > letters * (0.1 if code == "ja" else 0.4):
            return code
    words = re.findall(r"[^\W\d_]+", sample)
    votes = sorted(((sum(w in known for w in words), code) for code, known in _SETS.items()))
    best, second = votes[-1], votes[-2]
    if len(words) < 20 or best[0] < len(words) * 0.1 or best[0] < second[0] * 1.2:
        return None
    return best[1]
