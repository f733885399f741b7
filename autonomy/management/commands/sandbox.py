"""`manage.py sandbox check`: whether code can be run here, and how each tier stood up to attacks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from autonomy import services


class Command(BaseCommand):
    help = "Attack each tier that holds code here, and say which one is used."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["check"])

    def handle(self, **options: Any) -> None:
        report = services.sandbox_report()
        for trial in report.trials:
            self.stdout.write(f"{trial.tier} ({trial.seconds:.1f} s)")
            for attack, got in trial.got.items():
                self.stdout.write(f"  {attack:<12} {f'GOT {got}' if got else 'failed, as it must'}")
            if trial.problem:
                self.stdout.write(f"  cannot be used: {trial.problem}")
        if not report.on:
            raise CommandError(f"Code execution is off. {report.reason}")
        self.stdout.write(f"Code execution is on ({report.tier}).")
