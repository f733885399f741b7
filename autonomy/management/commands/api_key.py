"""`manage.py api_key create|list|revoke`: keys for programs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from autonomy import services
from autonomy.models import ApiKey


class Command(BaseCommand):
    help = "Make, list and revoke API keys. A key is printed once and stored only as a hash."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Make a key (and the user where there is none).")
        create.add_argument("--user", required=True, metavar="EMAIL")
        create.add_argument("--staff", action="store_true", help="Also make the user staff.")
        create.add_argument("--name", default="", help="What the key is for.")
        listing = actions.add_parser("list", help="Show keys without their secret.")
        listing.add_argument("--user", metavar="EMAIL", help="Only this user's.")
        revoke = actions.add_parser("revoke", help="Make a key useless at once.")
        revoke.add_argument("key", metavar="ID_OR_PREFIX", help="As `list` shows it.")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "create":
                self._create(options["user"].strip(), options["name"], staff=options["staff"])
            case "list":
                self._list(options["user"])
            case "revoke":
                self._revoke(options["key"])

    def _create(self, email: str, name: str, *, staff: bool) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"“{email}” is not an e-mail address.") from None
        with transaction.atomic():
            user = User.objects.filter(email__iexact=email).first()
            if user is None:
                user = _new_user(email)
                self.stderr.write(f"Made user {email} (without a password).")
            if staff and not user.is_staff:
                user.is_staff = True
                user.save(update_fields=["is_staff"])
            _, key = services.create_api_key(user, name)
        self.stdout.write(key)
        self.stderr.write("Keep it now: it is not shown again.")

    def _list(self, email: str | None) -> None:
        rows = ApiKey.objects.select_related("owner")
        if email:
            rows = rows.filter(owner__email__iexact=email.strip())
        for row in rows:
            state = f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "active"
            used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never used"
            self.stdout.write(
                f"{row.id}  {row.prefix}…  {row.owner.email}  {state}  {used}  {row.name}"
            )

    def _revoke(self, given: str) -> None:
        rows = [
            row
            for row in ApiKey.objects.filter(revoked_at__isnull=True)
            if given in (str(row.id), row.prefix)
        ]
        if len(rows) != 1:
            found = "no active key" if not rows else "more than one key"
            raise CommandError(f"There is {found} “{given}”; `api_key list` shows their ids.")
        ApiKey.objects.filter(pk=rows[0].pk).update(revoked_at=timezone.now())
        self.stdout.write(f"Revoked {rows[0].prefix}… of {rows[0].owner.email}.")


def _new_user(email: str) -> User:
    user = User.objects.create_user(username=email[:150], email=email)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return user
