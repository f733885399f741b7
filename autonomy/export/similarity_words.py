"""What similarity reports call things, for people."""

from __future__ import annotations

from autonomy.core.originality import Bound, ComparedKind, MatchGroup, MatchKind, Part, Similarity

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
    "group": "groups left out",
    "text": "texts left out",
}
_BOUNDS = {
    Part.DRAFT_SENTENCES: (
        "Only the first {looked_at:,} of the document’s {of:,} sentences were looked at for "
        "possible paraphrases."
    ),
    Part.SENTENCE_PAIRS: (
        "Of {of:,} pairs of sentences that share words, the {looked_at:,} that share most were "
        "compared in meaning; possible paraphrases among the others are not shown."
    ),
    Part.NEIGHBOUR_PAIRS: (
        "Around {looked_at:,} of {of:,} sentences that may be paraphrases the neighbouring "
        "sentences were looked at too; around the others they were not."
    ),
}


def bound_said(bound: Bound) -> str:
    """What was not looked at, as a sentence."""
    return _BOUNDS[bound.part].format(looked_at=bound.looked_at, of=bound.of)


def limits_said(found: Similarity) -> list[str]:
    """All that was not looked at, a sentence each."""
    said = [bound_said(bound) for bound in found.bounds]
    if found.left_out:
        texts = "text was" if found.left_out == 1 else "texts were"
        said.insert(
            0,
            f"{found.left_out:,} further {texts} not compared: there is more than this server "
            "compares one document with. The percentage may be too low.",
        )
    return said


def numbered(found: Similarity) -> dict[str, int]:
    """Texts that count or are hinted at, with their numbers."""
    return {each.text_id: each.number for each in found.texts if each.words or each.paraphrases}
