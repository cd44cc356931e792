"""What one person's items say, as the lines of an export: without the person.

An address becomes its domain; every other answer becomes "…", unless a form of ours only lets people choose it, or a
rule of the definition reads its text (a job title, say). Test leads are marked, the erased are gone.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.adapters import offer_lines
from shared.adapters.items import Item
from shared.domain.agreement import Agreement
from shared.domain.fold import ATTRIBUTION
from shared.domain.history import GIVEN

KEPT = ATTRIBUTION | {"content"}
ADDRESS = "email"
HOST = re.compile(r"@[\w.-]+\Z")
CHOSEN_KINDS = ("choice", "size", "country")


def lines_of(items: list[Item], shown: frozenset[str], agreement: Agreement) -> list[dict[str, Any]]:
    """What one person's items say, in order of time; nothing without a snapshot."""
    kinds: dict[str, list[dict[str, Any]]] = {"LEAD": [], "EVT": [], "ACT": [], "DSP": [], "OFFER": []}
    for item in items:
        kind = item["sk"]["S"].partition("#")[0]
        if kind in kinds and "doc" in item:
            kinds[kind].append(json.loads(item["doc"]["S"]))
    if not kinds["LEAD"]:
        return []
    lead = kinds["LEAD"][0]
    acts = sorted(kinds["ACT"], key=lambda act: str(act["at"]))
    events = sorted(kinds["EVT"], key=lambda event: (event["at"], event["event_id"]))
    allowed = permissions_after(events, acts, lead, agreement)
    rows = [_event_row(lead["lead_id"], event, scopes, shown) for event, scopes in zip(events, allowed, strict=True)]
    answers = sorted(kinds["DSP"], key=lambda answer: str(answer["at"]))
    rows += [_outcome_row(lead["lead_id"], answer) for answer in answers if answer["outcome"]]
    return [*rows, *_stage_rows(lead), *offer_lines.rows(lead, kinds["OFFER"], answers, items)]


def permissions_after(
    events: Iterable[Mapping[str, Any]],
    acts: Iterable[Mapping[str, Any]],
    lead: Mapping[str, Any],
    agreement: Agreement,
) -> Iterator[list[str]]:
    """What was permitted after each event, all in order of time: the ticks until then, and above them what the person
    confirmed and withdrew until then.

    A tick that was never confirmed where the law wants it is no permission.
    """
    ticked, acted = dict[str, bool](), dict[str, bool]()
    waiting, coming = lead["permission"].get("pending", {}), deque(acts)
    for event in events:
        if agreement.jurisdictions["actions"].get(event["kind"]) in ("enquiry", "service"):
            ticked["reply"] = True
        ticked |= {purpose: True for purpose, yes in event["consents"].items() if yes and purpose not in waiting}
        while coming and coming[0]["at"] <= event["at"]:
            acted |= coming.popleft()["said"]
        yield sorted(scope for scope, yes in {**ticked, **acted}.items() if yes)


def shown_fields(agreement: Agreement) -> frozenset[str]:
    """The fields that stay as they were given: those that our forms only let people choose, and those whose text some
    rule reads. Of any other, under whatever name a platform or a source brings it, only stays that it was given.
    """
    fields = [field for form in agreement.forms.values() for field in form.fields]
    chosen = {field.name for field in fields if field.kind in CHOSEN_KINDS}
    written = {field.name for field in fields if field.kind not in CHOSEN_KINDS}
    return frozenset(chosen - written).union(*map(_read, agreement.definitions.values()))


def _read(plain: Any) -> Iterator[str]:
    """The fields whose text some condition of the definition looks at."""
    if isinstance(plain, dict):
        if "field" in plain and "present" not in plain:
            yield plain["field"]
        for value in plain.values():
            yield from _read(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from _read(value)


def _event_row(lead: str, event: Mapping[str, Any], allowed: list[str], shown: frozenset[str]) -> dict[str, Any]:
    return {
        "type": "event",
        "lead": lead,
        "event_id": event["event_id"],
        "at": event["at"],
        "kind": event["kind"],
        "form": event["form_id"],
        "fields": {name: _without_person(name, value, shown) for name, value in event["fields"].items()},
        "context": {name: value for name, value in event["context"].items() if name in KEPT or isinstance(value, int)},
        "judged": event["judged"],
        "permission": allowed,
        "is_test": event["is_test"],
    }


def _without_person(name: str, value: str, shown: frozenset[str]) -> str:
    if ADDRESS in name.lower():
        host = HOST.search(value)
        return host[0] if host else GIVEN
    return value if name in shown else GIVEN


def _outcome_row(lead: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    more = {name: answer[name] for name in ("reason", "disputed", "amount", "currency") if answer.get(name)}
    return {"type": "outcome", "lead": lead, "at": answer["at"], "outcome": answer["outcome"], **more}


def _stage_rows(lead: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = ("at", "stage", "rule", "definition")
    return [
        {"type": "stage", "lead": lead["lead_id"], **{name: line[name] for name in names}} for line in lead["history"]
    ]
