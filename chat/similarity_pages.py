"""The similarity report of a run's document, for its owner."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from autonomy.models import Artifact, Run
from chat.views import STYLES, SignedIn

VERSIONS = 200
"""Newest versions that the page offers."""


@require_http_methods(["GET", "HEAD"])
@login_required
def similarity(request: SignedIn, run_id: UUID) -> HttpResponse:
    """The page; what is found comes from the API. `?version=` is the id of a document of the run,
    the newest where it is left out. Another person's run, and a version that the run has not, are
    a 404."""
    run = get_object_or_404(Run, pk=run_id, owner=request.user)
    rows = Artifact.objects.documents().filter(run=run).order_by("-version")
    versions = [
        {"id": str(row["id"]), "version": row["version"]}
        for row in rows.values("id", "version")[:VERSIONS]
    ]
    wanted = request.GET.get("version", "")
    if wanted and wanted not in {each["id"] for each in versions}:
        raise Http404
    boot = {
        "run": {
            "id": str(run.pk),
            "title": run.title,
            "conversation_id": str(run.conversation_id) if run.conversation_id else None,
        },
        "versions": versions,
        "version": wanted or (versions[0]["id"] if versions else None),
        "styles": STYLES,
    }
    return render(request, "chat/similarity.html", {"run": run, "boot": boot})
