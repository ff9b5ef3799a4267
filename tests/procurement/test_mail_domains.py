"""Whose addresses an organisation's people may have: the hosts of an authority's and a supplier's people bar everybody else,
so neither takes the domain of another body by inviting somebody."""

import pytest

from catalogue.models import Organisation
from documents.refusal import Refused
from procurement import granting, joining, membership, sides
from procurement.models import Accession, Post, PostHolding, User
from tests import cast

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()
SUPPLIER, AUTHORITY = "account.manager@fujitsu.example", "administrator@co.example"
OTHERS = "like those of another organisation's people"


def invite(email: str, *, by: str = SUPPLIER) -> User:
    body, post = ("FUJITSU", "service_manager") if by == SUPPLIER else ("CO", "auditor")
    if by == SUPPLIER and not PostHolding.objects.filter(user__email=by, post__code="administrator").exists():
        Post.objects.get_or_create(organisation=Organisation.objects.get(code=body), code="administrator")
        cast.give_post(by, body, "administrator")
    return membership.invite(
        Organisation.objects.get(code=body), name="Nora New", email=email, post=post, by=cast.person(by), at=cast.START
    )


@pytest.mark.parametrize("by", [SUPPLIER, AUTHORITY])
@pytest.mark.parametrize("email", ["nora@ons.example", "Nora@HQ.ons.example", "nora@dius.example"])
def test_no_supplier_and_no_authority_takes_the_domain_of_another_body(email, by):
    with pytest.raises(Refused, match=OTHERS):
        invite(email, by=by)
    assert not User.objects.filter(email=email.lower()).exists()


def test_a_domain_stays_with_a_body_whose_people_have_left():
    granting.grant_organisation(
        User.objects.create(email="last@museum.example", name="Last", password="!"),
        Organisation.objects.get(code="ILL05"), starts_on=TODAY.replace(year=2006), ends_on=TODAY.replace(month=9),
    )  # fmt: skip
    for email in ("nora@museum.example", "last@museum.example"):  # nor is the account that was left behind a way to it
        with pytest.raises(Refused, match=OTHERS):
            invite(email)


@pytest.mark.parametrize("named_by", ["lead", "applicant"])
def test_the_domain_of_a_body_on_its_way_to_join_is_its_own(named_by):
    if named_by == "lead":
        Accession.objects.filter(department__code="XRL").update(contact_name="Ada", contact_email="ada@rail.example")
    else:
        people = [membership.Named("Ada", "ada@rail.example", "requester")]
        values = {"statement": "", "sites": [], "people": people, "files": []}
        joining.save_application(cast.ons(), values, by=cast.outsider(), at=cast.START)
    for email in ("nora@rail.example", "nora@mail.rail.example"):
        with pytest.raises(Refused, match=OTHERS):
            invite(email)


def test_the_domain_above_another_bodys_is_not_taken_either():
    Accession.objects.filter(department__code="XRL").update(contact_email="ada@rail.state.example")
    with pytest.raises(Refused, match=OTHERS):
        invite("nora@state.example")


@pytest.mark.parametrize("suffix", ["org.uk", "co.uk", "gov.uk", "com"])
def test_what_anybody_has_names_under_is_the_domain_of_no_organisation(suffix):
    """Somebody of the authority, of the supplier and of a body on its way each have an address right at it."""
    Accession.objects.filter(department__code="XRL").update(contact_email=f"ada@{suffix}")
    for code, name in (("FUJITSU", "sam"), ("CO", "ann")):
        somebody = User.objects.create(email=f"{name}@{suffix}", name=name, password="!")
        granting.grant_organisation(somebody, Organisation.objects.get(code=code), starts_on=TODAY, ends_on=None)
    assert not list(sides.why_of_another(cast.dius(), {f"nora@museum.{suffix}": "Nora", f"new@{suffix}": "New"}, TODAY))
    assert list(sides.why_of_another(cast.dius(), {f"sam@{suffix}": "Sam"}, TODAY)), "they themselves stay the supplier's"
    assert invite(f"nora@museum.{suffix}", by=AUTHORITY).name == "Nora New"
    Accession.objects.filter(department__code="XRL").update(contact_email=f"ada@rail.{suffix}")
    with pytest.raises(Refused, match=OTHERS):
        invite(f"nora@mail.rail.{suffix}", by=AUTHORITY)


def test_who_lets_others_have_names_under_its_domain_has_its_own_addresses_and_not_theirs():
    Accession.objects.filter(department__code="XRL").update(contact_email="ada@gov.scot")
    with pytest.raises(Refused, match=OTHERS):
        invite("nora@gov.scot", by=AUTHORITY)
    assert invite("nora@body.gov.scot", by=AUTHORITY).name == "Nora New"


@pytest.mark.parametrize("host", ["newbody.gov.uk", "GOV.UK", "trust.nhs.uk", "nhs.net", "nhs.scot", "police.scot"])
def test_no_supplier_has_an_address_of_a_public_body(host):
    with pytest.raises(Refused, match="no supplier's people have one"):
        invite(f"nora@{host}")
    assert invite("nora@newbody.gov.uk", by=AUTHORITY).email == "nora@newbody.gov.uk"


def test_a_supplier_and_an_authority_invite_their_own_and_at_new_domains():
    for email, by in (("nora@fujitsu.example", SUPPLIER), ("nora@uk.fujitsu.example", SUPPLIER), ("nora@fsl.example", SUPPLIER),
                      ("nora@co.example", AUTHORITY)):  # fmt: skip
        assert invite(email, by=by).email == email


def test_what_a_department_or_an_applicant_names_does_not_take_a_suppliers_domain():
    """The other way round: whoever has a domain already goes on with it."""
    Accession.objects.filter(department__code="XRL").update(contact_email="somebody@fujitsu.example")
    assert invite("nora@fujitsu.example").name == "Nora New"


def test_a_left_account_of_a_supplier_is_given_no_post_in_a_department():
    """Their address is still like those of the supplier's people."""
    User.objects.create(email="gone@fujitsu.example", name="Gone", password="!")
    with pytest.raises(Refused, match="like those of the authority's or of a supplier's people"):
        membership.invite(cast.dius(), name="Gone", email="gone@fujitsu.example", post="requester",
                          by=cast.person("administrator@dius.example"), at=cast.START)  # fmt: skip
