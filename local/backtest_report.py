"""A back-test told: as data (JSON) and as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from local.backtest import Side, Sums
from shared.domain.chance import compare, wilson

ENOUGH = 30  # below so many answers of sales an interval is too wide to decide on
SHORT_WEEKS = 8


def as_plain(sums: Sums, old: str, new: str, salespeople: int | None) -> dict[str, Any]:
    """The whole report as JSON data; rates are from 0 to 1, `null` where nothing can be said."""
    weeks = weeks_between(sums.first, sums.last)
    sides = {
        "old": _side(sums, sums.old, old, weeks, salespeople),
        "new": _side(sums, sums.new, new, weeks, salespeople),
    }
    return {
        "leads": sums.leads,
        "events": sums.events,
        "test_leads_left_out": sums.tests,
        "from": sums.first,
        "to": sums.last,
        "weeks": weeks,
        "outcomes": dict(sorted(sums.outcomes.items())),
        **sides,
        "changed": _changed(sums),
        "difference": _difference(sums),
        "warnings": list(_warnings(sums, weeks)),
    }


def weeks_between(first: str, last: str) -> int:
    """How many weeks an export covers, begun ones included."""
    if not first:
        return 0
    return (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days // 7 + 1


def _side(sums: Sums, side: Side, version: str, weeks: int, salespeople: int | None) -> dict[str, Any]:
    sql, good, bad = (side.counts[name] for name in ("sql", "sql_good", "sql_bad"))
    all_good = sums.outcomes["accepted"] + sums.outcomes["won"]
    per_week = sql / weeks if weeks else 0.0
    return {
        "version": version,
        "marketing_qualified": side.counts["mql"],
        "sales_qualified": sql,
        "disqualified": side.counts["disqualified"],
        "sales_ready": side.counts["sales_ready"],
        "sales_winnable": side.counts["sales_winnable"],
        "below_minimum": sums.leads - side.counts["is_viable"],
        "sql_per_week": round(per_week, 2),
        "sql_in_busiest_week": max(side.weeks.values(), default=0),
        "sql_per_salesperson_and_week": round(per_week / salespeople, 2) if salespeople else None,
        "sql_by_week": dict(sorted(side.weeks.items())),
        "won": side.counts["sql_won"],
        "precision": rate(good, good + bad),
        "recall": rate(good, all_good),
        "cells": dict(sorted(side.cells.items())),
        "personas": dict(sorted(side.personas.items())),
        "buyer_stages": dict(sorted(side.buyer_stages.items())),
        "rules": {rule: _rule(side, rule) for rule in sorted({rule for rule, _ in side.rules})},
    }


def rate(hits: int, tries: int) -> dict[str, Any]:
    """A rate with its 95 % interval (Wilson); None where nothing was tried."""
    if not tries:
        return {"value": None, "low": None, "high": None, "hits": 0, "of": 0}
    low, high = wilson(hits, tries)
    return {"value": round(hits / tries, 4), "low": round(low, 4), "high": round(high, 4), "hits": hits, "of": tries}


def _rule(side: Side, rule: str) -> dict[str, Any]:
    """How many SQLs got points from this rule, and how often those ended well."""
    good, bad = side.rules[rule, "good"], side.rules[rule, "bad"]
    return {"sqls": side.rules[rule, "sqls"], "precision": rate(good, good + bad)}


def _changed(sums: Sums) -> dict[str, Any]:
    names = ("gained", "gained_good", "gained_bad", "gained_open", "lost", "lost_good", "lost_bad", "lost_open")
    return {
        **{name: sums.changed[name] for name in (*names, "earlier", "later")},
        "gained_by": _by(sums, "gained"),
        "lost_by": _by(sums, "lost"),
        "examples": [
            dict(zip(("lead", "change", "at", "by", "outcome"), example, strict=True)) for example in sums.examples
        ],
    }


def _by(sums: Sums, change: str) -> dict[str, int]:
    found = [(by, count) for (kind, by), count in sums.reasons.items() if kind == change]
    return dict(sorted(found, key=lambda row: (-row[1], row[0])))


def _difference(sums: Sums) -> dict[str, Any] | None:
    """New against old precision. The same leads stand on both sides, so the true interval is narrower: this errs on
    the side of caution.
    """
    sides = [
        (side.counts["sql_good"], side.counts["sql_good"] + side.counts["sql_bad"]) for side in (sums.old, sums.new)
    ]
    found = compare(*sides)
    if found is None:
        return None
    low, high = found.interval
    return {
        "precision": round(found.difference, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "p": round(found.p_value, 4),
    }


def _warnings(sums: Sums, weeks: int) -> Iterator[str]:
    answered = {
        name: side.counts["sql_good"] + side.counts["sql_bad"] for name, side in (("old", sums.old), ("new", sums.new))
    }
    if not sums.leads:
        yield "There is no lead in the export, so it says nothing."
        return
    if sums.outcomes["none"] == sums.leads:
        yield "No outcomes: precision and recall are unknown. Give --outcomes, or export after sales has answered."
    for name, count in answered.items():
        if 0 < count < ENOUGH:
            yield f"Only {count} SQLs of the {name} definition were answered; fewer than {ENOUGH} say nothing."
    difference = _difference(sums)
    if difference and difference["p"] >= 0.05:
        yield "The difference in precision may be chance (p = {p:.2f}).".format(**difference)
    unseen = sums.changed["gained_open"]
    if unseen:
        yield (
            f"{unseen} of {sums.changed['gained']} gained SQLs have no answer: sales never saw them, "
            "so the new precision is known only for the others."
        )
    if weeks < SHORT_WEEKS:
        yield f"The export covers {weeks} weeks; deals that take longer are not in it."


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report as a table for people."""
    yield f"{report['leads']:,} leads, {report['events']:,} acts, {report['from'][:10]} to {report['to'][:10]}"
    yield ""
    yield f"{'':<32}{'old ' + report['old']['version']:>22}{'new ' + report['new']['version']:>22}"
    for title, name in (
        ("marketing qualified", "marketing_qualified"),
        ("sales qualified", "sales_qualified"),
        ("  a week", "sql_per_week"),
        ("  in the busiest week", "sql_in_busiest_week"),
        ("  a week and salesperson", "sql_per_salesperson_and_week"),
        ("  of these won", "won"),
        ("sales ready", "sales_ready"),
        ("sales winnable", "sales_winnable"),
        ("disqualified", "disqualified"),
        ("below the minimum", "below_minimum"),
    ):
        if report["old"][name] is not None:
            yield f"{title:<32}{report['old'][name]:>22,}{report['new'][name]:>22,}"
    for title in ("precision", "recall"):
        yield f"{title:<32}{_shown(report['old'][title]):>22}{_shown(report['new'][title]):>22}"
    yield from _changed_lines(report["changed"])
    yield from _rule_lines(report)
    for warning in report["warnings"]:
        yield f"! {warning}"


def _changed_lines(changed: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    for change in ("gained", "lost"):
        answers = ", ".join(f"{changed[f'{change}_{kind}']} {kind}" for kind in ("good", "bad", "open"))
        yield f"{change} SQLs: {changed[change]:,} ({answers})"
        for by, count in list(changed[f"{change}_by"].items())[:8]:
            yield f"  {count:>8,}  {by}"
    yield f"earlier: {changed['earlier']:,}, later: {changed['later']:,}"


def _rule_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The rules by how often sales took what they let through, the worst first (requirement B12a; N12)."""
    known = [(rule, row) for rule, row in report["new"]["rules"].items() if row["precision"]["value"] is not None]
    if not known:
        return
    yield ""
    yield "precision of the rules behind the new SQLs, the weakest first"
    for rule, row in sorted(known, key=lambda one: (one[1]["precision"]["value"], one[0])):
        yield f"  {_shown(row['precision']):>24}  {rule} ({row['sqls']:,} SQLs)"


def _shown(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "unknown"
    return f"{100 * one['value']:.1f} % ({100 * one['low']:.0f} to {100 * one['high']:.0f})"
