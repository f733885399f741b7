"""The Celery application. Queue `runs` drives runs, queue `files` reads uploads."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handywriterz.settings")

app = Celery("handywriterz")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["autonomy"])
