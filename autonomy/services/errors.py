"""Refusals of the services, in words for the person who asked."""

from __future__ import annotations

import math
from datetime import datetime

from django.utils import timezone


class ServiceError(Exception):
    """Something that was asked for cannot be done.

    Args:
        code: stable name for programs.
        title: what kind of problem it is.
        detail: what happened and what to do, in one or two sentences.
        status: the HTTP status that fits.
    """

    def __init__(self, code: str, title: str, detail: str, status: int) -> None:
        super().__init__(detail)
        self.code = code
        self.title = title
        self.detail = detail
        self.status = status


class NotFound(ServiceError):
    def __init__(self, detail: str, code: str = "not_found") -> None:
        super().__init__(code, "Not found", detail, 404)


class Conflict(ServiceError):
    def __init__(self, detail: str, code: str = "conflict") -> None:
        super().__init__(code, "Not possible now", detail, 409)


class AllowanceUsedUp(Conflict):
    """A run that the day's allowance ended cannot go on before there is one again."""

    def __init__(self, unit: str, resets_at: datetime) -> None:
        super().__init__(
            f"Your allowance of {unit} for today is used up, which is why the run ended. "
            f"It starts anew at {resets_at:%H:%M} UTC; the run can go on then.",
            code="quota",
        )
        self.resets_at = resets_at


class Invalid(ServiceError):
    def __init__(self, detail: str, code: str = "invalid") -> None:
        super().__init__(code, "Not acceptable", detail, 422)


class NotAllowed(ServiceError):
    def __init__(self, detail: str, code: str = "not_allowed") -> None:
        super().__init__(code, "Not allowed", detail, 403)


class TooLarge(ServiceError):
    def __init__(self, detail: str, code: str = "too_large") -> None:
        super().__init__(code, "Too large", detail, 413)


class Unavailable(ServiceError):
    def __init__(self, detail: str, code: str = "unavailable") -> None:
        super().__init__(code, "Not available", detail, 503)


class TooMany(ServiceError):
    """As many of these are under way as one person may have at once.

    Args:
        retry_after: seconds after which one of them is likely to be done.
    """

    def __init__(self, detail: str, code: str, retry_after: int) -> None:
        super().__init__(code, "Too many at once", detail, 429)
        self.retry_after = retry_after


class QuotaUsedUp(ServiceError):
    """An allowance of the day is used up.

    Args:
        what: of what, e.g. `runs`; the code is `quota_runs` then.
    """

    def __init__(self, what: str, detail: str, used: float, limit: float, resets_at: datetime):
        super().__init__(f"quota_{what}", "Your allowance for today is used up", detail, 429)
        self.used = used
        self.limit = limit
        self.resets_at = resets_at

    @property
    def retry_after(self) -> int:
        """Whole seconds until it starts anew, at least 1."""
        return max(1, math.ceil((self.resets_at - timezone.now()).total_seconds()))
