"""The one `Scholar` and the one `Web` of this process, as the environment describes them.

Both work on any event loop and hold no connection between two questions.
"""

from __future__ import annotations

from functools import cache

from django.conf import settings
from pydantic import SecretStr

from autonomy.core.ports import Scholar
from autonomy.runtime.outside_memory import LastAnswers, SharedCache, SharedPaces
from autonomy.runtime.provider_health import shared_health
from autonomy.tools.fetch.addresses import trusted_hosts
from autonomy.tools.scholarly.arxiv import Arxiv
from autonomy.tools.scholarly.crossref import Crossref
from autonomy.tools.scholarly.index import Desk, Index
from autonomy.tools.scholarly.openalex import OpenAlex
from autonomy.tools.scholarly.registry import Account, Registry
from handywriterz.env import Env, env

REGISTRIES: dict[str, type[Registry]] = {one.name: one for one in (OpenAlex, Crossref, Arxiv)}
"""By the name that SCHOLARLY_PROVIDERS gives them."""


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
        if name in REGISTRIES:
            key = keys.get(name)
            account = Account(chosen.contact_email, key.get_secret_value() if key else "")
            made.append(REGISTRIES[name](getattr(chosen, f"{name}_url"), account))
    return made


@cache
def shared_scholar() -> Scholar:
    """The registries of this deployment; with none of them, one that finds nothing."""
    chosen = env()
    desk = Desk(
        health=shared_health(),
        agent=agent(),
        paces=SharedPaces(),
        cache=SharedCache(),
        cache_seconds=chosen.outside_cache_hours * 3_600,
        seconds=chosen.scholarly_timeout_seconds,
        trusted=trusted_hosts(chosen.outside_private_hosts),
    )
    return Index(registries(chosen), desk, told=LastAnswers().tell)
