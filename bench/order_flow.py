"""B1: one call-off of 12 lines submitted, approved by seven people, accepted and looked at, over real HTTP forms."""

import os
import re
import signal
import socket
import subprocess
import sys
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from statistics import median
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.floor import Floor
from config.embedded_pg import Cluster
from config.ports import wait_for
from config.supervisor import ROOT, die_with_parent
from procurement import drafting, guards
from procurement.models import CallOff, CallOffState
from tests import cast

ROUNDS = 4  # the ceiling holds seven such orders, three are not measured
FLOORS_A_ROUND = 50
TICKS = os.sysconf("SC_CLK_TCK")
DESK = "order.desk@fujitsu.example"
SEATS = 660
LINES = [
    ("interim", "TRN-01", None, 660), ("one_off", "TRN-02", None, 1), ("one_off", "TRN-03", None, 1000),
    ("shared", "CORE-01", "London", 480), ("shared", "CORE-02", "London", 180), ("shared", "CORE-04", None, 660),
    ("shared", "CORE-06", None, 660), ("shared", "CORE-07", None, 660), ("shared", "CORE-12", "London", 1),
    ("shared", "CORE-14", "London", 1), ("shared", "CORE-15", None, 660), ("shared", "CORE-16", None, 660),
]  # fmt: skip
SMALLER = {"CORE-12": "CORE-11"}  # the local network of a site of up to 250 seats


def drafted(seats: int = SEATS) -> CallOff:
    """The DIUS draft cut to 12 lines; made by the actions, not measured. So many seats are dear enough for all seven
    approvals; with fewer the monthly charges fall as they do."""
    call_off, by = cast.drafted(), cast.requester()
    drafting.save_sites(call_off, [drafting.Site("London", seats)], drop_quantities=True, by=by, at=cast.START)
    lines = [
        drafting.Ordered(phase, SMALLER.get(code, code) if seats <= 250 else code, site,
                         number if phase == "one_off" else max(1, number * seats // SEATS))
        for phase, code, site, number in LINES
    ]  # fmt: skip
    drafting.save_services(call_off, lines, by=by, at=cast.START)
    drafting.save_kpis(call_off, ["EUS-B", "SD-S-FIX", "SEC-R-REPORT"], by=by, at=cast.START)
    call_off = cast.fresh(call_off)
    assert call_off.revision.lines.count() == 12
    shut = list(guards.why_not_submit(call_off, by=by, at=cast.START))
    assert not shut, [str(r) for r in shut]
    return call_off


class Visitor:
    """A person signed in by the site's own form, with cookies, as a browser sends and keeps them."""

    def __init__(self, address: str, email: str):
        self.address, self.opener = address, build_opener(HTTPCookieProcessor(CookieJar()))
        self.post(reverse("account_login"), login=email, password=settings.DEMONSTRATION_PASSWORD)

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path) as answer:
            return answer.read().decode()

    def post(self, path: str, **typed: str) -> None:
        """Read the form, send it with what is hidden in it, and read the page that it leads to."""
        data = urlencode(hidden(self.get(path)) | typed).encode()
        with self.opener.open(self.address + path, data) as answer:
            assert not answer.url.endswith(path), f"refused: {path}"
            answer.read()


class InProcess:
    """The same through Django's client, where the statements can be counted."""

    def __init__(self, email: str):
        self.client, self.sent, self.read = Client(enforce_csrf_checks=True, SERVER_NAME="localhost"), 0, 0
        self.client.force_login(cast.person(email).user, backend=settings.AUTHENTICATION_BACKENDS[0])

    def get(self, path: str) -> str:
        with CaptureQueriesContext(connection) as captured:  # one a request: a request's start empties the log
            answer = self.client.get(path)
        self.read += len(captured)
        assert answer.status_code == 200, path
        return answer.content.decode()

    def post(self, path: str, **typed: str) -> None:
        fields = hidden(self.get(path)) | typed
        with CaptureQueriesContext(connection) as captured:
            answer = self.client.post(path, fields)
        self.sent += len(captured)
        assert answer.status_code == 302, f"refused: {path}"
        self.get(answer["Location"])


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's forms (token, key, hash shown), and what the order desk copies from it."""
    found = {}
    for tag in re.findall(r'<input[^>]*type="hidden"[^>]*>', page):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        found[attributes["name"]] = unescape(attributes.get("value", ""))
    if 'name="repeated"' in page:
        found["repeated"] = found["shown_hash"][:12]
    return found


def flow(people: dict, call_off: CallOff, positions: range) -> None:
    """Submit, seven decisions, acceptance, a look: each by its own person."""
    order = {"public_id": call_off.public_id}
    people["requester@dius.example"].post(reverse("procurement:check", kwargs=order))
    for email, position in zip(cast.ROUTE, positions, strict=True):
        step = reverse("procurement:decide", kwargs=order | {"position": position})
        people[email].post(step, no_conflict="on")
    people[DESK].post(reverse("contracts:accept", kwargs=order))
    people["requester@dius.example"].get(reverse("procurement:call_off", kwargs=order))


def cpu_ticks(pids: list[int]) -> int:
    whole = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        whole += int(fields[11]) + int(fields[12])
    return whole


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def web(directory: Path) -> tuple[subprocess.Popen, str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{found.getsockname()[1]}"
    os.environ["PUBLIC_URL"] = f"http://{bind}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", bind, "--worker-class", "gthread",
               "--workers", "1", "--threads", "4", "--log-level", "warning", "--no-control-socket"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=die_with_parent)
    return process, f"http://{bind}"


def measure(directory: Path, result) -> None:
    emails = ("requester@dius.example", *cast.ROUTE, DESK)
    floor = Floor(Cluster(directory / "pg"))
    flow({email: InProcess(email) for email in emails}, first := drafted(), range(1, 8))  # fills what is kept
    people, second = {email: InProcess(email) for email in emails}, drafted()
    flow(people, second, range(1, 8))
    sent, read = (sum(getattr(one, name) for one in people.values()) for name in ("sent", "read"))
    posts = list(cast.fresh(first).revision.approval.steps.order_by("position").values_list("post", flat=True))
    assert len(posts) == 7, posts
    process, address = web(directory)
    try:
        wait_for(address)
        people = {email: Visitor(address, email) for email in emails}
        (worker,) = children(process.pid)
        flow(people, drafted(), range(1, 8))
        floor.measure(FLOORS_A_ROUND)
        product, bare = [], []
        for _ in range(ROUNDS):
            call_off = drafted()
            began = cpu_ticks([worker])
            flow(people, call_off, range(1, 8))
            product.append((cpu_ticks([worker]) - began) / TICKS * 1000)
            bare.append(floor.measure(FLOORS_A_ROUND))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
    states = list(CallOff.objects.values_list("state", flat=True))
    assert states == [CallOffState.CONFIRMED] * (ROUNDS + 3), states
    assert floor.confirmed() == FLOORS_A_ROUND * (ROUNDS + 1)
    result("b1_cpu_ms_per_call_off", median(product), "ms")
    result("b1_floor_cpu_ms", median(bare), "ms")
    result("b1_ratio", median(one / other for one, other in zip(product, bare, strict=True)), "x")
    result("b1_sql_statements", sent + read, "statements")
    result("b1_sql_statements_of_the_nine_posts", sent, "statements")
    result("b1_floor_statements", floor.place(), "statements")
    result("b1_requests", 9 * 3 + 1, "requests")
    result("b1_confirmed", len(states), "call-offs")
