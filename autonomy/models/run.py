"""A run and what it needs to be claimed, fenced, budgeted and shown."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autonomy.core.types import TERMINAL_STATUSES, RunStatus, StopReason
from autonomy.models.fields import choices, new_id, one_of


class Run(models.Model):
    """One execution of the graph. PostgreSQL is the truth; every transition is a conditional
    UPDATE that names the fence and the status it expects."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="runs")
    conversation_id = models.UUIDField(null=True, blank=True, db_index=True)
    journey = models.CharField(max_length=31)
    title = models.CharField(max_length=200, blank=True)
    task = models.JSONField(help_text="TaskSpec as it was asked.")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="forks")
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - NULL is "no key" and must not collide

    status = models.CharField(max_length=16, choices=choices(RunStatus), default=RunStatus.QUEUED)
    stop_reason = models.CharField(max_length=20, choices=choices(StopReason), blank=True)
    error = models.TextField(blank=True, help_text="Fit for the person who asked.")
    requested = models.CharField(
        max_length=8, blank=True, help_text="Control waiting for the next superstep: pause."
    )

    priority = models.SmallIntegerField(
        default=0, db_default=0, help_text="Higher goes first within one user."
    )
    fence = models.BigIntegerField(default=0, help_text="Grows with every claim.")
    owner_lock = models.IntegerField(
        null=True,
        blank=True,
        help_text="Advisory-lock number of the worker process that drives it.",
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    claims_without_progress = models.PositiveSmallIntegerField(default=0)
    faults = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Endings since its last checkpoint that no other run can have caused.",
    )
    last_seq = models.BigIntegerField(default=0)

    # What the last boundary showed; written in the statement that commits the checkpoint.
    plan = models.JSONField(null=True, blank=True)
    route = models.CharField(max_length=16, blank=True)
    last_observation = models.JSONField(null=True, blank=True)
    last_verdict = models.JSONField(null=True, blank=True)
    waiting_for = models.JSONField(
        null=True, blank=True, help_text="What a person is asked while the run waits."
    )

    tokens_limit = models.BigIntegerField()
    tokens_spent = models.BigIntegerField(default=0)
    tokens_reserved = models.BigIntegerField(default=0)
    seconds_limit = models.FloatField()
    seconds_spent = models.FloatField(default=0)
    seconds_charged = models.FloatField(
        default=0, db_default=0.0, help_text="Of `seconds_spent`, on the owner's queue account."
    )
    usd_limit = models.DecimalField(max_digits=12, decimal_places=6)
    usd_spent = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    usd_reserved = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    budget_warned = models.BooleanField(default=False, help_text="80 % of a limit was reported.")

    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    pruned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its history was cut to head and human decisions."
    )

    class Meta:
        db_table = "autonomy_runs"
        ordering = ["-created_at"]
        constraints = [
            one_of("status", RunStatus, "run_status_known"),
            one_of("requested", ("", "pause"), "run_requested_known"),
            models.CheckConstraint(
                name="run_finished_iff_terminal",
                condition=Q(status__in=sorted(TERMINAL_STATUSES), finished_at__isnull=False)
                | (~Q(status__in=sorted(TERMINAL_STATUSES)) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="run_running_has_lease",
                condition=~Q(status=RunStatus.RUNNING)
                | Q(lease_until__isnull=False, owner_lock__isnull=False),
            ),
            models.CheckConstraint(
                name="run_tokens_not_negative",
                condition=Q(tokens_spent__gte=0, tokens_reserved__gte=0),
            ),
            models.CheckConstraint(
                name="run_usd_not_negative", condition=Q(usd_spent__gte=0, usd_reserved__gte=0)
            ),
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                name="run_idempotency_key_once",
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="run_owner_recent"),
            models.Index(
                fields=["owner_lock"], name="run_driven", condition=Q(status=RunStatus.RUNNING)
            ),
            models.Index(
                fields=["finished_at"],
                name="run_to_prune",
                condition=Q(finished_at__isnull=False, pruned_at__isnull=True),
            ),
            models.Index(
                fields=["owner"], name="run_of_owner_running", condition=Q(status=RunStatus.RUNNING)
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

    @property
    def finished(self) -> bool:
        return self.status in TERMINAL_STATUSES


class Resume(models.Model):
    """A person's answer to an interrupt, stored before it is applied; a duplicate is harmless."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="resumes")
    interrupt_id = models.CharField(max_length=64)
    value = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_resumes"
        constraints = [
            models.UniqueConstraint(fields=["run", "interrupt_id"], name="resume_interrupt_once")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.interrupt_id}"


class RunMessage(models.Model):
    """What a person told a run while it was going on. Numbered per run: the state keeps how many
    it has taken, so each is taken once, whatever crashes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="told")
    number = models.PositiveIntegerField(help_text="1, 2, … within the run.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True, blank=True, help_text="When the run first read it.")

    class Meta:
        db_table = "autonomy_run_messages"
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="run_message_number_once")
        ]

    def __str__(self) -> str:
        return self.text[:60]


class EffectStatus(models.TextChoices):
    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Effect(models.Model):
    """Something that costs money or touches the outside: intent, call, record. A re-executed node
    gets the recorded result instead of a second call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="effects")
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    status = models.CharField(
        max_length=8, choices=EffectStatus.choices, default=EffectStatus.INTENT
    )
    result = models.JSONField(null=True, blank=True)
    fence = models.BigIntegerField()
    attempts = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="How often the call was begun."
    )
    note = models.TextField(
        blank=True, default="", db_default="", help_text="How a lost outcome was settled."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_effects"
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="effect_key_once"),
            one_of("status", EffectStatus.values, "effect_status_known"),
        ]
        indexes = [
            # Every worker asks each second where notices are sent.
            models.Index(
                fields=["created_at"],
                name="effect_notice_due",
                condition=Q(kind="notify", status__in=("failed", "intent")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class BudgetEntry(models.Model):
    """One call's reservation and settlement: the ledger behind the totals on the run."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="budget_entries")
    key = models.CharField(max_length=200)
    role = models.CharField(max_length=20, blank=True)
    model = models.CharField(max_length=120, blank=True)
    tokens_reserved = models.BigIntegerField(default=0)
    usd_reserved = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    input_tokens = models.BigIntegerField(null=True, blank=True)
    output_tokens = models.BigIntegerField(null=True, blank=True)
    usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    price_known = models.BooleanField(default=False)
    fence = models.BigIntegerField(
        null=True, blank=True, help_text="Segment that reserved; an older one cannot be calling."
    )
    assumed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Counted in full because its worker was lost; what it says later replaces it.",
    )
    day = models.DateField(
        null=True, blank=True, help_text="UTC day whose quota the reservation was taken from."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_budget_ledger"
        verbose_name_plural = "budget entries"
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="budget_entry_once"),
            models.CheckConstraint(
                name="budget_entry_not_negative",
                condition=Q(tokens_reserved__gte=0, usd_reserved__gte=0)
                & (Q(usd__isnull=True) | Q(usd__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.key}"


class QueueUser(models.Model):
    """Fair-share account of one user: the virtual time that the user's runs have consumed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="queue_account"
    )
    virtual_time = models.FloatField(default=0, db_default=0.0)
    in_line = models.BooleanField(
        default=False, db_default=False, help_text="Has runs in the queue, as far as known."
    )

    class Meta:
        db_table = "autonomy_queue_users"
        indexes = [
            models.Index(fields=["virtual_time"], name="queue_users_by_time"),
            models.Index(
                fields=["virtual_time", "user"],
                name="queue_users_in_line",
                condition=Q(in_line=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.virtual_time:.1f}"


class Job(models.Model):
    """A queued run's place in line; the row exists exactly while the run is queued."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="job")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    priority = models.SmallIntegerField(default=0, help_text="Higher goes first within one user.")
    reason = models.CharField(max_length=40, blank=True)
    enqueued_at = models.DateTimeField(db_default=Now())
    available_at = models.DateTimeField(
        db_default=Now(), help_text="Not claimed before; by the database's clock."
    )

    class Meta:
        db_table = "autonomy_job_queue"
        indexes = [
            models.Index(fields=["user", "-priority", "enqueued_at"], name="job_next_of_user")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}"


class WorkerProcess(models.Model):
    """A worker process that announced itself; `lock_no` is its session advisory lock."""

    lock_no = models.AutoField(primary_key=True)
    host = models.CharField(max_length=120)
    pid = models.IntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "autonomy_worker_processes"
        verbose_name_plural = "worker processes"

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
