"""Sources, their passages, and the citations that bind claims to passages."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from pgvector.django import HnswIndex, VectorField

from autonomy.core.csl import normal_doi
from autonomy.core.types import (
    Author,
    CitationVerdict,
    FileStatus,
    Reading,
    ReferenceVerdict,
    SourceOrigin,
)
from autonomy.models.fields import choices, new_id, one_of
from autonomy.models.memory import EMBEDDING_DIMENSIONS
from autonomy.models.run import Run

DOI_CHARS = 300
UNREAD_STATUSES = (FileStatus.QUEUED, FileStatus.PARSING, FileStatus.EMBEDDING)


def described(csl: dict[str, Any]) -> dict[str, Any]:
    """The columns of a `Source` that say what it is: write metadata by no other way.

    >>> described({"DOI": "https://doi.org/10.1000/ABC"})["doi"]
    '10.1000/abc'
    """
    doi = normal_doi(csl.get("DOI"))
    return {"csl": csl, "doi": doi if len(doi) <= DOI_CHARS else ""}


class Source(models.Model):
    """A work in a user's library. For an uploaded file its id is the file's id in the API."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sources")
    csl = models.JSONField(default=dict, blank=True, help_text="CSL-JSON metadata, without id.")
    csl_edited = models.BooleanField(default=False, help_text="A person corrected the metadata.")

    origin = models.CharField(
        max_length=10, choices=choices(SourceOrigin), default=SourceOrigin.UPLOAD
    )
    reading = models.CharField(
        max_length=10,
        choices=choices(Reading),
        default=Reading.FULL_TEXT,
        help_text="How much of it can be searched.",
    )
    doi = models.CharField(max_length=DOI_CHARS, blank=True, help_text="Bare and in lower case.")
    url = models.TextField(blank=True, help_text="Where its text came from.")
    record = models.JSONField(
        default=dict,
        blank=True,
        help_text="How it was found: providers, query, identifiers, references, licence.",
    )

    file = models.CharField(max_length=200, blank=True, help_text="Storage name of the bytes.")
    file_name = models.CharField(max_length=255, blank=True)
    media_type = models.CharField(max_length=120, blank=True)
    size_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    status = models.CharField(max_length=10, choices=choices(FileStatus), default=FileStatus.QUEUED)
    error_code = models.CharField(max_length=30, blank=True)
    error = models.TextField(blank=True, help_text="Fit for the person who uploaded it.")
    pages = models.PositiveIntegerField(null=True, blank=True)
    pages_read = models.PositiveIntegerField(
        default=0, help_text="Pages whose passages are stored; reading goes on after them."
    )
    parser = models.CharField(
        max_length=40, blank=True, help_text="Version of the reader that its passages are of."
    )
    remarks = models.JSONField(
        default=list, blank=True, help_text="What people should know of the reading, as sentences."
    )
    passage_count = models.PositiveIntegerField(default=0)
    embedded_count = models.PositiveIntegerField(default=0)
    worked_at = models.DateTimeField(
        null=True, blank=True, help_text="Last sign of the ingesting worker."
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Claims so far; what an older one writes is refused."
    )
    claims_without_progress = models.PositiveSmallIntegerField(default=0)

    verification = models.CharField(max_length=12, blank=True)
    verification_detail = models.JSONField(
        default=dict,
        blank=True,
        help_text="Fields compared, the registry's own values, notices, and when.",
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    retracted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_sources"
        ordering = ["created_at"]
        indexes = [
            # Every worker asks each second.
            models.Index(
                fields=["created_at"],
                name="source_unread",
                condition=Q(status__in=sorted(str(s) for s in UNREAD_STATUSES)),
            ),
            models.Index(fields=["owner", "doi"], name="source_doi", condition=~Q(doi="")),
        ]
        constraints = [
            one_of("status", FileStatus, "source_status_known"),
            one_of("origin", SourceOrigin, "source_origin_known"),
            one_of("reading", Reading, "source_reading_known"),
            one_of(
                "verification",
                ("", *ReferenceVerdict),
                "source_verification_known",
            ),
            models.UniqueConstraint(
                fields=["owner", "sha256"], name="source_bytes_once", condition=~Q(sha256="")
            ),
            models.CheckConstraint(
                name="source_failed_says_why", condition=~Q(status=FileStatus.FAILED) | ~Q(error="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.csl.get("title") or self.file_name or self.id)


class Passage(models.Model):
    """A stretch of a source's text with its anchor and embedding."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="passages")
    ordinal = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, default="body")
    text = models.TextField()
    page = models.PositiveIntegerField(null=True, blank=True)
    char_start = models.PositiveIntegerField(default=0)
    char_end = models.PositiveIntegerField(default=0)
    heading = models.TextField(blank=True, default="")
    boxes = models.JSONField(
        default=list,
        blank=True,
        help_text="Its lines on the page, [left, top, width, height] as fractions.",
    )
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS, null=True)

    class Meta:
        db_table = "autonomy_passages"
        ordering = ["source", "ordinal"]
        constraints = [
            models.UniqueConstraint(fields=["source", "ordinal"], name="passage_ordinal_once"),
            models.CheckConstraint(
                condition=Q(char_end__gte=models.F("char_start")), name="passage_span_forward"
            ),
        ]
        indexes = [
            HnswIndex(
                name="passage_embedding_hnsw", fields=["embedding"], opclasses=["vector_cosine_ops"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} p.{self.page} #{self.ordinal}"


class RunSource(models.Model):
    """That a run found a work, how, and whether it was kept. What was dropped is in nobody's
    library: it has a description and no source."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.CASCADE, related_name="run_sources")
    source = models.ForeignKey(Source, models.CASCADE, null=True, related_name="run_sources")
    work = models.CharField(
        max_length=200,
        blank=True,
        default="",
        help_text="What a dropped work is known by within the run.",
    )
    csl = models.JSONField(
        default=dict, blank=True, help_text="Of a work that is no source, as registries have it."
    )
    url = models.TextField(blank=True, default="")
    provider = models.CharField(max_length=120, blank=True, default="")
    query = models.TextField(blank=True, default="")
    kept = models.BooleanField(default=True)
    reason = models.TextField(blank=True, default="")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_run_sources"
        constraints = [
            models.UniqueConstraint(fields=["run", "source"], name="run_source_once"),
            models.UniqueConstraint(
                fields=["run", "work"], name="run_work_once", condition=Q(source=None)
            ),
            models.CheckConstraint(
                name="run_source_kept_has_source", condition=Q(kept=False) | Q(source__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.source_id or self.work}"


class ArtifactKind(models.TextChoices):
    DOCUMENT = "document"
    REPORT = "report"
    FIGURE = "figure"
    DATA = "data"
    SECTION = "section"


_REPLY = {"sections": [{"id": "write-reply"}]}
"""What the body of a reply to small talk has: the section of `autonomy.agents.reply.STEP`."""


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    def shown(self) -> Self:
        """Without replies to small talk: kept in a document's form, and no document to list,
        open or download."""
        return self.exclude(kind=ArtifactKind.DOCUMENT, body__contains=_REPLY)

    def documents(self) -> Self:
        return self.filter(kind=ArtifactKind.DOCUMENT).shown()


class Artifact(models.Model):
    """One version of something the run made; the body is content-addressed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="artifacts")
    kind = models.CharField(max_length=10, choices=ArtifactKind.choices)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64)
    body = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        db_table = "autonomy_artifacts"
        ordering = ["run", "kind", "version"]
        constraints = [
            one_of("kind", ArtifactKind.values, "artifact_kind_known"),
            models.UniqueConstraint(
                fields=["run", "kind", "version"], name="artifact_version_once"
            ),
            models.UniqueConstraint(
                fields=["run", "kind", "sha256"],
                name="artifact_bytes_once",
                condition=~Q(kind="document"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version} {self.title}"


class Citation(models.Model):
    """A claim of a document bound to a passage, with its verdict."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="citations")
    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="citations")
    marker = models.PositiveIntegerField()
    claim = models.TextField()
    passage = models.ForeignKey(Passage, models.SET_NULL, null=True, related_name="citations")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="citations")
    page = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(help_text="The passage as it was when the claim was bound to it.")
    verdict = models.CharField(max_length=12, choices=choices(CitationVerdict))
    author = models.CharField(max_length=5, choices=choices(Author), default=Author.RULE)
    reason = models.TextField(blank=True, default="")
    findings = models.JSONField(
        default=list,
        blank=True,
        help_text="Facts of the claim that the passage does not have: see core.types.Finding.",
    )
    judgements = models.PositiveSmallIntegerField(
        default=0, help_text="How many judgements the verdict rests on; 0 by rule."
    )

    class Meta:
        db_table = "autonomy_citations"
        ordering = ["artifact", "marker"]
        constraints = [
            one_of("verdict", CitationVerdict, "citation_verdict_known"),
            models.UniqueConstraint(fields=["artifact", "marker"], name="citation_marker_once"),
        ]

    def __str__(self) -> str:
        return f"{self.marker}: {self.claim[:60]}"
