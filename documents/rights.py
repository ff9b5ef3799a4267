"""What the runtime role may do with each table, said on the model as ``db_rights``.

``FACT``: select and insert. ``STATE("column", ...)``: also update of the named columns. ``DRAFT``: everything but
truncate. ``manage.py grant_rights`` (run by the owner after migrating) turns them into GRANTs.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rights:
    update: tuple[str, ...] = ()
    whole_row: bool = False


FACT = Rights()
DRAFT = Rights(whole_row=True)


def STATE(*columns: str) -> Rights:  # noqa: N802 - reads as a constant beside FACT and DRAFT
    """Select, insert, and update of the named database columns."""
    return Rights(update=columns)


def statements(model, role: str) -> list[str]:
    """The GRANT statements of one model for the role."""
    table = model._meta.db_table
    rights: Rights = model.db_rights
    grants = [f'GRANT SELECT, INSERT ON "{table}" TO {role}']
    if rights.whole_row:
        grants.append(f'GRANT UPDATE, DELETE ON "{table}" TO {role}')
    elif rights.update:
        columns = ", ".join(f'"{column}"' for column in rights.update)
        grants.append(f'GRANT UPDATE ({columns}) ON "{table}" TO {role}')
    return grants
