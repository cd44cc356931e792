"""`leadgate answers …`: sales' answers from a spreadsheet, for teams whose CRM cannot call us."""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.answers_file import EXAMPLE, Row, Wrong, advice_for, read
from local.signed import asked
from local.unusable import Unusable
from local.where import read as read_ready
from shared.domain.errors import Fault

TRIES, PAUSE_SECONDS = 5, 2
TOLD = {
    404: "lead_id: there is no such lead.",
    410: "lead_id: this person was erased; forget what you hold about them.",
    413: "row: too long.",
    503: "row: the stack is busy; run the same command again, what was taken is not taken twice.",
}


@dataclass(frozen=True, slots=True)
class Where:
    """One stack: its API and the variables that sign for it."""

    api_url: str
    environment: Mapping[str, str]


def run(chosen: argparse.Namespace) -> int:
    """0 when every row was taken (or could be, in a dry run), else 1."""
    if chosen.what == "template":
        print(EXAMPLE, end="")
        return 0
    rows, wrong = read(_raw(chosen.file), datetime.now(UTC))
    total = len(rows) + len(wrong)
    counts = Counter(ready=len(rows)) if chosen.dry_run else _sent(_where(chosen), rows, wrong)
    for one in sorted(wrong, key=lambda one: one.line):
        for advice in one.advice:
            print(f"{chosen.file}:{one.line}: {advice}")
    told = [f"{counts['ready']} would be sent"] if chosen.dry_run else [f"{counts['taken']} taken"]
    told += [f"{counts['known']} known already"] if counts["known"] else []
    print(f"{total} rows: {', '.join(told)}, {len(wrong)} wrong")
    return 1 if wrong else 0


def _raw(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None


def _where(chosen: argparse.Namespace) -> Where:
    if chosen.url:
        return Where(chosen.url.rstrip("/"), os.environ)
    if chosen.ready_file is None:
        raise Unusable("Say where: --ready-file F of a local stack, or --url ApiUrl of a deployed one.")
    ready = read_ready(chosen.ready_file)
    return Where(ready["api_url"], ready.environment(()))


def _sent(where: Where, rows: list[Row], wrong: list[Wrong]) -> Counter[str]:
    """Row by row, in the order of the file; what is not taken joins the wrong ones."""
    counts: Counter[str] = Counter()
    for row in rows:
        became, advice = _answered(where, row)
        counts[became] += 1
        if advice:
            wrong.append(Wrong(row.line, advice))
    return counts


def _answered(where: Where, row: Row) -> tuple[str, tuple[str, ...]]:
    for attempt in range(TRIES):
        path = f"/v1/leads/{row.lead_id}/dispositions"
        status, told, headers = asked(where.api_url, where.environment, "POST", path, row.body)
        if status == 200:
            return ("known" if headers.get("Idempotency-Replayed") else "taken"), ()
        if status in (401, 403):
            raise Unusable(f"The stack does not let you answer ({status}). Your role needs the SalesAnswerPolicy.")
        if status < 500 or attempt == TRIES - 1:
            break
        time.sleep(PAUSE_SECONDS)
    faults = [Fault(one["pointer"], one["code"]) for one in told.get("errors", ())]
    found = tuple(advice_for(fault, row.body["kind"]) for fault in faults)
    return "wrong", found or (TOLD.get(status, f"row: answered {status}."),)
