"""What another lead definition would have done with the leads of the past, forward in time.

Each lead's acts are judged one after the other, as they were then, by the old definition and by the new one: nothing
that came later is known earlier. Leads are independent, so the work is spread over the cores and the sums are added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from local.history import Told, histories, in_parts
from shared.domain.course import Course, course
from shared.domain.criteria import Test, compile_condition
from shared.domain.definition import FOR_ALL, Definition, compile_definition
from shared.domain.gates import gate_terms
from shared.domain.history import History

# What counts is the last answer: taken or won is good, rejected or lost is not.
GOOD, BAD = ("accepted", "won"), ("rejected", "lost")
EXAMPLES_KEPT = 200
PartsDone = Callable[[int, int], None]


@dataclass(slots=True)
class Side:
    """The sums of one definition over many leads."""

    counts: Counter[str] = field(default_factory=Counter)
    weeks: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)
    buyer_stages: Counter[str] = field(default_factory=Counter)
    personas: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)  # (rule, sqls | good | bad)

    def add(self, other: Side) -> None:
        for name in ("counts", "weeks", "cells", "buyer_stages", "personas", "rules"):
            getattr(self, name).update(getattr(other, name))


@dataclass(slots=True)
class Sums:
    """Everything that is kept of a run; its size does not grow with the number of leads."""

    leads: int = 0
    events: int = 0
    tests: int = 0
    first: str = ""
    last: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    old: Side = field(default_factory=Side)
    new: Side = field(default_factory=Side)
    changed: Counter[str] = field(default_factory=Counter)  # gained, lost, earlier, later, and gained_… by outcome
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  # (gained | lost, by what)
    examples: list[tuple[str, ...]] = field(default_factory=list)  # (lead, gained | lost, when, by what, outcome)

    def add(self, other: Sums) -> None:
        """These sums and the others; the order of adding changes nothing."""
        self.leads += other.leads
        self.events += other.events
        self.tests += other.tests
        self.first = min(filter(None, (self.first, other.first)), default="")
        self.last = max(self.last, other.last)
        self.old.add(other.old)
        self.new.add(other.new)
        for name in ("outcomes", "changed", "reasons"):
            getattr(self, name).update(getattr(other, name))
        self.examples = sorted((*self.examples, *other.examples))[:EXAMPLES_KEPT]


Wants = Mapping[str, tuple[tuple[str, Test], ...]]  # by persona: each part of its gate to sales, in words


@dataclass(frozen=True, slots=True)
class Pair:
    """The two definitions of a run, compiled."""

    old: Definition
    new: Definition
    wants: tuple[Wants, Wants]  # what each wants of an SQL

    @classmethod
    def of(cls, old: Mapping[str, Any], new: Mapping[str, Any]) -> Pair:
        return cls(compile_definition(old), compile_definition(new), (_wants(old), _wants(new)))


_pair: list[Pair] = []  # one per worker process, compiled once


def run(
    old: Mapping[str, Any], new: Mapping[str, Any], files: Iterable[Path], jobs: int, reading: Told, judging: PartsDone
) -> Sums:
    """The sums over all leads of the files. `reading` hears of bytes, `judging` of parts done. Raises NoHistory."""
    sums = Sums()
    with in_parts(files, reading) as parts:
        for done, part in enumerate(_judged(old, new, parts, jobs), 1):
            sums.add(part)
            judging(done, len(parts))
    return sums


def _judged(old: Mapping[str, Any], new: Mapping[str, Any], parts: list[Path], jobs: int) -> Iterator[Sums]:
    if jobs == 1 or len(parts) == 1:
        pair = Pair.of(old, new)
        yield from (sums_of(histories(part), pair) for part in parts)
        return
    with ProcessPoolExecutor(jobs, initializer=_start, initargs=(old, new)) as pool:
        for ready in as_completed([pool.submit(_part, part) for part in parts]):
            yield ready.result()


def _start(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    _pair[:] = [Pair.of(old, new)]


def _part(path: Path) -> Sums:
    return sums_of(histories(path), _pair[0])


def sums_of(leads: Iterable[History], pair: Pair) -> Sums:
    """The sums over some leads."""
    sums = Sums()
    for lead in leads:
        if lead.is_test:
            sums.tests += 1
        elif lead.acts:
            _count(sums, lead, pair)
    return sums


def _count(sums: Sums, lead: History, pair: Pair) -> None:
    old, new = course(pair.old, lead), course(pair.new, lead)
    outcome = lead.outcome[1] if lead.outcome else "none"
    sums.leads += 1
    sums.events += len(lead.acts)
    first, last = lead.acts[0][0].at, lead.acts[-1][0].at
    sums.first = min(sums.first or first, first)
    sums.last = max(sums.last, last)
    sums.outcomes[outcome] += 1
    _count_side(sums.old, old, outcome)
    _count_side(sums.new, new, outcome)
    _compare(sums, lead, pair, old, new, outcome)


def _count_side(side: Side, made: Course, outcome: str) -> None:
    side.counts["mql"] += bool(made.mql_at)
    if made.last:
        best = made.last.best
        side.counts.update(name for name in ("sales_ready", "sales_winnable", "is_viable") if getattr(best, name))
        side.counts["disqualified"] += made.stage == "disqualified"
        side.buyer_stages[best.buyer_stage] += 1
    if made.at_sql is None:
        return
    best, verdict = made.at_sql.best, _quality(outcome)
    side.counts.update(["sql", f"sql_{outcome}", f"sql_{verdict}"])
    side.weeks[week_of(made.sql_at)] += 1
    side.cells[best.score.cell] += 1
    side.personas[best.persona] += 1
    for claim, tenths, _ in best.score.given:
        if tenths:
            side.rules.update([(claim.rule.id, "sqls"), (claim.rule.id, verdict)])


def _quality(outcome: str) -> str:
    return "good" if outcome in GOOD else "bad" if outcome in BAD else "open"


def week_of(at: str) -> str:
    """The ISO week of an instant, such as 2026-W09."""
    year, week, _ = date.fromisoformat(at[:10]).isocalendar()
    return f"{year}-W{week:02d}"


def _compare(sums: Sums, lead: History, pair: Pair, old: Course, new: Course, outcome: str) -> None:
    if old.sql_at and new.sql_at:
        sums.changed["earlier"] += new.sql_at < old.sql_at
        sums.changed["later"] += new.sql_at > old.sql_at
        return
    if not (old.sql_at or new.sql_at):
        return
    change, at = ("gained", new.sql_at) if new.sql_at else ("lost", old.sql_at)
    by = _why(lead, pair, at, change)
    sums.changed.update([change, f"{change}_{_quality(outcome)}"])
    sums.reasons[change, by] += 1
    sums.examples.append((lead.lead, change, at, by, outcome))


def _wants(plain: Mapping[str, Any]) -> Wants:
    """The parts of every persona's gate to sales, each with its name in the file."""
    terms = gate_terms(frozenset(plain["free_mail"]), plain["content"])

    def parts(gate: Mapping[str, Any]) -> tuple[tuple[str, Test], ...]:
        return tuple((_named(part), compile_condition(part, terms)) for part in gate.get("all", [gate]))

    personas = plain.get("personas") or [FOR_ALL]
    return {
        persona["id"]: parts(persona.get("gates", {}).get("sales_qualified", plain["gates"]["sales_qualified"]))
        for persona in personas
    }


def _named(part: Mapping[str, Any]) -> str:
    return "gate:" + ", ".join(f"{name} {value}" for name, value in part.items())


def _why(lead: History, pair: Pair, at: str, change: str) -> str:
    """What made the difference at the moment of crossing: the one that said no, and what it missed."""
    until = History(lead.lead, [act for act in lead.acts if act[0].at <= at])
    old, new = course(pair.old, until).last, course(pair.new, until).last
    if old is None or new is None:
        return "order of acts"
    yes, no, wants = (new, old, pair.wants[0]) if change == "gained" else (old, new, pair.wants[1])
    if no.best.reached == "disqualified":
        return no.best.reason
    if not no.best.is_viable:
        return "minimum"
    missing = _points(yes.best) - _points(no.best)
    if missing:
        return "rule:" + max(missing, key=lambda rule: (missing[rule], rule))
    unmet = [words for words, holds in wants[no.best.persona] if not holds(no.facts)]
    return unmet[0] if unmet else "gate:permission or stage"


def _points(verdict: Any) -> Counter[str]:
    """Tenths by rule; a Counter, whose difference keeps only what is more."""
    return Counter({claim.rule.id: tenths for claim, tenths, _ in verdict.score.given})
