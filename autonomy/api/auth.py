"""Who is asking: a session cookie (with CSRF) or `Authorization: Bearer <API key>`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.security.session import SessionAuth as NinjaSessionAuth
from ninja.utils import check_csrf

from autonomy import services
from autonomy.services import ServiceError

if TYPE_CHECKING:

    class ApiRequest(HttpRequest):
        """A request that passed authentication."""

        auth: User

else:
    ApiRequest = HttpRequest


class CsrfFailed(ServiceError):
    """A browser sent its session without the token that proves the page is ours."""

    def __init__(self) -> None:
        super().__init__(
            code="csrf_failed",
            title="The page is out of date",
            detail="Reload the page and try again (the CSRF token is missing or wrong).",
            status=403,
        )


class ApiKeyAuth(HttpBearer):
    """A key of `manage.py api_key create` or of the settings page."""

    def authenticate(self, request: HttpRequest, token: str) -> AbstractBaseUser:
        user = services.user_for_key(token.strip())
        if user is None or not user.is_active:
            # Never fall back to the cookie: a client that sends a key means that key.
            raise AuthenticationError
        return user


class SessionAuth(NinjaSessionAuth):
    """The cookie of a signed-in browser. Anonymous is 401 whether or not a token was sent."""

    def __call__(self, request: HttpRequest) -> Any | None:
        if not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise CsrfFailed
        return request.user


AUTH: list[HttpBearer | APIKeyCookie] = [ApiKeyAuth(), SessionAuth()]
"""In the order tried."""
