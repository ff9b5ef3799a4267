"""The words that stand in a published copy where something is withheld. The filters of templates print them as they are."""

_BEGINS = "withheld ("


def mark(number: int, subsection: str) -> str:
    """``number``: in the copy's list of what is withheld. ``subsection``: of Procurement Act 2023 s.94, on which it rests."""
    return f"{_BEGINS}{number}), s.94{subsection}"


def is_mark(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_BEGINS)
