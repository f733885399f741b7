"""Citation styles that people bring."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from autonomy.models.fields import new_id


class CitationStyle(models.Model):
    """A CSL style of one person. Once removed by its owner it is kept, out of sight, for the
    documents that were made in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="citation_styles"
    )
    title = models.CharField(max_length=300)
    text = models.TextField(help_text="CSL 1.0 XML, checked when it was taken in.")
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_citation_styles"
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="style_once_per_owner")
        ]

    def __str__(self) -> str:
        return self.title
