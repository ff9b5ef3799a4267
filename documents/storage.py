"""Bytes under their sha256: written once, synced, read back; never overwritten; checked on every read."""

import os
import tempfile
import uuid
from collections.abc import Callable
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import BinaryIO

from django.conf import settings


class StorageDamaged(RuntimeError):
    """The stored bytes are not what they were: nothing may be shown or signed from them."""


def _path(key: str) -> Path:
    if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
        raise ValueError("a key is a sha256 in hex")
    return Path(settings.STORE_DIR) / key[:2] / key


def key_of(data: bytes) -> str:
    """Under which key the bytes are, or would be, stored."""
    return sha256(data).hexdigest()


def put(data: bytes) -> str:
    """Store and return the key. The file is complete on disk before its name exists."""
    key = key_of(data)
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


def fault(key: str) -> str:
    """What is wrong with the stored bytes of a key, in words; "" if nothing is. A file of any size is read in pieces."""
    try:
        with _path(key).open("rb") as file:
            return "" if file_digest(file, "sha256").hexdigest() == key else "is damaged"
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"


def exists(key: str) -> bool:
    return _path(key).exists()


# What is made of other records, for somebody to take away, is kept apart from the store and for some days only: it can be made
# again, and taking it away must never touch bytes that a record names.


def _made(name: uuid.UUID) -> Path:
    return Path(settings.STORE_DIR) / "made" / str(name)


def keep_made(name: uuid.UUID, write: Callable[[BinaryIO], None]) -> tuple[str, int]:
    """sha256 and length of what ``write`` writes. The file is complete on disk before its name exists; another of the name is
    replaced."""
    path = _made(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            found = file_digest(file, "sha256").hexdigest(), file.seek(0, os.SEEK_END)
        Path(temporary).rename(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return found


def open_made(name: uuid.UUID, key: str) -> BinaryIO:
    """To be read from its beginning. Raises FileNotFoundError, or StorageDamaged when it is not what its sha256 says."""
    file = _made(name).open("rb")
    if file_digest(file, "sha256").hexdigest() != key:
        file.close()
        raise StorageDamaged(f"made file {name} is damaged")
    file.seek(0)
    return file


def has_made(name: uuid.UUID) -> bool:
    return _made(name).exists()


def drop_made(name: uuid.UUID) -> None:
    _made(name).unlink(missing_ok=True)


# Uploads of strangers are kept apart from the store: taking one away again must never touch bytes that a record names,
# and the bytes that people check most are those of our own documents.


def _upload(name: uuid.UUID) -> Path:
    return Path(settings.STORE_DIR) / "uploads" / str(name)


def keep_upload(name: uuid.UUID, data: bytes) -> None:
    path = _upload(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def upload(name: uuid.UUID) -> bytes:
    """Raises FileNotFoundError."""
    return _upload(name).read_bytes()


def drop_upload(name: uuid.UUID) -> None:
    _upload(name).unlink(missing_ok=True)


def drop_uploads_before(moment: datetime) -> None:
    """Remove what interrupted checks left behind."""
    folder = Path(settings.STORE_DIR) / "uploads"
    for path in folder.iterdir() if folder.exists() else ():
        if path.stat().st_mtime < moment.timestamp():
            path.unlink(missing_ok=True)
