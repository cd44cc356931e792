"""A report as tables for a terminal, and its figures written for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from local.report_told import DIMENSIONS, OF_OFFERS

SHORT = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def lines(report: Mapping[str, Any], by: str) -> Iterator[str]:
    """The report as tables for a terminal."""
    found = report["figures"]
    span = f"{report['from'][:10]} to {report['to'][:10]}" if report["from"] else "no history"
    yield f"{found['leads']:,} leads, {span}; definition {', '.join(report['definitions']) or 'unknown'}"
    if report["test_leads_left_out"]:
        yield f"{report['test_leads_left_out']:,} test leads left out"
    yield ""
    yield from (f"{name:<34}{said:>24}" for name, said in overview(report))
    yield from _by_lines(report, by)
    yield from _reason_lines(found)
    yield from _rule_lines(report)
    yield from _ab_lines(report)
    yield from _stage_lines(report)
    yield from _segment_lines(report["failed_segments"])
    yield ""
    yield from (f"! {warning}" for warning in report["warnings"])
    yield from (f"quoted, not ours: {quoted(one)}" for one in report["benchmarks"])


def overview(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The main figures by name, written for people."""
    found, winnable = report["figures"], report["winnable"]
    for name, count in report["funnel"].items():
        yield name, f"{count:,}"
    yield "lead conversion", shown(found["conversion"])
    yield "qualified of all leads", shown(found["qualified_share"])
    yield "accepted of offered", shown(found["acceptance"])
    yield "won of decided deals", shown(found["win_rate"])
    yield "cost per lead", money(report, found["cost_per_lead"])
    yield "cost per qualified lead", money(report, found["cost_per_qualified_lead"])
    yield "revenue", revenue(found)
    yield "value per won deal", revenue(found, "per_deal")
    yield "revenue for each unit spent", found["return_on_spend"] or "undefined"
    for name, member in (
        ("hand-off to the queue", "seconds_to_hand_off"),
        ("time to first answer", "seconds_to_first_answer"),
        ("time to first contact", "seconds_to_first_contact"),
    ):
        yield f"{name} p50 / p95", spans(found[member])
    yield "promises kept", shown(found["sla_kept"])
    yield "spent on rejected leads, in all", span(found["seconds_on_rejected"] if found["rejected"] else None)
    yield "sales-winnable leads", f"{winnable['leads']:,}"
    yield "  of these nobody has yet", f"{winnable['waiting']:,}"
    yield "  winnable for p50 / p95", spans(winnable["seconds_waiting"])
    yield "  won of decided, others", f"{percent(winnable['win_rate'])}, {percent(winnable['win_rate_of_others'])}"


def money(report: Mapping[str, Any], amount: str | None) -> str:
    """An amount with its currency, or that it is undefined."""
    return "undefined" if amount is None else f"{amount} {report['currency']}"


def revenue(found: Mapping[str, Any], what: str = "amount") -> str:
    """What was won, or each deal on average, each currency for itself."""
    each = (f"{Decimal(one[what]):,} {currency}" for currency, one in found["revenue"].items())
    return ", ".join(each) or "undefined"


def shown(one: Mapping[str, Any]) -> str:
    """A rate with its interval, in percent."""
    if one["value"] is None:
        return "undefined"
    return f"{100 * one['value']:.1f} % ({100 * one['low']:.0f} to {100 * one['high']:.0f})"


def percent(value: float | None) -> str:
    """A rate from 0 to 1 in percent."""
    return "undefined" if value is None else f"{100 * value:.0f} %"


def span(seconds: int | None) -> str:
    """A duration in its largest unit of which there are two or more."""
    if seconds is None:
        return "unknown"
    unit = next((name for name, length in reversed(SHORT.items()) if seconds >= 2 * length), "s")
    return (
        f"{seconds / SHORT[unit]:.3g} {unit}" if seconds < 1000 * SHORT[unit] else f"{seconds // SHORT[unit]:,} {unit}"
    )


def spans(found: Mapping[str, int | None]) -> str:
    """A median and a slow end."""
    return "unknown" if found["p50"] is None else f"{span(found['p50'])} / {span(found['p95'])}"


def quoted(one: Mapping[str, Any]) -> str:
    """A figure of others with where it is said."""
    said = ", ".join(f"{name.replace('_', ' ')} {figure}" for name, figure in one["figures"].items())
    return f"{one['what']}: {said} [{one['by']}]"


def _by_lines(report: Mapping[str, Any], by: str) -> Iterator[str]:
    rows = report["by"][by]
    yield ""
    yield f"by {DIMENSIONS[by]}, the most qualified leads first"
    if not rows:
        yield "  nothing is known"
        return
    if by in OF_OFFERS:
        yield from _offer_lines(rows)
        return
    won = any(row["revenue"] for row in rows)
    head = f"  {'':<28}{'leads':>8}{'qualified':>11}{'customers':>11}{'conversion':>12}{'CPL':>12}{'CPL qual.':>12}"
    yield head + (f"{'return':>10}  revenue" if won else "")
    for row in rows:
        costs = [row[name] or "–" for name in ("cost_per_lead", "cost_per_qualified_lead")]
        counts = f"{row['leads']:>8,}{row['qualified']:>11,}{row['customers']:>11,}"
        rates = f"{percent(row['conversion']['value']):>12}{costs[0]:>12}{costs[1]:>12}"
        more = f"{row['return_on_spend'] or '–':>10}  {revenue(row) if row['revenue'] else '–'}" if won else ""
        yield f"  {row['value'][:27]:<28}{counts}{rates}{more}"


def _offer_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f"  {'':<28}{'offered':>9}{'accepted':>10}{'rejected':>10}{'customers':>11}{'promises kept':>15}"
    for row in rows:
        counts = f"{row['offered']:>9,}{row['accepted']:>10,}{row['rejected']:>10,}{row['customers']:>11,}"
        yield f"  {row['value'][:27]:<28}{counts}{percent(row['sla_kept']['value']):>15}"


def _reason_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if found["rejections"]:
        yield ""
        yield f"why sales rejected {found['rejected']:,} offers"
        yield from (f"  {count:>8,}  {reason}" for reason, count in found["rejections"].items())


def _rule_lines(report: Mapping[str, Any]) -> Iterator[str]:
    known = [one for one in report["rules"] if one["precision"]["value"] is not None]
    if known:
        yield ""
        yield "precision of the rules behind the offers, the weakest first"
    for one in known:
        blamed = f", {one['blamed']:,} rejections point at it" if one["blamed"] else ""
        yield f"  {shown(one['precision']):>24}  {one['rule']}{blamed}"


def _ab_lines(report: Mapping[str, Any]) -> Iterator[str]:
    for test in report["ab_tests"]:
        yield ""
        yield verdict_of(test)


def verdict_of(test: Mapping[str, Any]) -> str:
    """An A/B test in a sentence or two."""
    names, gap = test["names"], test["difference"]
    rates = (
        f"{shown(test['control'])} of {names['control']} and {shown(test['variant'])} of {names['variant']} qualified"
    )
    apart = f"difference {100 * gap['value']:+.1f} points ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"
    apart += ", p < 0.01" if test["p"] < 0.01 else f", p = {test['p']:.2f}"
    needed = f" Each needs about {test['leads_needed_each']:,} leads." if test["leads_needed_each"] else ""
    if test["warnings"]:
        return f"A/B: {rates}; {apart}. The sample is too small to decide on.{needed}"
    word = "More than chance." if test["is_significant"] else "It may be chance."
    return f"A/B: {rates}; {apart}. {word}"


def _stage_lines(report: Mapping[str, Any]) -> Iterator[str]:
    found = report["buyer_stages"]
    yield ""
    yield f"{'buyer stage':<20}{'ours':>10}{'quoted':>10}"
    for stage, share in found["ours"].items():
        yield f"{stage.replace('_', ' '):<20}{percent(share):>10}{found['quoted_percent'][stage]:>8} %"


def _segment_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if found["found"]:
        yield ""
        yield f"segments that failed. {told_of_segments(found)}"
    yield from (f"  - {as_yaml(one['propose'])}" for one in found["found"])


def as_yaml(rule: Mapping[str, Any]) -> str:
    """A disqualifier as one line of the definition's file; JSON texts are YAML texts."""
    texts = ", ".join(f"{name}: {json.dumps(rule[name], ensure_ascii=False)}" for name in ("id", "why", "evidence"))
    when = rule["when"]
    return f"{{{texts}, when: {{field: {when['field']}, is: {json.dumps(when['is'], ensure_ascii=False)}}}}}"


def told_of_segments(found: Mapping[str, Any]) -> str:
    """What the proposals rest on."""
    return (
        f"Of all leads with a result {found['won']:,} of {found['settled']:,} were won, of these segments none. "
        f"{found['looked_at']:,} segments were looked at, so one may be chance: back-test a disqualifier first."
    )
