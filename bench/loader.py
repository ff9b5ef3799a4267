"""Fills a database with so many orders by SQL: copies of the originals (``bench.originals``), over 600 days and 200
departments, of which DIUS owns one order in twenty. The hash of its number says in which state an order is and whose.

A copy has everything under its order (lines, steps, decisions, records, ledger) with its own numbers, people and hash
(only what was approved names, as its number, the original's); a department is a copy of DIUS with people of its own. The id of a copied row is the original's and so many strides, so
that every foreign key follows by the same sum. It writes as the superuser with triggers off: ``check_invariants`` says
what they would have said. Documents have no content, and no contract's prices fall as the copies come to be (``LEFT_OUT``).
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db.models import CharField, DateTimeField, Field, ForeignKey, JSONField, Model, Q, TextField, UUIDField

from catalogue.models import Organisation
from contracts import savings_kept
from contracts.models import (
    AcceptanceCriterion,
    Contract,
    ContractLine,
    ContractSavings,
    ContractVersion,
    DepartmentMonth,
    DepartmentSavings,
    LineChange,
    Milestone,
    MonthSavings,
    PaymentDue,
    StatutoryNotice,
)
from documents.models import AuditEvent, Document, StateChange
from procurement import models as p
from procurement import timelines
from tests import cast

STRIDE = 1_000_000
DAYS = 600
DEPARTMENT = {
    Organisation: "pk", p.User: "organisationgrant__content_object", p.Post: "organisation",
    p.PostHolding: "post__organisation", p.Delegation: "holding__post__organisation",
    p.OrganisationGrant: "content_object", p.Accession: "department",
}  # fmt: skip
ORDER = {
    p.CallOff: "pk", p.CallOffRevision: "call_off", p.RevisionHand: "revision__call_off",
    p.RevisionSite: "revision__call_off", p.CallOffLine: "revision__call_off",
    p.PlannedMilestone: "revision__call_off", p.MilestonePayment: "milestone__revision__call_off",
    p.SpecialTerm: "revision__call_off", p.Attachment: "revision__call_off", p.Particulars: "call_off",
    p.Approval: "revision__call_off", p.ApprovalStep: "approval__revision__call_off",
    p.Decision: "approval__revision__call_off", p.CapacityEntry: "call_off",
    Contract: "call_off", ContractVersion: "contract__call_off",
    ContractLine: "contract__call_off", LineChange: "version__contract__call_off", Milestone: "contract__call_off",
    AcceptanceCriterion: "milestone__contract__call_off", PaymentDue: "milestone__contract__call_off",
    ContractSavings: "contract__call_off", MonthSavings: "of__contract__call_off",
    StatutoryNotice: "contract__call_off",
}  # fmt: skip
LOOSE = (Document, p.SigningBar, p.VolumeEntry, AuditEvent, StateChange)  # an order's, without a foreign key that leads to it
AS_THEY_ARE = {"password", "state", "kind", "verb", "subject", "post", "code", "sha256", "content_type", "budget_salt"}
LEFT_OUT = {
    "document_says_its_contract", "document_is_where_its_revisions_are", "complete_documents_bear_every_signature",
    "prices_fell_for_everybody",
}  # fmt: skip


def table(model: type[Model]) -> str:
    return model._meta.db_table


class Loader:
    """``cursor`` is the superuser's, on a connection that commits each statement; Django reads the same database.
    ``originals`` are ids with the weight of their state; ``share`` is how many of a thousand orders are DIUS's."""

    def __init__(
        self, cursor, originals: Mapping[int, int], orders: int, *, departments: int = 200, share: int = 50
    ):
        self.run, self.cursor, self.originals, self.orders = cursor.execute, cursor, originals, orders
        self.others, self.share = departments - 1, share
        self.dius = cast.dius()
        self.own = {
            model: sorted(set(model.objects.filter(**{path: self.dius.pk}).values_list("pk", flat=True)))
            for model, path in DEPARTMENT.items()
        }
        for joined in p.Accession.objects.filter(department=self.dius):
            events = AuditEvent.objects.filter(subject=joined._meta.label_lower, subject_id=joined.audit_id)
            changes = StateChange.objects.filter(machine="accession", row_id=joined.pk)
            self.own |= {AuditEvent: list(events.values_list("pk", flat=True)), StateChange: list(changes.values_list("pk", flat=True))}
        people = p.User.objects.filter(pk__in=self.own[p.User])
        numbers = [*p.CallOff.objects.values_list("reference", flat=True), *Contract.objects.values_list("number", flat=True)]
        self.words = {word.lower() for word in (self.dius.code, self.dius.name, *numbers) if word}
        self.people = ", ".join(f"'{person}'" for person in people.values_list("person_id", flat=True))

    def load(self) -> None:
        self.run("SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
        # an index made over rows that were changed just now is used by nobody while an older transaction lasts anywhere
        self.run("VACUUM")
        self._departments()
        self._plan()
        indexes = self._indexes_set_aside()
        for model, path in ORDER.items():
            rows = model.objects.filter(**{f"{path}__in": list(self.originals)})
            self._copy(model, rows.values_list("pk", path))
        for model, rows in zip(LOOSE, (self._documents(), self._bars(), self._volumes(), self._events(), self._changes()), strict=True):
            self._copy(model, rows)
        for index in indexes:
            self.run(index)
        self._close()
        self.run("VACUUM ANALYZE")
        self._add_up()

    # a department

    def _departments(self) -> None:
        for model, rows in self.own.items():
            columns = {field.column: self._of_department(field) for field in model._meta.concrete_fields}
            self._insert(model, columns, f"generate_series(1, {self.others}) AS o(k) JOIN {table(model)} t ON t.id = ANY(%s)", rows)

    def _of_department(self, field: Field) -> str:
        column = f't."{field.column}"'
        if field.primary_key or field.name == "row_id":
            return f"{column} + {STRIDE}::bigint * o.k"
        if isinstance(field, ForeignKey):
            return self._followed(field, column)
        if isinstance(field, UUIDField):
            return f"md5({column}::text || o.k)::uuid"
        if field.name == "subject_id":
            return f"md5({column} || o.k)::uuid::text"
        if field.model is Organisation and field.name == "code":
            return CODE
        if isinstance(field, CharField | TextField) and field.name not in AS_THEY_ARE:
            return self._renamed(column)
        return column

    def _followed(self, field: ForeignKey, column: str) -> str:
        """A key to what is the department's own moves to its copy; one to what is everybody's stays."""
        if not (ids := self.own.get(field.related_model)):
            return column
        return f"{column} + CASE WHEN {column} IN ({', '.join(map(str, ids))}) THEN {STRIDE}::bigint * o.k ELSE 0 END"

    def _renamed(self, column: str) -> str:
        """Text that speaks of DIUS, speaking of the order's department (0 is DIUS itself)."""
        name, new = self.dius.name.replace("'", "''"), "'Bench department ' || o.k"
        now = column
        for was, words in ((name, new), (name.lower(), f"lower({new})"), ("DIUS", CODE), ("dius", f"lower({CODE})")):
            now = f"replace({now}, '{was}', {words})"
        return f"CASE WHEN o.k = 0 THEN {column} ELSE {now} END"

    # an order

    def _plan(self) -> None:
        """``planned``: of which original each order is, whose, how much later, its numbers, and the content and hash of
        what was approved, which is made once for each original and department: it is long."""
        self.run("CREATE TEMP TABLE original (id bigint, upto int, reference text, number text, revision bigint, hash text)")
        upto = 0
        for pk, weight in self.originals.items():
            upto += weight
            call_off, contract = p.CallOff.objects.get(pk=pk), Contract.objects.filter(call_off=pk).first()
            first = call_off.revisions.order_by("number").first()
            self.run(
                "INSERT INTO original VALUES (%s, %s, %s, %s, %s, %s)",
                [pk, upto, call_off.reference or "", contract.number if contract else "", first.pk, first.revision_hash],
            )
        numbers = ", ".join(
            f"a.{name}, CASE WHEN a.{name} <> '' THEN '{series}-{cast.START.year}-' || lpad((coalesce((SELECT last"  # noqa: S608
            f" FROM documents_numbercounter WHERE series = '{series}' AND year = {cast.START.year}), 0)"
            f" + row_number() OVER (PARTITION BY a.{name} = '' ORDER BY n))::text, 6, '0') ELSE '' END AS new_{name}"
            for name, series in (("reference", "CO"), ("number", "CON"))
        )
        self.run(
            f"""CREATE TEMP TABLE numbered AS
                SELECT n, a.id AS original, a.revision, a.hash, {numbers},
                       CASE WHEN g % 1000 < {self.share} THEN 0 ELSE 1 + g / 1000 % {self.others} END AS k,
                       interval '{DAYS} days' * n / {self.orders} AS later
                  FROM generate_series(1, {self.orders}) n
                  CROSS JOIN LATERAL (SELECT ('x' || left(md5(n::text), 7))::bit(28)::int AS h,
                                             ('x' || right(md5(n::text), 7))::bit(28)::int AS g) hashed
                  CROSS JOIN LATERAL (SELECT * FROM original WHERE upto > h % {upto} ORDER BY upto LIMIT 1) a"""  # noqa: S608
        )
        self.run(
            f"""CREATE TEMP TABLE worded AS
                SELECT a.id AS original, o.k, c.content,
                       CASE WHEN a.hash = '' THEN '' ELSE encode(sha256(convert_to(c.content, 'UTF8')), 'hex') END AS new_hash
                  FROM original a JOIN procurement_calloffrevision r ON r.id = a.revision
                  CROSS JOIN generate_series(0, {self.others}) AS o(k)
                  CROSS JOIN LATERAL (SELECT {self._renamed('r.content')} AS content OFFSET 0) c"""  # noqa: S608
        )
        self.run(
            "CREATE TEMP TABLE planned AS SELECT o.*, w.content, w.new_hash"
            " FROM numbered o JOIN worded w ON w.original = o.original AND w.k = o.k"
        )
        self.run("ANALYZE planned")

    def _numbered(self, column: str) -> str:
        """Text with the order's own numbers for the original's."""
        for was, now in (("o.reference", "o.new_reference"), ("o.number", "o.new_number")):
            column = f"replace(replace({column}, {was}, {now}), lower({was}), lower({now}))"
        return column

    def _of_order(self, field: Field) -> str:
        column, name = f't."{field.column}"', field.name
        if field.primary_key or field.name == "row_id":
            return f"{column} + {STRIDE}::bigint * o.n"
        if isinstance(field, ForeignKey):
            return f"{column} + {STRIDE}::bigint * o.n" if field.related_model in (*ORDER, Document) else self._followed(field, column)
        if name in ("public_id", "subject_id"):
            return f"md5({column}::text || '/' || o.n)::uuid" + ("::text" if name == "subject_id" else "")
        if isinstance(field, UUIDField):
            return self._person(column)
        if name == "edited_by":
            return f"ARRAY(SELECT {self._person('hand')} FROM unnest({column}) AS hand ORDER BY 1)"  # noqa: S608
        if name == "holder":
            return f"split_part({column}, ' ', 1) || ' ' || md5(split_part({column}, ' ', 2) || '/' || o.n)::uuid"
        if isinstance(field, DateTimeField):
            return f"{column} + o.later"
        if name in ("revision_hash", "content_hash", "hash_shown"):
            return f"CASE WHEN o.hash <> '' AND {column} = o.hash THEN o.new_hash ELSE {column} END"
        if name == "content":
            return f"CASE WHEN {column} = '' THEN '' ELSE o.content END"
        if name == "key":
            return f"{column} || '/' || o.n"
        if name == "purchase_order":
            return "'PO-' || lpad(o.n::text, 7, '0')"
        if name == "payload":
            return "'{}'::jsonb"
        if isinstance(field, JSONField) and name == "parties":
            return f"({self._renamed(f'{column}::text')})::jsonb"
        if isinstance(field, CharField | TextField) and self._speaks_of_it(field):
            return self._numbered(self._renamed(column))
        return column

    def _person(self, column: str) -> str:
        """One of DIUS's people, as they are in the order's department."""
        return f"CASE WHEN o.k > 0 AND {column} IN ({self.people}) THEN md5({column}::text || o.k)::uuid ELSE {column} END"

    def _speaks_of_it(self, field: Field) -> bool:
        """Whether the column of any original has a word or number to be changed: most have none, and have many rows."""
        if field.name in AS_THEY_ARE:
            return False
        said = " ".join(str(value) for value in field.model.objects.values_list(field.name, flat=True).distinct()).lower()
        return any(word in said for word in self.words)

    def _copy(self, model: type[Model], rows: Iterable[tuple[int, int]]) -> None:
        """``rows`` are (id, the original that it belongs to)."""
        ids, of = zip(*rows, strict=True) if (rows := list(rows)) else ((), ())
        columns = {field.column: self._of_order(field) for field in model._meta.concrete_fields}
        source = (f"planned o JOIN unnest(%s::bigint[], %s::bigint[]) AS m(row, original) ON m.original = o.original"
                  f" JOIN {table(model)} t ON t.id = m.row")  # fmt: skip
        self._insert(model, columns, source, list(ids), list(of))

    def _insert(self, model: type[Model], columns: Mapping[str, str], source: str, *values) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        self.run(f"INSERT INTO {table(model)} ({names}) SELECT {', '.join(columns.values())} FROM {source}", values)  # noqa: S608
        self.run(f"SELECT setval(pg_get_serial_sequence('{table(model)}', 'id'), (SELECT max(id) FROM {table(model)}))")  # noqa: S608

    def _documents(self) -> list[tuple[int, int]]:
        return list(Contract.objects.filter(call_off__in=list(self.originals)).values_list("document_id", "call_off_id"))

    def _bars(self) -> list[tuple[int, int]]:
        return [
            (bar, pk) for document, pk in self._documents()
            for bar in p.SigningBar.objects.filter(document=document).values_list("pk", flat=True)
        ]  # fmt: skip

    def _volumes(self) -> list[tuple[int, int]]:
        return [
            (entry, pk) for pk in self.originals
            for entry in p.VolumeEntry.objects.filter(
                key__startswith=f"volume:{p.CallOff.objects.get(pk=pk).public_id}:"
            ).values_list("pk", flat=True)
        ]  # fmt: skip

    def _subjects(self, pk: int) -> list[Model]:
        contracts = Contract.objects.filter(call_off=pk).select_related("document")
        milestones = Milestone.objects.filter(contract__call_off=pk)
        return [p.CallOff.objects.get(pk=pk), *contracts, *(contract.document for contract in contracts), *milestones]

    def _events(self) -> list[tuple[int, int]]:
        """What the timeline shows and what moved a state; not each save of the draft."""
        told = Q(verb__in=timelines.verbs()) | ~Q(before="", after="")
        return [
            (event, pk) for pk in self.originals for one in self._subjects(pk)
            for event in AuditEvent.objects.filter(told, subject=one._meta.label_lower, subject_id=one.audit_id).values_list("pk", flat=True)
        ]  # fmt: skip

    def _changes(self) -> list[tuple[int, int]]:
        machines = {
            p.CallOff: "call_off", Contract: "contract", Milestone: "milestone", Document: "document",
            p.ApprovalStep: "approval_step",
        }  # fmt: skip
        return [
            (change, pk) for pk in self.originals
            for one in (*self._subjects(pk), *p.ApprovalStep.objects.filter(approval__revision__call_off=pk))
            for change in StateChange.objects.filter(machine=machines[type(one)], row_id=one.pk).values_list("pk", flat=True)
        ]  # fmt: skip

    # around them

    def _indexes_set_aside(self) -> list[str]:
        """Drops the indexes that only speed reading up; returns the statements that make them again."""
        self.run(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE NOT indisunique AND indrelid::regclass::text = ANY(%s)",
            [[table(model) for model in (*ORDER, *LOOSE)]],
        )
        found = self.cursor.fetchall()
        for name, _definition in found:
            self.run(f"DROP INDEX {name}")
        return [definition for _name, definition in found]

    def _add_up(self) -> None:
        """The savings of each department, by what the clock does."""
        table_of = {model: table(model) for model in (DepartmentSavings, ContractSavings)}
        self.run(
            f"INSERT INTO {table_of[DepartmentSavings]} (framework_id, department_id, contracts, is_due)"  # noqa: S608
            f" SELECT DISTINCT framework_id, department_id, 0, true FROM {table_of[ContractSavings]}"
            " ON CONFLICT (framework_id, department_id) DO UPDATE SET is_due = true"
        )
        for head in savings_kept.departments_due():
            savings_kept.add_up(head, at=cast.START)
        self.run(f"VACUUM ANALYZE {table(DepartmentMonth)}")

    def _close(self) -> None:
        """The ledger's sums under a ceiling that holds them, the counters, and the clock past the last order."""
        self.run(
            "UPDATE procurement_capacityaccount a SET ceiling_gbp = 900000000000, reserved_gbp = s.reserved, committed_gbp = s.committed"
            "  FROM (SELECT account_id, sum(reserved_delta_gbp) AS reserved, sum(committed_delta_gbp) AS committed"
            "          FROM procurement_capacityentry GROUP BY 1) s WHERE s.account_id = a.id"
        )
        for name, series in (("reference", "CO"), ("number", "CON")):
            self.run(
                "UPDATE documents_numbercounter SET last = last + (SELECT count(*) FROM planned"  # noqa: S608
                f" WHERE new_{name} <> '') WHERE series = '{series}' AND year = {cast.START.year}"
            )
        self.run("DELETE FROM documents_businessclock")
        self.run("INSERT INTO documents_businessclock (moment) VALUES (%s)", [cast.START + timedelta(days=DAYS, hours=1)])


CODE = "'B' || lpad(o.k::text, 3, '0')"
