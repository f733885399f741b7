"""`manage.py rotate_credentials`: stored provider keys under the first of the secrets."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from autonomy import services


class Command(BaseCommand):
    help = (
        "Encrypt every stored provider key anew under the first of CREDENTIALS_KEYS (or the key "
        "derived from SECRET_KEY). Run it after putting a new secret in front; when it reports no "
        "key that cannot be opened, the old secrets may be taken away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = services.rotate_credentials()
        self.stdout.write(f"{done.sealed} key(s) encrypted anew.")
        for label in done.locked:
            self.stderr.write(f"Cannot be opened, and has to be given again: {label}")
