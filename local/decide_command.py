"""`leadgate decide`: a file of cases against the rules, or one question answered in plain words."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from local.unusable import Unusable
from shared.domain.consent import ConsentDecision, cases, decide, words
from shared.settings import compiled_agreement


def run(chosen: argparse.Namespace) -> int:
    """0 when every case passes or the question was answered, 1 when a case fails."""
    rules = compiled_agreement()["jurisdictions"]
    if chosen.cases:
        return _cases(read(chosen.cases), rules, chosen.json)
    return _one(read(chosen.input), rules, chosen.json)


def read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Unusable(f"{path} is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Unusable(f"{path} must hold an object.")
    return found


# ------------------------------------------------------------------ cases


def _cases(file: Mapping[str, Any], rules: Mapping[str, Any], as_json: bool) -> int:
    if not isinstance(file.get("base"), dict) or not isinstance(file.get("cases"), list):
        raise Unusable('A file of cases has `base` (an object) and `cases` (a list of {"id", "input", "expect"}).')
    try:
        failed = cases.differences(file, rules)
    except (KeyError, TypeError) as error:
        raise Unusable(f"A case lacks a part or has a strange one: {error}.") from None
    passed = len(file["cases"]) - len(failed)
    if as_json:
        print(json.dumps({"passed": passed, "failed": failed}, ensure_ascii=False, indent=1))
    else:
        print("\n".join([*_in_words(failed), f"{passed} passed, {len(failed)} failed"]))
    return 1 if failed else 0


def _in_words(failed: list[dict[str, Any]]) -> Iterator[str]:
    for case in failed:
        yield f"{case['id']} fails"
        for key, difference in case["differences"].items():
            expected, got = (json.dumps(difference[side], ensure_ascii=False) for side in ("expected", "got"))
            yield f"  {key}: expected {expected}, got {got}"


# ------------------------------------------------------------------ one question


def _one(question: Mapping[str, Any], rules: Mapping[str, Any], as_json: bool) -> int:
    decision = decide({**question, "now": _now(question.get("now"))}, rules)
    if as_json:
        print(json.dumps(as_plain(decision), ensure_ascii=False, indent=1))
    else:
        print("\n".join(told(decision)))
    return 0


def _now(given: Any) -> Any:
    """A clock without a zone is refused here, because the rules raise on it."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unusable("Say `now` as an instant with its zone, such as 2026-03-02T12:00:00+00:00.")
    return moment


def as_plain(decision: ConsentDecision) -> dict[str, Any]:
    plain = {field.name: getattr(decision, field.name) for field in fields(decision)}
    return {name: _plain(value) for name, value in plain.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple | frozenset) else value


def told(decision: ConsentDecision) -> Iterator[str]:
    """The decision line by line, then each reason as a sentence."""
    for name, value in as_plain(decision).items():
        if name != "reasons":
            yield f"{name:<16} {_short(value)}"
    yield "because"
    yield from (f"  {words.in_plain_words(reason)}" for reason in decision.reasons)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner if inner is not None else '-'}" for name, inner in value.items()) or "-"
    return (
        {None: "-", True: "yes", False: "no"}.get(value, str(value))
        if not isinstance(value, list)
        else ", ".join(value)
    )
