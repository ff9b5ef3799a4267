"""Loaded before anything reads the settings: tests run in an instance of their own, whatever the shell says."""

import os
import sys

os.environ["FLEX_INSTANCE"] = "test"
os.environ["FLEX_MODE"] = "demonstration"
for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "EMAIL_URL", "FLEX_DB_ROLE", "FLEX_TEST_DATABASE"):
    os.environ.pop(name, None)

# the tests start some hundred processes: what they import is compiled once, whatever the shell says
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
