"""`leadgate audience`: hashed addresses for retargeting, of those who allowed it and of nobody else."""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local import where
from local.unusable import Unusable

if TYPE_CHECKING:
    from shared.adapters.items import Item
    from shared.domain.suppression import Found, Marks

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Look = Callable[[Marks], Found]

TABLES, SECRET = ("LEADS_TABLE", "SUPPRESSIONS_TABLE"), "KEYS_SECRET_ARN"
LOCAL_SECRET = "KeysSecret"
EXAMPLE = """example:
  leadgate audience people.csv --recipient "Example Partner GmbH" --ready-file ready.json
  leadgate audience people.csv --recipient "Example Partner GmbH" --for google --tables

One column, Email: SHA-256 of the address in lower case. Only people with their own standing yes to sharing, given to a
notice that named this recipient, no opt-out of sale (Global Privacy Control counts as one where it is law), no
objection, no suppression. The file is personal data: upload it and delete it. Who takes their yes back stays on the
platform's list until a new one takes its place. --tables needs LEADS_TABLE, SUPPRESSIONS_TABLE and KEYS_SECRET_ARN."""


@dataclass(slots=True)
class Audience:
    """The hashes, sorted so that their order says nothing, and how many people were left out, by reason."""

    hashes: list[str]
    left_out: Counter[str]


def add_to(commands: Commands) -> None:
    """Register `audience`."""
    audience = commands.add_parser(
        "audience",
        help="hashed addresses for retargeting, of those who allowed it",
        description="Hashed addresses for retargeting, of those who allowed it and of nobody else.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    audience.add_argument("out", type=Path, metavar="OUT.csv")
    audience.add_argument(
        "--recipient", required=True, metavar="NAME", help="who gets the list, as `third_parties` of a notice has it"
    )
    where.add_to(audience, "the tables that the environment names")
    audience.add_argument(
        "--for", dest="platform", choices=("any", "google"), default="any", help="whose rules to hash by"
    )


def run(chosen: argparse.Namespace) -> int:
    """Writes the list and says how many were left out, and why."""
    recipient = _named(chosen.recipient)
    found = gathered(*_stack(chosen), recipient, without_dots=chosen.platform == "google", now=datetime.now(UTC))
    with chosen.out.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([["Email"], *([one] for one in found.hashes)])
    print("\n".join(told(found, chosen.out)))
    return 0


def told(found: Audience, out: Path) -> Iterator[str]:
    """What was written, for people."""
    yield f"wrote {len(found.hashes):,} hashed addresses to {out}"
    yield from (
        f"{count:>8,}  left out: {reason.replace('_', ' ')}" for reason, count in sorted(found.left_out.items())
    )


def gathered(
    people: Iterable[list[Item]],
    marks: Callable[[Mapping[str, str]], Marks],
    look: Look,
    recipient: str,
    without_dots: bool,
    now: datetime,
) -> Audience:
    """Everybody who may be on the list; the suppression list is asked for each, for every contact point."""
    from shared.adapters.items import lead_of
    from shared.domain.audience import hashed, left_out

    found = Audience([], Counter())
    for items in people:
        item = next((item for item in items if item["sk"]["S"] == "LEAD"), None)
        lead = lead_of(item) if item else None
        if item is None or lead is None:
            continue
        reason = left_out(lead, look(marks(lead.profile)), "erasing" in item, recipient, now)
        if reason:
            found.left_out[reason] += 1
        else:
            found.hashes.append(hashed(lead.profile["email"], without_dots))
    found.hashes.sort()
    return found


def _named(recipient: str) -> str:
    """The recipient; raises Unusable when no notice names it, for then nobody can have said yes to it."""
    from shared.domain.agreement import from_compiled
    from shared.settings import compiled_agreement

    notices = from_compiled(compiled_agreement()).translated.values()
    known = sorted({name for notice in notices for name in notice.third_parties})
    if recipient not in known:
        raise Unusable(f"No notice names {recipient!r} under third_parties. Named: {', '.join(known) or 'nobody'}.")
    return recipient


def _stack(
    chosen: argparse.Namespace,
) -> tuple[Iterable[list[Item]], Callable[[Mapping[str, str]], Marks], Look]:
    """The people, how they are marked, and where suppressions are looked up."""
    from local.leads_table import LeadsTable
    from shared.adapters.aws import keyring, tables, transport
    from shared.adapters.dynamodb_erasure import DynamoErasures
    from shared.adapters.transport import DYNAMODB
    from shared.domain.submission import ContactPoints
    from shared.settings import from_environment

    environment = _environment(chosen)
    settings = from_environment(environment)
    dynamodb = transport(settings, DYNAMODB, environment)
    keys = keyring(settings, environment)
    store = DynamoErasures(dynamodb, tables(settings))

    def marks(profile: Mapping[str, str]) -> Marks:
        return keys.suppression_marks(ContactPoints(profile.get("email"), profile.get("phone")))

    return LeadsTable(settings, dynamodb).people(), marks, store.found


def _environment(chosen: argparse.Namespace) -> Mapping[str, str]:
    """The ready file names no secret: on this machine it is called as in the template."""
    if chosen.tables:
        return where.of_account((*TABLES, SECRET))
    return {**where.environment_of(chosen, TABLES), SECRET: LOCAL_SECRET}
