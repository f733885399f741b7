"""What similarity reports call things, for people."""

from __future__ import annotations

from autonomy.core.originality import ComparedKind, MatchGroup, MatchKind, Similarity

SCOPE = (
    "This report compares the document only with its author's own sources and earlier documents in "
    "this product. It does not search the web or any database of publications, and it is not a "
    "score of Turnitin or of any other service."
)
GROUPS = {
    MatchGroup.NOT_CITED_OR_QUOTED: "Not cited or quoted",
    MatchGroup.MISSING_QUOTATION: "Cited, quotation marks missing",
    MatchGroup.MISSING_CITATION: "Quoted, citation missing",
    MatchGroup.CITED_AND_QUOTED: "Cited and quoted",
}
KINDS = {
    MatchKind.VERBATIM: "word for word",
    MatchKind.LIGHT: "lightly edited",
    MatchKind.PARAPHRASE: "possible paraphrase",
}
WHERE = {
    ComparedKind.RUN_SOURCE: "Source of this run",
    ComparedKind.LIBRARY: "Your library",
    ComparedKind.EARLIER_DOCUMENT: "Your earlier document",
}
EXCLUDED = {
    "quoted_and_cited": "quoted and cited",
    "bibliography": "bibliography",
    "common_phrase": "common phrases",
    "small_match": "small matches",
}


def numbered(found: Similarity) -> dict[str, int]:
    """Texts that count or are hinted at, by their number in the list."""
    shown = [text for text in found.texts if text.words or text.paraphrases]
    return {text.text_id: number for number, text in enumerate(shown, 1)}
