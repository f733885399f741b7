"""`manage.py export_user EMAIL FILE`: a person's data as a ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.personal import write_archive


class Command(BaseCommand):
    help = "Write everything that a person has here to a ZIP file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("file", type=Path, help="Must not exist yet.")

    def handle(self, *, email: str, file: Path, **options: Any) -> None:
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"Nobody here has the address {email}.")
        try:
            with file.open("xb") as out:
                file.chmod(0o600)
                manifest = write_archive(user, out)
        except FileExistsError:
            raise CommandError(f"{file} exists already; nothing was written.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        entries = manifest["entries"]
        size = sum(entry["bytes"] for entry in entries)
        self.stdout.write(f"{file}: {len(entries)} files, {size / 1e6:.1f} MB.")
        for entry in entries:
            if "problem" in entry:
                self.stderr.write(f"{entry['name']}: {entry['problem']}")
