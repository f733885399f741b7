"""Embedding spaces beside the built-in one, and the vectors that lie in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

from autonomy.models.evidence import Passage, Source
from autonomy.models.fields import one_of


class SpaceState(models.TextChoices):
    BUILDING = "building"
    """Passages are being embedded; search does not use it yet."""
    ACTIVE = "active"
    """Search uses it."""
    RETIRED = "retired"
    """Its vectors are kept for going back, and fall behind."""
    FAILED = "failed"
    """It was given up; why is in `error`."""


class EmbeddingSpace(models.Model):
    """The vectors of one model. While none is active, the built-in embedder's are searched, which
    lie beside the passages themselves and are always kept up."""

    id = models.BigAutoField(primary_key=True)
    model = models.CharField(max_length=200, help_text="Connection and model, e.g. openai:….")
    dimensions = models.PositiveIntegerField(
        default=0, help_text="Of its vectors; 0 until the first came."
    )
    state = models.CharField(max_length=10, choices=SpaceState.choices, default=SpaceState.BUILDING)
    filled = models.PositiveIntegerField(default=0, help_text="Passages that have their vector.")
    wanted = models.PositiveIntegerField(default=0, help_text="Passages there are.")
    tokens = models.BigIntegerField(default=0, help_text="Tokens embedded so far.")
    usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    price_known = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    worked_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(
        null=True, blank=True, help_text="Not tried again before, after a failure."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_embedding_spaces"
        ordering = ["-created_at"]
        constraints = [
            one_of("state", SpaceState.values, "embedding_space_state_known"),
            models.UniqueConstraint(
                fields=["state"],
                name="embedding_space_active_once",
                condition=Q(state=SpaceState.ACTIVE),
            ),
            models.UniqueConstraint(
                fields=["state"],
                name="embedding_space_building_once",
                condition=Q(state=SpaceState.BUILDING),
            ),
            models.CheckConstraint(
                name="embedding_space_active_has_dimensions",
                condition=~Q(state=SpaceState.ACTIVE) | Q(dimensions__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} ({self.dimensions})"


class PassageVector(models.Model):
    """A passage's vector in one space. Each space has an HNSW index of its own, which is made when
    the space is filled."""

    id = models.BigAutoField(primary_key=True)
    # Its unique constraint begins with the space: an index more would slow down every vector.
    space = models.ForeignKey(
        EmbeddingSpace, models.CASCADE, related_name="vectors", db_index=False
    )
    source = models.ForeignKey(Source, models.CASCADE, related_name="+")
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="vectors")
    embedding = VectorField()

    class Meta:
        db_table = "autonomy_passage_vectors"
        constraints = [
            models.UniqueConstraint(fields=["space", "passage"], name="passage_vector_once")
        ]

    def __str__(self) -> str:
        return f"{self.space_id} {self.passage_id}"
