"""B2 and B3: the lists and the counts by real HTTP, in two databases beside each other: with ten thousand call-offs, and
with a hundred thousand."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

import psycopg2
from django.db import connection

from bench import originals, pages
from bench.loader import Loader
from bench.order_flow import InProcess, Visitor, web
from catalogue import queries as catalogue_queries
from config.embedded_pg import OWNER, SUPERUSER, Cluster
from config.ports import wait_for
from procurement import periodic
from tests import cast

FEW, MANY = 10_000, 100_000
ROUNDS = 15
ORIGINALS = "bench"


def superuser(cluster: Cluster, database: str):
    opened = psycopg2.connect(host=str(cluster.socket), user=SUPERUSER, dbname=database)
    opened.autocommit = True
    return opened


def copied(cluster: Cluster, source: str, name: str) -> None:
    """A database like another, to which nobody may be connected."""
    connection.close()
    opened = superuser(cluster, "postgres")
    opened.cursor().execute(f"CREATE DATABASE {name} TEMPLATE {source} OWNER {OWNER}")
    opened.close()


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Django reads this database."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def loaded(cluster: Cluster, source: str, made: dict[int, int], orders: int, **how: int) -> tuple[str, float]:
    """A database with so many orders, made from one with the originals, and the seconds that took."""
    name, began = f"{source}_{orders}", time.monotonic()
    copied(cluster, source, name)
    opened = superuser(cluster, name)
    with reading(name):
        Loader(opened.cursor(), made, orders, **how).load()
    opened.close()
    return name, time.monotonic() - began


def statements(name: str, wanted: dict[str, tuple[str, str]]) -> dict[str, int]:
    """How many each page sends, by Django's client."""
    with reading(name):
        catalogue_queries._settled.cache_clear()
        people = {email: InProcess(email) for email in pages.READERS}
        found = {}
        for page, (email, address) in wanted.items():
            people[email].get(address)
            before = people[email].read
            people[email].get(address)
            found[page] = people[email].read - before
        return found


@contextmanager
def served(directory: Path, name: str) -> Iterator[dict[str, Visitor]]:
    """The readers, signed in at a web server of their own on this database."""
    os.environ["FLEX_TEST_DATABASE"] = name
    try:
        process, address = web(directory)
    finally:
        del os.environ["FLEX_TEST_DATABASE"]
    try:
        wait_for(address)
        yield {email: Visitor(address, email) for email in pages.READERS}
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def timed(few: dict[str, Visitor], many: dict[str, Visitor], wanted: dict) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of each page in both, turn by turn: what else the machine does meets both alike."""
    found: dict[str, tuple[list[float], list[float]]] = {page: ([], []) for page in wanted}
    for turn in range(ROUNDS + 1):
        for page, (email, address) in wanted.items():
            both = list(zip((few, many), found[page], strict=True))
            for people, times in both if turn % 2 else reversed(both):
                began = time.perf_counter()
                people[email].get(address)
                if turn:  # the first warms up
                    times.append((time.perf_counter() - began) * 1000)
    return found


def tick(name: str) -> float:
    """Milliseconds of what procurement's clock looks through when nothing falls due, the median of the rounds."""
    times = []
    with reading(name):
        for _turn in range(ROUNDS + 1):
            began = time.perf_counter()
            assert periodic.run(cast.START) == [], "something fell due"
            times.append((time.perf_counter() - began) * 1000)
    return median(times[1:])  # the first warms up


def measure(directory: Path, result) -> None:
    cluster, main = Cluster(directory / "pg"), connection.settings_dict["NAME"]
    copied(cluster, main, ORIGINALS)
    with reading(ORIGINALS):
        made = originals.made()
    (few, _), (many, seconds) = (loaded(cluster, ORIGINALS, made, orders) for orders in (FEW, MANY))
    result("b2_load_seconds", seconds, "s")
    with reading(few):
        lists, counts = pages.lists(), pages.counts()
    asked = statements(many, lists | counts)
    assert asked == statements(few, lists | counts), "a page asks more where there is more"
    at_few, at_many = tick(few), tick(many)
    result(f"b3_tick_at_{FEW}", at_few, "ms")
    result(f"b3_tick_at_{MANY}", at_many, "ms")
    result("b3_tick_ratio", at_many / at_few, "x")
    with ExitStack() as stack:
        servers = [stack.enter_context(served(directory, name)) for name in (few, many)]
        for name, wanted in (("b2", lists), ("b3", counts)):
            _report(name, timed(*servers, wanted), asked, result)


def _report(name: str, times: dict[str, tuple[list[float], list[float]]], asked: dict[str, int], result) -> None:
    """The group's p95 at both sizes and their ratio; each page's ratio, of the medians of its turns."""
    at_few, at_many = (p95([one for both in times.values() for one in both[size]]) for size in (0, 1))
    ratios = {page: median(after) / median(before) for page, (before, after) in times.items()}
    result(f"{name}_p95_at_{FEW}", at_few, "ms")
    result(f"{name}_p95_at_{MANY}", at_many, "ms")
    result(f"{name}_p95_ratio", at_many / at_few, "x")
    result(f"{name}_median_ratio", median(ratios.values()), "x")
    result(f"{name}_most_statements", max(asked[page] for page in times), "statements")
    for page, ratio in ratios.items():
        result(f"{name}_ratio_{page}", ratio, f"x of {median(times[page][0]):.0f} ms, {asked[page]} statements")
