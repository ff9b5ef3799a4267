"""What signing and checking trust: the timestamp service, and our root with its revocation lists."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives import serialization
from pyhanko.sign import timestamps
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents import clock, keys


def timestamper() -> timestamps.TimeStamper:
    """The embedded service, or the RFC 3161 service at TSA_URL."""
    address = os.environ.get("TSA_URL", "")
    if address:
        return timestamps.HTTPTimeStamper(address, timeout=20)
    store = SimpleCertificateStore()
    store.register(keys.certificate("issuing"))
    key = keys.private_key("timestamp").private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return timestamps.DummyTimeStamper(
        tsa_cert=keys.certificate("timestamp"), tsa_key=asn1_keys.PrivateKeyInfo.load(key), certs_to_embed=store
    )


def validation_context(moment: datetime | None = None, lists: Iterable[bytes] | None = None) -> ValidationContext:
    """Trust in our root only, revocation required, nothing fetched. ``moment`` defaults to now (real time), ``lists``
    (revocation lists, DER) to the present ones."""
    if lists is None:
        lists = [keys.revocation_list(name) for name in ("root", "issuing")]
    return ValidationContext(
        trust_roots=[keys.certificate("root")], other_certs=[keys.certificate("issuing")], crls=list(lists), allow_fetching=False,
        revocation_mode="require", moment=(moment or clock.real_now()).astimezone(UTC),
    )  # fmt: skip
