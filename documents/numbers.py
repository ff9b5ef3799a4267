"""Reference numbers without gaps. Take one as the last thing in a transaction: its counter row stays locked."""

from documents.models import NumberCounter


def take(series: str, year: int) -> str:
    """The next number of a series and year: ``CO-2007-000001``. Must run inside a transaction."""
    NumberCounter.objects.bulk_create([NumberCounter(series=series, year=year)], ignore_conflicts=True)
    row = NumberCounter.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return f"{series}-{year}-{row.last:06d}"
