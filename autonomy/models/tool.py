"""Tools as versioned rows: built-in ones are mirrored here so that people can see and switch them,
learnt ones live here."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from autonomy.models.fields import new_id, one_of


class ToolOrigin(models.TextChoices):
    BUILTIN = "builtin"
    OPENAPI = "openapi"
    MCP = "mcp"


class ToolPolicy(models.TextChoices):
    """Whether a run may call the tool by itself."""

    AUTO = "auto", "without asking"
    ASK = "ask", "after asking me in the chat"
    NEVER = "never", "never"


class RepairPolicy(models.TextChoices):
    """What becomes of a repair of the tool that was proven. `TOOL_REPAIR` may be stricter."""

    AUTO = "auto", "use it, and tell me"
    ASK = "ask", "ask me first"
    NEVER = "never", "make none"


class ToolRate(models.TextChoices):
    """How often the tool may be called; the figures are in `tools.learnt.line`."""

    LOCAL = "local", "as often as wanted"
    GENTLE = "gentle", "a few times a minute"
    ORDINARY = "ordinary", "once a second"
    BUSY = "busy", "several times a second"


class ToolAuthor(models.TextChoices):
    """Who made a version."""

    BUILTIN = "builtin"
    INGEST = "ingest"
    AGENT = "agent"
    STAFF = "staff"
    """A person, its owner or staff, who put an earlier version back."""


class Tool(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tools",
        help_text="Whose runs may use it; nobody: everybody's.",
    )
    origin = models.CharField(max_length=8, choices=ToolOrigin.choices, default=ToolOrigin.BUILTIN)
    description = models.TextField(blank=True)
    bundle = models.CharField(
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text="The document or server that it was learnt from, by its short name.",
    )
    learnt_from = models.CharField(
        max_length=2_000,
        blank=True,
        default="",
        db_default="",
        help_text="Address of that document or server; a file's name where it was uploaded.",
    )
    enabled = models.BooleanField(default=True)
    killed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Switched off by staff, whatever its owner says. A call under way ends as it does.",
    )
    policy = models.CharField(
        max_length=5, choices=ToolPolicy.choices, default=ToolPolicy.AUTO, db_default="auto"
    )
    repairs = models.CharField(
        max_length=5,
        choices=RepairPolicy.choices,
        default=RepairPolicy.AUTO,
        db_default="auto",
        help_text="What becomes of a proven repair.",
    )
    read_only = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Calling it changes nothing outside (GET and HEAD; of others nobody can tell).",
    )
    usd_per_call = models.DecimalField(
        max_digits=10, decimal_places=6, default=0, db_default=0, help_text="US dollars."
    )
    rate = models.CharField(
        max_length=8, choices=ToolRate.choices, default=ToolRate.LOCAL, db_default="local"
    )
    current_version = models.PositiveIntegerField(default=1)
    calls = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    recent = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="Outcomes of its latest calls, oldest first: 1 succeeded, 0 failed.",
    )
    last_failure = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="Code of the latest failure.",
    )
    last_failure_at = models.DateTimeField(null=True, blank=True)
    latency_seconds = models.FloatField(
        null=True, blank=True, help_text="Of late: an average that forgets."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tools"
        ordering = ["name"]
        constraints = [
            one_of("origin", ToolOrigin.values, "tool_origin_known"),
            one_of("policy", ToolPolicy.values, "tool_policy_known"),
            one_of("repairs", RepairPolicy.values, "tool_repairs_known"),
            one_of("rate", ToolRate.values, "tool_rate_known"),
            models.UniqueConstraint(
                fields=["name", "owner"], name="tool_name_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(recent__regex=r"^[01]*$"), name="tool_recent_is_outcomes"
            ),
            models.CheckConstraint(
                condition=Q(usd_per_call__gte=0), name="tool_price_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(origin="builtin") | Q(owner=None), name="tool_builtin_is_nobodys"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def success_share(self) -> float | None:
        """Of its latest calls, 0 to 1; None before the first."""
        return self.recent.count("1") / len(self.recent) if self.recent else None


class ToolVersion(models.Model):
    """A tool at one version: its contract, the wrapper between both, and who made it why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    input_schema = models.JSONField()
    output_schema = models.JSONField()
    definition = models.JSONField(
        default=dict,
        blank=True,
        help_text="`contract` and `description` of a learnt tool (`core.learnt`).",
    )
    wrapper = models.TextField(
        blank=True, default="", db_default="", help_text="In the wrapper language; empty: none."
    )
    patch = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="How the wrapper differs from the version before, as a unified diff.",
    )
    evidence = models.JSONField(
        default=dict, blank=True, help_text="What showed that this version works."
    )
    author = models.CharField(max_length=10, choices=ToolAuthor.choices, default=ToolAuthor.BUILTIN)
    outcomes = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        help_text="Of its latest calls in runs, oldest first: 1 went well, 0 failed in a way that a "
        "wrapper may be the cause of. Other failures say nothing of it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tool_versions"
        ordering = ["tool", "number"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "number"], name="tool_version_once"),
            one_of("author", ToolAuthor.values, "tool_version_author_known"),
            models.CheckConstraint(condition=Q(number__gte=1), name="tool_version_counts_from_one"),
            models.CheckConstraint(
                condition=Q(outcomes__regex=r"^[01]*$"), name="tool_version_outcomes_are_such"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool_id} v{self.number}"


class ToolRecording(models.Model):
    """One call of a learnt tool as it went over the line, without secrets: what a repair is proven
    on. Few are kept of each tool (`TOOL_RECORDINGS_MAX`, `TOOL_RECORDING_MAX_BYTES`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(ToolVersion, models.CASCADE, related_name="recordings")
    exchange = models.JSONField(help_text="`core.learnt.Exchange`.")
    ok = models.BooleanField(help_text="Whether the answer kept the contract.")
    failure = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Code, where it did not."
    )
    size = models.PositiveIntegerField(help_text="Bytes of `exchange`.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tool_recordings"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["version", "ok", "-created_at"], name="tool_recordings_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ok=True, failure="") | (Q(ok=False) & ~Q(failure="")),
                name="tool_recording_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {'ok' if self.ok else self.failure}"


class ToolSecret(models.Model):
    """A person's key for one host, or, without an owner, the deployment's. Sent to that host and
    to no other."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tool_secrets",
    )
    host = models.CharField(
        max_length=260, help_text="Lower case with its port, as in api.example.org:443."
    )
    scheme = models.CharField(max_length=100, help_text="Name of the security scheme.")
    secret = models.BinaryField(
        null=True, editable=False, help_text="Encrypted; never shown again."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "autonomy_tool_secrets"
        ordering = ["host", "scheme"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "host", "scheme"], name="tool_secret_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.scheme}"


class ToolOffer(models.Model):
    """A document or server that staff trust runs to learn tools from by themselves, and what it is
    good for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(
        max_length=8,
        choices=[("openapi", "OpenAPI document"), ("mcp", "MCP server")],
        default="openapi",
    )
    url = models.URLField(max_length=2_000, help_text="Of the document, or of the server.")
    good_for = models.TextField(
        help_text="Subjects and kinds of evidence, in the words that people would use."
    )
    operations = models.JSONField(
        default=list,
        blank=True,
        help_text="Ids of the operations that may be learnt; empty: all that only read.",
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tool_offers"
        ordering = ["name"]
        constraints = [one_of("kind", ["openapi", "mcp"], "tool_offer_kind_known")]

    def __str__(self) -> str:
        return self.name


class ToolServer(models.Model):
    """An MCP server that staff let this machine start, spoken to over its standard streams."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.SlugField(max_length=40, unique=True)
    command = models.CharField(max_length=500, help_text="The program; no shell reads it.")
    arguments = models.JSONField(default=list, blank=True, help_text="A list of texts.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tool_servers"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
