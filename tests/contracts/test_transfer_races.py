"""Two things at one moment, one of them a transfer that takes effect: one effect, in either order, and no total lost."""

from contracts import formation, transferring
from contracts.models import Contract, Transfer
from documents.management.commands.check_invariants import FILE, broken, read
from procurement import approval, membership, workflow
from procurement.models import CallOff, Passing, PostHolding, StepState
from tests import cast, paper
from tests.contracts import transfer_cast as made
from tests.procurement.test_races import one_done, race  # noqa: F401 - the fixture

SOON = cast.START.date()
TABLES = "(procurement|contracts|documents)_|catalogue_(framework|organisation|site)$"  # what a transfer writes
INVARIANTS = read(FILE.read_text(encoding="utf-8"))


def agreed() -> Transfer:
    return made.agreed(made.prepared(made.asked(day=SOON)))


def read_transfer() -> Transfer:
    return Transfer.objects.select_related("authority", "outgoing", "receiving").get()


def effect():
    return transferring.take_effect(read_transfer(), at=cast.START)


def holds(*states: str) -> None:
    """It has taken effect, or waits, and nothing is broken either way."""
    assert read_transfer().state in states, read_transfer().state
    assert broken(INVARIANTS) == []


def test_two_schedulers_apply_it_once(race):  # noqa: F811
    paper.in_force()
    agreed()

    def after(results):
        assert results == ("done", "done"), results
        holds("applied")
        assert Passing.objects.filter(subject="contracts.contract").count() == 1
        assert PostHolding.objects.filter(user__email="signatory@dius.example", post__organisation__code="ONS").count() == 1

    race(tables=TABLES).run(effect, effect, after)


def test_it_is_applied_or_withdrawn(race):  # noqa: F811
    paper.in_force()
    agreed()

    def withdraw():
        return transferring.withdraw(read_transfer(), reason="Not made.", by=cast.person(made.MANAGER), at=cast.START)

    def by_hand():
        return transferring.apply(read_transfer(), by=cast.person(made.MANAGER), at=cast.START)

    def after(results):
        assert one_done(results), results
        holds("applied", "withdrawn")
        assert Contract.objects.get().department.code == ("ONS" if read_transfer().state == "applied" else "DIUS")

    race(tables=TABLES).run(by_hand, withdraw, after)


def test_a_signature_comes_before_it_or_not_at_all(race):  # noqa: F811
    """Before: the act is waited for. After: the contract is void, and there is nothing to sign."""
    contract = paper.issued(cast.accepted())
    agreed()

    def sign():
        return paper.act(Contract.objects.get(pk=contract.pk), *cast.SIGNATORIES[0])

    def after(results):
        signed = results[1] == "done"
        holds("agreed" if signed else "applied")
        assert Contract.objects.get().state == ("awaiting_signatures" if signed else "void")

    race(tables=TABLES).run(effect, sign, after)


def test_an_approval_counts_in_whichever_department_it_is_given(race):  # noqa: F811
    order = cast.submitted()
    agreed()

    def approve():
        step = CallOff.objects.get(pk=order.pk).revision.approval.steps.get(state=StepState.OPEN)
        return approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=cast.person(cast.ROUTE[0]), at=cast.START)

    def after(results):
        assert results == ("done", "done"), results
        holds("applied")
        step = CallOff.objects.get(pk=order.pk).revision.approval.steps.order_by("position").first()
        assert step.state == "decided" and step.decision.holding.post.organisation == step.organisation

    race(tables=TABLES).run(effect, approve, after)


def test_an_order_is_submitted_for_the_one_or_the_other(race):  # noqa: F811
    order = cast.drafted()
    agreed()

    def submit():
        return workflow.submit(CallOff.objects.get(pk=order.pk), by=cast.requester(), at=cast.START)

    def after(results):
        assert results == ("done", "done"), results
        holds("applied")
        found = CallOff.objects.get(pk=order.pk)
        assert found.department.code == found.revision.approval.department.code == "ONS"

    race(tables=TABLES).run(effect, submit, after)


def test_an_order_is_accepted_for_the_one_or_the_other(race):  # noqa: F811
    """Accepted before it, the contract is void again and ordered anew; after it, it is formed for the receiving department."""
    order = cast.with_supplier()
    agreed()

    def accept():
        return formation.accept_order(
            CallOff.objects.get(pk=order.pk), shown_hash=order.revision.revision_hash, by=cast.person(cast.DESK), at=cast.START
        )

    def after(results):
        assert results == ("done", "done"), results
        holds("applied")
        contract = Contract.objects.get()
        assert (contract.department.code, contract.state) in {("ONS", "void"), ("ONS", "preparing")}
        assert contract.parties["department"]["code"] == ("DIUS" if contract.state == "void" else "ONS")

    race(tables=TABLES).run(effect, accept, after)


def test_somebody_is_appointed_before_it_or_after_it(race):  # noqa: F811
    """Of a department that passes whole: whoever has been given a post there by then passes too."""
    paper.in_force()
    agreed()

    def invite():
        return membership.invite(
            made.body("DIUS"), name="New", email="new@dius.example", post="requester", by=cast.person("administrator@dius.example"), at=cast.START
        )

    def after(results):
        holds("applied")
        posts = PostHolding.objects.filter(user__email="new@dius.example", ends_on=None).values_list("post__organisation__code", flat=True)
        assert list(posts) == (["ONS"] if results[1] == "done" else [])

    race(tables=TABLES).run(effect, invite, after)
