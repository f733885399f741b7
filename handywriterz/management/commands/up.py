"""Start the whole product: database, Redis, web and workers, in the foreground."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from handywriterz.stack.up import add_arguments, up


class Command(BaseCommand):
    help = "Start the whole product: database, Redis, web and workers, in the foreground."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        code = up(argparse.Namespace(**options))
        if code:
            sys.exit(code)
