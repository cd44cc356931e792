"""What the schema refuses, told with its place in the file and with what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import ValidationError

from local.agreement_definition import DefinitionFile
from local.definition_file import Place, entries, text
from local.definition_sheet import Fault, Sheet

MISSING = {
    "signed_off": "Let both sign: signed_off: {sales: {name: …, date: …}, marketing: {name: …, date: …}}.",
    "sales": 'Let sales sign: sales: {name: …, date: "2026-11-20"}. Without both nothing counts.',
    "marketing": 'Let marketing sign: marketing: {name: …, date: "2026-11-20"}. Without both nothing counts.',
    "minimum": "Draw the line of a minimum viable lead, such as minimum: {field: company, present: true}.",
    "disqualifiers": "Say what you are not looking for: disqualifiers: [{id: …, why: …, evidence: …, when: …}].",
    "action": "Bind it to an action: queue, nurture, work, keep or reject.",
    "owner": "Name who acts: owner: sales or owner: marketing.",
    "next_step": "Say what is to be done next, in one sentence.",
    "when": "Say when it counts, such as when: {field: company, present: true}.",
    "why": "Give the reason in a few words; it stands on the line of the explanation.",
    "evidence": 'Cite what speaks for it, such as evidence: "0 of 63 won, 2024 to 2025".',
    "from": "Say who may send it: from: [page], [server] or [page, server].",
    "journey": "Tag the content: journey: early, middle or late.",
    "kind": "Tag the content: kind: educational or promotional.",
    "cap": "Add cap: the most that this rule may give over all acts.",
    "fit": "List what a qualified prospect has: fit: [{id: …, family: …, group: …, points: …, why: …, when: …}].",
    "engagement": "List what they do: engagement: [{id: …, dimension: interest, group: …, points: …, cap: …, …}].",
    "needs": "Name the permission without which nobody is enrolled, such as needs: mkt_email.",
    **dict.fromkeys(
        ("budget", "authority", "need", "timeline"),
        "BANT needs all four: name the field that holds it; sales confirms them before a lead is a prospect.",
    ),
}
KINDS = {
    "int_type": "Write a whole number, without quotes.",
    "string_type": 'Write text; put it in quotes if YAML reads it as a number, a date or yes and no ("NO").',
    "bool_type": "Write true or false.",
    "list_type": "Write a list: [one, another].",
    "dict_type": "Write names and values: {name: value}.",
    "model_type": "Write names and values: {name: value}.",
    "too_short": "Leave nothing empty here: name at least one.",
}


def faults(sheet: Sheet) -> Iterator[Fault]:
    """Every refusal of the schema, in its order."""
    try:
        DefinitionFile.model_validate(sheet.source.plain)
    except ValidationError as refused:
        for error in refused.errors(include_url=False, include_input=False):
            yield _fault(sheet, error)


def _fault(sheet: Sheet, error: Mapping[str, Any]) -> Fault:
    kind, place = error["type"], _place(sheet, error["loc"])
    name = str(error["loc"][-1]) if error["loc"] else "the file"
    if kind == "missing":
        return Fault(place, "error", "missing", f"{_said(place)} has no `{name}`.", MISSING.get(name, f"Add {name}: …"))
    if kind == "extra_forbidden":
        return Fault(place, "error", "unknown_word", f"`{name}` means nothing here.", _instead_of(name))
    if kind == "literal_error":
        expected = error["ctx"]["expected"].replace("'", "")
        return Fault(
            place, "error", "no_such_value", f"{_said(place)} has a value that is not known.", f"Write {expected}."
        )
    if kind == "value_error":
        what = error["msg"].removeprefix("Value error, ")
        return Fault(place, "error", "schema", f"{_said(place)}: {what}.", "See docs/definition.md.")
    return Fault(
        place, "error", "schema", f"{_said(place)}: {error['msg']}.", KINDS.get(kind, "See docs/definition.md.")
    )


def _place(sheet: Sheet, location: tuple[str | int, ...]) -> Place:
    """The part of the location that is in the file; names of the schema itself are passed over."""
    place: Place = ()
    for part in location:
        if (*place, part) in sheet.source.lines:
            place = (*place, part)
    return place


def named(sheet: Sheet, fault: Fault) -> Fault:
    """The fault at the place that it speaks of, where it is said about the whole file."""
    found = re.match(r"The file: (rule|outcomes)[ :]+([a-z0-9_-]+)", fault.what)
    if fault.place or not found:
        return fault
    place = next((rule.place for rule in sheet.rules() if rule.id == found[2]), ("outcomes",))
    return replace(fault, place=place)


def _said(place: Place) -> str:
    return ".".join(str(part) for part in place) or "The file"


def _instead_of(name: str) -> str:
    close = difflib.get_close_matches(name, _words(), n=1)
    return f"Did you mean {close[0]}?" if close else "Take it out, or see docs/definition.md for what may stand here."


@cache
def _words() -> tuple[str, ...]:
    """Every name that the schema knows."""
    schema = DefinitionFile.model_json_schema(by_alias=True)
    parts = [schema, *entries(schema.get("$defs")).values()]
    return tuple(sorted({name for part in parts for name in entries(part.get("properties"))} | {text("not")}))
