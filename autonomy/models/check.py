"""Checks: what a human checker does for one originality cycle."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from autonomy.core.originality import CheckDeed, CheckOutcome, CheckStatus
from autonomy.models.fields import choices, new_id, one_of
from autonomy.models.originality import TurnitinCycle

CHECKERS = "Checkers"
"""Name of the group that a migration makes; its members may work off checks."""
CHECK_DOCUMENTS = "autonomy.check_documents"
"""The permission that makes a person a checker, by the group or by themselves."""


class Check(models.Model):
    """`open → claimed → done`; a claimed one whose lease ran out is free again. Every change is one
    conditional UPDATE in `autonomy.runtime.checks`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cycle = models.OneToOneField(TurnitinCycle, models.CASCADE, related_name="checking")
    title = models.CharField(max_length=300, blank=True)
    words = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=choices(CheckStatus), default=CheckStatus.OPEN)
    outcome = models.CharField(max_length=10, choices=choices(CheckOutcome), blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The only checker who may take it, where staff chose one.",
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who claimed it, or did it.",
    )
    lease_until = models.DateTimeField(null=True, blank=True)

    # What the checker has put together so far; it counts when the check is done.
    report_file = models.CharField(max_length=200, blank=True)
    report_file_name = models.CharField(max_length=255, blank=True)
    report_read = models.JSONField(
        null=True,
        blank=True,
        help_text="What was read of the report's file: figure, `ReportReading`, passages.",
    )
    observed_similarity = models.FloatField(null=True, blank=True, help_text="Per cent.")
    marked = models.JSONField(
        default=list, blank=True, help_text="Marked passages, as `FlaggedPassage`."
    )
    marked_file_name = models.CharField(max_length=255, blank=True)
    note = models.TextField(blank=True)

    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_checks"
        ordering = ["asked_at", "id"]
        permissions = [("check_documents", "Can check documents for originality")]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="check_undone",
                condition=~Q(status=CheckStatus.DONE.value),
            ),
            models.Index(fields=["holder", "-done_at"], name="check_done_by"),
        ]
        constraints = [
            one_of("status", CheckStatus, "check_status_known"),
            one_of("outcome", ("", *CheckOutcome), "check_outcome_known"),
            models.CheckConstraint(
                name="check_lease_while_claimed",
                condition=Q(status=CheckStatus.CLAIMED.value, lease_until__isnull=False)
                | (~Q(status=CheckStatus.CLAIMED.value) & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="check_open_is_nobodys",
                condition=~Q(status=CheckStatus.OPEN.value) | Q(holder__isnull=True),
            ),
            models.CheckConstraint(
                name="check_outcome_iff_done",
                condition=(Q(status=CheckStatus.DONE.value, done_at__isnull=False) & ~Q(outcome=""))
                | (~Q(status=CheckStatus.DONE.value) & Q(outcome="", done_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="check_similarity_is_per_cent",
                condition=Q(observed_similarity__isnull=True)
                | Q(observed_similarity__gte=0, observed_similarity__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or 'Untitled'} ({self.status})"


class CheckEvent(models.Model):
    """Who did what to a check, and when."""

    id = models.BigAutoField(primary_key=True)
    # Not `check`: a model has a method of that name.
    subject = models.ForeignKey(Check, models.CASCADE, related_name="events", db_column="check_id")
    at = models.DateTimeField(auto_now_add=True)
    who = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Nobody where it happened by itself, or the account is gone.",
    )
    whom = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whom it was assigned to. Names are of the account's row, and go with it.",
    )
    deed = models.CharField(max_length=16, choices=choices(CheckDeed))
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "autonomy_check_events"
        ordering = ["subject", "id"]
        constraints = [one_of("deed", CheckDeed, "check_event_known")]

    def __str__(self) -> str:
        return f"{self.deed} {self.at:%Y-%m-%d %H:%M}"
