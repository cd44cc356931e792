"""The words of the commands ledger, notices and decide; what they do is imported when it is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from local import where

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FORMATS = ("27560", "kantara")
TABLES = "the AWS tables that the environment names"
EXAMPLES = """example:
  leadgate ledger export --ready-file ready.json ledger.jsonl
  leadgate ledger verify --export ledger.jsonl --key seal-key.txt
  leadgate ledger verify --tables --chain 00112233445566778899aabbccddeeff
  leadgate ledger seal --export ledger.jsonl --day 2026-03-02 --key my-key.pem --log-name ledger.example.com/dev
  leadgate ledger receipt LEAD_ID --format kantara --ready-file ready.json
  leadgate ledger bundle LEAD_ID --out proof.json --ready-file ready.json
  leadgate ledger verify --bundle proof.json

Where the ledger is: --export FILE, --ready-file FILE of a running `leadgate serve`, or --tables with the
functions' variables LEADS_TABLE, LEDGER_TABLE, NOTICES_TABLE, SEALS_BUCKET, SEAL_KEY_ID, SEAL_LOG_NAME."""


NOTICES_EXAMPLES = """example:
  leadgate notices check
  leadgate notices publish --ready-file ready.json
  leadgate notices publish --tables                  needs NOTICES_TABLE, AWS credentials and region"""
DECIDE_EXAMPLES = """example:
  leadgate decide --cases consent_cases.json
  leadgate decide --cases consent_cases.json --json
  leadgate decide --input question.json"""


def add_to(commands: Commands) -> None:
    """Register `ledger` and its own commands."""
    ledger = commands.add_parser(
        "ledger",
        help="export, verify and seal the consent ledger; give receipts and proofs",
        description="The consent ledger as proof.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = ledger.add_subparsers(dest="what", metavar="what", required=True)
    _export_options(own)
    _verify_options(own)
    _seal_options(own)
    _person_options(own)
    where.add_to(own.add_parser("key", help="print the public key of the checkpoints"), TABLES)


def _export_options(own: Commands) -> None:
    export = own.add_parser("export", help="write everything that is needed to verify into one file (personal data!)")
    where.add_to(export, TABLES)
    export.add_argument("out", type=Path, metavar="OUT")
    export.add_argument("--erasures", type=Path, metavar="F", help='recorded erasures, {"2026-03-02": 1}')


def _verify_options(own: Commands) -> None:
    told = "look for every kind of tampering; exit 1 when something is found, 3 when nothing was sealed"
    check = own.add_parser("verify", help=told, description=f"{told[0].upper()}{told[1:]}: that proves nothing.")
    ways = _or_export(check)
    ways.add_argument("--bundle", type=Path, metavar="F", help="one person's proof")
    scope = check.add_mutually_exclusive_group()
    scope.add_argument("--chain", metavar="C", help="only what concerns one chain")
    scope.add_argument("--day", metavar="D", help="only what concerns one day (YYYY-MM-DD)")
    scope.add_argument("--all", action="store_true", help="everything (the default)")
    check.add_argument("--key", type=Path, action="append", metavar="F", help="a file with a public key that you trust")
    check.add_argument("--erasures", type=Path, metavar="F", help='recorded erasures, {"2026-03-02": 1}')
    check.add_argument("--as-of", metavar="D", help="verify an old export as of that day")
    check.add_argument("--json", action="store_true", help="findings as JSON")


def _seal_options(own: Commands) -> None:
    seal = own.add_parser("seal", help="seal a day, or every day that is due")
    _or_export(seal)
    seal.add_argument("--day", metavar="D", help="only this day; without it every day up to yesterday")
    seal.add_argument("--key", type=Path, metavar="F", help="private key file (PEM); made when missing; else KMS signs")
    seal.add_argument("--log-name", metavar="N", default="", help="the log's name beside a private key file")
    seal.add_argument("--look-back", type=int, default=1, metavar="DAYS", help="how far to look for late entries")


def _person_options(own: Commands) -> None:
    receipt = own.add_parser("receipt", help="a lead's last consent as a standard record")
    receipt.add_argument("lead_id", metavar="LEAD_ID")
    receipt.add_argument("--format", choices=FORMATS, default="27560")
    receipt.add_argument("--seq", type=int, metavar="N", help="another entry than the last with boxes")
    _or_export(receipt)
    bundle = own.add_parser("bundle", help="a lead's whole proof in one file (personal data!)")
    bundle.add_argument("lead_id", metavar="LEAD_ID")
    bundle.add_argument("--out", type=Path, required=True, metavar="F")
    bundle.add_argument("--erasures", type=Path, metavar="F", help='recorded erasures, {"2026-03-02": 1}')
    _or_export(bundle)


def _or_export(command: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    """A stack, or an export of one."""
    ways = where.add_to(command, TABLES)
    ways.add_argument("--export", type=Path, metavar="F", help="a file that `leadgate ledger export` wrote")
    return ways


def add_notices_to(commands: Commands) -> None:
    notices = commands.add_parser(
        "notices",
        help="publish the notices' wordings for ever, or check their files",
        description="The registry of wordings: what was published under a version never changes.",
        epilog=NOTICES_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = notices.add_subparsers(dest="what", metavar="what", required=True)
    own.add_parser("check", help="are the files complete, and is no published text changed?")
    where.add_to(own.add_parser("publish", help="write every version that the registry lacks"), TABLES)


def add_decide_to(commands: Commands) -> None:
    decide = commands.add_parser(
        "decide",
        help="ask the consent rules: a file of cases, or one question",
        description="What may be done with a submission, on which basis, and why.",
        epilog=DECIDE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = decide.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--cases", type=Path, metavar="FILE", help="cases with base, input and expect; exit 1 if one fails"
    )
    what.add_argument("--input", type=Path, metavar="FILE", help="one question as JSON")
    decide.add_argument("--json", action="store_true", help="the outcome as JSON")
