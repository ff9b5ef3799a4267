"""Bytes under their sha256: written once, synced, read back; never overwritten; checked on every read."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from django.conf import settings


class StorageDamaged(RuntimeError):
    """The stored bytes are not what they were: nothing may be shown or signed from them."""


def _path(key: str) -> Path:
    if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
        raise ValueError("a key is a sha256 in hex")
    return Path(settings.STORE_DIR) / key[:2] / key


def put(data: bytes) -> str:
    """Store and return the key. The file is complete on disk before its name exists."""
    key = sha256(data).hexdigest()
    path = _path(key)
    if path.exists():
        get(key)
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o440)
        Path(temporary).rename(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    get(key)
    return key


def get(key: str) -> bytes:
    """The bytes of a key. Raises FileNotFoundError, or StorageDamaged when they do not match it."""
    data = _path(key).read_bytes()
    if sha256(data).hexdigest() != key:
        raise StorageDamaged(f"stored object {key[:12]} is damaged")
    return data


def exists(key: str) -> bool:
    return _path(key).exists()
