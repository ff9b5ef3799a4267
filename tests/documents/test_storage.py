"""Bytes under their hash: once, whole, for ever the same."""

import os
import uuid
from hashlib import sha256

import pytest

from documents import storage
from documents.storage import StorageDamaged

DATA = b"the bytes of a document"
KEY = sha256(DATA).hexdigest()


def stored(own_store):
    return own_store / "store" / KEY[:2] / KEY


def test_what_is_put_is_got_by_its_hash():
    assert storage.put(DATA) == KEY and storage.get(KEY) == DATA and storage.exists(KEY)


def test_a_path_is_never_written_twice(own_store):
    storage.put(DATA)
    before = stored(own_store).stat()
    assert storage.put(DATA) == KEY
    after = stored(own_store).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_changed_byte_is_never_handed_out_nor_taken_for_stored(own_store):
    storage.put(DATA)
    path = stored(own_store)
    path.chmod(0o600)
    path.write_bytes(DATA[:-1] + b"X")
    with pytest.raises(StorageDamaged):
        storage.get(KEY)
    with pytest.raises(StorageDamaged):
        storage.put(DATA)


def test_a_write_that_fails_leaves_nothing(own_store, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    before = [path for path in (own_store / "store").rglob("*") if path.is_file()]
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.put(DATA)
    assert not storage.exists(KEY)
    assert [path for path in (own_store / "store").rglob("*") if path.is_file()] == before


@pytest.mark.parametrize("key", ["", "../../etc/passwd", KEY.upper(), KEY[:-1], KEY + "0"])
def test_only_a_hash_names_bytes(key):
    with pytest.raises(ValueError, match="sha256"):
        storage.get(key)


def test_dropping_an_upload_of_stored_bytes_leaves_the_stored_bytes():
    name = uuid.uuid4()
    storage.put(DATA)
    storage.keep_upload(name, DATA)
    assert storage.upload(name) == DATA
    storage.drop_upload(name)
    assert storage.get(KEY) == DATA
    with pytest.raises(FileNotFoundError):
        storage.upload(name)
