"""A made-up service of exchange rates: a document of version 3.1 with parameters in its path, lists
in pages, and answers that can change their names."""

from __future__ import annotations

import json
from typing import Any

from tests.learnt.serving import Asked, Reply

KEY = "rates-key-311"
CODE = {"type": "string", "minLength": 3, "maxLength": 3, "description": "Currency code."}
DATE = {"type": "string", "format": "date"}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Rates", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/on/{date}": {
            "parameters": [{"name": "date", "in": "path", "required": True, "schema": DATE}],
            "get": {
                "operationId": "rateOn",
                "summary": "Exchange rate of two currencies on a date",
                "parameters": [
                    {"name": "base", "in": "query", "required": True, "schema": CODE},
                    {"name": "quote", "in": "query", "required": True, "schema": CODE},
                ],
                "responses": {"200": {"$ref": "#/components/responses/Rate"}},
            },
        },
        "/currencies": {
            "get": {
                "operationId": "currencies",
                "summary": "Which currencies there are",
                "parameters": [
                    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}}
                ],
                "responses": {
                    "200": {
                        "description": "One page.",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["items", "next"],
                                    "properties": {
                                        "items": {"type": "array", "items": {"type": "object"}},
                                        "next": {"type": ["integer", "null"]},
                                    },
                                }
                            }
                        },
                    }
                },
            }
        },
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "responses": {
            "Rate": {
                "description": "The rate.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Rate"}}},
            }
        },
        "schemas": {
            "Rate": {
                "type": "object",
                "required": ["rate", "pair"],
                "properties": {"rate": {"type": "number"}, "pair": {"type": "string"}},
            }
        },
    },
}


def rate(date: str, base: str, quote: str) -> float:
    """One rate, another for each question."""
    return round(1 + sum(f"{date}{base}{quote}".encode()) % 997 / 1_000, 4)


class Rates:
    """The service.

    `name` is what it calls a rate; its document says “rate”.
    """

    def __init__(self) -> None:
        self.name = "rate"
        self.asked = 0
        """Calls that arrived since the last change."""

    def change(self, name: str) -> None:
        self.name, self.asked = name, 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/openapi.json":
            servers = [{"url": f"http://{asked.headers['host']}"}]
            return Reply(json.dumps({**DOCUMENT, "servers": servers}).encode())
        if asked.headers.get("x-key") != KEY:
            return Reply({"error": "key"}, 401)
        query = dict(asked.query)
        if asked.path == "/currencies":
            page = int(query.get("page", 1))
            return Reply({"items": [{"code": c} for c in ("EUR", "USD")], "next": page + 1})
        self.asked += 1
        date = asked.path.rsplit("/", 1)[1]
        value = rate(date, query["base"], query["quote"])
        return Reply({self.name: value, "pair": "/".join(query.values())})
