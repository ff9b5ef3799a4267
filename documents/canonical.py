"""Canonical JSON: UTF-8, sorted keys, no spaces, money as strings with two places, ISO days, UTC moments, no floats."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any


def moment(value: datetime) -> str:
    """An aware moment in UTC to the second: 2007-10-01T08:00:00Z."""
    if value.tzinfo is None:
        raise TypeError("a naive moment has no canonical form")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money(amount: Decimal | None) -> str | None:
    """GBP with two places: "11252943.00"; None for no amount."""
    return None if amount is None else f"{amount:.2f}"


def number(value: Decimal) -> str:
    """A percentage without trailing zeros: "4", "0.5"."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError("money is finite")
        return money(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys are text")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def dumps(value: Any) -> bytes:
    """Raises TypeError for floats, naive moments and anything else without one form."""
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8")


def sha256_hex(data: bytes) -> str:
    return sha256(data).hexdigest()
