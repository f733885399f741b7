"""Settings of registries and web search: what they take, and what stops start-up."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from handywriterz.env import REGISTRIES, Env


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCHOLARLY_PROVIDERS", raising=False)
    monkeypatch.delenv("WEB_SEARCH", raising=False)


def made(**settings: str) -> Env:
    return Env(_env_file=None, **settings)  # type: ignore[arg-type]


def test_registries_are_on_and_web_search_is_off_unless_told_otherwise() -> None:
    assert set(made().registries) == set(REGISTRIES)
    assert made().web_search == "off"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("off", ()),
        ("Crossref, arxiv,crossref", ("crossref", "arxiv")),
    ],
)
def test_a_list_of_registries_is_read(said: str, meant: tuple[str, ...]) -> None:
    assert made(scholarly_providers=said).registries == meant


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"scholarly_providers": "crossref,scopus"}, "“scopus” is none of"),
        ({"contact_email": "not an address"}, "one plain e-mail address"),
        ({"openalex_url": "ftp://x"}, "http:// or https://"),
        ({"crossref_url": "http://user@host"}, "without a user name"),
        ({"outside_private_hosts": "127.0.0.1"}, "is not host:port"),
        ({"web_search": "searxng"}, "needs SEARXNG_URL"),
        ({"web_search": "brave"}, "needs BRAVE_API_KEY"),
        ({"web_search": "tavily"}, "needs TAVILY_API_KEY"),
        ({"web_search": "altavista"}, "'duckduckgo'"),
        ({"fetch_max_bytes": "0"}, "greater than 0"),
    ],
)
def test_a_wrong_value_is_named(settings: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says.replace("(", r"\(")):
        made(**settings)
