"""B4: the contract document made, sealed, signed by three parties, closed and strictly checked; processor seconds of
this process and of the children it waited for (the layout is forked)."""

import resource
from statistics import median

from contracts.formation import TEMPLATE_VERSION
from documents import canonical, rendering, signing, verifying
from documents.models import Document, DocumentRevision
from tests.documents.contract_payload import dius

KIND, VERSION, TIMES = "call_off_contract", TEMPLATE_VERSION, 3
STEPS = ("render", "seal", "sign", "archive", "check")


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def once() -> tuple[dict[str, float], int, int]:
    """Seconds a step, pages and bytes; the strict check raises unless the file is what it must be."""
    payload = dius()
    signatories = payload["signatories"]
    marks = [cpu()]
    made = rendering.render(KIND, VERSION, payload, canonical.dumps(payload["order"]))
    marks.append(cpu())
    pdf = signing.seal(made.pdf, lines=["Flex contract register", "Issued: CON-2007-000001"])
    marks.append(cpu())
    for number, signatory in enumerate(signatories, 1):
        pdf = signing.sign(
            pdf, field=signatory["field"], identifier=signatory["identifier"], reason=f"act {number}",
            lines=[signatory["name"], f"Signed by the signatory of {signatory['name']}"],
        )  # fmt: skip
    marks.append(cpu())
    pdf = signing.archive(pdf)
    marks.append(cpu())
    document = Document(
        kind=KIND, template_version=VERSION, number="CON-2007-000001",
        expected_signers=[{**signatory, "party": signatory["role"]} for signatory in signatories],
    )  # fmt: skip
    base = DocumentRevision(number=0, sha256=canonical.sha256_hex(made.pdf), length=len(made.pdf))
    fields = [signing.ISSUER_FIELD, *[signatory["field"] for signatory in signatories]]
    verifying.insist_on_state(pdf, document, fields=fields, base=base, archived=True)
    marks.append(cpu())
    spent = {step: marks[n + 1] - marks[n] for n, step in enumerate(STEPS)}
    return spent, made.pages, len(pdf)


def measure(result) -> None:
    once()  # fonts, templates and keys are read once a process
    runs = [once() for _ in range(TIMES)]
    for step in STEPS:
        result(f"b4_{step}_cpu_s", median(spent[step] for spent, _pages, _bytes in runs), "s")
    whole = median(sum(spent.values()) for spent, _pages, _bytes in runs)
    result("b4_documents_per_core_second", 1 / whole, "1/s")
    result("b4_rendered_and_sealed_per_core_second",
           1 / median(spent["render"] + spent["seal"] for spent, _pages, _bytes in runs), "1/s")  # fmt: skip
    result("b4_pages", runs[-1][1], "pages")
    result("b4_bytes", runs[-1][2], "bytes")
