"""The approval route of a value: the matrix row that covers it, as groups of posts for each side, with the steps that the
department adds for its own orders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalogue.models import Framework, Organisation
from procurement import seats
from procurement.models import Act, AddedStep, ApprovalMatrix, ApprovalStep, CallOff, MatrixRow, PostCode, Side, in_date


@dataclass(frozen=True)
class RouteStep:
    side: str
    group: int
    position: int
    post: str
    act: str


class NoRoute(ValueError):
    """The matrix covers no such value."""


def matrix_in_force(framework: Framework, on: date) -> ApprovalMatrix | None:
    return ApprovalMatrix.objects.filter(framework=framework, valid_from__lte=on).order_by("-version").first()


def row_for(rows: list[MatrixRow], whole_life_gbp: Decimal) -> MatrixRow:
    """The row with the smallest upper bound (GBP, inclusive) that covers the value."""
    bounded = sorted((row for row in rows if row.up_to_gbp is not None), key=lambda row: row.up_to_gbp)
    for row in bounded:
        if whole_life_gbp <= row.up_to_gbp:
            return row
    for row in rows:
        if row.up_to_gbp is None:
            return row
    raise NoRoute(f"no row of the matrix covers {whole_life_gbp}")


def parse(steps: str) -> list[list[str]]:
    """``a;b+c`` is group [a] then group [b, c] in parallel."""
    return [[post.strip() for post in group.split("+")] for group in steps.split(";")]


EXCEPTIONS = (PostCode.COMMERCIAL_LEAD, PostCode.CATEGORY_MANAGER)


def step_for_exceptions(steps: Iterable[ApprovalStep]) -> ApprovalStep | None:
    """The authority's step that grants or refuses exceptions: its commercial lead's, on a route without one its
    category manager's, and where neither has a step the one that commits."""
    found = [step for step in steps if step.side == Side.AUTHORITY]
    for post in EXCEPTIONS:
        for step in found:
            if step.post == post:
                return step
    return found[-1] if found else None


def added_steps(department: Organisation, on: date) -> list[AddedStep]:
    """What the department adds to the matrix for what is submitted on the day."""
    return list(AddedStep.objects.filter(in_date(on), organisation=department))


def added_posts(added: Iterable[AddedStep], groups: list[list[str]], whole_life_gbp: Decimal) -> list[str]:
    """The posts that the department adds at this value, in the order of ``PostCode``; none that has a step already."""
    has_one = {post for group in groups for post in group}
    wanted = {step.post for step in added if whole_life_gbp >= step.from_gbp} - has_one
    return [post for post in PostCode.values if post in wanted]


def build(matrix: ApprovalMatrix, whole_life_gbp: Decimal, added: Iterable[AddedStep]) -> list[RouteStep]:
    """All steps in order. The last group of each side commits; earlier groups endorse (domain.md, "Approval"). What the
    department adds is one more group that endorses, last before its own commits."""
    row = row_for(list(matrix.rows.all()), whole_life_gbp)
    department, authority = parse(row.department_steps), parse(row.authority_steps)
    if more := added_posts(added, department, whole_life_gbp):
        department.insert(len(department) - 1, more)
    out: list[RouteStep] = []
    for side, groups in ((Side.DEPARTMENT, department), (Side.AUTHORITY, authority)):
        for number, posts in enumerate(groups, start=1):
            act = Act.COMMIT if number == len(groups) else Act.ENDORSE
            out += [RouteStep(side, number, 0, post, act) for post in posts]
    return [
        RouteStep(s.side, s.group, position, s.post, s.act) for position, s in enumerate(out, start=1)
    ]


def seated(
    call_off: CallOff, matrix: ApprovalMatrix, value: Decimal, on: date
) -> list[tuple[RouteStep, Organisation, tuple[str, ...]]]:
    """Each step of the route with its organisation and the names of who sits in its chair on the day."""
    added = added_steps(call_off.department, on)
    steps = [(step, seats.organisation_of_side(call_off, step.side)) for step in build(matrix, value, added)]
    people = seats.sitters({(body.pk, step.post) for step, body in steps}, on)
    return [(step, body, people[body.pk, step.post]) for step, body in steps]
