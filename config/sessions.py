"""Sessions in the database, found by nothing but a key as this class makes them."""

import re

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key):
        """The library asks for eight characters of any kind, and the database is then asked for what it cannot hold."""
        return re.fullmatch(r"[a-z0-9]{32}", key or "") is not None
