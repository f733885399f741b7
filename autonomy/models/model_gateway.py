"""Access to language models, who chose which, and what was said to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from autonomy.models.fields import new_id
from autonomy.models.run import Run


class ModelConnection(models.Model):
    """A provider or server that models are called at: a person's own, or, without an owner, the
    deployment's. Its `slug` is the prefix of the model strings that mean it (`openai:gpt-5-mini`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="model_connections",
    )
    slug = models.CharField(max_length=31)
    provider = models.CharField(
        max_length=20, help_text="openai, anthropic, google, openrouter, ollama or compatible."
    )
    label = models.CharField(max_length=80, blank=True)
    base_url = models.CharField(max_length=500, blank=True)
    secret = models.BinaryField(
        null=True, blank=True, editable=False, help_text="The key, encrypted; never shown again."
    )
    server = models.CharField(
        max_length=20,
        blank=True,
        help_text="What a test found there: ollama, llama.cpp, vllm, lmstudio, simulator …",
    )
    simulated = models.BooleanField(
        default=False, db_default=False, help_text="What it says is made up by a simulator."
    )
    offered = models.JSONField(
        default=list, help_text="Models it offers: id, context_tokens, structured, tools."
    )
    tested_at = models.DateTimeField(null=True, blank=True)
    test_ok = models.BooleanField(null=True, blank=True)
    test_failure = models.CharField(max_length=20, blank=True, help_text="A FailureKind.")
    test_seconds = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "autonomy_model_connections"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "slug"], name="model_connection_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.label or self.slug


class ModelPreference(models.Model):
    """Role to model strings, as one person chose, or, without an owner, staff for everybody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="model_preference",
    )
    roles = models.JSONField(
        default=dict,
        help_text="Role, or `default`, to a comma-separated list of model strings in order.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "autonomy_model_preferences"
        constraints = [
            # A one-to-one column lets any number of NULLs in; the deployment has one row.
            models.UniqueConstraint(
                fields=["owner"], name="model_preference_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return str(self.owner_id or "deployment")


class ModelCall(models.Model):
    """One request to a model, as it went: for staff, cut with the run's history."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="model_calls")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="model_calls")
    key = models.CharField(max_length=220, help_text="Of the call; its attempts share it.")
    attempt = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=20)
    provider = models.CharField(max_length=31, help_text="Prefix of the model string.")
    model = models.CharField(max_length=200)
    prompt_name = models.CharField(max_length=40, blank=True)
    prompt_version = models.CharField(max_length=16, blank=True, help_text="Hash of its wording.")
    mode = models.CharField(max_length=10, blank=True, help_text="text, native, tool or prompted.")
    streamed = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    outcome = models.CharField(max_length=20, help_text="answered, or a FailureKind.")
    rung = models.CharField(max_length=10, blank=True, help_text="Of the parse ladder.")
    left_out = models.JSONField(
        default=list, help_text="Labels of what did not fit into the model's context."
    )
    retry_after = models.FloatField(null=True, blank=True, help_text="Seconds.")
    waited_ms = models.PositiveIntegerField(default=0, help_text="For the provider's rate.")
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(default=0, help_text="From request to answer.")
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    price_known = models.BooleanField(default=False)
    system = models.TextField(blank=True)
    prompt = models.TextField(blank=True)
    reply = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_model_calls"
        indexes = [
            models.Index(fields=["run", "id"], name="model_call_of_run"),
            models.Index(
                fields=["owner", "created_at"],
                name="model_call_beside_runs",
                condition=Q(run__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.key}#{self.attempt}"
