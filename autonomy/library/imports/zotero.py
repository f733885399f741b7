"""Items of Zotero's own JSON (`itemType`, `creators`) as CSL.

Names of fields and types after Zotero's published schema (https://api.zotero.org/schema).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TYPES = {
    "journalArticle": "article-journal",
    "magazineArticle": "article-magazine",
    "newspaperArticle": "article-newspaper",
    "book": "book",
    "bookSection": "chapter",
    "conferencePaper": "paper-conference",
    "thesis": "thesis",
    "report": "report",
    "webpage": "webpage",
    "blogPost": "post-weblog",
    "forumPost": "post",
    "preprint": "article",
    "dataset": "dataset",
    "computerProgram": "software",
    "patent": "patent",
    "statute": "legislation",
    "bill": "bill",
    "case": "legal_case",
    "standard": "standard",
    "encyclopediaArticle": "entry-encyclopedia",
    "dictionaryEntry": "entry-dictionary",
    "presentation": "speech",
    "manuscript": "manuscript",
    "letter": "personal_communication",
    "map": "map",
    "film": "motion_picture",
    "videoRecording": "motion_picture",
    "podcast": "broadcast",
    "radioBroadcast": "broadcast",
    "tvBroadcast": "broadcast",
    "interview": "interview",
    "hearing": "hearing",
    "artwork": "graphic",
}
_ROLES = {
    "author": "author",
    "editor": "editor",
    "translator": "translator",
    "seriesEditor": "collection-editor",
    "bookAuthor": "container-author",
    "director": "director",
    "inventor": "author",
    "programmer": "author",
    "presenter": "author",
    "artist": "author",
    "cartographer": "author",
    "podcaster": "author",
}
_FIELDS = {
    "title": "title",
    "caseName": "title",
    "nameOfAct": "title",
    "shortTitle": "title-short",
    "publicationTitle": "container-title",
    "bookTitle": "container-title",
    "proceedingsTitle": "container-title",
    "encyclopediaTitle": "container-title",
    "dictionaryTitle": "container-title",
    "websiteTitle": "container-title",
    "blogTitle": "container-title",
    "forumTitle": "container-title",
    "journalAbbreviation": "container-title-short",
    "series": "collection-title",
    "seriesNumber": "collection-number",
    "volume": "volume",
    "issue": "issue",
    "number": "number",
    "reportNumber": "number",
    "patentNumber": "number",
    "archiveID": "number",
    "pages": "page",
    "numPages": "number-of-pages",
    "edition": "edition",
    "publisher": "publisher",
    "university": "publisher",
    "institution": "publisher",
    "repository": "publisher",
    "company": "publisher",
    "place": "publisher-place",
    "conferenceName": "event-title",
    "thesisType": "genre",
    "reportType": "genre",
    "versionNumber": "version",
    "DOI": "DOI",
    "ISBN": "ISBN",
    "ISSN": "ISSN",
    "url": "URL",
    "language": "language",
    "abstractNote": "abstract",
}


def from_zotero(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item as CSL-JSON; attachments, tags and collections are left out."""
    csl: dict[str, Any] = {"type": _TYPES.get(str(item["itemType"]), "document")}
    for name, variable in _FIELDS.items():
        if item.get(name):
            csl.setdefault(variable, item[name])
    creators = item.get("creators")
    for creator in creators if isinstance(creators, list) else []:
        if isinstance(creator, Mapping):
            role = _ROLES.get(str(creator.get("creatorType")))
            if role:
                csl.setdefault(role, []).append(_person(creator))
    for name, variable in (("date", "issued"), ("accessDate", "accessed")):
        if isinstance(item.get(name), str):
            # "2020-03-01 14:00:00Z": the day is enough.
            day = re.match(r"\d{4}-\d{1,2}(-\d{1,2})?", item[name])
            csl[variable] = {"raw": day[0] if day else item[name]}
    return csl


def _person(creator: Mapping[str, Any]) -> dict[str, Any]:
    if creator.get("name"):
        return {"literal": creator["name"]}
    return {"family": creator.get("lastName"), "given": creator.get("firstName")}
