"""A person's own account over HTTP: take everything along, or leave."""

from __future__ import annotations

import tempfile

from django.contrib.auth.models import User
from django.http import FileResponse
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from ninja.throttling import AuthRateThrottle

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.services import Invalid
from chat.personal import write_archive

router = Router(tags=["account"])


EXPORTS = "10/h"
"""Archives of one person; each renders every document."""


class ExportThrottle(AuthRateThrottle):
    scope = "export_account"


class RemovalThrottle(AuthRateThrottle):
    scope = "remove_account"


class RemovalIn(Schema):
    email: str
    """Your address, as a sign that you mean it."""
    password: str


@router.get("/export", throttle=[ExportThrottle(EXPORTS)], url_name="export_account")
def export_account(request: ApiRequest) -> FileResponse:
    """All your data as one ZIP: conversations, files, documents, runs with every event."""
    return archive(request.auth)


@router.delete("", response={204: None}, throttle=[RemovalThrottle("10/h")])
def remove_account(request: ApiRequest, body: RemovalIn) -> Status[None]:
    """Remove your account and everything in it, for good. An API key alone is not enough."""
    check_intent(request.auth, body.email, body.password)
    services.remove_account(request.auth)
    return Status(204, None)


def archive(user: User) -> FileResponse:
    """The archive of `user`, from a file that is gone once it is sent."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_archive(user, file)
    file.seek(0)
    name = f"handywriterz-{timezone.now():%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


def check_intent(user: User, email: str, password: str) -> None:
    """
    Raises:
        Invalid: the address or the password is not this account's.
    """
    if email.strip().lower() != user.email.lower():
        raise Invalid("This is not the e-mail address of your account.", code="wrong_email")
    if not user.check_password(password):
        raise Invalid("The password is not right. Nothing was removed.", code="wrong_password")
