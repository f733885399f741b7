"""PubMed's words for the made-up world."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from tests.registries.answering import Asked, Reply, reply
from tests.registries.searching import between, known_to, search
from tests.registries.world import Entry, by_key

NAME = "pubmed"
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_NOTICES = {
    "retraction": "RetractionIn",
    "expression_of_concern": "ExpressionOfConcernIn",
    "correction": "ErratumIn",
}


def answer(asked: Asked) -> Reply:
    if asked.path == "/esearch.fcgi":
        return _search(asked)
    if asked.path == "/efetch.fcgi":
        wanted = asked.get("id").split(",")
        found = [entry for entry in known_to(NAME) if entry.pmid in wanted]
        body = (
            '<?xml version="1.0" ?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
            '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd"><PubmedArticleSet>'
            + "".join(_article(entry) for entry in found)
            + "</PubmedArticleSet>"
        )
        return Reply(200, {"Content-Type": "text/xml; charset=UTF-8"}, body.encode())
    return Reply(404, {"Content-Type": "text/plain"}, b"")


def _search(asked: Asked) -> Reply:
    term = asked.get("term")
    dois = re.findall(r'"([^"]+)"\[AID\]', term)
    if dois:
        found = [entry for entry in known_to(NAME) if entry.doi in dois]
    elif term.endswith("[Title]"):
        found = search(NAME, term.removesuffix("[Title]"), every=True, titles=True)
    else:
        found = search(NAME, term, every=True)
    if asked.get("mindate"):
        found = between(found, int(asked.get("mindate")), int(asked.get("maxdate")))
    ids = [entry.pmid for entry in found[: asked.number("retmax", 20)]]
    result = {"count": str(len(found)), "retmax": str(len(ids)), "retstart": "0", "idlist": ids}
    return reply({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})


def _article(entry: Entry) -> str:
    people = "".join(
        f'<Author ValidYN="Y"><LastName>{escape(family)}</LastName><ForeName>{escape(given)}</ForeName></Author>'
        if given
        else f'<Author ValidYN="Y"><CollectiveName>{escape(family)}</CollectiveName></Author>'
        for given, family in entry.authors
    )
    background, _, rest = entry.abstract.partition(". ")
    notice = (
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{_NOTICES[entry.notice]}">'
        f"<RefSource>Inv Press. {entry.year + 2}. doi: {entry.doi}.notice</RefSource></CommentsCorrections></CommentsCorrectionsList>"
        if entry.notice
        else ""
    )
    cited = "".join(
        f'<Reference><ArticleIdList><ArticleId IdType="pubmed">{by_key(key).pmid}</ArticleId>'
        f'<ArticleId IdType="doi">{by_key(key).doi}</ArticleId></ArticleIdList></Reference>'
        for key in entry.cites
    )
    pmc = f'<ArticleId IdType="pmc">{entry.pmcid}</ArticleId>' if entry.pmcid else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{entry.pmid}</PMID><Article PubModel="Print">'
        f'<Journal><ISSN IssnType="Print">1234-5679</ISSN><JournalIssue><Volume>{entry.volume}</Volume><Issue>{entry.issue}</Issue>'
        f"<PubDate><Year>{entry.year}</Year><Month>{_MONTHS[entry.month - 1]}</Month></PubDate></JournalIssue>"
        f"<Title>{escape(entry.venue)}</Title><ISOAbbreviation>Inv. Press</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{escape(entry.title)}.</ArticleTitle><Pagination><MedlinePgn>{entry.pages.replace('–', '-')}</MedlinePgn></Pagination>"
        f'<ELocationID EIdType="doi" ValidYN="Y">{entry.doi}</ELocationID><Abstract>'
        f'<AbstractText Label="BACKGROUND">{escape(background)}.</AbstractText><AbstractText Label="RESULTS">{escape(rest)}</AbstractText></Abstract>'
        f'<AuthorList CompleteYN="Y">{people}</AuthorList><Language>eng</Language>'
        f"<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList></Article>{notice}</MedlineCitation>"
        f'<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{entry.pmid}</ArticleId><ArticleId IdType="doi">{entry.doi}</ArticleId>{pmc}'
        f"</ArticleIdList><ReferenceList>{cited}</ReferenceList></PubmedData></PubmedArticle>"
    )
