"""Which models have worked for a run, and which of them only make believe."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from autonomy.models import BudgetEntry, ModelCall, ModelConnection

SIMULATED = "simulated"
"""A model whose name begins so makes its answers up, wherever it is served."""


@dataclass(frozen=True, slots=True)
class WorkedModel:
    """One model in one role of one run."""

    role: str
    model: str
    """Model string: `<connection>:<name>`."""
    calls: int
    """Requests that were answered, also where the answer was of no use."""
    simulated: bool


def models_of_runs(run_ids: Collection[UUID]) -> dict[UUID, list[WorkedModel]]:
    """The models that have answered for each of these runs, the first to answer first; a run that
    none has answered for is left out. Three queries at most, however many runs there are."""
    rows: list[Any] = list(
        BudgetEntry.objects.filter(run__in=run_ids, output_tokens__gt=0)
        .exclude(model="")
        .order_by()
        .values("run_id", "run__owner_id", "role", "model")
        .annotate(calls=Count("pk"), first=Min("created_at"))
        .order_by("first")
    )
    pretended = _simulated(run_ids, rows) if rows else set()
    found: dict[UUID, list[WorkedModel]] = {}
    for row in rows:
        simulated = (
            _name(row["model"]).startswith(SIMULATED)
            or (row["run_id"], row["model"]) in pretended
            or (row["run__owner_id"], _slug(row["model"])) in pretended
        )
        found.setdefault(row["run_id"], []).append(
            WorkedModel(row["role"], row["model"], row["calls"], simulated)
        )
    return found


def models_of(run_id: UUID) -> list[dict[str, Any]]:
    """The models that have answered for a run, as JSON takes them."""
    return [asdict(worked) for worked in models_of_runs([run_id]).get(run_id, [])]


def any_simulated(run_ids: Collection[UUID]) -> bool:
    """Whether some answer of one of these runs was made up by a simulator."""
    return any(worked.simulated for models in models_of_runs(run_ids).values() for worked in models)


def _simulated(
    run_ids: Collection[UUID], rows: list[Any]
) -> set[tuple[UUID, str] | tuple[int, str]]:
    """(run, model) that a record of a call says it of, and (owner, slug) of simulators' connections.

    Either may be gone by now: a connection is removed by its owner, records are cut with a run's
    history.
    """
    found: set[Any] = set(
        ModelCall.objects.filter(run__in=run_ids, simulated=True)
        .order_by()
        .values_list("run_id", "model")
        .distinct()
    )
    owners = {row["run__owner_id"] for row in rows}
    slugs = {_slug(row["model"]) for row in rows}
    connections = ModelConnection.objects.filter(
        Q(owner__in=owners) | Q(owner=None), slug__in=slugs, simulated=True
    ).values_list("owner_id", "slug")
    for owner, slug in connections:
        found |= {(each, slug) for each in (owners if owner is None else {owner})}
    return found


def _slug(model: str) -> str:
    return model.split(":", 1)[0]


def _name(model: str) -> str:
    return model.split(":", 1)[-1]
