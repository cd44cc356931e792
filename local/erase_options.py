"""The words of the command erase; what it does is imported when it is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLES = """example:
  leadgate erase 30e5… --ready-file ready.json
  leadgate erase --email ada@example.com --never-contact --scan --out certificate.json --ready-file ready.json
  leadgate erase --scan --find +33612345678 --ready-file ready.json          look only: where is this number?
  leadgate erase --email ada@example.com --url https://….amazonaws.com/prod   in AWS, with your credentials

--scan looks for the identifiers in every table and queue before and after; it must find something before and nothing
afterwards. In AWS it reads the tables that LEADS_TABLE, LEDGER_TABLE, NOTICES_TABLE and SUPPRESSIONS_TABLE name and
the queues of --queue. A look at a queue counts as one receive of each message."""


def add_to(commands: Commands) -> None:
    """Register `erase`."""
    erase = commands.add_parser(
        "erase",
        help="erase a person, prove that nothing is left, write the certificate",
        description="Erase a person: what was destroyed, what is kept, and that no byte is left.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    erase.add_argument("lead_id", nargs="?", metavar="LEAD_ID")
    erase.add_argument("--email", metavar="E", help="whoever is known under this address")
    erase.add_argument("--phone", metavar="P", help="whoever is known under this number alone (international form)")
    erase.add_argument("--never-contact", action="store_true", help="and never write to or call them again")
    erase.add_argument("--reason", choices=("art17", "ccpa_delete", "platform", "test"), default="art17")
    where = erase.add_mutually_exclusive_group(required=True)
    where.add_argument("--ready-file", type=Path, metavar="F", help="of a running local stack")
    where.add_argument("--url", metavar="URL", help="ApiUrl of a deployed stack")
    erase.add_argument("--scan", action="store_true", help="look for every trace before and after")
    erase.add_argument("--find", action="append", default=[], metavar="TEXT", help="look for this too, such as a name")
    erase.add_argument("--queue", action="append", default=[], metavar="URL", help="look into this queue too")
    erase.add_argument("--log", type=Path, action="append", default=[], metavar="F", help="look into this log too")
    erase.add_argument("--out", type=Path, metavar="F", help="write the certificate there, as JSON")


def run(chosen: argparse.Namespace) -> int:
    from local import erase_command

    return erase_command.run(chosen)
