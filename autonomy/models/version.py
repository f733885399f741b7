"""How the versions of a document came about."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from autonomy.core.types import Author
from autonomy.core.versions import VersionCause
from autonomy.models.evidence import Artifact
from autonomy.models.fields import choices, one_of
from autonomy.models.originality import TurnitinCycle
from autonomy.models.run import Run


class DocumentVersion(models.Model):
    """Why there is a version of a document, by whom, and what it was made from. Its number, title
    and text are the artifact's."""

    artifact = models.OneToOneField(
        Artifact, models.CASCADE, primary_key=True, related_name="version_of"
    )
    run = models.ForeignKey(Run, models.CASCADE, related_name="document_versions")
    cause = models.CharField(max_length=12, choices=choices(VersionCause))
    why = models.TextField(blank=True, default="", help_text="Fit for the person who reads it.")
    gates = models.JSONField(default=list, blank=True, help_text="Names of the gates it is for.")
    author = models.CharField(max_length=5, choices=choices(Author), default=Author.RULE)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    made_from = models.ForeignKey(
        Artifact, models.SET_NULL, null=True, blank=True, related_name="made_into"
    )
    cycle = models.ForeignKey(
        TurnitinCycle, models.SET_NULL, null=True, blank=True, related_name="versions"
    )
    words = models.PositiveIntegerField(default=0)
    as_of_seq = models.BigIntegerField(
        default=0, help_text="The run's last event when it was made: what led to it is not after."
    )

    class Meta:
        db_table = "autonomy_document_versions"
        ordering = ["run", "artifact"]
        constraints = [
            one_of("cause", VersionCause, "version_cause_known"),
            one_of("author", Author, "version_author_known"),
        ]

    def __str__(self) -> str:
        return f"{self.artifact_id} {self.cause}"
