"""An API that finds studies, described by an OpenAPI document: what a run can learn to use."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from tests.evaluation.changes import CHANGES, Change


class Studies:
    """Search over a few made-up studies.

    Args:
        base: address below which it is served.
        works: what there is to find, with `title`, `abstract`, `doi`, `year`, `authors`, `venue`.
    """

    def __init__(self, base: str, works: list[dict[str, Any]]) -> None:
        self._base = base
        self._works = works
        self._change: Change = lambda answer: answer
        self._answers_left: int | None = None

    def change(self, name: str, after: int) -> None:
        """Answer otherwise (a name of `changes.CHANGES`) after so many more answers."""
        self._change = CHANGES[name]
        self._answers_left = after

    def answer(self, path: str, query: str) -> tuple[int, Any]:
        """Status and JSON for one GET."""
        if path == "/openapi.json":
            return 200, self.document()
        if path != "/studies":
            return 404, {"error": "nothing here"}
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        if not asked.get("query"):
            return 400, {"error": "query is required"}
        found = self._found(asked["query"], int(asked.get("limit", 10)))
        answer = {"total": len(found), "studies": found}
        if self._answers_left is None:
            return 200, answer
        self._answers_left -= 1
        return 200, self._change(answer) if self._answers_left < 0 else answer

    def _found(self, query: str, limit: int) -> list[dict[str, Any]]:
        """Works that share words with the query, those with most of them first."""
        wanted = _words(query)
        scored = [(len(wanted & _words(f"{w['title']} {w['abstract']}")), w) for w in self._works]
        hits = [(score, work) for score, work in scored if score]
        return [work for _, work in sorted(hits, key=lambda hit: -hit[0])][:limit]

    def document(self) -> dict[str, Any]:
        """OpenAPI 3.1."""
        text = {"type": "string"}
        study = {
            "type": "object",
            "required": ["title", "abstract"],
            "properties": {
                "title": text,
                "abstract": text,
                "doi": text,
                "year": {"type": "integer"},
                "venue": text,
                "authors": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"name": text}},
                },
            },
        }
        listed = {
            "type": "object",
            "required": ["total", "studies"],
            "properties": {
                "total": {"type": "integer"},
                "studies": {"type": "array", "items": study},
            },
        }
        wanted = [
            {"name": "query", "in": "query", "required": True, "schema": text},
            {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
            },
        ]
        return {
            "openapi": "3.1.0",
            "info": {"title": "Studies", "version": "1"},
            "servers": [{"url": self._base}],
            "paths": {
                "/studies": {
                    "get": {
                        "operationId": "findStudies",
                        "summary": "Find published studies by words of their title and abstract",
                        "description": "Titles, abstracts, authors, years and DOIs of papers.",
                        "parameters": wanted,
                        "responses": {
                            "200": {
                                "description": "Studies, best first.",
                                "content": {"application/json": {"schema": listed}},
                            }
                        },
                    }
                }
            },
        }


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))
