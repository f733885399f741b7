"""APIs of several shapes, with data of their own: what they said when they were learnt."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autonomy.core.learnt import Exchange, HttpContract, LearntTool, Parameter, Place

Answer = Any
Arguments = dict[str, Any]

NOUNS = (
    "reef kelp tide lagoon delta estuary glacier moss lichen fjord dune basalt quartz marsh heath "
    "plankton coral current basin shelf"
).split()


def phrase(rng: random.Random, words: int) -> str:
    return (
        " ".join(rng.choice(NOUNS) for _ in range(words)).capitalize() + f" {rng.randint(1, 999)}"
    )


def moment(rng: random.Random) -> str:
    return (
        f"{rng.randint(1998, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        f"T{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}Z"
    )


def rng_of(arguments: Arguments) -> random.Random:
    return random.Random(repr(sorted(arguments.items())))


@dataclass(frozen=True)
class Api:
    """One operation of an API as it was when the tool was learnt."""

    name: str
    answer: Callable[[Arguments], Answer]
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    recorded: Sequence[Arguments]
    held_back: Sequence[Arguments]
    """Arguments whose answers no evidence has."""
    method: str = "GET"
    path: str = "/things"
    parameters: tuple[Parameter, ...] = field(default=())

    def tool(self, wrapper: str = "") -> LearntTool:
        return LearntTool(
            name=self.name,
            description=self.name,
            input_schema=self.input_schema,
            output_schema=self.output_schema,
            contract=HttpContract(
                base_url="https://api.example",
                method=self.method,
                path=self.path,
                parameters=self.parameters,
            ),
            wrapper=wrapper,
        )

    def recordings(self) -> list[Exchange]:
        return [
            exchange(arguments, self.answer(arguments), result=self.answer(arguments))
            for arguments in self.recorded
        ]


def exchange(
    arguments: Arguments,
    answer: Answer,
    *,
    status: int = 200,
    media_type: str = "application/json",
    result: Any = None,
    query: Mapping[str, Any] | None = None,
) -> Exchange:
    """A call; `query` is what went over the line where a wrapper made it another."""
    sent = dict(arguments if query is None else query)
    return Exchange(
        arguments=arguments,
        request={"path": {}, "query": sent, "headers": {}, "body": None},
        status=status,
        media_type=media_type,
        answer=copy.deepcopy(answer),
        result=copy.deepcopy(result),
    )


def _schema(properties: dict[str, Any], required: Sequence[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
    }


TEXT, WHOLE, NUMBER, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
MAYBE_TEXT = {"type": ["string", "null"]}
Q = {"type": "object", "properties": {"q": TEXT}, "required": ["q"]}
BY_Q = (Parameter(name="q", place=Place.QUERY, required=True),)
ASKED = [{"q": word} for word in NOUNS[:6]]
ELSE = [{"q": word} for word in NOUNS[6:14]]


def works(arguments: Arguments) -> Answer:
    rng = rng_of(arguments)
    items = [
        {
            "id": rng.randint(1, 10**6),
            "title": phrase(rng, rng.randint(2, 5)),
            "subtitle": phrase(rng, 3),
            "year": rng.randint(1900, 2025),
            "doi": f"10.{rng.randint(1000, 9999)}/{rng.randint(1, 10**6)}",
            "kind": rng.choice(["article", "book", "thesis"]),
            "open": rng.random() < 0.5,
            "score": round(rng.random(), 3),
            "published": moment(rng),
            "author": {"name": phrase(rng, 2), "orcid": f"0000-{rng.randint(1000, 9999)}"},
            "keywords": [rng.choice(NOUNS) for _ in range(rng.randint(1, 4))],
        }
        for _ in range(rng.randint(6, 9))
    ]
    return {"items": items, "next": f"c{rng.randint(1, 10**9)}", "total": rng.randint(10, 5000)}


WORK = _schema(
    {
        "id": WHOLE,
        "title": TEXT,
        "subtitle": TEXT,
        "year": WHOLE,
        "doi": TEXT,
        "kind": {"enum": ["article", "book", "thesis"]},
        "open": FLAG,
        "score": NUMBER,
        "published": TEXT,
        "author": _schema({"name": TEXT, "orcid": TEXT}),
        "keywords": {"type": "array", "items": TEXT},
    }
)
WORKS = Api(
    name="works.search",
    answer=works,
    input_schema={
        "type": "object",
        "properties": {"q": TEXT, "lang": {"type": "string", "default": "en"}},
        "required": ["q"],
    },
    output_schema=_schema(
        {"items": {"type": "array", "items": WORK}, "next": MAYBE_TEXT, "total": WHOLE}
    ),
    recorded=ASKED,
    held_back=ELSE,
    parameters=BY_Q,
)


def weather(arguments: Arguments) -> Answer:
    rng = rng_of(arguments)
    return {
        "city": arguments["city"].capitalize(),
        "country": phrase(rng, 1),
        "temperature": round(rng.uniform(-20, 40), 1),
        "humidity": rng.randint(5, 100),
        # Only cities that no recording has lie where numbers begin with a zero.
        "station": f"{'0' * (arguments in WEATHER.held_back)}{rng.randint(10, 99_999)}",
        "observed_at": moment(rng),
        "wind": {"speed": round(rng.uniform(0, 30), 2), "direction": rng.randint(0, 359)},
    }


WEATHER = Api(
    name="weather.now",
    answer=weather,
    input_schema={"type": "object", "properties": {"city": TEXT}, "required": ["city"]},
    output_schema=_schema(
        {
            "city": TEXT,
            "country": TEXT,
            "temperature": NUMBER,
            "humidity": WHOLE,
            "station": TEXT,
            "observed_at": TEXT,
            "wind": _schema({"speed": NUMBER, "direction": WHOLE}),
        }
    ),
    recorded=[{"city": word} for word in NOUNS[:12]],
    held_back=[{"city": word} for word in NOUNS[12:]],
    parameters=(Parameter(name="city", place=Place.QUERY, required=True),),
)


def products(arguments: Arguments) -> Answer:
    rng = rng_of(arguments)
    return [
        {
            "sku": "".join(str(rng.randint(1, 9)) for _ in range(rng.randint(3, 7))),
            "name": phrase(rng, 2),
            "price_cents": rng.randint(100, 99_999),
            "stock": rng.randint(1, 500),
            "state": rng.choice(["available", "sold_out", "retired"]),
            "listed": rng.random() < 0.5,
        }
        for _ in range(rng.randint(8, 12))
    ]


PRODUCTS = Api(
    name="products.list",
    answer=products,
    input_schema=Q,
    output_schema={
        "type": "array",
        "items": _schema(
            {
                "sku": {"type": "string", "pattern": "^[1-9][0-9]*$"},
                "name": TEXT,
                "price_cents": WHOLE,
                "stock": WHOLE,
                "state": {"enum": ["available", "sold_out", "retired"]},
                "listed": FLAG,
            }
        ),
    },
    recorded=ASKED,
    held_back=ELSE,
    parameters=BY_Q,
)


def ticket(arguments: Arguments) -> Answer:
    rng = rng_of(arguments)
    return {
        "ticket": {
            "id": arguments["number"],
            "subject": phrase(rng, 4),
            "priority": rng.choice(["low", "normal", "high"]),
            "created": rng.randint(10**9, 17 * 10**8),
            "reporter": phrase(rng, 2),
            "comments": [
                {"author": phrase(rng, 1), "body": phrase(rng, 6), "at": moment(rng)}
                for _ in range(rng.randint(1, 4))
            ],
            "parent": None if rng.random() < 0.4 else rng.randint(1, 999),
        }
    }


TICKET = Api(
    name="tickets.read",
    answer=ticket,
    input_schema={"type": "object", "properties": {"number": WHOLE}, "required": ["number"]},
    output_schema=_schema(
        {
            "ticket": _schema(
                {
                    "id": WHOLE,
                    "subject": TEXT,
                    "priority": {"enum": ["low", "normal", "high"]},
                    "created": WHOLE,
                    "reporter": TEXT,
                    "comments": {
                        "type": "array",
                        "items": _schema({"author": TEXT, "body": TEXT, "at": TEXT}),
                    },
                    "parent": {"type": ["integer", "null"]},
                }
            )
        }
    ),
    recorded=[{"number": n} for n in range(101, 113)],
    held_back=[{"number": n} for n in range(700, 710)],
    parameters=(Parameter(name="number", place=Place.QUERY, required=True),),
)


def records(arguments: Arguments) -> Answer:
    rng = rng_of(arguments)
    return {
        "records": [
            {
                "code": f"{rng.choice('ABC')}{rng.randint(10, 999)}",
                "label": phrase(rng, 2),
                "value": rng.randint(1, 9999),
                "ratio": rng.randint(1, 99) + 0.5,
                "day": moment(rng)[:10],
                "valid": rng.random() < 0.5,
            }
            for _ in range(rng.randint(5, 8))
        ]
    }


RECORDS = Api(
    name="records.table",
    answer=records,
    input_schema=Q,
    output_schema=_schema(
        {
            "records": {
                "type": "array",
                "items": _schema(
                    {
                        "code": TEXT,
                        "label": TEXT,
                        "value": WHOLE,
                        "ratio": NUMBER,
                        "day": TEXT,
                        "valid": FLAG,
                    }
                ),
            }
        }
    ),
    recorded=ASKED,
    held_back=ELSE,
    parameters=BY_Q,
)
