"""LangGraph's checkpoints as rows that staff can read. Written only by `DjangoCheckpointSaver`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Checkpoint(models.Model):
    """The state's skeleton at one superstep; values that are not scalars live in blobs."""

    id = models.BigAutoField(primary_key=True)
    thread_id = models.CharField(max_length=64)
    checkpoint_ns = models.TextField(default="", blank=True)
    checkpoint_id = models.CharField(max_length=64)
    parent_checkpoint_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - the root has none
    checkpoint = models.JSONField()
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "autonomy_checkpoints"
        constraints = [
            models.UniqueConstraint(
                fields=["thread_id", "checkpoint_ns", "checkpoint_id"], name="checkpoint_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.thread_id} {self.checkpoint_id}"


class CheckpointBlob(models.Model):
    """One channel's value at one version, shared by every checkpoint that carries the version."""

    id = models.BigAutoField(primary_key=True)
    thread_id = models.CharField(max_length=64)
    checkpoint_ns = models.TextField(default="", blank=True)
    channel = models.TextField()
    version = models.CharField(max_length=64)
    type = models.CharField(max_length=32)
    blob = models.BinaryField(null=True)

    class Meta:
        db_table = "autonomy_checkpoint_blobs"
        constraints = [
            models.UniqueConstraint(
                fields=["thread_id", "checkpoint_ns", "channel", "version"],
                name="checkpoint_blob_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.thread_id} {self.channel} {self.version}"


class CheckpointWrite(models.Model):
    """What one task of a superstep wrote, kept so that a finished task is not run again."""

    id = models.BigAutoField(primary_key=True)
    thread_id = models.CharField(max_length=64)
    checkpoint_ns = models.TextField(default="", blank=True)
    checkpoint_id = models.CharField(max_length=64)
    task_id = models.CharField(max_length=64)
    task_path = models.TextField(default="", blank=True)
    idx = models.IntegerField()
    channel = models.TextField()
    type = models.CharField(max_length=32)
    blob = models.BinaryField()

    class Meta:
        db_table = "autonomy_checkpoint_writes"
        constraints = [
            models.UniqueConstraint(
                fields=["thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx"],
                name="checkpoint_write_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.thread_id} {self.task_id} {self.channel}"
