"""A back-test as one page that people would rather look at than read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.charts import Bar, bars, columns, key, page, paragraph, section, table, tiles

SIDES = {"old": "old", "new": "new"}


def html(report: Mapping[str, Any]) -> str:
    """The report as a self-contained HTML page."""
    old, new = report["old"], report["new"]
    return page(f"Back-test: {old['version']} → {new['version']}", _parts(report, old, new))


def _parts(report: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield paragraph(
        f"{report['leads']:,} leads and {report['events']:,} acts, {report['from'][:10]} to {report['to'][:10]}, "
        "judged act by act as they happened. Test leads are left out."
    )
    yield from (paragraph(warning, "warning") for warning in report["warnings"])
    yield tiles(
        (
            (f"{old['sales_qualified']:,} → {new['sales_qualified']:,}", "sales qualified"),
            (f"{old['sql_per_week']:g} → {new['sql_per_week']:g}", "of these a week"),
            (f"{percent(old['precision'])} → {percent(new['precision'])}", "precision: ended well"),
            (f"{percent(old['recall'])} → {percent(new['recall'])}", "recall: of all that ended well"),
            (f"+{report['changed']['gained']:,} / −{report['changed']['lost']:,}", "gained and lost"),
        )
    )
    names = key({"old": f"old: {old['version']}", "new": f"new: {new['version']}"})
    yield section("How many", names, bars("How many leads", list(_counts(report))))
    yield section("How good", names, bars("Precision and recall", list(_rates(report)), top=1))
    yield section("SQLs week by week", names, _weeks(report))
    yield section("Who is gained and lost, and by what", key({"good": "gained", "bad": "lost"}), _reasons(report))
    yield section(
        "Which rules stand behind good and bad SQLs",
        paragraph("How many of the SQLs with this rule ended well, of those that sales has answered; weakest first."),
        _rules(new),
    )
    yield section("Buyer stages", _buyer_stages(report))
    yield section("Examples", _examples(report))


def percent(one: Mapping[str, Any]) -> str:
    """A rate for people, or that nothing is known."""
    return "?" if one["value"] is None else f"{100 * one['value']:.0f} %"


def _counts(report: Mapping[str, Any]) -> Iterator[Bar]:
    for name in ("marketing_qualified", "sales_qualified", "sales_ready", "sales_winnable", "disqualified"):
        for side in SIDES:
            value = report[side][name]
            yield Bar(f"{name.replace('_', ' ')} ({side})", value, f"{value:,}", side)


def _rates(report: Mapping[str, Any]) -> Iterator[Bar]:
    for name in ("precision", "recall"):
        for side in SIDES:
            one = report[side][name]
            said = f"{percent(one)} of {one['of']:,}" if one["of"] else "unknown"
            yield Bar(f"{name} ({side})", one["value"] or 0, said, side, one["low"], one["high"])


def _weeks(report: Mapping[str, Any]) -> str:
    weeks = sorted({*report["old"]["sql_by_week"], *report["new"]["sql_by_week"]})
    if not weeks:
        return paragraph("No SQLs in any week.")
    series = {side: [report[side]["sql_by_week"].get(week, 0) for week in weeks] for side in SIDES}
    return columns("SQLs by ISO week", weeks, series)


def _reasons(report: Mapping[str, Any]) -> str:
    changed = report["changed"]
    rows = [Bar(by, count, f"+{count:,}", "good") for by, count in list(changed["gained_by"].items())[:10]]
    rows += [Bar(by, count, f"−{count:,}", "bad") for by, count in list(changed["lost_by"].items())[:10]]
    return bars("Gained and lost SQLs by what made the difference", rows) if rows else paragraph("Nobody.")


def _rules(new: Mapping[str, Any]) -> str:
    known = [(rule, row["precision"]) for rule, row in new["rules"].items() if row["precision"]["value"] is not None]
    rows = [
        Bar(rule, one["value"], f"{percent(one)} of {one['of']:,}", "new", one["low"], one["high"])
        for rule, one in sorted(known, key=lambda row: (row[1]["value"], row[0]))
    ]
    return bars("Precision by rule", rows, top=1) if rows else paragraph("Sales has answered none of them.")


def _buyer_stages(report: Mapping[str, Any]) -> str:
    rows = []
    for stage in ("active", "starting", "not_ready"):
        shares = [
            f"{100 * report[side]['buyer_stages'].get(stage, 0) / report['leads']:.0f} %" if report["leads"] else "?"
            for side in SIDES
        ]
        rows.append([stage.replace("_", " "), *shares])
    return table(["", "old", "new"], rows)


def _examples(report: Mapping[str, Any]) -> str:
    rows = [
        [one["lead"][:12], one["change"], one["at"][:10], one["by"], one["outcome"]]
        for one in report["changed"]["examples"][:25]
    ]
    return table(["lead", "change", "on", "by", "sales said"], rows) if rows else paragraph("None.")
