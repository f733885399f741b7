"""Episodic and semantic memory: the event log of each run, and notes that outlive it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from pgvector.django import HnswIndex, VectorField

from autonomy.models.fields import new_id
from autonomy.models.run import Run

EMBEDDING_DIMENSIONS = 384
"""Of all-MiniLM-L6-v2."""


class Episode(models.Model):
    """One event of a run: append-only; `seq` is per run, gapless and in commit order."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="episodes")
    seq = models.BigIntegerField()
    type = models.CharField(max_length=32)
    source = models.CharField(max_length=40, blank=True, default="")
    content = models.TextField(blank=True, default="")
    meta = models.JSONField(default=dict, blank=True)
    task_id = models.CharField(max_length=64, blank=True, default="")
    attempt = models.PositiveIntegerField(default=1)
    fence = models.BigIntegerField(default=0)
    ts = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "autonomy_episodic_logs"
        ordering = ["run", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["run", "seq"], name="episode_seq_once"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="episode_seq_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Note(models.Model):
    """A fact or lesson of one user, found again by meaning."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notes")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="notes")
    kind = models.CharField(max_length=40)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_semantic_notes"
        constraints = [
            models.UniqueConstraint(fields=["owner", "kind", "sha256"], name="note_once")
        ]
        indexes = [
            HnswIndex(
                name="note_embedding_hnsw", fields=["embedding"], opclasses=["vector_cosine_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]
