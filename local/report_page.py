"""The report as one page that marketing and sales look at together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.charts import Bar, bars, columns, key, lines, page, paragraph, section, table, tiles
from local.report_told import DIMENSIONS, OF_OFFERS
from local.report_words import as_yaml, percent, quoted, revenue, shown, span, spans, told_of_segments, verdict_of

MOST_ROWS = 12
COSTS = {"cost_per_lead": "per lead", "cost_per_qualified_lead": "per qualified"}


def html(report: Mapping[str, Any]) -> str:
    """The report as a self-contained HTML page."""
    return page("Leads: what was offered, and what became of it", _parts(report))


def _parts(report: Mapping[str, Any]) -> Iterator[str]:
    found = report["figures"]
    yield paragraph(_span(report))
    yield from (paragraph(warning, "warning") for warning in report["warnings"])
    yield tiles(_tiles(report))
    yield section("From lead to customer", _funnel(report), paragraph(_benchmark(report, "conversion")))
    yield section("Month by month", key({"new": "leads", "good": "qualified", "old": "customers"}), _trend(report))
    yield section("Sources by qualified leads", _sources(report), _costs(report))
    if found["revenue"]:
        yield section("What was won", _won(report))
    yield section("What sales did", _follow_up(found))
    yield section("Why sales rejected", _reasons(found))
    yield section(
        "Rules behind the offers",
        paragraph("Of the answered offers with points from this rule, how many sales took. The weakest first."),
        _rules(report),
    )
    yield section("Buyer stages", key({"new": "ours", "open": "quoted, not ours"}), _buyer_stages(report))
    yield section("Sales-winnable leads", _winnable(report["winnable"]))
    yield section("Form variants", _tests(report))
    yield section("Segments that failed", _segments(report["failed_segments"]))
    for dimension in ("campaign", "channel_last", "campaign_last", "variant", "definition", *OF_OFFERS):
        if report["by"][dimension]:
            told = _by_offers if dimension in OF_OFFERS else _by
            yield section(f"By {DIMENSIONS[dimension]}", told(report, report["by"][dimension]))
    yield section(
        "Quoted figures", paragraph("What others publish. Nothing here is computed with them."), _quoted(report)
    )


def _span(report: Mapping[str, Any]) -> str:
    if not report["from"]:
        return "There is no history yet."
    versions = ", ".join(report["definitions"]) or "unknown"
    left_out = report["test_leads_left_out"]
    tests = f" {left_out:,} test leads are left out." if left_out else ""
    return f"{report['from'][:10]} to {report['to'][:10]}. Definition {versions}.{tests}"


def _tiles(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = report["figures"]
    yield f"{found['leads']:,}", "leads"
    yield f"{found['qualified']:,}", "qualified leads"
    yield f"{found['customers']:,}", "customers"
    yield percent(found["conversion"]["value"]), "of the leads became customers"
    yield percent(found["acceptance"]["value"]), "of the offers sales accepted"
    if report["currency"]:  # without it nobody said what was spent
        yield found["cost_per_lead"] or "undefined", f"{report['currency']} per lead"
        yield found["cost_per_qualified_lead"] or "undefined", f"{report['currency']} per qualified lead"


def _benchmark(report: Mapping[str, Any], what: str) -> str:
    (one,) = [one for one in report["benchmarks"] if one["what"].startswith(what)]
    return f"Ours: {shown(report['figures']['conversion'])}. Quoted, not ours: {quoted(one)}."


def _funnel(report: Mapping[str, Any]) -> str:
    leads = report["figures"]["leads"]
    rows = [
        Bar(name, count, f"{count:,} ({percent(count / leads if leads else None)})" if leads else f"{count:,}")
        for name, count in report["funnel"].items()
    ]
    return bars("From lead to customer", rows)


def _trend(report: Mapping[str, Any]) -> str:
    trend = report["trend"]
    if not trend:
        return paragraph("No month has a lead yet.")
    series = {"new": "leads", "good": "qualified", "old": "customers"}
    values = {colour: [month[name] for month in trend] for colour, name in series.items()}
    return columns("Leads, qualified leads and customers by month", [month["month"] for month in trend], values)


def _sources(report: Mapping[str, Any]) -> str:
    rows = [
        Bar(row["value"], row["qualified"], f"{row['qualified']:,} of {row['leads']:,}", "good")
        for row in report["by"]["channel"][:MOST_ROWS]
    ]
    return bars("Qualified leads by channel, first touch", rows) if rows else paragraph("No source is known yet.")


def _costs(report: Mapping[str, Any]) -> str:
    rows = report["by"]["channel"][:MOST_ROWS]
    return _by(report, rows) if rows else ""


def _won(report: Mapping[str, Any]) -> str:
    """Revenue in all and by channel; a currency is never added to another."""
    cells = [("all", report["figures"]), *((row["value"], row) for row in report["by"]["channel"][:MOST_ROWS])]
    body = [
        [name, f"{row['customers']:,}", *_worth(row), row["return_on_spend"] or "–"]
        for name, row in cells
        if row["customers"]
    ]
    return table(["", "customers", "won", "each deal", "for each unit spent"], body)


def _worth(row: Mapping[str, Any]) -> tuple[str, str]:
    return (revenue(row), revenue(row, "per_deal")) if row["revenue"] else ("–", "–")


def _by(report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> str:
    rows = list(rows)
    costs = COSTS if any(row[name] for row in rows for name in COSTS) else {}
    head = ["", "leads", "qualified", "accepted", "customers", "conversion"]
    head += [f"{report['currency']} {said}" for said in costs.values()]
    body = [
        [
            row["value"],
            *(f"{row[name]:,}" for name in ("leads", "qualified", "accepted", "customers")),
            percent(row["conversion"]["value"]) if row["leads"] else "–",
            *(row[name] or "–" for name in costs),
        ]
        for row in rows
    ]
    return table(head, body[:MOST_ROWS])


def _by_offers(_report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> str:
    body = [
        [
            row["value"],
            *(f"{row[name]:,}" for name in ("offered", "accepted", "rejected", "customers")),
            percent(row["acceptance"]["value"]),
            percent(row["sla_kept"]["value"]),
            span(row["seconds_to_first_contact"]["p50"]),
        ]
        for row in rows
    ]
    head = [
        "",
        "offered",
        "accepted",
        "rejected",
        "customers",
        "accepted of offered",
        "promises kept",
        "contact, half within",
    ]
    return table(head, body[:MOST_ROWS])


def _follow_up(found: Mapping[str, Any]) -> str:
    rows = [
        [name, span(found[member]["p50"]), span(found[member]["p95"])]
        for name, member in (
            ("offer to queue", "seconds_to_hand_off"),
            ("offer to first answer", "seconds_to_first_answer"),
            ("offer to first contact", "seconds_to_first_contact"),
        )
    ]
    wasted = span(found["seconds_on_rejected"] if found["rejected"] else None)
    kept, of = shown(found["sla_kept"]), found["sla_kept"]["of"]
    promises = f"Promises kept: {kept} of {of:,}." if of else "Promises: nothing is known yet."
    said = f"{promises} Rejected leads were in sales' hands for {wasted} in all."
    return table(["", "half within", "95 % within"], rows) + paragraph(said)


def _reasons(found: Mapping[str, Any]) -> str:
    rows = [Bar(name.replace("_", " "), count, f"{count:,}", "bad") for name, count in found["rejections"].items()]
    return bars("Rejections by reason", rows[:MOST_ROWS]) if rows else paragraph("Nothing was rejected with a reason.")


def _rules(report: Mapping[str, Any]) -> str:
    known = [one for one in report["rules"] if one["precision"]["value"] is not None]
    if not known:
        return paragraph("Sales has answered no offer yet.")
    rows = [_rule_bar(one["rule"], one["precision"]) for one in known]
    return bars("Precision by rule", rows, top=1)


def _rule_bar(name: str, one: Mapping[str, Any]) -> Bar:
    return Bar(name, one["value"], f"{percent(one['value'])} of {one['of']:,}", "new", one["low"], one["high"])


def _buyer_stages(report: Mapping[str, Any]) -> str:
    found = report["buyer_stages"]
    rows = []
    for stage, share in found["ours"].items():
        theirs = found["quoted_percent"][stage]
        rows.append(Bar(stage.replace("_", " "), share or 0, percent(share)))
        rows.append(Bar("", theirs / 100, f"quoted {theirs} %", "open"))
    return bars("Buyer stages beside the quoted split", rows, top=1)


def _winnable(found: Mapping[str, Any]) -> str:
    rows = [
        ["became winnable", f"{found['leads']:,}"],
        ["nobody in sales has them yet", f"{found['waiting']:,}"],
        ["winnable for (half, 95 %)", spans(found["seconds_waiting"])],
        ["won, of decided deals", percent(found["win_rate"])],
        ["won, of the others' deals", percent(found["win_rate_of_others"])],
    ]
    return table(["", ""], rows)


def _tests(report: Mapping[str, Any]) -> str:
    if not report["ab_tests"]:
        return paragraph("Fewer than two variants have leads.")
    return "\n".join(_test(test) for test in report["ab_tests"])


def _test(test: Mapping[str, Any]) -> str:
    rows = [_rule_bar(f"variant {test['names'][side]}", test[side]) for side in ("control", "variant")]
    return bars("Leads that qualified, by variant", rows, top=1) + paragraph(
        verdict_of(test), "warning" if test["warnings"] else ""
    )


def _segments(found: Mapping[str, Any]) -> str:
    if not found["found"]:
        return paragraph("No answer stands out: where many leads gave the same answer, some were won.")
    rows = [
        [f"{one['field']}: {one['value']}", f"0 of {one['failed']:,}", f"at most {percent(one['at_most'])}"]
        for one in found["found"][:MOST_ROWS]
    ]
    proposal = "\n".join(f"- {as_yaml(one['propose'])}" for one in found["found"][:MOST_ROWS])
    return paragraph(told_of_segments(found)) + table(["", "won", "95 %"], rows) + lines(proposal)


def _quoted(report: Mapping[str, Any]) -> str:
    return "\n".join(paragraph(quoted(one)) for one in report["benchmarks"])
