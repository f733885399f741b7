"""`manage.py invite EMAIL`: a link with which that address may sign up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from chat.invitations import VALID_FOR, link_for


class Command(BaseCommand):
    help = "Print a sign-up link for one e-mail address (for SIGNUP=invite)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The address that may sign up with the link.")

    def handle(self, *args: Any, **options: Any) -> None:
        email: str = options["email"].strip()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"“{email}” is not an e-mail address.") from None
        if User.objects.filter(email__iexact=email).exists():
            raise CommandError(f"{email} has an account already.")
        env = settings.ENV
        base = env.public_url or f"http://{env.host}:{env.port}"
        self.stdout.write(link_for(email, base))
        note = f"Valid for {VALID_FOR.days} days, for {email} only."
        if settings.SIGNUP == "closed":
            note += " SIGNUP is “closed”: set SIGNUP=invite, or the link will be refused."
        self.stderr.write(note)
