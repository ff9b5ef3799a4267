"""Draw the state machines of the code into docs/state-machines.md. ``--check`` only says whether it is current."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from documents.machines import all_machines, edges

PAGE = Path(settings.BASE_DIR) / "docs" / "state-machines.md"


def page() -> str:
    """The whole page: one Mermaid diagram and one table a machine."""
    parts = ["# State machines\n\nDrawn from the code by `python3 manage.py graph`; do not edit by hand.\n"]
    for name, (model, terminal) in all_machines().items():
        found = edges(model)
        parts.append(f"\n## {name.replace('_', ' ').capitalize()}\n\n```mermaid\nstateDiagram-v2\n")
        for source, target, action in found:
            parts.append(f"    {source or '[*]'} --> {target}: {action}\n")
        for state in sorted(terminal):
            parts.append(f"    {state} --> [*]\n")
        parts.append("```\n\n| from | action | to |\n| --- | --- | --- |\n")
        for source, target, action in found:
            parts.append(f"| {source or '(nothing)'} | {action} | {target} |\n")
    return "".join(parts)


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true")

    def handle(self, *args, check=False, **options):
        wanted = page()
        if check:
            if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != wanted:
                raise CommandError("docs/state-machines.md is not what the code says; run manage.py graph")
            return
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(wanted, encoding="utf-8")
        self.stdout.write(f"wrote {PAGE.name}")
