"""The invariants hold after the whole story, and each kind of damage is found."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from documents import numbers
from documents.actors import SYSTEM
from documents.audit import record
from documents.management.commands.check_invariants import FILE, broken, read
from procurement import joining
from procurement.models import Attachment, CallOff
from tests import cast

pytestmark = pytest.mark.usefixtures("db")


def names() -> set[str]:
    return {invariant.name for invariant, _rows in broken(read(FILE.read_text(encoding="utf-8")))}


def test_they_hold_for_an_instance_nobody_used():
    call_command("check_invariants")


def test_they_hold_at_every_stage_up_to_the_signed_contract():
    for stage in (cast.drafted, cast.submitted, cast.with_supplier, cast.issued, cast.executed):
        stage()
        assert names() == set(), stage.__name__


def test_an_event_without_its_change_is_found(capsys):
    call_off = cast.drafted()
    record("call_off.contracted", call_off, by=SYSTEM, at=cast.START, before="confirmed", after="contracted")
    assert names() == {"changes_have_one_record"}
    with pytest.raises(CommandError, match="1 of"):
        call_command("check_invariants")
    assert "does not hold" in capsys.readouterr().out


@pytest.mark.world("submitted")
@pytest.mark.parametrize(("harm", "words"), [
    (Path.unlink, "is missing"), (lambda path: path.write_bytes(path.read_bytes() + b"."), "is damaged"),
    (lambda path: path.unlink() or path.mkdir(), "cannot be read"),
])  # fmt: skip
def test_a_stored_file_that_is_not_what_it_was_is_found(harm, words, settings, capsys):
    cast.submitted()
    call_command("check_invariants")
    attachment = Attachment.objects.first()
    path = Path(settings.STORE_DIR) / attachment.sha256[:2] / attachment.sha256
    path.chmod(0o600)
    harm(path)
    with pytest.raises(CommandError, match="0 of .* stored files are not what they were"):
        call_command("check_invariants")
    assert f"attachment {attachment.pk}: its file {attachment.sha256[:12]} {words}" in capsys.readouterr().out


@pytest.mark.world("ons_applied")
def test_a_damaged_file_of_an_application_is_found(settings, capsys):
    evidence = joining.current(cast.ons_applied()).files[0]
    path = Path(settings.STORE_DIR) / evidence["sha256"][:2] / evidence["sha256"]
    path.unlink()
    with pytest.raises(CommandError, match="stored files are not what they were"):
        call_command("check_invariants")
    assert f"its file {evidence['sha256'][:12]} is missing" in capsys.readouterr().out


def test_a_change_without_its_event_is_found():
    call_off = cast.drafted()
    call_off.withdraw(at=cast.START, reason="nobody recorded this")
    call_off.save()
    assert names() == {"changes_have_one_record"}


@pytest.mark.world("accepted")
def test_an_order_with_another_requester_than_was_approved_is_found():
    order = cast.submitted()
    assert names() == set()
    CallOff.objects.filter(pk=order.pk).update(requester=cast.person(cast.SIGNATORIES[1][1]).user)
    assert names() == {"approvals_say_what_was_submitted"}


def test_a_number_taken_and_thrown_away_is_found():
    numbers.take("CO", 2007)
    assert names() == {"numbers_are_without_gaps"}


def test_a_reservation_nobody_holds_is_found():
    account = cast.framework().capacity
    type(account).objects.update(reserved_gbp=1)
    assert names() == {"capacity_is_its_ledger"}


@pytest.mark.parametrize("text", ["", "-- 1 a: x\n", "-- 1 a: x\nSELECT 1;\n-- 2 a: y\nSELECT 1;"])
def test_a_file_that_asks_nothing_is_refused(text):
    with pytest.raises(ValueError):
        read(text)
