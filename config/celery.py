"""Celery: the broker is a doorbell for job rows (documents.jobs); nothing is kept in it that could be lost."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("flex")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
