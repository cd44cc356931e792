"""`leadgate erase …`: ask the officer's door, look for traces before and after, write the certificate."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.signed import asked
from local.traces import Places, Trace, traces
from local.unusable import Unusable
from local.where import read
from shared.adapters.aws import transport
from shared.adapters.transport import DYNAMODB, SQS
from shared.settings import from_environment

PATIENCE_SECONDS, PAUSE_SECONDS = 120, 2
TABLES = ("LEADS_TABLE", "LEDGER_TABLE", "NOTICES_TABLE", "SUPPRESSIONS_TABLE")
NAMES = ("first_name", "last_name", "name")


@dataclass(frozen=True, slots=True)
class Where:
    """One stack: its API and the variables that lead to the rest."""

    api_url: str
    environment: Mapping[str, str]
    queues: tuple[str, ...]


def run(chosen: argparse.Namespace) -> int:
    """0 when everything is done and no trace is left (or, without an order, when the look is done), else 1.

    A look proves something when there was something to find: before the erasure, or before that of a lead that is
    named by its id and gone already.
    """
    where = _where(chosen)
    if not _order(chosen):
        return _look(chosen, where)
    named = {chosen.lead_id} if chosen.lead_id else set()
    wanted, is_repeated = _identifiers(chosen, where) if chosen.scan else ([], False)
    before = _traces(chosen, where, wanted, named) if chosen.scan else []
    told = _erased(where, _order(chosen))
    gone = {one["lead_id"] for one in told["erasures"] if "lead_id" in one}
    after = _traces(chosen, where, wanted, named | gone) if chosen.scan else []
    scan = {"identifiers": len(wanted), "before": len(before), "after": len(after)} if chosen.scan else None
    certificate = {**told, **({"scan": {**scan, "left": [asdict(one) for one in after]}} if scan else {})}
    _print(certificate, before, after, is_repeated)
    if chosen.out:
        _write(chosen.out, certificate)
    is_done = all(one["state"] == "done" for one in told["erasures"])
    return 0 if is_done and not after and (not scan or bool(before) or is_repeated) else 1


def _order(chosen: argparse.Namespace) -> dict[str, Any]:
    """The body of the order; empty when nobody is named."""
    who = {name: value for name in ("lead_id", "email", "phone") if (value := getattr(chosen, name))}
    return {**who, "reason": chosen.reason, "never_contact": chosen.never_contact} if who else {}


def _look(chosen: argparse.Namespace, where: Where) -> int:
    if not (chosen.scan and chosen.find):
        raise Unusable("Say who: LEAD_ID, --email or --phone. Or only look: --scan --find TEXT.")
    found = _traces(chosen, where, chosen.find)
    for trace in found:
        print(f"  {trace.where}  {trace.what}")
    print(f"{len(found)} places.")
    return 0


# ------------------------------------------------------------------ the stack


def _where(chosen: argparse.Namespace) -> Where:
    if chosen.url:
        return Where(chosen.url.rstrip("/"), os.environ, tuple(chosen.queue))
    ready = read(chosen.ready_file)
    return Where(ready["api_url"], ready.environment(TABLES), (*ready["queue_urls"].split(), *chosen.queue))


def _erased(where: Where, order: Mapping[str, Any]) -> dict[str, Any]:
    """The certificates. An order that is not yet carried out is given again until it is, or patience ends: by the ids
    that it was answered with, for who is gone meanwhile is found by nothing else.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    orders: list[Mapping[str, Any]] = [order]
    while True:
        answers = [_ordered(where, one) for one in orders]
        certificates = [one for _, told in answers for one in told.get("erasures", ())]
        busy = [{"state": "busy"}] * any(status == 503 for status, _ in answers)
        if all(status == 200 for status, _ in answers) or time.monotonic() > until:
            return {"erasures": [*certificates, *busy]}
        if not busy:
            how = {name: order[name] for name in ("reason", "never_contact")}
            orders = [{**how, "lead_id": one["lead_id"]} for one in certificates]
        time.sleep(PAUSE_SECONDS)


def _ordered(where: Where, order: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """200, 202 or 503, and the answer."""
    status, told = _asked(where, "POST", "/v1/erasures", order)
    if status == 404:
        raise Unusable("There is no such lead, and there never was one.")
    if status not in (200, 202, 503):
        raise Unusable(f"The order was answered {status}: {json.dumps(told.get('errors', told.get('title', '')))}")
    return status, told


def _asked(where: Where, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    return asked(where.api_url, where.environment, method, path, body)[:2]


# ------------------------------------------------------------------ traces


def _identifiers(chosen: argparse.Namespace, where: Where) -> tuple[list[str], bool]:
    """What the officer named, and what the lead says of itself; and whether the lead was erased before."""
    is_repeated = False
    wanted = [text for text in (chosen.email, chosen.phone, *chosen.find) if text]
    if chosen.lead_id:
        status, lead = _asked(where, "GET", f"/v1/leads/{chosen.lead_id}")
        is_repeated = status == 410
        person = lead["person"] if status == 200 else {}
        wanted += [person[name] for name in ("email", "phone") if name in person]
        wanted += [person[name] for name in NAMES if len(person.get(name, "")) > 3]
    return sorted(set(wanted)), is_repeated


def _traces(chosen: argparse.Namespace, where: Where, wanted: list[str], erased: Iterable[str] = ()) -> list[Trace]:
    missing = [name for name in TABLES if not where.environment.get(name)]
    if missing:
        raise Unusable(f"Set {', '.join(missing)} as the functions have them, to look into the tables.")
    settings = from_environment(where.environment)
    places = Places(
        transport(settings, DYNAMODB, where.environment),
        transport(settings, SQS, where.environment),
        tuple(where.environment[name] for name in TABLES),
        where.queues,
        tuple(chosen.log),
    )
    return traces(places, wanted, erased)


# ------------------------------------------------------------------ telling


def _print(certificate: Mapping[str, Any], before: list[Trace], after: list[Trace], is_repeated: bool) -> None:
    for one in certificate["erasures"]:
        print(f"{one.get('lead_id', 'lead')}: {one['state']}")
        for kind, count in one.get("destroyed", {}).items():
            print(f"  destroyed  {count:>4}  {kind.replace('_', ' ')}")
        for kept in one.get("kept", ()):
            print(f"  kept             {kept}")
    if not certificate["erasures"]:
        print("Nobody is known there. Imports will not bring them in.")
    if "scan" in certificate:
        print(f"Traces before: {len(before)}, after: {len(after)}.")
        for trace in after:
            print(f"  LEFT  {trace.where}  {trace.what}")
        if is_repeated and not after:
            print("  The lead was erased before, and no message encloses it any more.")
        elif not before:
            print("  Nothing was found before either, so this look proves nothing. Check the spelling.")
            print("  To look again after an erasure name the lead's id, from the certificate: LEAD_ID --scan.")
        elif after:
            print(f"  Look again, once that is gone, with: {' '.join(sorted(_ids(certificate)))} --scan")


def _ids(certificate: Mapping[str, Any]) -> list[str]:
    return [one["lead_id"] for one in certificate["erasures"] if "lead_id" in one]


def _write(path: Path, certificate: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(certificate, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}.") from None
