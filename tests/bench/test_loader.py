"""What the bench measures on is what an instance would hold: the invariants, and every list page."""

import time
import pytest
import psycopg2
from django.core.management import call_command

from bench import originals
from bench.loader import LEFT_OUT, Loader
from config.embedded_pg import SUPERUSER
from documents.management.commands.check_invariants import FILE, broken, read
from procurement.models import CallOff
from tests import cast
from tests.conftest import CLUSTER

def test_loaded(committed_db):
    t=time.time()
    made = originals.made()
    print("made", time.time()-t)
    connection = psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=committed_db)
    connection.autocommit = True
    t=time.time()
    Loader(connection.cursor(), made, 500).load()
    print("loaded", time.time()-t)
    found = {i.name: rows[:3] for i, rows in broken(read(FILE.read_text(encoding="utf-8"))) if i.name not in LEFT_OUT}
    print(found)
    print(CallOff.objects.count())
    assert found == {}
