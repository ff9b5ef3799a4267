"""Keys and certificates of the embedded default: a private authority made at set-up, one seal for each organisation,
the register's own seal, and a timestamp service. Files are 0600 in the instance's keys directory.

Production points KEYS_DIR at keys from its own authority in the same layout; only the worker reads the private ones.
"""

import os
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from django.conf import settings

from documents import clock

REGISTER = "GOVGB-CO-REGISTER"
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
ORGANISATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")
ROOT_YEARS, ISSUING_YEARS, SEAL_DAYS, TSA_DAYS, CRL_DAYS = 10, 5, 730, 1500, 30
KEY_BITS = 3072


class KeyMissing(RuntimeError):
    """A key or certificate that is needed is not there; the document waits."""


def _directory() -> Path:
    return Path(settings.KEYS_DIR)


def _write(path: Path, data: bytes) -> None:
    """Complete or not at all, readable by the owner only."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _name(common: str, organisation: str, identifier: str = "") -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "GB"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
    ]
    if identifier:
        parts.append(x509.NameAttribute(ORGANISATION_IDENTIFIER, identifier))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _certificate(
    subject: x509.Name, key: rsa.RSAPrivateKey, issuer: x509.Certificate | None, issuer_key: rsa.RSAPrivateKey, *,
    days: int, usages: Iterable[str], extended: Iterable[ObjectIdentifier] = (), path_length: int | None = None,
    authority: bool = False, extended_critical: bool = False, revoked_in: str = "",
) -> x509.Certificate:  # fmt: skip
    """``revoked_in`` names the list that would revoke it; pdfsig trusts no certificate that does not say where."""
    now = clock.real_now().replace(microsecond=0)
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=path_length), critical=True)
        .add_extension(x509.KeyUsage(**{name: name in set(usages) for name in _USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(_authority_key_identifier(issuer), critical=False)
    if revoked_in:
        address = x509.UniformResourceIdentifier(f"{settings.PUBLIC_URL}/revocation/{revoked_in}.crl")
        point = x509.DistributionPoint([address], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(extended)), critical=extended_critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key)


def _store(name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
    """The certificate last: a pair is complete when its certificate exists."""
    container = pkcs12.serialize_key_and_certificates(
        name.encode(), key, certificate, None, serialization.NoEncryption()
    )
    _write(_directory() / f"{name}.p12", container)
    _write(_directory() / f"{name}.crt", certificate.public_bytes(serialization.Encoding.DER))


def _exists(name: str) -> bool:
    return (_directory() / f"{name}.crt").exists()


def _load_key(name: str) -> rsa.RSAPrivateKey:
    try:
        data = (_directory() / f"{name}.p12").read_bytes()
    except FileNotFoundError:
        raise KeyMissing(f"there is no key {name} in {_directory()}; run manage.py make_seals") from None
    key, _of_the_pair, _chain = pkcs12.load_key_and_certificates(data, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyMissing(f"the key {name} is not an RSA key")
    return key


def _load_certificate(name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate_bytes(name))


def certificate_bytes(name: str) -> bytes:
    """DER. Raises KeyMissing."""
    try:
        return (_directory() / f"{name}.crt").read_bytes()
    except FileNotFoundError:
        raise KeyMissing(f"there is no certificate {name} in {_directory()}; run manage.py make_seals") from None


def certificate(name: str) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate_bytes(name))


def make(organisations: Iterable[tuple[str, str]]) -> list[str]:
    """Make what is missing: the authority, the register's seal, the timestamp service, and a seal for each
    (identifier, name). Returns the names made; repeating it makes nothing."""
    _directory().mkdir(parents=True, exist_ok=True, mode=0o700)
    made = []
    if not _exists("root"):
        key = _new_key()
        subject = _name("Flex Root", "Flex register (private authority)")
        _store("root", key, _certificate(subject, key, None, key, days=365 * ROOT_YEARS, authority=True, path_length=1,
                                         usages=("key_cert_sign", "crl_sign")))  # fmt: skip
        made.append("root")
    if not _exists("issuing"):
        key = _new_key()
        subject = _name("Flex Issuing", "Flex register (private authority)")
        _store("issuing", key, _certificate(subject, key, _load_certificate("root"), _load_key("root"),
                                            days=365 * ISSUING_YEARS, authority=True, path_length=0,
                                            usages=("key_cert_sign", "crl_sign"), revoked_in="root"))  # fmt: skip
        made.append("issuing")
    if not _exists("timestamp"):
        key = _new_key()
        _store("timestamp", key, _certificate(
            _name("Flex timestamp service", "Flex register"), key, _load_certificate("issuing"), _load_key("issuing"),
            days=TSA_DAYS, usages=("digital_signature",), extended=(ExtendedKeyUsageOID.TIME_STAMPING,),
            extended_critical=True, revoked_in="issuing",
        ))  # fmt: skip
        made.append("timestamp")
    for identifier, name in [(REGISTER, "Flex contract register"), *organisations]:
        if not _exists(seal_name(identifier)):
            key = _new_key()
            _store(seal_name(identifier), key, _certificate(
                _name(f"{name[:50]} contract seal", name, identifier), key, _load_certificate("issuing"),
                _load_key("issuing"), days=SEAL_DAYS, usages=("digital_signature", "content_commitment"),
                extended=(DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION), revoked_in="issuing",
            ))  # fmt: skip
            made.append(identifier)
    refresh_revocation_lists()
    return made


def seal_name(identifier: str) -> str:
    if not identifier.replace("-", "").isalnum():
        raise ValueError(f"{identifier!r} is not a registered identifier")
    return f"seal-{identifier}"


def refresh_revocation_lists() -> None:
    """New lists when the present ones are past half their life. Where the authority's keys are elsewhere, so is who
    publishes its lists: nothing is done here."""
    now = clock.real_now().replace(microsecond=0)
    for name in ("root", "issuing"):
        path = _directory() / f"{name}.crl"
        if not path.with_suffix(".p12").exists():
            continue
        if path.exists():
            found = x509.load_der_x509_crl(path.read_bytes())
            if found.last_update_utc + timedelta(days=CRL_DAYS / 2) > now:
                continue
        issuer = _load_certificate(name)
        number = int(now.timestamp())
        crl = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(now - timedelta(minutes=5))
            .next_update(now + timedelta(days=CRL_DAYS))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(_authority_key_identifier(issuer), critical=False)
        )
        for revoked in _revoked(name):
            crl = crl.add_revoked_certificate(revoked)
        _write(path, crl.sign(_load_key(name), hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def revocation_list(name: str) -> bytes:
    """The present list of ``root`` or ``issuing``, DER, as anybody may read it. Raises KeyMissing."""
    if name not in ("root", "issuing"):
        raise KeyMissing(f"there is no revocation list {name[:20]!r}")
    try:
        return (_directory() / f"{name}.crl").read_bytes()
    except FileNotFoundError:
        raise KeyMissing(f"there is no revocation list {name} in {_directory()}; run manage.py make_seals") from None


def _revoked(name: str) -> list[x509.RevokedCertificate]:
    path = _directory() / f"{name}.crl"
    return list(x509.load_der_x509_crl(path.read_bytes())) if path.exists() else []


def revoke(identifier: str) -> None:
    """Put an organisation's seal certificate on the list; from now on nothing is signed with it."""
    issuer, found = _load_certificate("issuing"), _load_certificate(seal_name(identifier))
    now = clock.real_now().replace(microsecond=0)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - timedelta(minutes=5))
        .next_update(now + timedelta(days=CRL_DAYS))
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(_authority_key_identifier(issuer), critical=False)
        .add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(found.serial_number)
            .revocation_date(now - timedelta(minutes=5))
            .build()
        )
    )
    for revoked in _revoked("issuing"):
        crl = crl.add_revoked_certificate(revoked)
    _write(
        _directory() / "issuing.crl",
        crl.sign(_load_key("issuing"), hashes.SHA256()).public_bytes(serialization.Encoding.DER),
    )


@lru_cache(maxsize=32)
def _loaded_key(path: str, changed: int) -> rsa.RSAPrivateKey:
    """Loading checks the key each time, which costs more than signing; it is kept while its file is unchanged."""
    return _load_key(Path(path).name.removesuffix(".p12"))


def private_key(name: str) -> rsa.RSAPrivateKey:
    """Raises KeyMissing."""
    path = _directory() / f"{name}.p12"
    if not path.exists():
        raise KeyMissing(f"there is no key {name} in {_directory()}; run manage.py make_seals")
    return _loaded_key(str(path), path.stat().st_mtime_ns)


def public_bytes(key: rsa.RSAPrivateKey) -> bytes:
    """The public half as a certificate holds it (SubjectPublicKeyInfo, DER)."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(identifier: str) -> str:
    """sha256 of the certificate that goes with a seal's key."""
    return certificate(seal_name(identifier)).sha256.hex()
