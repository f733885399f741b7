"""The embedder that the deployment wants, and how it is reached."""

from __future__ import annotations

import asyncio
from functools import partial

from autonomy.core.llm.catalogue import EMBEDDER
from autonomy.core.llm.embeddings import EmbeddingsEndpoint, Vectors
from autonomy.core.llm.health import LocalHealth, ProviderHealth
from autonomy.core.llm.portfolio import Access, Portfolio, name_of
from autonomy.memory.asker import Asker
from autonomy.memory.spaces import active_space
from autonomy.models import ModelConnection, ModelPreference
from autonomy.runtime.portfolios import access_of
from handywriterz.env import env

BUILT_IN = "built-in"
"""The choice of the embedder that is packed with the product."""
QUESTION_SECONDS = 4.0
"""Longest a search waits for an embedder elsewhere before it uses the built-in one."""

_QUESTIONS = LocalHealth()
"""Of this process: after a few failures questions go to the built-in embedder at once."""


def wanted_embedder() -> tuple[str, str]:
    """The model string that staff or the operator chose, `built-in` for none, and who chose it:
    deployment, environment, or nobody (empty)."""
    row = ModelPreference.objects.filter(owner=None).first()
    if row is not None and (chosen := row.roles.get(EMBEDDER)):
        return chosen, "deployment"
    if env().embedder:
        return str(env().embedder), "environment"
    return BUILT_IN, ""


def deployment_access(model: str) -> Access | None:
    """How the deployment reaches `model`: a person's own connection is never used for everybody's
    passages."""
    rows = ModelConnection.objects.filter(owner=None)
    connections = [access_of(row, private=True) for row in rows]
    return Portfolio.assemble(env(), connections=connections).access_to(model)


def endpoint_of(
    model: str,
    *,
    health: ProviderHealth | None = None,
    attempts: int = 4,
    seconds: float = 60.0,
) -> EmbeddingsEndpoint | None:
    """What embeds with `model`; None where nothing reaches it."""
    access = deployment_access(model)
    if access is None or not access.reachable:
        return None
    return EmbeddingsEndpoint(
        access,
        name_of(model),
        health=health,
        per_minute=env().model_requests_per_minute,
        attempts=attempts,
        seconds=seconds,
    )


def asker() -> Asker:
    """The space to search now. Asks the database."""
    space = active_space()
    if space.id is None:
        return Asker()
    endpoint = endpoint_of(space.model, health=_QUESTIONS, attempts=1, seconds=QUESTION_SECONDS)
    return Asker(space, None if endpoint is None else partial(_encode, endpoint))


def _encode(endpoint: EmbeddingsEndpoint, text: str) -> Vectors:
    return asyncio.run(endpoint.embed([text])).vectors
