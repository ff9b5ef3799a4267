"""Celery: the broker is a doorbell for job rows (documents.jobs); nothing is kept in it that could be lost."""

import os
import warnings

from celery import Celery, signals

from config import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

if os.environ.get("FLEX_MODE", "demonstration") == "demonstration":
    # in a container root is often all there is; messages here are JSON numbers, never pickled code
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

broker.install()
app = Celery("flex")
app.config_from_object("django.conf:settings", namespace="CELERY")


@signals.celeryd_init.connect
def load_tasks(**_how) -> None:
    """Only a worker does them, and loads what makes and signs documents for it; beat and the site name them."""
    app.autodiscover_tasks(force=True)
