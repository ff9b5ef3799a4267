"""Known state changes of a contract, and its versions as facts."""

from django.db import migrations

from documents.dbrules import AppendOnly
from documents.machines import GuardStates, SetEdges

CONTRACT = [
    ("", "preparing"),
    ("preparing", "awaiting_signatures"),
    ("awaiting_signatures", "executed"),
    ("preparing", "void"),
    ("awaiting_signatures", "void"),
]


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial"), ("documents", "0002_rules")]

    operations = [
        SetEdges("contract", CONTRACT),
        GuardStates("contracts_contract", "contract"),
        AppendOnly("contracts_contractversion"),
        AppendOnly("contracts_contractline"),
    ]
