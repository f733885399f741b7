"""Originality cycles: a person brings a similarity report, the run wakes and revises."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from autonomy.core.originality import (
    FLAGGING,
    ChangeVerdict,
    CheckVerdict,
    MatchGroup,
    Quotations,
    Remedy,
    Teller,
)
from autonomy.core.types import OPEN_CYCLES, Author, CycleStatus
from autonomy.models.evidence import Artifact, Source
from autonomy.models.fields import choices, new_id, one_of
from autonomy.models.run import Run

WAITING = Q(status=CycleStatus.AWAITING_REPORT.value)
OPEN = Q(status__in=sorted(status.value for status in OPEN_CYCLES))
UNREPORTED = Q(status__in=[CycleStatus.AWAITING_REPORT.value, CycleStatus.EXPIRED.value])


class TurnitinCycle(models.Model):
    """`awaiting_report → report_ready → {accepted, rejected}`; a rejected cycle starts the next.
    One whose report never comes is `expired`, one whose run ends first is `closed`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="turnitin_cycles")
    number = models.PositiveIntegerField()
    status = models.CharField(
        max_length=16, choices=choices(CycleStatus), default=CycleStatus.AWAITING_REPORT
    )
    artifact = models.ForeignKey(Artifact, models.RESTRICT, related_name="turnitin_cycles")
    interrupt_id = models.CharField(max_length=64, blank=True)
    target_similarity = models.FloatField(help_text="Per cent.")
    local_similarity = models.FloatField(
        null=True, blank=True, help_text="Per cent, by the product's own engine."
    )
    local_quoted = models.FloatField(
        null=True, blank=True, help_text="Per cent, quoted and cited; not in the figure before."
    )
    observed_similarity = models.FloatField(
        null=True, blank=True, help_text="Per cent; null when unreadable."
    )
    observed_below = models.BooleanField(
        default=False, help_text="The report says “less than” the observed figure."
    )
    report_url = models.URLField(max_length=1000, blank=True)
    report_file = models.CharField(max_length=200, blank=True)
    report_file_name = models.CharField(max_length=255, blank=True)
    report_read = models.JSONField(
        null=True, blank=True, help_text="What could be read of the report's file (`ReadReport`)."
    )
    note = models.TextField(blank=True)
    quotations = models.CharField(
        max_length=9,
        choices=choices(Quotations),
        blank=True,
        default="",
        help_text="What proper quotations may undergo because of it; empty as the run's setting.",
    )
    verdict = models.CharField(
        max_length=8,
        choices=choices(CheckVerdict),
        blank=True,
        default="",
        help_text="What a checker decided; empty when the target decides.",
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revised = models.ForeignKey(
        Artifact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The version that was made because of the report.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next reminder is due; null for none."
    )
    reminders = models.PositiveSmallIntegerField(default=0, help_text="Sent so far.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When the wait for the report ends; null for never."
    )

    class Meta:
        db_table = "autonomy_turnitin_cycles"
        verbose_name = "similarity report"
        ordering = ["run", "number"]
        indexes = [
            # Every worker looks now and then.
            models.Index(fields=["remind_at"], name="cycle_to_remind", condition=WAITING),
            models.Index(fields=["expires_at"], name="cycle_to_expire", condition=WAITING),
        ]
        constraints = [
            one_of("status", CycleStatus, "cycle_status_known"),
            models.UniqueConstraint(fields=["run", "number"], name="cycle_number_once"),
            models.UniqueConstraint(
                fields=["run"],
                name="cycle_one_open_per_run",
                condition=OPEN,
            ),
            models.CheckConstraint(
                name="cycle_similarity_is_per_cent",
                condition=Q(observed_similarity__isnull=True)
                | Q(observed_similarity__gte=0, observed_similarity__lte=100),
            ),
            models.CheckConstraint(
                name="cycle_local_similarity_is_per_cent",
                condition=Q(local_similarity__isnull=True)
                | Q(local_similarity__gte=0, local_similarity__lte=100),
            ),
            models.CheckConstraint(
                name="cycle_local_quoted_is_per_cent",
                condition=Q(local_quoted__isnull=True)
                | Q(local_quoted__gte=0, local_quoted__lte=100),
            ),
            models.CheckConstraint(
                name="cycle_reported_when_ready",
                condition=UNREPORTED
                | Q(status=CycleStatus.CLOSED.value)
                | Q(reported_at__isnull=False),
            ),
            models.CheckConstraint(
                name="cycle_waits_without_report",
                condition=~UNREPORTED | Q(reported_at__isnull=True),
            ),
            models.CheckConstraint(
                name="cycle_accepted_for_a_reason",
                condition=~Q(status=CycleStatus.ACCEPTED.value)
                | Q(observed_similarity__isnull=False)
                | Q(verdict=CheckVerdict.ACCEPTED.value),
            ),
            models.CheckConstraint(
                name="cycle_closed_when_over",
                condition=(OPEN & Q(closed_at__isnull=True)) | (~OPEN & Q(closed_at__isnull=False)),
            ),
            one_of("verdict", ("", *CheckVerdict), "cycle_verdict_known"),
            one_of("quotations", ("", *Quotations), "cycle_quotations_known"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} cycle {self.number} {self.status}"


class FlaggedPassage(models.Model):
    """A passage of a cycle's draft that is to be quoted, cited, rephrased or cut. Rows are of the
    draft as it was: `autonomy.runtime.flagged` writes and reads them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cycle = models.ForeignKey(TurnitinCycle, models.CASCADE, related_name="flagged")
    told_by = models.CharField(
        max_length=8, choices=[one for one in choices(Teller) if one[0] in FLAGGING]
    )
    ordinal = models.PositiveIntegerField(help_text="Among those of the same teller, from 0.")
    section_id = models.CharField(
        max_length=120, blank=True, help_text="Empty when it is not found in the draft."
    )
    start = models.PositiveIntegerField(default=0)
    end = models.PositiveIntegerField(default=0, help_text="In the section's Markdown.")
    text = models.TextField()
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="+")
    source_title = models.TextField(blank=True)
    group = models.CharField(max_length=20, choices=choices(MatchGroup))
    note = models.TextField(blank=True)
    colour = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "autonomy_flagged_passages"
        ordering = ["cycle", "told_by", "ordinal"]
        constraints = [
            one_of("told_by", FLAGGING, "flagged_teller_known"),
            one_of("group", MatchGroup, "flagged_group_known"),
            models.UniqueConstraint(
                fields=["cycle", "told_by", "ordinal"], name="flagged_ordinal_once"
            ),
            models.CheckConstraint(
                name="flagged_found_has_span", condition=Q(section_id="") | Q(end__gt=F("start"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.told_by}: {self.text[:60]}"


class PassageChange(models.Model):
    """What was done about a flagged passage of a cycle's draft, and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cycle = models.ForeignKey(TurnitinCycle, models.CASCADE, related_name="changes")
    ordinal = models.PositiveIntegerField(help_text="In the document's order, from 0.")
    section_id = models.CharField(max_length=120)
    heading = models.TextField(blank=True)
    before = models.TextField(help_text="Whole sentences of the section's Markdown.")
    after = models.TextField(blank=True, help_text="In their place; empty when they were cut.")
    remedy = models.CharField(max_length=8, choices=choices(Remedy))
    reason = models.TextField(help_text="Fit for the person who reads it.")
    told_by = models.CharField(max_length=8, choices=choices(Teller))
    group = models.CharField(
        max_length=20,
        choices=choices(MatchGroup),
        blank=True,
        help_text="Empty for what is no match but follows from other changes.",
    )
    note = models.TextField(blank=True, help_text="What a checker wrote about it.")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="+")
    source_title = models.TextField(blank=True)
    author = models.CharField(max_length=5, choices=choices(Author), default=Author.RULE)
    verdict = models.CharField(max_length=9, choices=choices(ChangeVerdict))

    class Meta:
        db_table = "autonomy_passage_changes"
        ordering = ["cycle", "ordinal"]
        constraints = [
            one_of("remedy", Remedy, "change_remedy_known"),
            one_of("told_by", Teller, "change_teller_known"),
            one_of("group", ("", *MatchGroup), "change_group_known"),
            one_of("author", Author, "change_author_known"),
            one_of("verdict", ChangeVerdict, "change_verdict_known"),
            models.UniqueConstraint(fields=["cycle", "ordinal"], name="change_ordinal_once"),
            models.CheckConstraint(name="change_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="change_kept_is_the_same", condition=~Q(remedy="keep") | Q(after=F("before"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remedy}: {self.before[:60]}"
