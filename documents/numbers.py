"""Reference numbers without gaps. Take one as late in a transaction as what it stands on allows: its counter row
stays locked until the end."""

from documents.models import NumberCounter


def take(series: str, year: int) -> str:
    """The next number of a series and year: ``CO-2007-000001``. Must run inside a transaction."""
    NumberCounter.objects.bulk_create([NumberCounter(series=series, year=year)], ignore_conflicts=True)
    row = NumberCounter.objects.select_for_update().get(series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return f"{series}-{year}-{row.last:06d}"
