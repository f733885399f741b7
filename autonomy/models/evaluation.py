"""Rounds of `make evaluate`, kept so that staff see what became better or worse."""

from __future__ import annotations

from django.db import models

from autonomy.models.fields import new_id


class Evaluation(models.Model):
    """One round: every task over its seeds, on one version of the program."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    version = models.CharField(max_length=80, help_text="Of the program that was evaluated.")
    seeds = models.PositiveIntegerField(help_text="Runs of each task.")

    class Meta:
        db_table = "autonomy_evaluations"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} · {self.version}"


class EvaluationResult(models.Model):
    """One run of one task. `without` names the behaviour that was switched off: then the run has to
    fail, and `passed` says that its rules were met all the same."""

    id = models.BigAutoField(primary_key=True)
    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="results")
    task = models.CharField(max_length=60)
    seed = models.IntegerField()
    without = models.CharField(max_length=40, blank=True, default="", db_default="")
    passed = models.BooleanField()
    judged = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Its rules were looked at. One that was never over shows nothing of a behaviour.",
    )
    complaints = models.JSONField(default=list)
    delivered = models.BooleanField(help_text="The run succeeded and left a document.")
    retries = models.PositiveIntegerField()
    seconds = models.FloatField()
    tokens = models.BigIntegerField()
    usd = models.DecimalField(max_digits=12, decimal_places=6)
    similarity = models.JSONField(
        default=list, help_text="Per cent, by the product's own engine, of each cycle's draft."
    )

    class Meta:
        db_table = "autonomy_evaluation_results"
        ordering = ["evaluation", "task", "without", "seed"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "task", "seed", "without"], name="evaluation_result_once"
            )
        ]

    def __str__(self) -> str:
        off = f" without {self.without}" if self.without else ""
        return f"{self.task} {self.seed}{off}"
