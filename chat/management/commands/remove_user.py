"""`manage.py remove_user EMAIL`: remove an account with everything in it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from autonomy import services


class Command(BaseCommand):
    help = "Remove a person's account and everything in it, for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *, email: str, yes: bool, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {email}.")
        if not yes and input(f"Remove {user.email} and all its data? Type the address: ") != email:
            raise CommandError("Nothing was removed.")
        try:
            removed = services.remove_account(user)
        except services.ServiceError as error:
            raise CommandError(error.detail) from error
        told = ", ".join(f"{count} {name}" for name, count in removed.items())
        self.stdout.write(f"Removed: {told}.")
