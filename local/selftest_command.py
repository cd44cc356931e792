"""`leadgate selftest`: one synthetic lead through every step of a stack, told step by step."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from local.where import read

if TYPE_CHECKING:
    from local.selftest import Evidence
    from local.selftest_calls import Where

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

LOG = Path(__file__).resolve().parent.parent / ".build" / "leadgate-selftest.log"
SIGNS = {"ok": "✔", "wrong": "✘", "not_seen": "–"}
EXAMPLES = """example:
  leadgate selftest                                     a stack of its own on this machine, gone afterwards
  leadgate selftest --ready-file ready.json             the stack of `leadgate serve --ready-file ready.json`
  leadgate selftest --url https://….amazonaws.com/prod  a deployed stack, with your AWS credentials

In AWS, LEADGATE_TEST_SECRET is the stack's parameter TestSecret and SELF_TEST_QUEUE_URL its output SelfTestQueueUrl.
With LEADS_TABLE, LEDGER_TABLE, NOTICES_TABLE and SUPPRESSIONS_TABLE the ledger is verified and the tables are searched
too. Mails cannot be read there, so their links are not walked. Exit code 1 when a step went wrong; what could not be
looked at is marked – and is no failure."""


def add_to(commands: Commands) -> None:
    """Register `selftest`."""
    selftest = commands.add_parser(
        "selftest",
        help="send a synthetic lead through every step of a stack, and erase it",
        description="Send a synthetic lead, marked as a test, through every step of a stack, and erase it again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = selftest.add_mutually_exclusive_group()
    where.add_argument("--ready-file", type=Path, metavar="F", help="of a running local stack")
    where.add_argument("--url", metavar="URL", help="ApiUrl of a deployed stack")
    selftest.add_argument("--json", action="store_true", help="print the evidence as JSON, at the end")
    selftest.add_argument("--patience", type=float, metavar="S", help="wait so long for a message (30; with --url 150)")
    selftest.add_argument("--log", type=Path, default=LOG, metavar="F", help="the functions' log of a stack of its own")


def run(chosen: argparse.Namespace) -> int:
    """0 when nothing went wrong."""
    from local import selftest
    from local.selftest_calls import Calls

    out = sys.stdout  # while a stack of its own runs, what is printed goes to its log

    def told(evidence: Evidence) -> None:
        if not chosen.json:
            print(line(evidence), file=out, flush=True)

    with _stack(chosen) as where:
        trial = selftest.Trial(Calls(where), chosen.patience or (150 if chosen.url else 30))
        found = selftest.run(trial, told)
    if chosen.json:
        ok = all(one.state != "wrong" for one in found)
        steps = [asdict(one) for one in found]
        print(json.dumps({"ok": ok, "lead_id": trial.lead_id, "steps": steps}, ensure_ascii=False, indent=1))
    else:
        print(summary(found))
    return 1 if any(one.state == "wrong" for one in found) else 0


@contextmanager
def _stack(chosen: argparse.Namespace) -> Iterator[Where]:
    from local.selftest_calls import of_account, of_ready

    if chosen.url:
        yield of_account(chosen.url, os.environ)
    elif chosen.ready_file:
        yield of_ready(read(chosen.ready_file))
    else:
        from local import serve
        from local.live_view import Paint

        print("Starting a stack of its own (some seconds) …", file=sys.stderr, flush=True)
        with serve.running(serve.Options(chosen.log, port=0), io.StringIO(), Paint()) as stack:
            yield of_ready(stack.as_ready(), (chosen.log,))


def line(evidence: Evidence) -> str:
    """One step in plain words."""
    return f"{SIGNS[evidence.state]} {evidence.at[11:23]}  {evidence.seconds:6.2f} s  {evidence.step}: {evidence.told}"


def summary(found: list[Evidence]) -> str:
    """How it went, and the first step that went wrong."""
    count = {state: sum(one.state == state for one in found) for state in SIGNS}
    unseen = f", {count['not_seen']} not looked at" if count["not_seen"] else ""
    wrong = next((one for one in found if one.state == "wrong"), None)
    if wrong is None:
        return f"All is well: {count['ok']} steps{unseen}, {sum(one.seconds for one in found):.1f} s."
    return f"WRONG at “{wrong.step}”: {wrong.told}. {count['ok']} steps went well{unseen}."
