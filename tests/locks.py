"""What is done while rows are locked, that others then wait for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from documents import storage

LOCKS = re.compile(r"FOR (NO KEY )?(UPDATE|SHARE)")


@contextmanager
def stored_before_any_lock(data: bytes) -> Iterator[None]:
    """Fails where the bytes are not in the store yet when the first row is locked, or not at all."""
    key, too_early = storage.key_of(data), []
    assert not storage.exists(key), "bytes that are there already prove nothing"

    def watch(execute, sql, *arguments):
        if LOCKS.search(sql) and not storage.exists(key):
            too_early.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(watch):
        yield
    assert storage.exists(key) and too_early == []
