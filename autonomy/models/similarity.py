"""What the similarity engine found of a document, kept so that nobody waits for it twice."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from autonomy.core.originality import SimilarityStatus
from autonomy.models.evidence import Artifact
from autonomy.models.fields import choices, new_id, one_of


class SimilarityCheck(models.Model):
    """One document against the texts that its owner had.

    It is a result that can be had again, no part of the run's state: whoever computes it may keep
    it, and the same question always has the same answer. What of it counts is decided when it is
    shown.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="similarity_checks")
    texts = models.CharField(
        max_length=64, help_text="Names the texts as they stood, and the engine's version."
    )
    status = models.CharField(
        max_length=10, choices=choices(SimilarityStatus), default=SimilarityStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Claims so far; what an older one writes is refused."
    )
    broke_off = models.PositiveSmallIntegerField(
        default=0, help_text="Workers that died over it since it was asked for."
    )
    progress = models.PositiveSmallIntegerField(
        default=0, help_text="How far the current attempt is, per cent."
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="", help_text="Fit for the person who asked.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_similarity_checks"
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="similarity_open",
                condition=Q(status__in=[SimilarityStatus.QUEUED, SimilarityStatus.RUNNING]),
            )
        ]
        constraints = [
            one_of("status", SimilarityStatus, "similarity_status_known"),
            models.UniqueConstraint(fields=["artifact", "texts"], name="similarity_once"),
            models.CheckConstraint(
                name="similarity_done_has_result",
                condition=~Q(status=SimilarityStatus.DONE) | Q(result__isnull=False),
            ),
            models.CheckConstraint(
                name="similarity_failed_says_why",
                condition=~Q(status=SimilarityStatus.FAILED) | ~Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.artifact_id} {self.status}"
