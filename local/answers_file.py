"""A table of sales' answers as teams keep it in a spreadsheet: from bytes to answers, and advice for wrong rows."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.unusable import Unusable
from shared.domain.disposition import ACCEPTANCE, ANSWERS_AT, BANT, INTEREST, REASONS, answer_from
from shared.domain.errors import Fault, RejectedInput
from shared.domain.identity import canonical
from shared.domain.money import minor_units
from shared.sources.instants import instant_of
from shared.sources.strict_json import is_key

FACTS = tuple(dict.fromkeys((*ACCEPTANCE, *BANT)))
REQUIRED = ("lead_id", "kind", "actor_id")
COLUMNS = (*REQUIRED, "actor_team", "reason", "next_stage_interest", *FACTS, "amount", "currency", "at", "answer_id")
TRUTHS: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "y", "true", "1", "x", "ja", "wahr"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nein", "falsch"), False),
}
MOST_ROWS = 10_000
EXAMPLE = f"""\
{",".join(COLUMNS)}
7565b9db902409a0fdc1650e559e5a22,contacted,dach-1,sales,,yes,,,,,,,,,2026-03-09T10:15:00+01:00,
7565b9db902409a0fdc1650e559e5a22,accepted,dach-1,sales,,yes,yes,yes,yes,,,,,,2026-03-09T11:00:00+01:00,
7565b9db902409a0fdc1650e559e5a22,bant,dach-1,sales,,yes,,yes,,yes,yes,yes,,,2026-03-11T09:00:00+01:00,
7565b9db902409a0fdc1650e559e5a22,won,dach-1,sales,,,,,,,,,1250.00,EUR,2026-03-13T17:30:00+01:00,
0f3c5d7e9b1a2c4d6e8f0a1b2c3d4e5f,rejected,dach-2,sales,wrong_title,no,,,,,,,,,2026-03-09T16:40:00+01:00,
"""
_LEAD_ID = re.compile(r"[0-9a-f]{32}")
_PLACES = {"/actor/id": "actor_id", "/actor/team": "actor_team"}


@dataclass(frozen=True, slots=True)
class Row:
    """One answer ready to send; `line` is that of the file."""

    line: int
    lead_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One row that cannot be sent, or was not taken: where it stands and what to do."""

    line: int
    advice: tuple[str, ...]


def read(raw: bytes, now: datetime) -> tuple[list[Row], list[Wrong]]:
    """The rows that can be sent, and the others. Raises Unusable when it is no such table at all."""
    rows: list[Row] = []
    wrong: list[Wrong] = []
    seen: dict[str, Row] = {}
    for line, cells in _cells(raw):
        found = _row(line, cells, now)
        if isinstance(found, Row) and found.body["answer_id"] in seen:
            first = seen[found.body["answer_id"]]
            if (first.lead_id, first.body) == (found.lead_id, found.body):
                continue
            found = Wrong(line, (f"answer_id: line {first.line} has it too and says something else. Give another.",))
        if isinstance(found, Row):
            seen[found.body["answer_id"]] = found
            rows.append(found)
        else:
            wrong.append(found)
    return rows, wrong


def advice_for(fault: Fault, kind: str = "") -> str:
    """What to do about a fault, by column."""
    column = _PLACES.get(fault.pointer, fault.pointer.rpartition("/")[2] or "row")
    if column == "next_stage_interest":
        return f"next_stage_interest: one of {', '.join(INTEREST)}."
    if column == "reason":
        reasons = REASONS.get(kind)
        return f"reason: one of {', '.join(reasons)}." if reasons else f"reason: leave it empty for {kind}."
    if column in ("amount", "currency") and kind != "won":
        return f"{column}: leave it empty for {kind}; only what is won is worth something."
    known = {
        "amount": "amount: what was won, such as 1250.00, with no more digits than the currency has.",
        "currency": "currency: three letters of ISO 4217 such as EUR, whenever there is an amount.",
        "kind": f"kind: one of {', '.join(ANSWERS_AT)}.",
        "actor_team": "actor_team: sales; nobody else can answer for sales.",
        "actor_id": "actor_id: the id of the person in sales, up to 64 characters, no e-mail address.",
        "at": "at: when it was, with its zone, such as 2026-03-09T14:05:00+01:00; not in the future.",
        "confirms": f"confirms: intent, budget, fit go with accepted; {', '.join(BANT)} go with bant.",
    }
    codes = {
        "illegal_move": "kind: the lead is not where this could be said; look at its stage.",
        "not_theirs": "actor_team: this is not theirs to say.",
        "before_the_offer": "at: that was before the lead was offered, or before what moved it last.",
        "key_reused": "answer_id: it was used for another answer. Give this one another id.",
        "test_lead": "lead_id: this is a test lead; nobody answers for it.",
        "too_many_answers": "lead_id: there are too many answers about this lead.",
    }
    return codes.get(fault.code) or known.get(column) or f"{column}: {fault.code}."


def _cells(raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that says something, with the line on which it ends, by column; a spreadsheet's mark and separator are
    understood.
    """
    table = csv.reader(io.StringIO(_text(raw), newline=""), delimiter=_delimiter(raw), strict=True)
    try:
        header = next((row for row in table if any(row) and not row[0].lower().startswith("sep=")), [])
        names = [name.strip().lower() for name in header]
        _check(names)
        for number, row in enumerate((row for row in table if any(cell.strip() for cell in row)), 1):
            if number > MOST_ROWS:
                raise Unusable(f"More than {MOST_ROWS:,} rows. Send them in parts.")
            extra = {"": "too many"} if len(row) > len(names) else {}
            yield table.line_num, {**dict(zip(names, (cell.strip() for cell in row), strict=False)), **extra}
    except csv.Error as error:
        raise Unusable(f"Line {table.line_num} cannot be read as CSV: {error}.") from None


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("The file is not UTF-8. In Excel: Save as, CSV UTF-8 (comma delimited).") from None


def _delimiter(raw: bytes) -> str:
    """What stands most often in the header: a comma, a semicolon (Excel in much of Europe) or a tab."""
    lines = (line for line in _text(raw).splitlines() if line.strip() and not line.lower().startswith("sep="))
    header = next(lines, "")
    return max(",;\t", key=header.count)


def _check(names: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in names]
    strange = [name for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    if missing or strange or twice:
        said = [f"the header lacks {', '.join(missing)}"] if missing else []
        said += [f"{len(strange)} columns of the header are not known"] if strange else []
        said += [f"{', '.join(name or 'an empty name' for name in twice)} stands twice"] if twice else []
        raise Unusable(f"No table of answers: {'; '.join(said)}. `leadgate answers template` prints the columns.")


def _row(line: int, cells: Mapping[str, str], now: datetime) -> Row | Wrong:
    kind = cells.get("kind", "").lower()
    given = {name: text for name, text in cells.items() if text and name}
    advice = ["row: more cells than the header has columns."] if "" in cells else []
    if not _LEAD_ID.fullmatch(given.get("lead_id", "")):
        advice.append("lead_id: the 32 characters 0-9 a-f of the message; a spreadsheet may have changed them.")
    if "answer_id" in given and not is_key(given["answer_id"]):
        advice.append("answer_id: 16 to 64 of A-Z a-z 0-9 _ -, or leave it empty.")
    facts = {name: TRUTHS.get(given[name].lower()) for name in FACTS if name in given}
    advice += [f"{name}: yes, no, or empty." for name, holds in facts.items() if holds is None]
    body = _body(kind, given, {name: holds for name, holds in facts.items() if holds is not None}) | _value(given)
    at, late = instant_of(given.get("at"), now)
    advice += [advice_for(fault, kind) for fault in (*_faults(body), *late)]
    if advice:
        return Wrong(line, tuple(dict.fromkeys(advice)))
    dated = {**body, "at": at} if at else body
    return Row(line, given["lead_id"], {"answer_id": given.get("answer_id") or _hash(given["lead_id"], dated), **dated})


def _body(kind: str, given: Mapping[str, str], facts: Mapping[str, bool]) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": kind, "actor": {"team": given.get("actor_team", "sales").lower()}}
    body["actor"]["id"] = given.get("actor_id", "")
    for name in ("reason", "next_stage_interest"):
        body |= {name: given[name].lower()} if name in given else {}
    return {**body, "confirms": dict(facts)} if facts else body


def _value(given: Mapping[str, str]) -> dict[str, Any]:
    """What was won, in minor units; an amount that is none becomes 0, which is refused."""
    currency = {"currency": given["currency"].upper()} if "currency" in given else {}
    amount = {"amount": minor_units(given["amount"], currency.get("currency", "")) or 0} if "amount" in given else {}
    return {**amount, **currency}


def _faults(body: Mapping[str, Any]) -> tuple[Fault, ...]:
    try:
        answer_from(body)
    except RejectedInput as wrong:
        return wrong.faults
    return () if body["actor"]["team"] == "sales" else (Fault("/actor/team", "not_theirs"),)


def _hash(lead_id: str, body: Mapping[str, Any]) -> str:
    """The same row has the same name, so a file may be sent again and again."""
    return "row-" + hashlib.sha256(canonical({"lead_id": lead_id, **body}).encode()).hexdigest()[:40]
