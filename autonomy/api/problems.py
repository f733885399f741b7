"""Every error of the API as problem+json (RFC 9457), in words for the person who asked."""

from __future__ import annotations

import json
import logging
import math
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import BaseModel, ConfigDict, Field

from autonomy.runtime.contention import collided
from autonomy.services import AllowanceUsedUp, PlanConflict, QuotaUsedUp, ServiceError, TooMany

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
"""A server that restarts is back about then."""


class FieldProblem(BaseModel):
    """One field that cannot be accepted as it is."""

    field: str
    """Dotted path in the request, e.g. `settings.length_words`."""
    message: str


class Problem(Schema):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:handywriterz:problem:not_found",
                "title": "Not found",
                "status": 404,
                "detail": "There is no run with this id, or it is not yours.",
                "code": "not_found",
                "instance": "/api/v2/runs/01890f6e-0000-7000-8000-000000000000",
                "errors": [],
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    """Stable name for programs."""
    instance: str
    errors: list[FieldProblem] = Field(default_factory=list)
    trace_id: str | None = None
    """Names the log entry of an unexpected error."""
    used: float | None = None
    """Of an allowance that is used up: what was used today, …"""
    limit: float | None = None
    """… what a day allows, …"""
    resets_at: datetime | None = None
    """… and when it starts anew, UTC. `Retry-After` says the same in seconds."""
    plan: dict[str, Any] | None = None
    """The plan as it stands, where an edit was of another version."""


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    *,
    title: str = "",
    errors: Sequence[FieldProblem] = (),
    trace_id: str | None = None,
    quota: QuotaUsedUp | None = None,
    plan: dict[str, Any] | None = None,
    resets_at: datetime | None = None,
) -> HttpResponse:
    """The response for one problem."""
    body = Problem(
        type=f"urn:handywriterz:problem:{code}",
        title=title or HTTPStatus(status).phrase.capitalize(),
        status=status,
        detail=detail,
        code=code,
        instance=request.path,
        errors=list(errors),
        trace_id=trace_id,
        used=quota.used if quota else None,
        limit=quota.limit if quota else None,
        resets_at=quota.resets_at if quota else resets_at,
        plan=plan,
    )
    response = HttpResponse(
        json.dumps(body.model_dump(mode="json", exclude_none=True)),
        status=status,
        content_type=MEDIA_TYPE,
    )
    if quota is not None:
        response["Retry-After"] = str(quota.retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="HandyWriterz"'
    return response


# What pydantic's error types mean to a person; `{name}` are keys of the error's context.
_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_too_long": "At most {max_length:,} characters are allowed.",
    "string_too_short": "At least {min_length:,} character(s) are needed.",
    "string_type": "This must be text.",
    "string_pattern_mismatch": "This does not have the expected form.",
    "int_parsing": "This must be a whole number.",
    "int_type": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "float_parsing": "This must be a number.",
    "float_type": "This must be a number.",
    "bool_parsing": "This must be true or false.",
    "bool_type": "This must be true or false.",
    "greater_than": "This must be greater than {gt:,}.",
    "greater_than_equal": "This must be at least {ge:,}.",
    "less_than": "This must be less than {lt:,}.",
    "less_than_equal": "This must be at most {le:,}.",
    "too_long": "At most {max_length:,} items are allowed.",
    "too_short": "At least {min_length:,} item(s) are needed.",
    "literal_error": "This must be one of: {expected}.",
    "enum": "This must be one of: {expected}.",
    "uuid_parsing": "This is not an id.",
    "uuid_type": "This is not an id.",
    "list_type": "This must be a list.",
    "tuple_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "finite_number": "This must be a finite number.",
    "url_parsing": "This is not an address (URL).",
}


def _sentence(error: dict[str, Any]) -> str:
    template = _SENTENCES.get(error["type"])
    context = error.get("ctx") or {}
    if template is not None:
        try:
            return template.format(**context)
        except (KeyError, ValueError):  # a context of another pydantic version
            return str(error["msg"])
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    return str(error["msg"])


def field_problems(errors: Sequence[dict[str, Any]]) -> list[FieldProblem]:
    """Pydantic's errors, with the request part and the argument's name taken off the path."""
    found = []
    for error in errors:
        location = [str(part) for part in error.get("loc", ())]
        if location[:1] == ["body"] or location[:1] == ["form"]:
            # ninja puts the argument's name behind the part; people only know their JSON
            location = location[2:] or location[1:]
        elif location:
            location = location[1:]
        found.append(FieldProblem(field=".".join(location) or "body", message=_sentence(error)))
    return found


def _on_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = field_problems(error.errors)
    first = errors[0] if errors else FieldProblem(field="body", message="It cannot be read.")
    return problem(
        request,
        422,
        "invalid",
        f"{first.field}: {first.message}",
        title="The request cannot be accepted as it is",
        errors=errors,
    )


def _on_service(request: HttpRequest, error: ServiceError) -> HttpResponse:
    quota = error if isinstance(error, QuotaUsedUp) else None
    plan = error.plan if isinstance(error, PlanConflict) else None
    resets_at = error.resets_at if isinstance(error, AllowanceUsedUp) else None
    response = problem(
        request,
        error.status,
        error.code,
        error.detail,
        title=error.title,
        quota=quota,
        plan=plan,
        resets_at=resets_at,
    )
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def _on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    said = str(error.args[0]) if error.args else ""
    return problem(request, 404, "not_found", said or "There is nothing at this address.")


def _on_authentication(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(
        request,
        401,
        "unauthorized",
        "Sign in, or send “Authorization: Bearer <API key>” with a key that is valid.",
        title="You are not signed in",
    )


def _on_throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    seconds = max(1, math.ceil(error.wait or 60))
    response = problem(
        request,
        429,
        "too_many_requests",
        f"That was too many requests at once. Try again in {_duration(seconds)}.",
    )
    response["Retry-After"] = str(seconds)
    return response


def _duration(seconds: int) -> str:
    """A wait in words, never shorter than it is."""
    if seconds < 120:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def _on_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(request, 400, "bad_request", "The body of the request is not valid JSON.")
    return problem(request, error.status_code, "refused", error.message)


def _on_too_big(request: HttpRequest, _: Exception) -> HttpResponse:
    return problem(
        request, 413, "too_large", "The body of the request is larger than this address accepts."
    )


def _on_bad_multipart(request: HttpRequest, _: Exception) -> HttpResponse:
    return problem(request, 400, "bad_request", "The form in the request cannot be read.")


def _on_unstorable(request: HttpRequest, error: DataError) -> HttpResponse:
    logger.info("a value cannot be stored: %s", error)
    return problem(
        request,
        422,
        "invalid",
        "The request holds a character or value that cannot be stored, such as NUL; remove it.",
    )


AWAY = (OperationalError, InterfaceError)
"""What Django raises while the database cannot be reached or breaks off."""


def database_away(request: HttpRequest, error: BaseException) -> HttpResponse:
    """A 503: nothing is wrong with the request, and it may be sent again as it is."""
    if collided(error):
        return _crowded(request, error)
    logger.warning("%s: the database does not answer (%s)", request.path, error)
    response = problem(
        request,
        503,
        "database_away",
        "The database does not answer at the moment. Nothing that was saved is lost; try again "
        "in a few seconds.",
        title="Unavailable for a moment",
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _crowded(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.warning("%s: gave way to other transactions each time (%s)", request.path, error)
    response = problem(
        request,
        503,
        "busy",
        "Too many changes to the same thing came at the same moment, and this one was not made. "
        "Nothing is lost; try again in a few seconds.",
        title="Too much at once",
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def unexpected(request: HttpRequest, error: BaseException) -> HttpResponse:
    """A 500 that tells nothing of the inside; the log entry carries its `trace_id`."""
    trace_id = uuid.uuid4().hex
    logger.error("Unexpected error %s at %s", trace_id, request.path, exc_info=error)
    return problem(
        request,
        500,
        "internal",
        "Something went wrong on our side and was logged. Nothing that was saved before is lost; "
        "try again, and name the trace id if it happens twice.",
        title="Unexpected error",
        trace_id=trace_id,
    )


def install(api: NinjaAPI) -> None:
    """Answer every exception of `api` with a problem."""
    handlers: list[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]]] = [
        (ValidationError, _on_validation),
        (ServiceError, _on_service),
        (Http404, _on_not_found),
        (AuthenticationError, _on_authentication),
        (Throttled, _on_throttled),
        (HttpError, _on_http),
        (RequestDataTooBig, _on_too_big),
        (TooManyFilesSent, _on_too_big),
        (TooManyFieldsSent, _on_too_big),
        (MultiPartParserError, _on_bad_multipart),
        (DataError, _on_unstorable),
        *((kind, database_away) for kind in AWAY),
        (Exception, unexpected),
    ]
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)
