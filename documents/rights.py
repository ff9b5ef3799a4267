"""What the runtime role may do with each table, said on the model as ``db_rights``.

``LAW``: select alone. ``FACT``: select and insert. ``STATE("column", ...)``: also update of the named columns. ``DRAFT``:
everything but truncate. ``manage.py grant_rights`` (run by the owner after migrating) turns them into GRANTs.
"""

from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class Rights:
    update: tuple[str, ...] = ()
    whole_row: bool = False
    insert: bool = True


LAW = Rights(insert=False)  # the owner's: what the triggers go by, and what they themselves write
FACT = Rights()
DRAFT = Rights(whole_row=True)


def STATE(*columns: str) -> Rights:
    """Select, insert, and update of the named database columns."""
    return Rights(update=columns)


class Row(models.Model):
    """The base of every table of ours. Saving an existing row writes only the columns the runtime role may update,
    so that what never changes is never sent. Raises TypeError when a fact is saved again."""

    db_rights: Rights

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding and not self.db_rights.whole_row:
            if not self.db_rights.update:
                raise TypeError(f"{type(self).__name__} is a fact: it is written once")
            kwargs["update_fields"] = kwargs.get("update_fields") or list(self.db_rights.update)
        super().save(*args, **kwargs)


def statements(model, role: str) -> list[str]:
    """The GRANT statements of one model for the role."""
    table = model._meta.db_table
    rights: Rights = model.db_rights
    grants = [f'GRANT SELECT{", INSERT" if rights.insert else ""} ON "{table}" TO {role}']
    if rights.whole_row:
        grants.append(f'GRANT UPDATE, DELETE ON "{table}" TO {role}')
    elif rights.update:
        columns = ", ".join(f'"{column}"' for column in rights.update)
        grants.append(f'GRANT UPDATE ({columns}) ON "{table}" TO {role}')
    return grants
