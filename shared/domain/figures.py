"""The figures of a report, read from a summary: rates, durations, rankings, the record of each rule, an A/B test.

Rates are exact; what cannot be divided is None, never 0 (C58a). What others publish is quoted, never computed with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from shared.domain.chance import Comparison, compare
from shared.domain.kpis import ALL, Summary


@dataclass(frozen=True, slots=True)
class Figures:
    """The KPIs of one cell. Rates are exact fractions of 1; what cannot be divided is None, never 0.

    Leads are counted once each; `offered`, `accepted` and `rejected` count every offer. Durations are in seconds at
    the median and the 95th percentile, less than 1 % too low. `revenue` is what was won, in minor units by currency,
    `valued` how many deals told it: the others add nothing.
    """

    leads: int
    qualified: int
    marketing_qualified: int
    offered: int
    accepted: int
    rejected: int
    prospects: int
    customers: int
    conversion: Fraction | None
    qualified_share: Fraction | None
    acceptance: Fraction | None
    win_rate: Fraction | None
    sla_kept: Fraction | None
    to_answer: tuple[int | None, int | None]
    to_contact: tuple[int | None, int | None]
    hand_off: tuple[int | None, int | None]
    seconds_on_rejected: int
    rejections: Mapping[str, int]
    revenue: Mapping[str, int]
    valued: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """How a rule of the definition did with sales: of the answered offers it gave points to, how many were accepted;
    `blamed` counts rejections that point at it.
    """

    rule: str
    offered: int
    accepted: int
    rejected: int
    blamed: int
    precision: Fraction | None


@dataclass(frozen=True, slots=True)
class Winnable:
    """The leads that became sales-winnable (B59b): how many, how many of them nobody in sales has yet and for how many
    seconds they have been winnable (median, 95th percentile), and how their deals end beside those of the others.
    """

    leads: int
    waiting: int
    age: tuple[int | None, int | None]
    win_rate: Fraction | None
    win_rate_of_others: Fraction | None


@dataclass(frozen=True, slots=True)
class Quoted:
    """A figure that others publish, to be shown as a quotation and never computed with."""

    what: str
    figures: Mapping[str, int]
    by: str


BENCHMARKS = (
    Quoted("buyer stage, percent of leads", {"active": 4, "starting": 40, "not_ready": 56}, "B47"),
    Quoted("conversion, percent, SaaS average", {"from": 5, "to": 10}, "C53"),
    Quoted("cost per lead, US dollars", {"from": 20, "to": 100}, "C59"),
    Quoted("leads that are sales-ready, percent", {"about": 25}, "C36"),
)


def figures(summary: Summary, cell: str = ALL) -> Figures:
    """The KPIs of one cell such as `campaign=spring`."""
    leads, customers = (summary.count(f"first:{kind}", cell) for kind in ("lead", "customer"))
    offered, accepted, rejected = (summary.count(kind, cell) for kind in ("offered", "accepted", "rejected"))
    qualified, lost = summary.count("first:qualified", cell), summary.count("first:lost", cell)
    kept, breached = summary.count("sla_kept", cell), summary.count("sla_breached", cell)
    return Figures(
        leads=leads,
        qualified=qualified,
        marketing_qualified=summary.count("first:marketing_qualified", cell),
        offered=offered,
        accepted=accepted,
        rejected=rejected,
        prospects=summary.count("first:prospect", cell),
        customers=customers,
        conversion=rate(customers, leads),
        qualified_share=rate(qualified, leads),
        acceptance=rate(accepted, offered),
        win_rate=rate(customers, customers + lost),
        sla_kept=rate(kept, kept + breached),
        to_answer=_percentiles(summary, "to_answer", cell),
        to_contact=_percentiles(summary, "to_contact", cell),
        hand_off=_percentiles(summary, "hand_off", cell),
        seconds_on_rejected=summary.count("on_rejected:total", cell),
        rejections=_named(summary, "rejected:", cell),
        revenue=_named(summary, "won:", cell),
        valued=_named(summary, "valued:", cell),
    )


def rate(part: int, whole: int) -> Fraction | None:
    """An exact share; undefined where there is no whole (C58a)."""
    return Fraction(part, whole) if whole else None


def ranking(summary: Summary, dimension: str) -> tuple[tuple[str, Figures], ...]:
    """The values of a dimension by qualified leads, then by their share of the leads, then by name (A25, C48)."""
    rows = [(value, figures(summary, f"{dimension}={value}")) for value in summary.values(dimension)]
    return tuple(sorted(rows, key=lambda row: (-row[1].qualified, -(row[1].qualified_share or 0), row[0])))


def rule_records(summary: Summary, cell: str = ALL) -> tuple[RuleRecord, ...]:
    """The record of every rule, the worst first (N12)."""
    counts = {kind: _named(summary, f"rule:{kind}:", cell) for kind in ("offered", "accepted", "rejected", "blamed")}
    rules = sorted({rule for named in counts.values() for rule in named})
    records = [_record(rule, {kind: named.get(rule, 0) for kind, named in counts.items()}) for rule in rules]
    return tuple(sorted(records, key=lambda one: (1 if one.precision is None else one.precision, -one.blamed)))


def buyer_stage_split(summary: Summary) -> dict[str, Fraction | None]:
    """The share of each buyer stage among the leads, to stand beside the quoted 4, 40 and 56 percent (B47)."""
    counts = {stage: summary.count("first:lead", f"buyer_stage={stage}") for stage in BENCHMARKS[0].figures}
    return {stage: rate(count, sum(counts.values())) for stage, count in counts.items()}


def winnable(summary: Summary, as_of: str) -> Winnable:
    """Count, age at a moment (RFC 3339 UTC) and win rate of the leads that became winnable (B59b)."""
    since = _named(summary, "winnable_since~", ALL)
    ages: Counter[int] = Counter()
    for hour, count in since.items():
        ages[_whole_hours(hour, as_of) * 3600] += count
    return Winnable(
        leads=summary.count("first:winnable"),
        waiting=sum(since.values()),
        age=(_percentile(ages, 50), _percentile(ages, 95)),
        win_rate=figures(summary, "winnable=yes").win_rate,
        win_rate_of_others=figures(summary, "winnable=no").win_rate,
    )


def ab_test(summary: Summary, control: str, variant: str, success: str = "qualified") -> Comparison | None:
    """Two variants of a form by how many of their leads reached `success`; None when one has no leads (C55)."""
    pairs = [
        (summary.count(f"first:{success}", f"variant={name}"), summary.count("first:lead", f"variant={name}"))
        for name in (control, variant)
    ]
    return compare(*pairs)


def _whole_hours(since: str, until: str) -> int:
    """From one hour (`2026-03-02T12`) to that of a moment, never below 0."""
    length = datetime.fromisoformat(until[:13] + ":00") - datetime.fromisoformat(since + ":00")
    return max(0, length // timedelta(hours=1))


def _named(summary: Summary, prefix: str, cell: str) -> dict[str, int]:
    counts = summary.cells.get(cell, {})
    return {name.removeprefix(prefix): count for name, count in sorted(counts.items()) if name.startswith(prefix)}


def _record(rule: str, counts: Mapping[str, int]) -> RuleRecord:
    return RuleRecord(rule, **counts, precision=rate(counts["accepted"], counts["accepted"] + counts["rejected"]))


def _percentiles(summary: Summary, name: str, cell: str) -> tuple[int | None, int | None]:
    counts = {int(value): count for value, count in _named(summary, f"{name}~", cell).items()}
    return _percentile(counts, 50), _percentile(counts, 95)


def _percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """By nearest rank: the smallest value that so many percent do not exceed."""
    rank = -(-sum(counts.values()) * percent // 100)
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    return None
