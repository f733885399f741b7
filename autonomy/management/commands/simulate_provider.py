"""`manage.py simulate_provider`: a provider of models that costs nothing and makes its answers up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

_MISSING = (
    "The simulated provider is part of the tests, which this installation does not hold: run it "
    "from a checkout of the whole repository."
)


class Command(BaseCommand):
    help = (
        "Serve a simulated provider of models (OpenAI Chat and Responses, Anthropic Messages) with "
        "answers made up by rules, faults on demand, counting, recording and replay."
    )
    # It needs neither database nor settings to be right.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        try:
            from tests.providers import command_line
        except ModuleNotFoundError as error:
            raise CommandError(_MISSING) from error
        command_line.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        from tests.providers import command_line

        try:
            command_line.serve(options, self._say)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
