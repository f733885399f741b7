"""What the made-up services answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.learnt.serving import Asked, Reply

DOCUMENTS = Path(__file__).parent / "documents"
KEY = "papers-key-5127"
TOKEN = "observatory-token-88"

WORKS: list[dict[str, Any]] = [
    {
        "title": "Sleep restriction and declarative memory in adolescents",
        "doi": "10.5555/op.1",
        "year": 2019,
        "abstract": "We restricted the sleep of 84 adolescents to five hours on seven nights. "
        "Recall of word pairs fell by 17 % against controls who slept nine hours. The loss was "
        "largest for material learned in the afternoon, and two nights of recovery sleep did not "
        "restore it.",
        "url": "https://papers.example.org/op.1",
        "venue": "Journal of Invented Sleep",
        "authors": [{"name": "Ada Lindqvist"}, {"name": "Milo Brandt"}],
        "cites": [{"title": "An older one", "doi": "10.5555/op.9"}],
    },
    {
        "title": "Napping and memory consolidation: a randomised trial",
        "doi": "10.5555/op.2",
        "year": 2021,
        "abstract": "In a trial with 120 students, a nap of 60 minutes after learning raised recall "
        "after one week from 41 % to 53 %. Memory for pictures gained less than memory for words. "
        "Sleep spindles during the nap predicted the gain in memory.",
        "url": "https://papers.example.org/op.2",
        "venue": "Annals of Made-up Learning",
        "authors": [{"name": "Jun Okabe"}],
    },
    {
        "title": "Sleep quality and memory in older adults",
        "doi": "10.5555/op.3",
        "year": None,
        "abstract": "Fragmented sleep went with poorer episodic memory in 310 adults over 65. After "
        "adjustment for depression the association between sleep and memory remained. Slow-wave "
        "sleep explained a quarter of it.",
        "url": "https://papers.example.org/op.3",
        "venue": None,
        "authors": [{"name": "Rosa Tell"}, {"name": "Ivo Hahn"}],
    },
]


def open_papers(asked: Asked) -> Reply:
    """The service of `open_papers.yaml`, below /v1."""
    query = dict(asked.query)
    if asked.path == "/openapi.yaml":
        text = (DOCUMENTS / "open_papers.yaml").read_text()
        host = asked.headers["host"]
        text = text.replace("{protocol}://papers.example.org", f"http://{host}")
        return Reply(text.encode(), headers={"Content-Type": "application/yaml"})
    if asked.path == "/v1/works":
        if query.get("api_key") != KEY:
            return Reply({"error": "key"}, 401)
        return Reply({"total": len(WORKS), "items": WORKS})
    if asked.path.startswith("/v1/works/"):
        doi = unquote(asked.path.removeprefix("/v1/works/"))
        found = [work for work in WORKS if work["doi"] == doi]
        return Reply(found[0]) if found else Reply({"error": "unknown"}, 404)
    return Reply({"error": "nothing here"}, 404)


def observatory(asked: Asked) -> Reply:
    """The service of `observatory.json`, below /observatory."""
    if asked.path == "/openapi.json":
        return Reply((DOCUMENTS / "observatory.json").read_bytes())
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply({"error": "token"}, 403)
    if asked.path == "/observatory/stations/N%2F7/readings":
        return Reply(
            [
                {"at": "2026-05-01T00:00:00Z", "kind": "tide", "metres": 2.5},
                {"at": "2026-05-01T01:00:00Z", "kind": "wind", "speed": None},
            ]
        )
    if asked.path == "/observatory/observations" and asked.method == "POST":
        kind = {"Content-Type": "application/vnd.observatory+json"}
        return Reply({"id": 7, **asked.json}, 201, kind)
    return Reply({"error": "nothing here"}, 404)
