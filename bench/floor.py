"""The bare SQL floor: four transactions of 21 statements by psycopg2, writing a call-off of 12 lines, its approval step
and decision, its capacity and its four records into tables that nothing guards. It is what an order costs at least."""

import time
import uuid

import psycopg2
from psycopg2.extras import Json

from config.embedded_pg import OWNER, SUPERUSER, Cluster

DATABASE = "bench_floor"
TABLES = """
CREATE TABLE account (id int PRIMARY KEY, reserved numeric(14,2) NOT NULL, ceiling numeric(14,2) NOT NULL,
    CHECK (reserved <= ceiling));
CREATE TABLE call_off (id bigserial PRIMARY KEY, public_id uuid UNIQUE, reference text UNIQUE, title text, state text,
    state_since timestamptz, whole_life_gbp numeric(14,2));
CREATE TABLE line (id bigserial PRIMARY KEY, call_off_id bigint REFERENCES call_off, number int, service text,
    quantity int, unit_price_gbp numeric(14,2), total_gbp numeric(14,2), starts_on date, UNIQUE (call_off_id, number));
CREATE TABLE step (id bigserial PRIMARY KEY, call_off_id bigint REFERENCES call_off, post text, state text);
CREATE TABLE decision (id bigserial PRIMARY KEY, step_id bigint UNIQUE REFERENCES step, person uuid, at timestamptz);
CREATE TABLE audit (id bigserial PRIMARY KEY, verb text, subject_id uuid, person uuid, extra jsonb, at timestamptz);
INSERT INTO account VALUES (1, 0, 999999999999);
"""


class Floor:
    def __init__(self, cluster: Cluster):
        host = str(cluster.socket)
        connection = psycopg2.connect(host=host, user=SUPERUSER, dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        connection.close()
        self.connection = psycopg2.connect(host=host, user=OWNER, dbname=DATABASE)
        self.cursor = self.connection.cursor()
        self.cursor.execute(TABLES)
        self.connection.commit()
        self.statements = 0

    def run(self, statement: str, *values):
        self.statements += 1
        self.cursor.execute(statement, values)
        return self.cursor.fetchone() if self.cursor.description else None

    def commit(self) -> None:
        self.statements += 2  # psycopg2 sends BEGIN itself
        self.connection.commit()

    def record(self, verb: str, public_id: str) -> None:
        self.run("INSERT INTO audit (verb, subject_id, person, extra, at) VALUES (%s, %s, %s, %s, now())",
                 verb, public_id, str(uuid.uuid4()), Json({"hash": "0" * 64}))  # fmt: skip

    def move(self, state: str, call_off: int, source: str) -> None:
        self.run("UPDATE call_off SET state = %s, state_since = now() WHERE id = %s AND state = %s",
                 state, call_off, source)  # fmt: skip
        assert self.cursor.rowcount == 1

    def place(self) -> int:
        """One call-off from nothing to confirmed; returns its number of statements."""
        self.statements, public_id = 0, str(uuid.uuid4())
        (call_off,) = self.run(
            "INSERT INTO call_off (public_id, reference, title, state, state_since, whole_life_gbp)"
            " VALUES (%s, %s, %s, 'draft', now(), %s) RETURNING id", public_id, public_id, "Shared desktop", "5500000"
        )  # fmt: skip
        rows = [(call_off, n, f"CORE-{n:02}", 500, "100.00", "50000.00", "2008-04-01") for n in range(1, 13)]
        self.run(
            "INSERT INTO line (call_off_id, number, service, quantity, unit_price_gbp, total_gbp, starts_on) VALUES "  # noqa: S608 - placeholders only
            + ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * 12), *[value for row in rows for value in row]
        )  # fmt: skip
        self.record("draft", public_id)
        self.commit()
        self.move("approval", call_off, "draft")
        (step,) = self.run("INSERT INTO step (call_off_id, post, state) VALUES (%s, 'budget_holder', 'open') RETURNING id",
                           call_off)  # fmt: skip
        self.record("submit", public_id)
        self.commit()
        self.run("INSERT INTO decision (step_id, person, at) VALUES (%s, %s, now())", step, str(uuid.uuid4()))
        self.run("UPDATE account SET reserved = reserved + %s WHERE id = 1", "5500000")
        self.move("with_supplier", call_off, "approval")
        self.record("approve", public_id)
        self.commit()
        self.run("SELECT state, whole_life_gbp FROM call_off WHERE id = %s FOR UPDATE", call_off)
        self.move("confirmed", call_off, "with_supplier")
        self.record("confirm", public_id)
        self.commit()
        return self.statements

    def measure(self, times: int) -> float:
        """Processor milliseconds of this client for one call-off, the mean of so many."""
        began = time.process_time()
        for _ in range(times):
            self.place()
        return (time.process_time() - began) / times * 1000

    def confirmed(self) -> int:
        """How many there are; every one must have come to its end."""
        self.cursor.execute("SELECT count(*), count(*) FILTER (WHERE state = 'confirmed') FROM call_off")
        whole, confirmed = self.cursor.fetchone()
        assert whole == confirmed, (whole, confirmed)
        return confirmed
