"""What a lead counts as: the facts of its history, and what sums of facts cannot say, such as which answers failed.

Where an export says which stage a lead reached and what was offered, that counts; elsewhere the given definition judges
the acts as they came. Nothing here depends on the moment at which it is counted, so whoever counts, and when, comes to
the same numbers. Test leads never count.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain import segments
from shared.domain.attribution import dimensions
from shared.domain.course import Course, course
from shared.domain.definition import Definition
from shared.domain.disposition import REJECTIONS, in_dispute
from shared.domain.history import GIVEN, History
from shared.domain.kpis import Fact, Summary, facts_of_stage, merge, summarise

VETTED = ("accepted", "rejected")
KIND_OF = {"accepted": "accepted", "rejected": "rejected", "won": "customer", "lost": "lost"}
SAID_BY_SALES = ("sales_accepted", "customer", "lost")  # an answer tells these, so its stage is not counted again
BY_ITSELF = ("disqualified", "prospect")  # what a lead without told stages can have come to by its own acts
SEGMENTS, RESULTS, DAYS, TESTS = "segments", "results", "days", "tests"  # cells that are no dimension


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything that a report is made from; its size grows with the values that were seen, not with the leads."""

    summary: Summary = field(default_factory=Summary)

    @property
    def segments(self) -> segments.Counts:
        """Leads by field, value and result."""
        found = self.summary.cells.get(SEGMENTS, {})
        return {_segment(name): count for name, count in found.items()}

    @property
    def results(self) -> Counter[str]:
        """Leads by what sales made of them at last."""
        return Counter(self.summary.cells.get(RESULTS, {}))

    @property
    def tests(self) -> int:
        """How many test leads were left out."""
        return self.summary.count(TESTS, TESTS)

    @property
    def first(self) -> str:
        """The day of the first thing that happened; empty without history."""
        return min(self.summary.cells.get(DAYS, {}), default="")

    @property
    def last(self) -> str:
        """The day of the last thing that happened; empty without history."""
        return max(self.summary.cells.get(DAYS, {}), default="")


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer to sales; `rules` gave points then, `lines` are their rows where they are known."""

    at: str
    definition: str
    rules: tuple[str, ...] = ()
    lines: tuple[Mapping[str, Any], ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)


def totals_of(leads: Iterable[History], definition: Definition, choices: segments.Choices | None = None) -> Totals:
    """The sums over these leads."""
    return Totals(merge(counted(lead, definition, choices) for lead in leads))


def counted(lead: History, definition: Definition, choices: segments.Choices | None = None) -> Summary:
    """What one lead adds to every sum. With `choices` only answers that a form offers are a segment: so what is counted
    holds no word that somebody typed. Without them every answer is one that the history shows.
    """
    if lead.is_test:
        return Summary({TESTS: {TESTS: 1}})
    if not lead.acts:
        return Summary()
    made = course(definition, lead)
    result = segments.result_of(lead.outcome[1] if lead.outcome else None)
    moments = sorted(moments_of(lead))
    beside: dict[str, Mapping[str, int]] = {
        SEGMENTS: Counter(json.dumps(key) for key in segments.seen(made.tracks.profile, result, GIVEN, choices)),
        RESULTS: {result: 1} if result else {},
        DAYS: Counter((moments[0][:10], moments[-1][:10])),
    }
    return merge((summarise(facts_of(lead, made, definition.version)), Summary(beside)))


def moments_of(lead: History) -> Iterator[str]:
    """When each thing happened that any line tells."""
    yield from (act.at for act, _ in lead.acts)
    yield from (row["at"] for row in lead.told)


def _segment(name: str) -> tuple[str, str, str]:
    field_name, value, result = json.loads(name)
    return field_name, value, result


def facts_of(lead: History, made: Course, version: str) -> Iterator[Fact]:
    """Everything that happened to one lead. `version` is the definition's that judged where none is told."""
    stages = list(_stages(lead, made, version))
    offers = _offers(lead, made, stages)
    of = _dimensions(made, stages[0][2])
    yield from _reached(stages, offers, of)
    for offer in offers:
        yield from _of_offer(offer, of)
    yield from _answers(lead, offers, of)
    if made.winnable_at:
        is_waiting = made.last and made.last.best.sales_winnable and not offers and not lead.outcome
        yield Fact("winnable", made.winnable_at, of, is_waiting=bool(is_waiting))


def _is_an_answer(row: Mapping[str, Any]) -> bool:
    """Does the line say once more what sales answered? The answer has a line of its own."""
    return row["stage"] in SAID_BY_SALES and str(row.get("rule", "")).startswith("answer:")


def _stages(lead: History, made: Course, version: str) -> Iterator[tuple[str, str, str]]:
    """(when, stage, definition version), in order of time; at least one."""
    told = [row for row in lead.lines("stage") if not _is_an_answer(row)]
    if told:
        for row in told:
            yield row["at"], row["stage"], str(row.get("definition", version))
        return
    yield lead.acts[0][0].at, "lead", version
    if made.mql_at:
        yield made.mql_at, "marketing_qualified", version
    offered = made.sql_at or _first_vetting(lead)
    if offered:
        yield offered, "sales_qualified", version
    if made.stage in BY_ITSELF and not offered:
        yield lead.acts[-1][0].at, str(made.stage), version


def _first_vetting(lead: History) -> str:
    """Whom sales took or turned down was offered to it, whatever this definition would have done."""
    return min((row["at"] for row in lead.lines("outcome") if row["outcome"] in VETTED), default="")


def _offers(lead: History, made: Course, stages: Iterable[tuple[str, str, str]]) -> list[Offer]:
    told = lead.lines("offer")
    rows = dict(enumerate(told))
    crossed = [(at, version) for at, stage, version in stages if stage == "sales_qualified"]
    offers = [Offer(at, version, told=rows.get(number, {})) for number, (at, version) in enumerate(crossed)]
    return [_explained(offer, made) for offer in offers]


def _explained(offer: Offer, made: Course) -> Offer:
    """With the rules of the export, else with those that give points by the definition at hand."""
    if "rules" in offer.told or made.at_sql is None:
        return replace(offer, rules=tuple(map(str, offer.told.get("rules", ()))))
    lines = tuple(line.as_plain() for line in made.at_sql.best.score.lines)
    return replace(offer, rules=tuple(line["rule"] for line in lines if line["points"] > 0), lines=lines)


def _dimensions(made: Course, version: str) -> dict[str, str]:
    return dimensions(
        made.tracks.first_touch,
        made.tracks.last_touch,
        definition=version,
        buyer_stage=made.last.best.buyer_stage if made.last else None,
        winnable="yes" if made.winnable_at else "no",
    )


def _reached(stages: Iterable[tuple[str, str, str]], offers: Iterable[Offer], of: Mapping[str, str]) -> Iterator[Fact]:
    visited: list[str] = []
    waiting = iter(offers)
    for at, stage, _ in stages:
        offer = next(waiting) if stage == "sales_qualified" else None
        named = _at_offer(of, offer) if offer else of
        for fact in facts_of_stage(stage, visited, at, named):
            yield replace(fact, rules=offer.rules) if offer and fact.kind == "offered" else fact
        visited.append(stage)


def _of_offer(offer: Offer, of: Mapping[str, str]) -> Iterator[Fact]:
    """What the export says about the offer's way: when it left, when somebody was spoken with, promises."""
    named = _at_offer(of, offer)
    handed, contacted = offer.told.get("handed_off_at"), offer.told.get("contacted_at")
    if handed:
        yield Fact("handed_off", handed, named, seconds=_since("hand_off", offer.at, handed))
    if contacted:
        yield Fact("contacted", contacted, named, seconds=_since("to_contact", offer.at, contacted))
    for promise in offer.told.get("promises", ()):
        yield Fact(f"sla_{promise}", offer.at, named)


def _answers(lead: History, offers: list[Offer], of: Mapping[str, str]) -> Iterator[Fact]:
    """What sales said, each word once per offer; only the last word about an offer speaks about its rules."""
    rows = lead.lines("outcome")
    said: set[tuple[int, str]] = set()
    kinds: set[str] = set()
    for number, row in enumerate(rows):
        place = max((n for n, offer in enumerate(offers) if offer.at <= row["at"]), default=0)
        kind = KIND_OF[row["outcome"]]
        if (place, kind) in said or (kind in VETTED and not offers):
            continue  # said already, or no answer to an offer
        is_first_word = not any(before == place for before, _ in said)
        offer = offers[place] if offers else None
        later = [one for one in rows[number + 1 :] if one["outcome"] in VETTED and _belongs(one, offers, place)]
        yield _answer(row, kind, of, offer, is_first_word, kind not in kinds, is_last=not later, rows=rows)
        said.add((place, kind))
        kinds.add(kind)


def _belongs(row: Mapping[str, Any], offers: list[Offer], place: int) -> bool:
    return place + 1 >= len(offers) or bool(row["at"] < offers[place + 1].at)


def _answer(
    row: Mapping[str, Any],
    kind: str,
    of: Mapping[str, str],
    offer: Offer | None,
    is_first_word: bool,
    is_first: bool,
    is_last: bool,
    rows: Iterable[Mapping[str, Any]],
) -> Fact:
    seconds: dict[str, int] = {}
    if offer and is_first_word:
        seconds |= _since("to_answer", offer.at, row["at"])
    if offer and kind == "rejected":
        taken = [one["at"] for one in rows if one["outcome"] == "accepted" and offer.at <= one["at"] <= row["at"]]
        seconds |= _since("on_rejected", max(taken, default=offer.at), row["at"])
    reason = str(row["reason"]) if row.get("reason") else None
    return Fact(
        kind,
        row["at"],
        _at_offer(of, offer) if offer else of,
        is_first=is_first,
        seconds=seconds,
        won={row["currency"]: row["amount"]} if kind == "customer" and row.get("amount") else {},
        reason=reason,
        rules=offer.rules if offer and kind in VETTED and is_last else (),
        blamed=_blamed(row, offer) if offer and kind == "rejected" else (),
    )


def _blamed(row: Mapping[str, Any], offer: Offer) -> tuple[str, ...]:
    """The rules that a rejection points at, as it was kept, else by its reason (N12)."""
    if "disputed" in row:
        return tuple(map(str, row["disputed"]))
    return in_dispute(offer.lines, row["reason"]) if row.get("reason") in REJECTIONS else ()


def _at_offer(of: Mapping[str, str], offer: Offer) -> Mapping[str, str]:
    queue = {"queue": str(offer.told["queue"])} if offer.told.get("queue") else {}
    return {**of, "offer_definition": offer.definition, **queue}


def _since(name: str, since: str, until: str) -> dict[str, int]:
    """A duration in whole seconds, rounded up; never below 0."""
    length = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return {name: max(0, int(-(-length // 1)))}
