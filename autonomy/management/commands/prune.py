"""`manage.py prune`: one round of upkeep by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from autonomy import services

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Cut the history of runs that finished some time ago to the newest checkpoint and those "
        "of human decisions; drop what is over and stored files that nothing refers to."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            help="Cut runs finished longer ago than this; 0: every finished run.",
        )
        parser.add_argument(
            "--run", metavar="ID", type=UUID, help="Cut the history of this run only."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would go.")

    def handle(self, *, days: int | None, run: UUID | None, dry_run: bool, **options: Any) -> None:
        if days is not None and not 0 <= days <= MOST_DAYS:
            raise CommandError(f"--days must be from 0 to {MOST_DAYS:,}.")
        try:
            done = services.tidy(days=days, run_id=run, dry_run=dry_run)
        except services.ServiceError as error:
            raise CommandError(str(error)) from error
        verb = "Would remove" if dry_run else "Removed"
        self.stdout.write(
            f"{verb} from the history of {done.runs} runs: {done.checkpoints} checkpoints and "
            f"{done.writes} writes, {done.history_bytes / 1e6:.1f} MB."
        )
        if run is None:
            self.stdout.write(
                f"{verb} {done.idempotency_keys} idempotency keys, {done.sessions} sessions, "
                f"{done.usage_days} days of usage, and {done.files} stored files that nothing "
                f"refers to ({done.file_bytes / 1e6:.1f} MB)."
            )
        if done.more:
            self.stdout.write("There is more: run it again.")
