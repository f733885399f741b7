"""Originality cycles: a person brings a similarity report, the run wakes and revises."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from autonomy.core.types import CycleStatus
from autonomy.models.evidence import Artifact
from autonomy.models.fields import choices, new_id, one_of
from autonomy.models.run import Run


class TurnitinCycle(models.Model):
    """`awaiting_report → report_ready → {accepted, rejected}`; a rejected cycle starts the next."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="turnitin_cycles")
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=16, choices=choices(CycleStatus), default=CycleStatus.AWAITING_REPORT
    )
    artifact = models.ForeignKey(Artifact, models.RESTRICT, related_name="turnitin_cycles")
    interrupt_id = models.CharField(max_length=64, blank=True)
    target_similarity = models.FloatField(help_text="Per cent.")
    observed_similarity = models.FloatField(
        null=True, blank=True, help_text="Per cent; null when unreadable."
    )
    report_url = models.URLField(max_length=1000, blank=True)
    report_file = models.CharField(max_length=200, blank=True)
    report_file_name = models.CharField(max_length=255, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_turnitin_cycles"
        ordering = ["run", "number"]
        constraints = [
            one_of("status", CycleStatus, "cycle_status_known"),
            models.UniqueConstraint(fields=["run", "number"], name="cycle_number_once"),
            models.UniqueConstraint(
                fields=["run"],
                name="cycle_one_open_per_run",
                condition=Q(status__in=[CycleStatus.AWAITING_REPORT, CycleStatus.REPORT_READY]),
            ),
            models.CheckConstraint(
                name="cycle_similarity_is_per_cent",
                condition=Q(observed_similarity__isnull=True)
                | Q(observed_similarity__gte=0, observed_similarity__lte=100),
            ),
            models.CheckConstraint(
                name="cycle_reported_when_ready",
                condition=Q(status=CycleStatus.AWAITING_REPORT) | Q(reported_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} cycle {self.number} {self.status}"
