"""The private authority of the embedded default: made once, kept private, its lists fresh after months of rest."""

import stat
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from documents import clock, keys


def loaded(name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(keys.certificate_bytes(name))


def test_making_keys_again_makes_nothing(own_keys):
    before = {path.name: path.read_bytes() for path in own_keys.iterdir()}
    assert keys.make([("GOVGB-DIUS", "Department for Innovation, Universities and Skills")]) == []
    assert {path.name: path.read_bytes() for path in own_keys.iterdir()} == before


def test_an_organisation_that_joins_later_gets_a_seal_of_its_own(own_keys):
    assert keys.make([("GOVGB-NEW", "A new department")]) == ["GOVGB-NEW"]
    assert keys.certificate("seal-GOVGB-NEW").subject.native["organization_identifier"] == "GOVGB-NEW"


def test_every_file_is_its_owners_alone(own_keys):
    keys.make([("GOVGB-NEW", "A new department")])
    assert {stat.S_IMODE(path.stat().st_mode) for path in own_keys.iterdir()} == {0o600}


def test_a_seal_may_sign_documents_and_nothing_else(template_database):
    seal = loaded("seal-GOVGB-DIUS")
    usage = seal.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and usage.content_commitment
    assert not (usage.key_cert_sign or usage.crl_sign or usage.key_encipherment)
    extended = seal.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(extended) == {keys.DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    assert not seal.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert seal.public_key().key_size == 3072


@pytest.mark.parametrize(
    "name, listed", [("issuing", "root"), ("timestamp", "issuing"), ("seal-GOVGB-CO", "issuing")]
)
def test_a_certificate_says_where_its_revocation_is_published(template_database, name, listed, settings):
    points = loaded(name).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name[0].value.endswith(f"/revocation/{listed}.crl")


def test_lists_past_half_their_life_are_made_anew_and_keep_who_is_revoked(own_keys, monkeypatch):
    keys.revoke("NTRGB-00096056")
    old = x509.load_der_x509_crl(keys.revocation_list("issuing"))
    keys.refresh_revocation_lists()
    assert x509.load_der_x509_crl(keys.revocation_list("issuing")) == old
    later = clock.real_now() + timedelta(days=200)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    keys.refresh_revocation_lists()
    new = x509.load_der_x509_crl(keys.revocation_list("issuing"))
    assert new.next_update_utc > later > old.next_update_utc
    serial = loaded("seal-NTRGB-00096056").serial_number
    assert new.get_revoked_certificate_by_serial_number(serial) is not None


def test_lists_of_an_authority_elsewhere_are_left_alone(own_keys, monkeypatch):
    (own_keys / "root.p12").unlink()
    before = keys.revocation_list("root")
    later = clock.real_now() + timedelta(days=200)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    keys.refresh_revocation_lists()
    assert keys.revocation_list("root") == before


@pytest.mark.parametrize("identifier", ["../root", "GOVGB/DIUS", "", "A B"])
def test_only_a_registered_identifier_names_a_seal(identifier):
    with pytest.raises(ValueError, match="identifier"):
        keys.seal_name(identifier)
