"""What one user may use in a day, and what the user has used."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from autonomy.models.fields import new_id


class Quota(models.Model):
    """Staff's own limits for one user; an empty one leaves the deployment's (see the settings
    `QUOTA_…` and `RUNS_PER_USER`)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="quota"
    )
    runs_per_day = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_day = models.PositiveBigIntegerField(null=True, blank=True)
    usd_per_day = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    runs_at_once = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Runs that may be driven at the same time."
    )

    class Meta:
        db_table = "autonomy_quotas"

    def __str__(self) -> str:
        return f"{self.user_id}"


class UsageDay(models.Model):
    """One user's use on one UTC day. Reserved and settled together with the runs' budgets."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="usage_days")
    day = models.DateField()
    runs = models.PositiveIntegerField(default=0, db_default=0)
    tokens_spent = models.BigIntegerField(default=0, db_default=0)
    tokens_reserved = models.BigIntegerField(default=0, db_default=0)
    usd_spent = models.DecimalField(max_digits=12, decimal_places=6, default=0, db_default=0)
    usd_reserved = models.DecimalField(max_digits=12, decimal_places=6, default=0, db_default=0)

    class Meta:
        db_table = "autonomy_usage_days"
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="usage_day_once"),
            models.CheckConstraint(
                name="usage_day_not_negative",
                condition=Q(
                    tokens_spent__gte=0,
                    tokens_reserved__gte=0,
                    usd_spent__gte=0,
                    usd_reserved__gte=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
