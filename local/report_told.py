"""A report told as data (JSON). What cannot be divided is null, never 0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from local.backtest_report import rate
from shared.domain import figures as kpi
from shared.domain import segments
from shared.domain.kpis import ALL, Summary
from shared.domain.lead_facts import Totals
from shared.domain.money import in_units
from shared.domain.spend import Spend

DIMENSIONS = {
    "channel": "channel, first touch",
    "campaign": "campaign, first touch",
    "channel_last": "channel, last touch",
    "campaign_last": "campaign, last touch",
    "variant": "form variant",
    "definition": "definition under which the lead came in",
    "offer_definition": "definition that offered it to sales",
    "queue": "queue of sales",
}
OF_OFFERS = ("offer_definition", "queue")  # what an offer has and a lead has not
FUNNEL = {
    "lead": "leads",
    "qualified": "qualified",
    "offered": "offered to sales",
    "accepted": "accepted",
    "prospect": "prospects",
    "customer": "customers",
}
FEW = 30


def as_plain(totals: Totals, spend: Spend | None, as_of: str) -> dict[str, Any]:
    """The whole report as JSON data; rates are from 0 to 1 with their 95 % interval, money is text in whole cents."""
    summary = totals.summary
    return {
        "from": totals.first,
        "to": totals.last,
        "as_of": as_of,
        "test_leads_left_out": totals.tests,
        "definitions": list(summary.values("definition")),
        "figures": _cell(summary, spend, ALL),
        "funnel": {name: summary.count(f"first:{kind}") for kind, name in FUNNEL.items()},
        "trend": [{"month": month, **_month(summary, spend, month)} for month in summary.values("month")],
        "by": {dimension: list(_ranked(summary, spend, dimension)) for dimension in DIMENSIONS},
        "rules": [_rule(record) for record in kpi.rule_records(summary)],
        "ab_tests": list(_ab_tests(summary)),
        "buyer_stages": _buyer_stages(summary),
        "winnable": _winnable(summary, as_of),
        "failed_segments": _segments(totals),
        "currency": spend.currency if spend else None,
        "benchmarks": [asdict(quoted) for quoted in kpi.BENCHMARKS],
        "warnings": list(_warnings(totals, spend)),
    }


def _cell(summary: Summary, spend: Spend | None, cell: str) -> dict[str, Any]:
    """The figures of one cell such as `channel=direct`."""
    found = kpi.figures(summary, cell)
    kept, breached = summary.count("sla_kept", cell), summary.count("sla_breached", cell)
    lost = summary.count("first:lost", cell)
    return {
        "leads": found.leads,
        "qualified": found.qualified,
        "marketing_qualified": found.marketing_qualified,
        "offered": found.offered,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "prospects": found.prospects,
        "customers": found.customers,
        "lost": lost,
        "conversion": rate(found.customers, found.leads),
        "qualified_share": rate(found.qualified, found.leads),
        "acceptance": rate(found.accepted, found.offered),
        "win_rate": rate(found.customers, found.customers + lost),
        "sla_kept": rate(kept, kept + breached),
        "cost_per_lead": _money(spend, found.leads, cell),
        "cost_per_qualified_lead": _money(spend, found.qualified, cell),
        "seconds_to_first_answer": _durations(found.to_answer),
        "seconds_to_first_contact": _durations(found.to_contact),
        "seconds_to_hand_off": _durations(found.hand_off),
        "seconds_on_rejected": found.seconds_on_rejected,
        "rejections": dict(sorted(found.rejections.items(), key=lambda row: (-row[1], row[0]))),
        "revenue": {currency: _revenue(found, currency) for currency in found.revenue},
        "return_on_spend": _text(spend.returned(found.revenue, cell) if spend else None),
    }


def _revenue(found: kpi.Figures, currency: str) -> dict[str, Any]:
    """What was won in one currency, in how many deals, and each on average."""
    amount, deals = Decimal(in_units(found.revenue[currency], currency)), found.valued[currency]
    return {"amount": str(amount), "deals": deals, "per_deal": str((amount / deals).quantize(amount, ROUND_HALF_UP))}


def _money(spend: Spend | None, count: int, cell: str) -> str | None:
    return _text(spend.per(count, cell) if spend else None)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _durations(found: tuple[int | None, int | None]) -> dict[str, int | None]:
    return dict(zip(("p50", "p95"), found, strict=True))


def _month(summary: Summary, spend: Spend | None, month: str) -> dict[str, Any]:
    counts = ("leads", "qualified", "offered", "accepted", "customers")
    names = (*counts, "cost_per_lead", "cost_per_qualified_lead", "revenue", "return_on_spend")
    found = _cell(summary, spend, f"month={month}")
    return {name: found[name] for name in names}


def _ranked(summary: Summary, spend: Spend | None, dimension: str) -> Iterator[dict[str, Any]]:
    """The values by qualified leads, best first; what money was spent on without a lead comes last (A25, C48)."""
    values = [value for value, _ in kpi.ranking(summary, dimension)]
    paid = [cell.partition("=")[2] for cell in (spend.by_cell if spend else ()) if cell.startswith(f"{dimension}=")]
    for value in (*values, *sorted(set(paid) - set(values))):
        yield {"value": value, **_cell(summary, spend, f"{dimension}={value}")}


def _rule(record: kpi.RuleRecord) -> dict[str, Any]:
    precision = rate(record.accepted, record.accepted + record.rejected)
    return {"rule": record.rule, "offered": record.offered, "blamed": record.blamed, "precision": precision}


def _ab_tests(summary: Summary) -> Iterator[dict[str, Any]]:
    """Every variant against the first one by name, by the share of their leads that qualified (C55)."""
    control, *others = summary.values("variant") or ("",)
    for variant in others:
        found = kpi.ab_test(summary, control, variant)
        if found:
            pairs = {
                name: _qualified_of(summary, value) for name, value in (("control", control), ("variant", variant))
            }
            yield {
                "names": {"control": control, "variant": variant},
                **pairs,
                "difference": {"value": round(found.difference, 4), **_interval(found.interval)},
                "p": round(found.p_value, 4),
                "is_significant": found.is_significant,
                "leads_needed_each": found.needed,
                "warnings": list(found.warnings),
            }


def _qualified_of(summary: Summary, variant: str) -> dict[str, Any]:
    cell = f"variant={variant}"
    return rate(summary.count("first:qualified", cell), summary.count("first:lead", cell))


def _interval(found: tuple[float, float]) -> dict[str, float]:
    return {"low": round(found[0], 4), "high": round(found[1], 4)}


def _buyer_stages(summary: Summary) -> dict[str, Any]:
    quoted = kpi.BENCHMARKS[0]
    ours = {stage: _share(share) for stage, share in kpi.buyer_stage_split(summary).items()}
    return {"ours": ours, "quoted_percent": dict(quoted.figures), "quoted_from": quoted.by}


def _share(share: Fraction | None) -> float | None:
    return None if share is None else round(float(share), 4)


def _winnable(summary: Summary, as_of: str) -> dict[str, Any]:
    found = kpi.winnable(summary, as_of)
    rates = {"win_rate": _share(found.win_rate), "win_rate_of_others": _share(found.win_rate_of_others)}
    return {"leads": found.leads, "waiting": found.waiting, "seconds_waiting": _durations(found.age), **rates}


def _segments(totals: Totals) -> dict[str, Any]:
    won, settled = totals.results[segments.WON], sum(totals.results.values())
    found = segments.failing(totals.segments, won, settled)
    return {
        "won": won,
        "settled": settled,
        "looked_at": segments.looked_at(totals.segments),
        "found": [
            {**asdict(one), "at_most": round(one.at_most, 4), "propose": _proposal(one, totals)} for one in found
        ],
    }


def _proposal(one: segments.Segment, totals: Totals) -> dict[str, Any]:
    """A disqualifier as it would stand in the definition's file (A13b)."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in one.value.lower()).split()
    evidence = f"0 of {one.failed} won (at most {100 * one.at_most:.0f} %), {totals.first} to {totals.last}"
    return {
        "id": "-".join(["failed", one.field.replace("_", "-"), *words])[:60].rstrip("-"),
        "why": f"nobody with {one.field} {one.value} has become a customer",
        "evidence": evidence,
        "when": {"field": one.field, "is": [one.value]},
    }


def _warnings(totals: Totals, spend: Spend | None) -> Iterator[str]:
    summary = totals.summary
    found = kpi.figures(summary)
    if not found.leads:
        yield "There is no lead here, so rates and costs are undefined."
        return
    if not found.accepted + found.rejected:
        yield "Sales has not answered any offer: acceptance, reasons and precision are unknown."
    if 0 < found.customers < FEW:
        yield f"Only {found.customers} customers; rates from fewer than {FEW} move a lot by chance."
    yield from _unvalued(found)
    if spend:
        yield from _wasted(summary, spend)


def _unvalued(found: kpi.Figures) -> Iterator[str]:
    told = sum(found.valued.values())
    if 0 < told < found.customers:
        yield f"Of {found.customers:,} customers {told:,} were won with an amount: revenue is at least what is shown."
    if len(found.revenue) > 1:
        yield f"Revenue is in {', '.join(found.revenue)}: amounts of several currencies are not added."


def _wasted(summary: Summary, spend: Spend) -> Iterator[str]:
    for cell, amount in sorted(spend.by_cell.items()):
        if not cell.partition("=")[0].endswith("_last") and not summary.count("first:lead", cell):
            paid, what = f"{amount} {spend.currency}", cell.replace("=", " ")
            yield f"{paid} were spent on {what}, which brought no lead: its cost per lead is undefined."
