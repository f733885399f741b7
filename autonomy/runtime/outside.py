"""The one `Scholar` and the one `Web` of this process, as the environment describes them.

Both work on any event loop and hold no connection between two questions.
"""

from __future__ import annotations

from functools import cache

from django.conf import settings
from pydantic import SecretStr

from autonomy.core.ports import Scholar, Web
from autonomy.runtime.outside_memory import (
    LastAnswer,
    LastAnswers,
    SharedCache,
    SharedPaces,
    last_answer,
)
from autonomy.runtime.provider_health import shared_health
from autonomy.tools.fetch.addresses import trusted_hosts
from autonomy.tools.fetch.desk import Desk
from autonomy.tools.fetch.fetcher import Fetcher, Limits
from autonomy.tools.scholarly.arxiv import Arxiv
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.europe_pmc import EuropePmc
from autonomy.tools.scholarly.index import Index
from autonomy.tools.scholarly.openalex import OpenAlex
from autonomy.tools.scholarly.pubmed import PubMed
from autonomy.tools.scholarly.registry import Account, Registry
from autonomy.tools.scholarly.semantic_scholar import SemanticScholar
from autonomy.tools.scholarly.unpaywall import Unpaywall
from autonomy.tools.web_search.brave import Brave
from autonomy.tools.web_search.duckduckgo import DuckDuckGo
from autonomy.tools.web_search.engine import Engine
from autonomy.tools.web_search.searxng import SearXNG
from autonomy.tools.web_search.tavily import Tavily
from autonomy.tools.web_search.web import OpenWeb
from handywriterz.env import Env, env

REGISTRIES: dict[str, type[Registry]] = {
    one.name: one
    for one in (OpenAlex, Crossref, Arxiv, EuropePmc, SemanticScholar, PubMed, Unpaywall)
}
"""By the name that SCHOLARLY_PROVIDERS gives them."""
ENGINES: dict[str, type[Engine]] = {one.name: one for one in (SearXNG, Brave, Tavily, DuckDuckGo)}
"""By the name that WEB_SEARCH gives them."""


def agent() -> str:
    """The User-Agent: which product asks, and whom to write to."""
    where = [part for part in (env().public_url, _mail(env().contact_email)) if part]
    about = f" ({'; '.join(where)})" if where else ""
    return f"HandyWriterz/{settings.VERSION}{about}"


def _mail(address: str) -> str:
    return f"mailto:{address}" if address else ""


def _keys(chosen: Env) -> dict[str, SecretStr | None]:
    return {
        "openalex": chosen.openalex_api_key,
        "crossref": chosen.crossref_plus_token,
        "semantic_scholar": chosen.semantic_scholar_api_key,
        "pubmed": chosen.ncbi_api_key,
    }


def registries(chosen: Env) -> list[Registry]:
    """The registries that `chosen` names, in the order of its list."""
    keys = _keys(chosen)
    made = []
    for name in chosen.registries:
        account = Account(chosen.contact_email, _open(keys.get(name)))
        made.append(REGISTRIES[name](getattr(chosen, f"{name}_url"), account))
    return made


def engine(chosen: Env) -> Engine | None:
    """The search engine that `chosen` names."""
    if chosen.web_search == "off":
        return None
    keys = {"brave": chosen.brave_api_key, "tavily": chosen.tavily_api_key}
    url = getattr(chosen, f"{chosen.web_search}_url")
    return ENGINES[chosen.web_search](url, _open(keys.get(chosen.web_search)))


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


@cache
def _desk() -> Desk:
    chosen = env()
    return Desk(
        health=shared_health(),
        agent=agent(),
        paces=SharedPaces(),
        cache=SharedCache(),
        cache_seconds=chosen.outside_cache_hours * 3_600,
        seconds=chosen.scholarly_timeout_seconds,
        trusted=trusted_hosts(chosen.outside_private_hosts),
    )


@cache
def _fetcher() -> Fetcher:
    chosen = env()
    limits = Limits(
        max_bytes=chosen.fetch_max_bytes,
        seconds=chosen.fetch_timeout_seconds,
        redirects=chosen.fetch_max_redirects,
    )
    return Fetcher(
        health=shared_health(),
        agent=agent(),
        limits=limits,
        trusted=trusted_hosts(chosen.outside_private_hosts),
        cache=SharedCache(),
    )


@cache
def shared_scholar() -> Scholar:
    """The registries of this deployment; with none of them, one that finds nothing."""
    return Index(registries(env()), _desk(), fetcher=_fetcher(), told=LastAnswers().tell)


@cache
def shared_web() -> Web:
    """Web search and pages of this deployment; off, one that finds and fetches nothing."""
    chosen = engine(env())
    return OpenWeb(chosen, _desk(), _fetcher() if chosen else None, LastAnswers().tell)


def last_answers() -> list[LastAnswer]:
    """How the providers that are switched on answered last, registries first."""
    chosen = env()
    engines = () if chosen.web_search == "off" else (chosen.web_search,)
    return [last_answer(name) for name in (*chosen.registries, *engines)]
