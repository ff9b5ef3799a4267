"""State machines: the one module that imports django_fsm, the registry, and the migration operations that put the
same graph into the database (tests hold code, trigger rows and docs/state-machines.md together).

django-fsm is the table of transitions, nothing more: actions lock, guard, save and record around it.
"""

import warnings
from collections.abc import Iterable

from django.db import migrations, models

with warnings.catch_warnings():  # the package announces its successor on import
    warnings.simplefilter("ignore")
    from django_fsm import RETURN_VALUE, FSMField, TransitionNotAllowed, transition

__all__ = [
    "RETURN_VALUE", "FSMField", "GuardStates", "SetEdges", "TransitionNotAllowed", "all_machines", "edges", "register",
    "transition",
]  # fmt: skip

_machines: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {}
_opening: dict[type[models.Model], tuple[str, ...]] = {}


def register(
    model: type[models.Model], name: str, *, terminal: Iterable[str] = (), opening: Iterable[str] = ()
) -> None:
    """Name the machine of a model's ``state`` field, its terminal states, and the states beside the first in which a
    row may be entered when a register is opened (by the operator, recorded as such)."""
    _machines[name] = (model, tuple(str(state) for state in terminal))
    _opening[model] = tuple(str(state) for state in opening)


def all_machines() -> dict[str, tuple[type[models.Model], tuple[str, ...]]]:
    """name -> (model, terminal states), by name."""
    return dict(sorted(_machines.items()))


def edges(model: type[models.Model]) -> list[tuple[str, str, str]]:
    """(source, target, action) for every transition of the code; ("", initial, "create") and the opening states first."""
    field = model._meta.get_field("state")
    found = [("", str(field.default), "create")]
    found += [("", state, "enter") for state in _opening.get(model, ())]
    for change in field.get_all_transitions(model):
        found.append((str(change.source), str(change.target), change.name))
    return sorted(set(found))


class SetEdges(migrations.RunSQL):
    """Replace the stored edges of a machine by these (source, target) pairs."""

    def __init__(self, machine: str, pairs: list[tuple[str, str]]):
        self.machine, self.pairs = machine, pairs
        values = ", ".join(f"('{machine}', '{source}', '{target}')" for source, target in sorted(set(pairs)))
        super().__init__(
            f"DELETE FROM documents_stateedge WHERE machine = '{machine}';"
            f"INSERT INTO documents_stateedge (machine, source, target) VALUES {values};",
            f"DELETE FROM documents_stateedge WHERE machine = '{machine}';",
        )

    def deconstruct(self):
        return self.__class__.__name__, [self.machine, self.pairs], {}


class GuardStates(migrations.RunSQL):
    """Put the generic trigger on a table: only listed changes of ``state`` pass, and each leaves a StateChange fact."""

    def __init__(self, table: str, machine: str):
        self.table, self.machine = table, machine
        super().__init__(
            f"CREATE TRIGGER state_follows_edges BEFORE INSERT OR UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION check_state_edge('{machine}');",
            f"DROP TRIGGER state_follows_edges ON {table};",
        )

    def deconstruct(self):
        return self.__class__.__name__, [self.table, self.machine], {}
