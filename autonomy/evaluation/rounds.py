"""Rounds in the database, for staff to compare."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from autonomy.evaluation.results import Round
from autonomy.models import Evaluation, EvaluationResult


@transaction.atomic
def record(made: Round) -> bool:
    """Keep a round. Whether it was new: the same round is kept once."""
    row, new = Evaluation.objects.get_or_create(
        pk=made.id,
        defaults={
            "started_at": made.started_at,
            "finished_at": made.finished_at,
            "version": made.version[:80],
            "seeds": made.seeds,
        },
    )
    if new:
        EvaluationResult.objects.bulk_create(
            EvaluationResult(
                evaluation=row,
                task=result.task,
                seed=result.seed,
                without=result.without,
                passed=result.passed,
                judged=result.judged,
                complaints=result.complaints,
                delivered=result.delivered,
                retries=result.retries,
                seconds=result.seconds,
                tokens=result.tokens,
                usd=Decimal(str(result.usd)),
                similarity=result.similarity,
            )
            for result in made.results
        )
    return new
