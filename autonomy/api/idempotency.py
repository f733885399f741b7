"""`Idempotency-Key`: a POST that creates something may be sent twice and creates it once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from ninja.responses import NinjaJSONEncoder
from pydantic import BaseModel

from autonomy.api.auth import ApiRequest
from autonomy.models import IdempotencyKey
from autonomy.runtime.contention import transacted
from autonomy.services import ServiceError

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)

OPENAPI: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            "description": "Any text of your own. For 24 hours the same key with the same request "
            "gives the first answer again (with `Idempotent-Replayed: true`) and creates nothing.",
        }
    ]
}
"""`openapi_extra` of operations that honour the header."""


class KeyReused(ServiceError):
    def __init__(self) -> None:
        super().__init__(
            code="idempotency_key_reused",
            title="The key belongs to another request",
            detail=f"This {HEADER} was sent before with a different request. Use a new key.",
            status=422,
        )


class BadKey(ServiceError):
    def __init__(self) -> None:
        super().__init__(
            code="bad_idempotency_key",
            title="The key is not usable",
            detail=f"{HEADER} must have 1 to 200 characters.",
            status=400,
        )


def once(request: ApiRequest, make: Callable[[], tuple[int, BaseModel]]) -> HttpResponse:
    """The answer of `make` (status and body), which runs at most once per key.

    Work and answer commit together: a request that fails leaves its key free for another try.

    Raises:
        KeyReused: the key came with another request before.
    """
    key = _key(request)
    if key is None:
        status, body = make()
        return JsonResponse(_json(body), status=status)
    return _kept(request, key, fingerprint(request), make)


def answered(request: ApiRequest) -> HttpResponse | None:
    """The first answer to the request's key, where it has one: for an operation that first asks
    somebody outside, which must not happen inside `once`. Raises as `once`."""
    key = _key(request)
    if key is None:
        return None
    row = IdempotencyKey.objects.filter(
        owner=request.auth, key=key, created_at__gte=timezone.now() - KEPT
    ).first()
    if row is None:
        return None
    return _again(row, fingerprint(request))


def _key(request: ApiRequest) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and (not 1 <= len(key) <= 200 or "\x00" in key):
        raise BadKey
    return key


def _again(row: IdempotencyKey, seal: str) -> HttpResponse | None:
    """The answer that `row` keeps, if it has one yet."""
    if row.fingerprint != seal:
        raise KeyReused
    if not row.status:
        return None
    return JsonResponse(row.body, status=row.status, headers={"Idempotent-Replayed": "true"})


@transacted
def _kept(
    request: ApiRequest, key: str, seal: str, make: Callable[[], tuple[int, BaseModel]]
) -> HttpResponse:
    mine = IdempotencyKey.objects.filter(owner=request.auth)
    mine.filter(created_at__lt=timezone.now() - KEPT).delete()
    IdempotencyKey.objects.bulk_create(
        [IdempotencyKey(owner=request.auth, key=key, fingerprint=seal)],
        ignore_conflicts=True,
    )
    row = mine.select_for_update().get(key=key)
    if (known := _again(row, seal)) is not None:
        return known
    row.status, body = make()
    row.body = _json(body)
    row.save(update_fields=["status", "body"])
    return JsonResponse(row.body, status=row.status)


def _json(body: BaseModel) -> Any:
    """`body` as every other answer of the API is encoded (dates with milliseconds)."""
    return json.loads(json.dumps(body.model_dump(), cls=NinjaJSONEncoder))


def fingerprint(request: ApiRequest) -> str:
    """What makes two requests the same: address, fields, and each file's name and bytes."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        for name, values in sorted(request.POST.lists()):
            digest.update(repr((name, values)).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(repr((name, file.name, file.size)).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
    else:
        digest.update(request.body)
    return digest.hexdigest()
