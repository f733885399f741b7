"""Tools as versioned rows: built-in ones are mirrored here so that people can see and switch them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from autonomy.models.fields import new_id, one_of


class ToolOrigin(models.TextChoices):
    BUILTIN = "builtin"
    OPENAPI = "openapi"
    MCP = "mcp"


class Tool(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="tools"
    )
    origin = models.CharField(max_length=8, choices=ToolOrigin.choices, default=ToolOrigin.BUILTIN)
    description = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    current_version = models.PositiveIntegerField(default=1)
    calls = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tools"
        ordering = ["name"]
        constraints = [
            one_of("origin", ToolOrigin.values, "tool_origin_known"),
            models.UniqueConstraint(
                fields=["name", "owner"], name="tool_name_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ToolVersion(models.Model):
    """The contract of a tool at one version: JSON Schema in and out, and who wrote it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tool = models.ForeignKey(Tool, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    input_schema = models.JSONField()
    output_schema = models.JSONField()
    definition = models.JSONField(default=dict, blank=True)
    author = models.CharField(max_length=10, default="builtin")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_tool_versions"
        ordering = ["tool", "number"]
        constraints = [models.UniqueConstraint(fields=["tool", "number"], name="tool_version_once")]

    def __str__(self) -> str:
        return f"{self.tool_id} v{self.number}"
