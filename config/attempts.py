"""How often somebody may try, by the limits in settings: by account, by network, by both. One network is often a whole
department behind one address, so what is counted of it is wrong attempts alone, with room for the slips of thousands."""

from collections.abc import Iterable
from secrets import token_hex

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.db import OperationalError
from django.http import HttpRequest

Count = tuple[str, str]  # the limit's name in ACCOUNT_RATE_LIMITS, and what it is counted by ("" where the limit says it)


def take(request: HttpRequest, counts: Iterable[Count]) -> ratelimit.RateLimitUsage | None:
    """Count one attempt everywhere; None where there were too many, and then nothing is counted: what is not tried uses up
    nobody's attempts. What is returned takes the attempt back (``rollback``). Raises OperationalError where nothing can be
    counted: then nobody may try, and nobody has tried too often."""
    counts = list(counts)
    if not all(_count(request, count, dry_run=True) for count in counts):
        _insist_on_counting()
        return None
    taken = ratelimit.RateLimitUsage([])
    for count in counts:
        usage = _count(request, count)
        if usage is None:  # others were quicker
            taken.rollback()
            _insist_on_counting()
            return None
        taken.usage += usage.usage
    return taken


def _count(request: HttpRequest, count: Count, *, dry_run: bool = False) -> ratelimit.RateLimitUsage | None:
    action, key = count
    return ratelimit.consume(request, app="allauth.account", action=action, key=key, dry_run=dry_run)


def _insist_on_counting() -> None:
    """A cache in the database says nothing of a row that the disk has no room for."""
    tried = f"attempts-are-counted:{token_hex(8)}"
    if not cache.add(tried, True, timeout=10):
        raise OperationalError("attempts to sign in cannot be counted: their table takes no row (is the disk full?)")
    cache.delete(tried)
