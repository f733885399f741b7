"""The one HTTP API, at `/api/`: every router, how callers sign in, what errors look like."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Swagger
from ninja.openapi.schema import OpenAPISchema

from autonomy.api import (
    artifacts,
    checks,
    events,
    files,
    health,
    imports,
    memory,
    models,
    notifications,
    passages,
    problems,
    quotas,
    rewriting,
    runs,
    similarity,
    sources,
    styles,
    tools,
    turnitin,
    verification,
    versions,
)
from autonomy.api.auth import AUTH
from autonomy.api.openapi import complete
from chat.account_api import router as account_router
from chat.api import conversations_router
from chat.api import router as chat_router

DESCRIPTION = """\
Ask for a document, watch it being made, fetch it.

Sign in with the session cookie (then unsafe methods need the CSRF token) or send
`Authorization: Bearer <API key>`. Errors are problem+json (RFC 9457). Lists are paged by cursor.
Every POST that creates something honours `Idempotency-Key`.
"""


class ProductApi(NinjaAPI):
    """Ninja, with the last two kinds of error it answers itself turned into problems."""

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _explaining(pattern.callback)
        return patterns

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        return complete(super().get_openapi_schema(**kwargs))


def _explaining(view: Callable[..., Any]) -> Callable[..., Any]:
    def explain(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code != 405:
            return response
        allowed = response["Allow"]
        answer = problems.problem(
            request, 405, "method_not_allowed", f"This address takes {allowed} only."
        )
        answer["Allow"] = allowed
        return answer

    if iscoroutinefunction(view):

        @wraps(view)
        async def async_view(
            request: HttpRequest, *args: object, **kwargs: object
        ) -> HttpResponseBase:
            return explain(request, await view(request, *args, **kwargs))

        return async_view

    @wraps(view)
    def sync_view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return explain(request, view(request, *args, **kwargs))

    return sync_view


api = ProductApi(
    title="HandyWriterz",
    version=settings.VERSION,
    description=DESCRIPTION,
    urls_namespace="api",
    auth=AUTH,
    docs=Swagger(settings={"layout": "BaseLayout", "deepLinking": True, "tryItOutEnabled": False}),
)
problems.install(api)
api.add_router("", chat_router)
api.add_router("/conversations", conversations_router)
api.add_router("/files", files.router)
api.add_router("/v2/me", account_router)
api.add_router("/v2/me", quotas.router)
api.add_router("/v2/runs", runs.router)
api.add_router("/v2/runs", artifacts.router)
api.add_router("/v2/runs", events.router)
api.add_router("/v2/runs", styles.document_router)
api.add_router("/v2/runs", versions.router)
api.add_router("/v2/runs", similarity.router)
api.add_router("/v2/runs", rewriting.router)
api.add_router("/v2/styles", styles.router)
api.add_router("/v2/models", models.router)
api.add_router("/v2/tools", tools.router)
api.add_router("/v2/turnitin", turnitin.router)
api.add_router("/v2/turnitin", checks.owner_router)
api.add_router("/v2/checks", checks.router)
api.add_router("/v2/notifications", notifications.router)
api.add_router("/v2/sources", sources.router)
api.add_router("/v2/sources", verification.router)
api.add_router("/v2/passages", passages.router)
api.add_router("/v2/sources", imports.router)
api.add_router("/v2/memory", memory.router)
api.add_router("/v2/schema", events.schema_router)
api.add_router("/v2/health", health.router)
