"""Pages. Each puts what it needs into the page; scripts go on from there through the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from autonomy import services as autonomy_services
from autonomy.api.runs import snapshot
from autonomy.api.shapes import files as file_shapes
from autonomy.api.shapes import runs as run_shapes
from autonomy.core import journey
from autonomy.core.types import FileStatus
from autonomy.models import ApiKey, Run, Source
from autonomy.services.notifications import choose_mail, mail_choice, mail_is_sent
from autonomy.services.run_models import any_simulated
from chat import services
from chat.accounts import nobody_signed_up
from chat.api import LATEST_MESSAGES, message_out
from chat.models import Conversation

STYLES = [
    ("harvard", "Harvard"),
    ("apa", "APA"),
    ("mla", "MLA"),
    ("chicago", "Chicago"),
    ("vancouver", "Vancouver"),
]
"""Citation styles offered by name; the API takes any CSL id."""

MAIL_CHOICES = [
    ("mail_waiting", "a run waits for me"),
    ("mail_reminder", "it still waits some days later"),
    ("mail_done", "a document is ready"),
    ("mail_failed", "a run could not be finished"),
]
"""Columns of the choice, and how the page words them after “Mail me when”."""

RUNS_IN_FULL = 30
"""Newest runs of a conversation that come with plan and verdict; older ones load theirs when opened."""


class SignedIn(HttpRequest):
    """A request that passed `login_required`."""

    user: User


@require_GET
def new_conversation(request: HttpRequest) -> HttpResponse:
    """The empty composer; the conversation is made with its first message. Visitors are sent to
    sign in, and where nobody has an account yet, to make the first one."""
    user = request.user
    if not isinstance(user, User):
        if nobody_signed_up():
            return redirect("account_signup")
        return redirect_to_login(request.get_full_path())
    return render(request, "chat/conversation.html", {"here": "new", "boot": _common(user)})


@require_GET
@login_required
def conversation(request: SignedIn, conversation_id: UUID) -> HttpResponse:
    """A thread with its runs and files; another person's is a 404."""
    mine = Conversation.objects.filter(owner=request.user)
    services.record_answers(get_object_or_404(mine, pk=conversation_id))
    row = get_object_or_404(mine, pk=conversation_id)  # anew: an answer may have named it
    newest_first = row.messages.order_by("-created_at", "-id")[:LATEST_MESSAGES]
    runs = list(Run.objects.filter(conversation_id=row.pk).order_by("id"))
    documents = services.documents_of([run.id for run in runs])
    files = Source.objects.filter(uploads__conversation=row).order_by("uploads__created_at")
    boot = _common(request.user) | {
        "conversation": {
            "id": str(row.pk),
            "title": row.title,
            "simulated": any_simulated([run.pk for run in runs]),
        },
        "messages": [message_out(m, documents).model_dump(mode="json") for m in newest_first][::-1],
        "runs": [
            *(run_shapes.run_row(run).model_dump(mode="json") for run in runs[:-RUNS_IN_FULL]),
            *(snapshot(run).model_dump(mode="json") for run in runs[-RUNS_IN_FULL:]),
        ],
        "files": [file_shapes.file(source).model_dump(mode="json") for source in files],
    }
    return render(request, "chat/conversation.html", {"conversation": row, "boot": boot})


@require_GET
@login_required
def library(request: SignedIn) -> HttpResponse:
    boot = {"limits": _limits(), "styles": STYLES}
    return render(request, "chat/library.html", {"here": "library", "boot": boot})


@require_http_methods(["GET", "HEAD"])
@login_required
def settings_page(request: SignedIn) -> HttpResponse:
    """Theme, API keys, and the way to security and administration."""
    return _settings(request)


@require_POST
@login_required
def create_key(request: SignedIn) -> HttpResponse:
    """Make a key and show it, this once: it is not stored and there is no way back to it."""
    name = request.POST.get("name", "").strip()[:100]
    _, key = autonomy_services.create_api_key(request.user, name)
    response = _settings(request, new_key=key)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@login_required
def revoke_key(request: SignedIn, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=key_id, owner=request.user)
    autonomy_services.revoke_api_key(key)
    messages.success(request, "The key is revoked and no longer accepted.")
    return redirect("settings")


@require_POST
@login_required
def choose_mail_view(request: SignedIn) -> HttpResponse:
    """What comes by mail about runs: what is not ticked does not."""
    choose_mail(request.user, {name: name in request.POST for name, _ in MAIL_CHOICES})
    messages.success(request, "Your choice is saved.")
    return redirect(f"{reverse('settings')}#notifications")


def _settings(request: SignedIn, *, new_key: str = "") -> HttpResponse:
    keys = ApiKey.objects.filter(owner=request.user, revoked_at=None)
    wanted = mail_choice(request.user)
    chosen = [(name, label, getattr(wanted, name)) for name, label in MAIL_CHOICES]
    page = {
        "api_keys": keys,
        "new_key": new_key,
        "mail_sent": mail_is_sent(),
        "mail_choices": chosen,
        "code": autonomy_services.code_execution(wait_seconds=0.2),
    }
    return render(request, "chat/settings.html", page)


def _searches() -> list[str]:
    """Values of `settings.search` that mean something on this server; none where it can only
    look in files."""
    if settings.ENV.registries:
        return ["auto", "files", "scholarly", "everything"]
    return ["auto", "files", "everything"] if settings.ENV.web_search != "off" else []


def _common(user: User) -> dict[str, Any]:
    """What the composer needs on every page that has one."""
    return {
        "conversation": None,
        "admin_run": reverse("admin:autonomy_run_change", args=["RUN"]) if user.is_staff else "",
        "searches": _searches(),
        **_models(user),
        "journeys": [
            {"name": loaded.name, "title": loaded.title, "description": loaded.description}
            for loaded in map(journey.load, journey.names())
        ],
        "styles": STYLES,
        "library_sources": Source.objects.filter(owner=user, status=FileStatus.READY).count(),
        "limits": _limits(),
    }


def _limits() -> dict[str, int]:
    return {
        "upload_max_bytes": settings.ENV.upload_max_bytes,
        "message_max_chars": settings.ENV.message_max_chars,
    }


def _models(user: User) -> dict[str, bool]:
    """Whether a request of this person would be worked on by a model, if all goes well, and
    whether there is any to choose."""
    configured, choosable = autonomy_services.models_within_reach(user)
    return {"model_configured": configured, "models_to_choose": choosable}
