"""Ways in which those APIs change: some that can be mended for certain, and treacherous ones that
look as if they could."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.autonomy.tools.learnt.apis import (
    PRODUCTS,
    RECORDS,
    TICKET,
    WEATHER,
    WORKS,
    Answer,
    Api,
    Arguments,
)

Change = Callable[[Any, Arguments], Any]


@dataclass(frozen=True)
class Mutation:
    """One change of one API."""

    kind: str
    name: str
    api: Api
    change: Change
    """The new answer, made of the old one."""
    mended: bool
    """Whether it can be known for certain how to turn it back."""
    status: int = 200
    media_type: str = "application/json"
    demands: Callable[[Arguments], tuple[int, Any] | None] = lambda query: None
    """The API's refusal of a request that lacks what it wants now."""
    served: Callable[[Arguments], Arguments] = lambda query: query
    """The arguments as the old API had them."""


MUTATIONS: list[Mutation] = []


def mends(kind: str, name: str, api: Api, **more: Any) -> Callable[[Change], Change]:
    return _added(kind, name, api, mended=True, **more)


def betrays(kind: str, name: str, api: Api, **more: Any) -> Callable[[Change], Change]:
    return _added(kind, name, api, mended=False, **more)


def _added(
    kind: str, name: str, api: Api, *, mended: bool, **more: Any
) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        MUTATIONS.append(Mutation(kind, name, api, change, mended, **more))
        return change

    return add


def each(answer: Answer, change: Callable[[dict[str, Any]], None]) -> Answer:
    """`change` made to every item of a list."""
    listed = answer if isinstance(answer, list) else answer.get("items", answer.get("records"))
    for item in listed:
        change(item)
    return answer


def renamed(item: dict[str, Any], old: str, new: str) -> None:
    item[new] = item.pop(old)


def _rename(kind: str, api: Api, old: str, new: str, *, mended: bool = True) -> None:
    def change(answer: Answer, _: Arguments) -> Answer:
        if api in (WEATHER, TICKET):
            renamed(answer if api is WEATHER else answer["ticket"], old, new)
            return answer
        return each(answer, lambda item: renamed(item, old, new))

    _added(kind, f"{old} → {new}", api, mended=mended)(change)


# ------------------------------------------------------------------------------- rename

for _api, _old, _new in (
    (WORKS, "title", "name"),
    (WORKS, "published", "publishedAt"),
    (WORKS, "open", "isOpen"),
    (WORKS, "keywords", "tags"),
    (WEATHER, "humidity", "relative_humidity"),
    (WEATHER, "observed_at", "observedAt"),
    (PRODUCTS, "price_cents", "priceCents"),
    (PRODUCTS, "name", "title"),
    (TICKET, "subject", "headline"),
    (TICKET, "comments", "commentList"),
    (RECORDS, "label", "labels"),
):
    _rename("rename", _api, _old, _new)


@mends("rename", "two fields at once", WORKS)
def _two(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        renamed(item, "title", "headline")
        renamed(item, "doi", "DOI")

    return each(answer, change)


@mends("rename", "an object with its fields", WORKS)
def _creator(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: renamed(item, "author", "creator"))


# ------------------------------------------------------------------------------- nest, move


@mends("nest", "everything under data", WEATHER)
def _data(answer: Answer, _: Arguments) -> Answer:
    return {"data": answer, "meta": {"took": 3}}


@mends("nest", "title under bibliographic", WORKS)
def _bibliographic(answer: Answer, _: Arguments) -> Answer:
    return each(
        answer,
        lambda item: item.update(biblio={"title": item.pop("title"), "year": item.pop("year")}),
    )


@mends("nest", "reporter is an object", TICKET)
def _reporter(answer: Answer, _: Arguments) -> Answer:
    answer["ticket"]["reporter"] = {"name": answer["ticket"]["reporter"]}
    return answer


@mends("nest", "each item under attributes", PRODUCTS)
def _attributes(answer: Answer, _: Arguments) -> Answer:
    return [{"kind": "product", "attributes": item} for item in answer]


@mends("flatten", "author", WORKS)
def _flat_author(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        author = item.pop("author")
        item.update(author_name=author["name"], author_orcid=author["orcid"])

    return each(answer, change)


@mends("flatten", "ticket without its envelope", TICKET)
def _no_envelope(answer: Answer, _: Arguments) -> Answer:
    return answer["ticket"]


@mends("flatten", "wind", WEATHER)
def _flat_wind(answer: Answer, _: Arguments) -> Answer:
    wind = answer.pop("wind")
    return {**answer, "wind_speed": wind["speed"], "wind_direction": wind["direction"]}


# ------------------------------------------------------------------------------- type


def _typed(
    name: str, api: Api, field: str, change: Callable[[Any], Any], *, mended: bool = True
) -> None:
    def changed(answer: Answer, _: Arguments) -> Answer:
        if api in (WEATHER, TICKET):
            here = answer if api is WEATHER else answer["ticket"]
            here[field] = change(here[field])
            return answer
        return each(answer, lambda item: item.update({field: change(item[field])}))

    _added("type" if mended else "treacherous", name, api, mended=mended)(changed)


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def iso(seconds: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat() + "Z"


_typed("year as text", WORKS, "year", str)
_typed("sku as number", PRODUCTS, "sku", int)
_typed("published as epoch seconds", WORKS, "published", epoch)
_typed("observed_at as epoch milliseconds", WEATHER, "observed_at", lambda v: epoch(v) * 1000)
_typed("created as ISO 8601", TICKET, "created", iso)
_typed("open as 0 and 1", WORKS, "open", int)
_typed("listed as text", PRODUCTS, "listed", lambda v: str(v).lower())
_typed("day first", RECORDS, "day", lambda v: "/".join(reversed(v.split("-"))))
_typed("temperature as text", WEATHER, "temperature", str)
_typed(
    "published with an offset",
    WORKS,
    "published",
    lambda v: (datetime.fromisoformat(v[:-1]) + timedelta(hours=2)).isoformat() + "+02:00",
)
_typed("title in a list of one", WORKS, "title", lambda v: [v])
_typed(
    "keywords without a list when single", WORKS, "keywords", lambda v: v[0] if len(v) == 1 else v
)


@mends("type", "renamed and retyped", RECORDS)
def _renamed_retyped(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        item["values"] = str(item.pop("value"))

    return each(answer, change)


# ------------------------------------------------------------------------------- values

_typed("state in capitals", PRODUCTS, "state", str.upper)
_typed(
    "kind in other words", WORKS, "kind", {"article": "A", "book": "B", "thesis": "T"}.__getitem__
)
_typed("kind as numbers", WORKS, "kind", {"article": 1, "book": 2, "thesis": 3}.__getitem__)


# ------------------------------------------------------------------------------- pagination


@mends("pagination", "items and next in objects of their own", WORKS)
def _paged(answer: Answer, _: Arguments) -> Answer:
    return {
        "results": answer["items"],
        "meta": {"next_cursor": answer["next"], "total_count": answer["total"]},
    }


@mends("pagination", "a link to the next page", WORKS)
def _linked(answer: Answer, _: Arguments) -> Answer:
    following = f"https://api.example/works?cursor={answer.pop('next')}&size=20"
    return {**answer, "next": following}


@mends("pagination", "a list in an envelope", PRODUCTS)
def _enveloped(answer: Answer, _: Arguments) -> Answer:
    return {"data": answer, "page": 1, "pages": 1}


@mends("pagination", "an envelope less", RECORDS)
def _bare(answer: Answer, _: Arguments) -> Answer:
    return answer["records"]


# ------------------------------------------------------------------------------- parameter


def as_it_was(answer: Answer, _: Arguments) -> Answer:
    return answer


def lacks(name: str, body: Any, status: int = 400) -> Callable[[Arguments], tuple[int, Any] | None]:
    return lambda query: None if name in query else (status, body)


def without(*names: str) -> Callable[[Arguments], Arguments]:
    return lambda query: {k: v for k, v in query.items() if k not in names}


mends(
    "parameter",
    "a new one with a default",
    WORKS,
    demands=lacks("lang", {"error": {"message": "Missing required parameter 'lang'."}}),
    served=without("lang"),
)(as_it_was)
mends(
    "parameter",
    "renamed, in the words of a framework",
    WORKS,
    demands=lacks(
        "query",
        {"detail": [{"type": "missing", "loc": ["query", "query"], "msg": "Field required"}]},
        422,
    ),
    served=lambda query: {"q": query["query"]},
)(as_it_was)
mends(
    "parameter",
    "renamed, and the answers too",
    TICKET,
    demands=lacks(
        "ticket_number", {"errors": [{"parameter": "ticket_number", "code": "required"}]}
    ),
    served=lambda query: {"number": query["ticket_number"]},
)(lambda answer, _: answer)


# ------------------------------------------------------------------------------- status, content type

mends("status", "202 with the whole answer", WORKS, status=202)(as_it_was)
mends("status", "226 with the whole answer", WEATHER, status=226)(as_it_was)


def as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in row.items()})
    return text.getvalue()


@mends("content type", "CSV", RECORDS, media_type="text/csv; charset=utf-8")
def _csv(answer: Answer, _: Arguments) -> Answer:
    return as_csv(answer["records"])


@mends("content type", "JSON Lines", PRODUCTS, media_type="application/x-ndjson")
def _lines(answer: Answer, _: Arguments) -> Answer:
    return "".join(json.dumps(item) + "\n" for item in answer)


@mends("content type", "XML", RECORDS, media_type="application/xml")
def _xml(answer: Answer, _: Arguments) -> Answer:
    rows = [
        "<row>"
        + "".join(
            f"<{k}>{str(v).lower() if isinstance(v, bool) else v}</{k}>" for k, v in item.items()
        )
        + "</row>"
        for item in answer["records"]
    ]
    return "<rows>" + "".join(rows) + "</rows>"


@mends("content type", "CSV with a renamed column", RECORDS, media_type="text/csv")
def _csv_renamed(answer: Answer, _: Arguments) -> Answer:
    return as_csv(answer["records"]).replace("label", "labels", 1)


# ------------------------------------------------------------------------------- treacherous


@betrays("treacherous", "title and subtitle swapped beside a rename", WORKS)
def _swapped(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        item["title"], item["subtitle"] = item["subtitle"], item["title"]
        renamed(item, "doi", "DOI")

    return each(answer, change)


@betrays("treacherous", "cents become euros beside a rename", PRODUCTS)
def _euros(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        item["price_cents"] = item["price_cents"] // 100
        renamed(item, "name", "title")

    return each(answer, change)


@betrays("treacherous", "price in another unit under another name", PRODUCTS)
def _price_eur(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.update(price_eur=item.pop("price_cents") / 100))


@betrays("treacherous", "score inverted beside a rename", WORKS)
def _inverted(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        item["score"] = round(1 - item["score"], 3)
        renamed(item, "title", "name")

    return each(answer, change)


@betrays("treacherous", "a decoy of the same type", WORKS)
def _decoy(answer: Answer, arguments: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        item["name"] = item.pop("title")[::-1]

    return each(answer, change)


@betrays("treacherous", "a shortened title that is equal while titles are short", WORKS)
def _short(answer: Answer, arguments: Arguments) -> Answer:
    return each(answer, lambda item: item.update(short_title=cut(item.pop("title"), arguments)))


def cut(text: str, arguments: Arguments) -> str:
    """Cut only what no recording has."""
    return text if arguments in WORKS.recorded else text[:10]


@betrays("treacherous", "an excerpt in its place", TICKET)
def _excerpt(answer: Answer, arguments: Arguments) -> Answer:
    subject = answer["ticket"].pop("subject")
    answer["ticket"]["excerpt"] = subject if arguments in TICKET.recorded else subject[:8]
    return answer


@betrays("treacherous", "ids cut to floats", WORKS)
def _floats(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.update(id=float(item["id"] + 2**60)))


@betrays("treacherous", "times an hour later", WORKS)
def _shifted(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.update(published=epoch(item["published"]) + 3600))


@betrays("treacherous", "times without their zone", WORKS)
def _naive(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.update(published=item["published"][:-1]))


@betrays("treacherous", "a day of change instead of creation", TICKET)
def _modified(answer: Answer, arguments: Arguments) -> Answer:
    created = answer["ticket"].pop("created")
    answer["ticket"]["modified"] = created + (0 if arguments in TICKET.recorded else 86_400)
    return answer


_typed("station as number, zeros in front lost", WEATHER, "station", int, mended=False)


def when_long(text: str, arguments: Arguments, api: Api) -> str:
    """Another text, only where no recording shows it."""
    return text if arguments in api.recorded else text.upper()


def _also(api: Api, old: str, new: str) -> None:
    """A field goes, and one that so far always had its value is there instead."""

    def change(answer: Answer, arguments: Arguments) -> Answer:
        if api is WORKS:
            return each(
                answer,
                lambda item: item.update({new: when_long(item.pop(old), arguments, api)}),
            )
        here = answer if api is WEATHER else answer["ticket"]
        here[new] = when_long(here.pop(old), arguments, api)
        return answer

    _added("treacherous", f"{old} is gone, {new} was equal so far", api, mended=False)(change)


for _api, _old, _new in (
    (WORKS, "title", "title_en"),
    (WORKS, "title", "display_title"),
    (WORKS, "title", "shown_as"),
    (WORKS, "published", "updated"),
    (WORKS, "doi", "related_doi"),
    (WEATHER, "country", "birth_country_code"),
    (TICKET, "reporter", "assignee"),
    (TICKET, "subject", "subject_html"),
):
    _also(_api, _old, _new)


@betrays("treacherous", "a list of highlights that held everything so far", WORKS)
def _highlights(answer: Answer, arguments: Arguments) -> Answer:
    items = answer.pop("items")
    return {**answer, "highlights": items if arguments in WORKS.recorded else items[:2]}


@betrays("treacherous", "two fields with its values", WORKS)
def _twins(answer: Answer, _: Arguments) -> Answer:
    def change(item: dict[str, Any]) -> None:
        item["headline"] = item["name"] = item.pop("title")

    return each(answer, change)


@betrays("treacherous", "an error under status 200", WORKS)
def _error(answer: Answer, _: Arguments) -> Answer:
    return {"error": {"code": "quota", "message": "Daily quota used up"}, "items": []}


@betrays("treacherous", "a failure in words under status 200", WEATHER)
def _failed(answer: Answer, _: Arguments) -> Answer:
    return {"status": "error", "reason": "maintenance"}


@betrays("treacherous", "a web page under status 200", WORKS)
def _page(answer: Answer, _: Arguments) -> Answer:
    return "<!DOCTYPE html><html><body>Down for maintenance</body></html>"


@betrays("treacherous", "nothing found any more", WORKS)
def _empty(answer: Answer, _: Arguments) -> Answer:
    return {"results": [], "next": None, "total": 0}


@betrays("treacherous", "half of each page, under another name", WORKS)
def _half(answer: Answer, _: Arguments) -> Answer:
    return {"results": answer["items"][:3], "next": answer["next"], "total": answer["total"]}


@betrays("treacherous", "another order, under another name", WORKS)
def _order(answer: Answer, _: Arguments) -> Answer:
    return {"results": answer["items"][::-1], "next": answer["next"], "total": answer["total"]}


@betrays("treacherous", "a part of the answer (206)", WORKS, status=206)
def _part(answer: Answer, _: Arguments) -> Answer:
    return answer


@betrays("treacherous", "a promise of an answer (202)", WORKS, status=202)
def _promise(answer: Answer, _: Arguments) -> Answer:
    return {"job": "j1", "status": "pending"}


@betrays("treacherous", "priorities turned round", TICKET)
def _priorities(answer: Answer, _: Arguments) -> Answer:
    turned = {"low": "high", "normal": "normal", "high": "low"}
    answer["ticket"]["priority"] = turned[answer["ticket"]["priority"]]
    renamed(answer["ticket"], "subject", "title")
    return answer


@betrays("treacherous", "two values become one", PRODUCTS)
def _merged(answer: Answer, _: Arguments) -> Answer:
    merged = {"available": "YES", "sold_out": "NO", "retired": "NO"}
    return each(answer, lambda item: item.update(state=merged[item["state"]]))


@betrays("treacherous", "a flag of the opposite", PRODUCTS)
def _opposite(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.update(unlisted=not item.pop("listed")))


@betrays("treacherous", "the first of several", WORKS)
def _first(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.update(keywords=item["keywords"][0]))


@betrays("treacherous", "a field is gone", WORKS)
def _gone(answer: Answer, _: Arguments) -> Answer:
    return each(answer, lambda item: item.pop("doi"))


@betrays("treacherous", "a new field beside the old values of another", WORKS)
def _taken(answer: Answer, _: Arguments) -> Answer:
    # The subtitle takes the place of the title, which goes.
    return each(answer, lambda item: renamed(item, "subtitle", "title"))


@betrays("treacherous", "decimal commas", WEATHER)
def _commas(answer: Answer, _: Arguments) -> Answer:
    answer["temperature"] = str(answer["temperature"]).replace(".", ",")
    return answer


@betrays("treacherous", "CSV with thousands written in groups", RECORDS, media_type="text/csv")
def _groups(answer: Answer, _: Arguments) -> Answer:
    return as_csv([{**row, "value": f"{row['value'] + 1000:,}"} for row in answer["records"]])


betrays(
    "treacherous",
    "a key is wanted",
    WORKS,
    demands=lacks("api_key", {"error": "Missing required parameter 'api_key'"}),
    served=without("api_key"),
)(as_it_was)
betrays(
    "treacherous",
    "a parameter that nobody knows",
    WORKS,
    demands=lacks("tenant", {"error": "Missing required parameter 'tenant'"}),
    served=without("tenant"),
)(as_it_was)
betrays(
    "treacherous",
    "a default that changes the answers",
    WORKS,
    demands=lacks("lang", {"error": "Missing required parameter 'lang'"}),
    served=lambda q: q,
)(as_it_was)
betrays(
    "treacherous",
    "a refusal without a name",
    WORKS,
    demands=lambda query: (400, {"error": "Bad request"}),
)(as_it_was)
betrays("treacherous", "the server fails", WORKS, demands=lambda query: (500, "oops"))(as_it_was)
