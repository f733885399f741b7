"""Changes that a version of somebody's draft proposes, and what its person decided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from autonomy.core.rewriting import Decision
from autonomy.core.types import Author
from autonomy.models.evidence import Artifact
from autonomy.models.fields import choices, new_id, one_of
from autonomy.models.run import Run


class RewriteChange(models.Model):
    """One proposed change of a draft; the version that proposes it is `artifact`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="rewrite_changes")
    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="rewrite_changes")
    number = models.PositiveIntegerField(help_text="1, 2, … in the order of the draft.")
    block = models.CharField(max_length=20, help_text="Paragraph of the draft.")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField(help_text="In the paragraph's text.")
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    edits = models.JSONField(help_text="[[start, end, after], …] in the paragraph's text.")
    kind = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    author = models.CharField(max_length=5, choices=choices(Author), default=Author.RULE)
    simulated = models.BooleanField(default=False)
    checks = models.JSONField(default=dict, blank=True)
    decision = models.CharField(max_length=9, choices=choices(Decision), default=Decision.UNDECIDED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_rewrite_changes"
        ordering = ["artifact", "number"]
        constraints = [
            one_of("author", Author, "rewrite_author_known"),
            one_of("decision", Decision, "rewrite_decision_known"),
            models.UniqueConstraint(fields=["artifact", "number"], name="rewrite_number_once"),
            models.CheckConstraint(name="rewrite_span_forward", condition=Q(end__gte=F("start"))),
            models.CheckConstraint(
                name="rewrite_decided_says_when",
                condition=Q(decision=Decision.UNDECIDED) | Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.before[:40]}"
