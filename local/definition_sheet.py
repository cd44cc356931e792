"""A definition file as its checks read it: its rules and conditions with their places, and what is around it.

Nothing here trusts the shape of the file: the checks of meaning run over a file that the schema refuses, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from local.definition_file import DefinitionText, Place, entries, listed, text, texts
from local.plain_yaml import load
from shared.domain.permission import RETENTION
from shared.sources import field_map
from shared.sources.marketing_context import COUNTER_LIMITS, NAMES, RAW_TRACES

ANSWER = ("field", "email_domain")
ACT = (*ANSWER, "event", "context", "content")
GATE = (
    *ANSWER,
    "score_at_least",
    "interest_at_least",
    "intent_at_least",
    "fit_at_least",
    "points_in",
    "inquired",
    "inquiry",
    "buyer_stage",
    "permission",
    "times",
    "touches",
    "last_content",
)
JOINING = ("all", "any", "not")
OFFERED = ("choice", "size")
PLATFORM_FIELDS = {
    "linkedin": field_map.LINKEDIN,
    "meta": field_map.META,
    "google": field_map.GOOGLE,
    "hubspot": field_map.HUBSPOT,
    "salesforce": field_map.WEB_TO_LEAD,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that a check found at a place of the file. `level` is error or warning; `line` where the place alone
    does not say it.
    """

    place: Place
    level: str
    code: str
    what: str
    advice: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the definition is checked against.

    `captured`: the fields that a form or source brings; `choices`: the answers of fields that offer no others;
    `purposes`: the permissions that are asked for; `signed`: the definitions that are in force, by id.
    """

    today: date
    captured: frozenset[str] = frozenset()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    purposes: frozenset[str] = frozenset()
    contexts: frozenset[str] = NAMES | {"content"}
    counters: Mapping[str, int] = field(default_factory=lambda: COUNTER_LIMITS)
    traces: frozenset[str] = RAW_TRACES
    retention_days: int = max(RETENTION.values()).days
    signed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rules_elsewhere: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the file; `about` is fit, act, answer or gate."""

    place: Place
    when: Any
    about: str


@dataclass(frozen=True, slots=True)
class RuleAt:
    """One rule of the file."""

    place: Place
    rule: Mapping[str, Any]

    @property
    def id(self) -> str:
        return text(self.rule.get("id")) or "without an id"

    @property
    def is_fit(self) -> bool:
        return "engagement" not in self.place


@dataclass(frozen=True, slots=True)
class Sheet:
    """One definition with everything that its checks need."""

    source: DefinitionText
    around: Around

    @property
    def plain(self) -> dict[str, Any]:
        return entries(self.source.plain)

    @property
    def groups(self) -> dict[str, Any]:
        return entries(self.plain.get("groups"))

    @property
    def kinds(self) -> dict[str, Any]:
        return {**entries(self.plain.get("actions")), **entries(self.plain.get("events"))}

    @property
    def captured(self) -> frozenset[str]:
        return self.around.captured | entries(self.plain.get("captured_elsewhere")).keys()

    def rules(self) -> Iterator[RuleAt]:
        """Fit, engagement, then what personas add."""
        for name in ("fit", "engagement"):
            yield from _rules((name,), self.plain.get(name))
        for place, persona in self.personas():
            yield from _rules((*place, "fit"), persona.get("fit"))

    def personas(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        yield from _parts(("personas",), self.plain.get("personas"))

    def disqualifiers(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        yield from _parts(("disqualifiers",), self.plain.get("disqualifiers"))
        for place, persona in self.personas():
            yield from _parts((*place, "disqualifiers"), persona.get("disqualifiers"))

    def tracks(self) -> list[tuple[Place, dict[str, Any]]]:
        return list(_parts(("nurture", "tracks"), entries(self.plain.get("nurture")).get("tracks")))

    def gates(self) -> Iterator[tuple[Place, Any]]:
        for place, holder in ((), self.plain), *self.personas():
            for name, when in entries(holder.get("gates")).items():
                yield (*place, "gates", name), when

    def next_steps(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        for stage, outcome in entries(self.plain.get("outcomes")).items():
            yield from _parts(("outcomes", stage, "next_steps"), entries(outcome).get("next_steps"))

    def conditions(self) -> Iterator[Condition]:
        """Every condition as it stands in the file, joined ones whole."""
        for rule in self.rules():
            if "when" in rule.rule:
                yield Condition((*rule.place, "when"), rule.rule["when"], "fit" if rule.is_fit else "act")
        for place, holder in ((), self.plain), *self.personas():
            if "minimum" in holder:
                yield Condition((*place, "minimum"), holder["minimum"], "answer")
        for place, one in self.disqualifiers():
            if "when" in one:
                yield Condition((*place, "when"), one["when"], "answer")
        yield from (Condition(place, when, "gate") for place, when in self.gates())
        for stage, when in entries(self.plain.get("buyer_stage")).items():
            yield Condition(("buyer_stage", stage), when, "gate")
        for place, step in self.next_steps():
            if "when" in step:
                yield Condition((*place, "when"), step["when"], "gate")

    def leaves(self) -> Iterator[Condition]:
        """The single conditions within them, whatever their shape."""
        for condition in self.conditions():
            yield from single(condition)


def single(condition: Condition) -> Iterator[Condition]:
    """The single conditions within a condition."""
    place, when = condition.place, condition.when
    joined = next((name for name in JOINING if isinstance(when, dict) and name in when), None)
    if joined is None:
        yield condition
    elif joined == "not":
        yield from single(Condition((*place, "not"), when["not"], condition.about))
    else:
        for index, part in enumerate(listed(when[joined])):
            yield from single(Condition((*place, joined, index), part, condition.about))


def _rules(place: Place, value: Any) -> Iterator[RuleAt]:
    yield from (RuleAt(at, rule) for at, rule in _parts(place, value))


def _parts(place: Place, value: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    for index, part in enumerate(listed(value)):
        if isinstance(part, dict):
            yield (*place, index), entries(part)


# ------------------------------------------------------------------ what is around


def around(home: Path, today: date) -> Around:
    """Forms, sources and the compiled agreement of `home` (agreement/)."""
    forms = [entries(load(path)) for path in sorted((home / "forms").glob("*.yaml"))]
    sources = [entries(load(path)) for path in sorted((home / "sources").glob("*.yaml"))]
    fields = [entries(one) for form in forms for one in listed(form.get("fields"))]
    by_sources = frozenset().union(*map(_brought, sources))
    return Around(
        today=today,
        captured=frozenset(text(one.get("name")) for one in fields) | by_sources,
        choices=_closed(fields, by_sources),
        purposes=frozenset(
            text(entries(box).get("purpose")) for holder in (*forms, *sources) for box in listed(holder.get("boxes"))
        ),
        signed=_signed(home / "compiled.json"),
    )


def _brought(source: Mapping[str, Any]) -> frozenset[str]:
    """The fields that a platform or a form of others can bring."""
    named = entries(source.get("fields")).values()
    by_platform = PLATFORM_FIELDS.get(text(source.get("platform")), {})
    return frozenset(name for name in named if isinstance(name, str)) | frozenset(by_platform.values())


def _closed(fields: list[dict[str, Any]], elsewhere: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The choices of all forms by field, unless a source, or a form without choices, brings any other answer."""
    free = {text(one.get("name")) for one in fields if one.get("kind") not in OFFERED}
    found: dict[str, tuple[str, ...]] = {}
    for one in fields:
        name = text(one.get("name"))
        if one.get("kind") in OFFERED and name not in elsewhere | free:
            found[name] = (*found.get(name, ()), *texts(one.get("choices")))
    return found


def _signed(compiled: Path) -> dict[str, Mapping[str, Any]]:
    """The definitions that are in force, by id; `default` is agreement/definition.yaml."""
    agreement = entries(json.loads(compiled.read_text("utf-8"))) if compiled.exists() else {}
    return {name: entries(one) for name, one in entries(agreement.get("definitions")).items()}
