"""Sources with their passages, citations, and the artifacts that runs made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from autonomy import services
from autonomy.admin.base import HistoryAdmin, HistoryInline, is_staff
from autonomy.admin.display import NOTHING, admin_url, age, badge, json_block, link, short, size
from autonomy.models import (
    Artifact,
    Citation,
    DocumentVersion,
    Passage,
    RewriteChange,
    RunSource,
    Source,
)


class PassageInline(HistoryInline):
    model = Passage
    fields = ("ordinal", "kind", "page", "heading", "excerpt", "embedded")
    readonly_fields = fields
    ordering = ("ordinal",)
    verbose_name_plural = "passages"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # The vector is 384 numbers that nobody reads; whether it is there is enough.
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .defer("embedding")
            .annotate(has_embedding=ExpressionWrapper(Q(embedding__isnull=False), BooleanField()))
        )
        return rows

    @admin.display(description="Text")
    def excerpt(self, obj: Passage) -> str:
        return short(obj.text, 400)

    @admin.display(description="Embedded", boolean=True)
    def embedded(self, obj: Any) -> bool:
        return bool(obj.has_embedding)


@admin.register(Source)
class SourceAdmin(HistoryAdmin):
    list_display = (
        "name",
        "owner",
        "status_badge",
        "media_type",
        "bytes",
        "pages",
        "progress",
        "problem",
        "added",
    )
    list_filter = ("status", "error_code", "media_type", "verification", "created_at")
    list_select_related = ("owner",)
    search_fields = ("file_name", "csl__title", "owner__email")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    inlines = (PassageInline,)
    fields = (
        "status_badge",
        "owner",
        "file_name",
        "media_type",
        "bytes",
        "sha256",
        "error_code",
        "error",
        "pages",
        "progress",
        "attempts",
        "worked_at",
        "created_at",
        "ready_at",
        "verification_badge",
        "csl_edited",
        "csl_text",
    )
    readonly_fields = fields

    @admin.display(description="Title", ordering="file_name")
    def name(self, obj: Source) -> str:
        return short(str(obj), 80)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, obj: Source) -> SafeString:
        return badge(obj.status)

    @admin.display(description="Verification")
    def verification_badge(self, obj: Source) -> SafeString:
        return badge(obj.verification)

    @admin.display(description="Size", ordering="size_bytes")
    def bytes(self, obj: Source) -> str:
        return size(obj.size_bytes)

    @admin.display(description="Passages embedded")
    def progress(self, obj: Source) -> str:
        return f"{obj.embedded_count:,} of {obj.passage_count:,}" if obj.passage_count else NOTHING

    @admin.display(description="Error", ordering="error_code")
    def problem(self, obj: Source) -> str:
        return short(obj.error, 80) or NOTHING

    @admin.display(description="Age", ordering="created_at")
    def added(self, obj: Source) -> str:
        return age(obj.created_at)

    @admin.display(description="CSL-JSON")
    def csl_text(self, obj: Source) -> SafeString:
        return json_block(obj.csl)


@admin.register(Citation)
class CitationAdmin(HistoryAdmin):
    list_display = ("claim_text", "run", "source", "page", "verdict_badge", "author")
    list_filter = ("verdict", "author")
    list_select_related = ("run", "source")
    search_fields = ("claim", "run__title")
    search_by_id = ("pk", "run_id", "source_id")
    ordering = ("-id",)
    fields = (
        "run_link",
        "artifact_link",
        "marker",
        "claim",
        "verdict_badge",
        "author",
        "reason",
        "source_link",
        "page",
        "text",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("run", "source", "artifact")
            .defer("artifact__body")
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Claim")
    def claim_text(self, obj: Citation) -> str:
        return short(f"{obj.marker}: {obj.claim}", 140)

    @admin.display(description="Verdict", ordering="verdict")
    def verdict_badge(self, obj: Citation) -> SafeString:
        return badge(obj.verdict)

    @admin.display(description="Run")
    def run_link(self, obj: Citation) -> SafeString:
        return link(obj.run)

    @admin.display(description="Document")
    def artifact_link(self, obj: Citation) -> SafeString:
        return link(obj.artifact)

    @admin.display(description="Source")
    def source_link(self, obj: Citation) -> SafeString:
        return link(obj.source)


class VersionInline(HistoryInline):
    model = DocumentVersion
    fk_name = "artifact"
    fields = ("cause", "why", "author", "person", "made_from", "cycle", "words")
    readonly_fields = fields
    verbose_name_plural = "why there is this version"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("person", "made_from", "cycle")
        found: QuerySet[Any] = rows.defer("made_from__body")
        return found


class ChangeInline(HistoryInline):
    model = RewriteChange
    fields = ("number", "block", "before", "after", "kind", "reason", "author", "decision")
    readonly_fields = fields
    ordering = ("number",)
    verbose_name_plural = "proposed changes"


@admin.register(Artifact)
class ArtifactAdmin(HistoryAdmin):
    inlines = (VersionInline, ChangeInline)
    list_display = ("name", "kind", "version", "run", "made")
    list_filter = ("kind", "created_at")
    list_select_related = ("run",)
    search_fields = ("title", "run__title", "sha256")
    search_by_id = ("pk", "run_id")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = ("run_link", "kind", "version", "title", "sha256", "created_at", "body_text")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Only the detail page reads the body; a list of bodies would be megabytes.
        return super().get_queryset(request).defer("body")

    def get_urls(self) -> list[Any]:
        download = path(
            "<uuid:artifact_id>/download/<slug:file_format>/",
            self.admin_site.admin_view(require_GET(self.download_view)),
            name="autonomy_artifact_download",
        )
        return [download, *super().get_urls()]

    def download_view(
        self, request: HttpRequest, artifact_id: UUID, file_format: str
    ) -> HttpResponse:
        """The document as a file. A refusal is a message on the artifact's page."""
        artifact = Artifact.objects.filter(pk=artifact_id).first()
        if artifact is None or not is_staff(request):
            raise Http404
        try:
            exported = services.export_document(artifact, file_format)
        except services.ServiceError as refusal:
            self.message_user(request, refusal.detail, "warning")
            return HttpResponseRedirect(admin_url("artifact", artifact.pk))
        return HttpResponse(
            exported.data,
            content_type=exported.media_type,
            headers={"Content-Disposition": f'attachment; filename="{exported.file_name}"'},
        )

    @admin.display(description="Title", ordering="title")
    def name(self, obj: Artifact) -> str:
        return short(obj.title or str(obj.pk), 80)

    @admin.display(description="Age", ordering="created_at")
    def made(self, obj: Artifact) -> str:
        return age(obj.created_at)

    @admin.display(description="Run")
    def run_link(self, obj: Artifact) -> SafeString:
        return link(obj.run)

    @admin.display(description="Body")
    def body_text(self, obj: Artifact) -> SafeString:
        return json_block(obj.body)


@admin.register(RunSource)
class RunSourceAdmin(HistoryAdmin):
    list_display = ("source", "work", "run", "kept", "provider", "why", "found_at")
    list_filter = ("kept", "found_at")
    list_select_related = ("run", "source")
    search_fields = ("query", "work", "source__file_name", "run__title")
    search_by_id = ("run_id", "source_id")
    ordering = ("-id",)

    @admin.display(description="Query or reason")
    def why(self, obj: RunSource) -> str:
        return short(obj.reason or obj.query, 120)
