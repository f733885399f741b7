"""Is it alive, is it ready. No sign-in: probes ask."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from ninja import Router
from ninja.responses import Status

from autonomy import services
from autonomy.api.schemas import health as schemas

router = Router(tags=["health"], auth=None)


@router.get("/live", response=schemas.LiveOut)
def live(request: HttpRequest) -> schemas.LiveOut:
    """The web process answers."""
    return schemas.LiveOut(version=settings.VERSION)


@router.get("/ready", response={200: schemas.HealthOut, 503: schemas.HealthOut})
def ready(request: HttpRequest) -> Status[schemas.HealthOut]:
    """Work can be taken on: 503 while the database or every worker is away. Redis away is no
    reason: runs go on without it."""
    read = schemas.HealthOut.model_validate(services.health())
    return Status(200 if read.db == "ok" and read.worker == "ok" else 503, read)


@router.get("", response=schemas.HealthDetailOut, url_name="health")
def health(request: HttpRequest) -> schemas.HealthDetailOut:
    """The state of each part and of what is asked outside; always 200, for people and dashboards."""
    state = services.health()
    outside = services.outside_health() if state["redis"] == "ok" else []
    told = {**state, "outside": outside, "code_execution": _code_execution()}
    return schemas.HealthDetailOut.model_validate(told)


def _code_execution() -> str:
    report = services.code_execution()
    if report is None:
        return "checking"
    return f"on ({report.tier})" if report.on else f"off ({report.reason})"


def plain_live(request: HttpRequest) -> JsonResponse:
    """`/health/live`, for probes that know no API."""
    return JsonResponse(live(request).model_dump())


def plain_ready(request: HttpRequest) -> JsonResponse:
    """`/health/ready`, for probes that know no API."""
    answer = ready(request)
    return JsonResponse(answer.value.model_dump(), status=answer.status_code)
