"""A file of decision cases against the rules: `{"base": {...}, "cases": [{"id", "input", "expect"}]}`.

A case differs from the base by its `input` (whole members are replaced). `expect` uses short keys: acc err http store
reply share score doi sales; em sms ph ac (contact); exp expph (expiry of e-mail and phone); opt (optout_persist); why
(a code that must be among the reasons). A file may name the wordings that the registry holds in `notices`; otherwise it
holds the base's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from shared.domain.consent.decision import ConsentDecision
from shared.domain.consent.evaluator import decide
from shared.domain.errors import CannotHappen

# What cases take for granted: an assessment on file, and a tenant that sells (a real one does not, unless it says so).
GRANTED = {"lia": True, "tenant_sells": True, "doi": "none"}
PLAIN = {"acc": "accept", "err": "error", "opt": "optout_persist"}
CONTACT = {"em": "email", "sms": "sms", "ph": "phone", "ac": "autocall"}
EXPIRY = {"exp": "email", "expph": "phone"}


def differences(file: Mapping[str, Any], rules: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cases that fail, as `{"id", "differences": {key: {"expected", "got"}}}`; for `why`, got is all reasons."""
    base = {**GRANTED, **file["base"]}
    known = file.get("notices", [base.get("notice")])
    failed = ({"id": case["id"], "differences": _of_case(base, case, known, rules)} for case in file["cases"])
    return [case for case in failed if case["differences"]]


def with_known_notice(asked: Mapping[str, Any], known: Collection[Any]) -> dict[str, Any]:
    """The question with its notice only if the registry holds it: an unknown wording proves nothing."""
    notice = asked.get("notice")
    return {**asked, "notice": notice if notice in known else None}


def _of_case(
    base: Mapping[str, Any], case: Mapping[str, Any], known: Collection[Any], rules: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        decision = decide(with_known_notice({**base, **case["input"]}, known), rules)
    except CannotHappen:
        return _of_a_broken_clock(case["expect"])
    found = {key: _difference(decision, key, expected) for key, expected in case["expect"].items()}
    return {key: difference for key, difference in found.items() if difference}


def _of_a_broken_clock(expect: Mapping[str, Any]) -> dict[str, Any]:
    """A clock without a zone is nobody's decision: 500 and nothing else, so one such case does not end the others."""
    got = {"http": 500}
    answers = {"http": None, **expect}
    return {
        key: {"expected": expected, "got": got.get(key)}
        for key, expected in answers.items()
        if expected != got.get(key)
    }


def _difference(decision: ConsentDecision, key: str, expected: Any) -> dict[str, Any] | None:
    got = _got(decision, key)
    agrees = expected in got if key == "why" else type(got) is type(expected) and got == expected
    return None if agrees else {"expected": expected, "got": got}


def _got(decision: ConsentDecision, key: str) -> Any:
    """The value of one short key; a key that is in nobody's vocabulary is a mistake in the file."""
    if key == "why":
        return list(decision.reasons)
    if key in CONTACT:
        return decision.contact[CONTACT[key]]
    if key in EXPIRY:
        return decision.expires[EXPIRY[key]]
    name = PLAIN.get(key, key)
    return getattr(decision, name) if name in ConsentDecision.__slots__ else f"no such key: {key}"
