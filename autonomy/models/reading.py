"""What was read out of files, kept by their bytes so that nobody's file is read twice."""

from __future__ import annotations

from django.db import models

from autonomy.models.fields import new_id


class FileReading(models.Model):
    """What one version of the reader made of some bytes.

    It belongs to nobody and names nobody: whoever brings the same bytes has it too, and it goes
    with the last source that has them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64, help_text="Of the bytes.")
    ending = models.CharField(
        max_length=20, blank=True, help_text="Of the file's name: it decides between formats."
    )
    parser = models.CharField(max_length=40, help_text="Version of the reader.")
    pages = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pages there are; empty for formats without."
    )
    pages_read = models.PositiveIntegerField(default=0, help_text="Pages that are kept.")
    summary = models.BinaryField(
        null=True, help_text="The parsed document without its pages, once all of them are read."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_readings"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["sha256", "ending", "parser"], name="reading_once")
        ]

    def __str__(self) -> str:
        return f"{self.sha256[:12]}{self.ending}"


class FileReadingPages(models.Model):
    """Pages that were read together."""

    id = models.BigAutoField(primary_key=True)
    reading = models.ForeignKey(FileReading, models.CASCADE, related_name="batches")
    first = models.PositiveIntegerField(help_text="Place of the first one, from 0.")
    count = models.PositiveIntegerField()
    body = models.BinaryField(help_text="Parsed pages as JSON, deflated.")

    class Meta:
        db_table = "autonomy_reading_pages"
        ordering = ["reading", "first"]
        verbose_name_plural = "file reading pages"
        constraints = [
            models.UniqueConstraint(fields=["reading", "first"], name="reading_pages_once")
        ]

    def __str__(self) -> str:
        return f"{self.reading_id} {self.first}+{self.count}"
