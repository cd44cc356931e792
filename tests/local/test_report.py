"""The report: the articles' own numbers, where each figure comes from, and pages that say what is unknown."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import charts, report_page, report_words, sample_history
from local.cli import main
from local.report_command import spend_of
from local.report_told import as_plain
from shared.domain.definition import compile_definition
from shared.domain.history import history_of
from shared.domain.lead import instant
from shared.domain.lead_facts import totals_of
from tests.builders import DEFINITION
from tests.domain.definitions import plain

AS_OF = "2026-06-01T00:00:00.000Z"
START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
GOOD_FIT = {"email": "@example.com", "company": "…", "job_title": "CTO", "company_size": "201-1000"}
Rows = list[dict[str, Any]]


def at(hours: float = 0) -> str:
    return instant(START + timedelta(hours=hours))


def act(lead: str, kind: str = "demo_request", hours: float = 0, **changes: Any) -> dict[str, Any]:
    own = {"event_id": f"{lead}-{hours}", "at": at(hours), "kind": kind, "fields": GOOD_FIT}
    return {"type": "event", "lead": lead, **own, **changes}


def answer(lead: str, outcome: str, hours: float = 5, **more: Any) -> dict[str, Any]:
    return {"type": "outcome", "lead": lead, "at": at(hours), "outcome": outcome, **more}


def offer(lead: str, hours: float = 0, **more: Any) -> dict[str, Any]:
    return {"type": "offer", "lead": lead, "at": at(hours), **more}


def stage(lead: str, name: str, hours: float = 0, definition: str = "old-1", rule: str = "gate") -> dict[str, Any]:
    return {"type": "stage", "lead": lead, "at": at(hours), "stage": name, "rule": rule, "definition": definition}


def report_of(*rows: dict[str, Any], spend: Path | None = None) -> dict[str, Any]:
    by_lead: dict[str, Rows] = {}
    for row in rows:
        by_lead.setdefault(row["lead"], []).append(row)
    totals = totals_of(map(history_of, by_lead.values()), DEFINITION)
    return as_plain(totals, spend_of(spend) if spend else None, AS_OF)


def written(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def spent(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "spend.csv"
    path.write_text("\n".join(("month,channel,campaign,amount,currency", *rows)) + "\n", "utf-8")
    return path


# The articles' own numbers


@pytest.mark.requirement("C52")
def test_the_command_says_ten_percent_for_a_hundred_deals_of_a_thousand_leads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leads = [act(f"l{number}", "newsletter_signup") for number in range(1000)]
    deals = [answer(f"l{number}", "won") for number in range(100)]
    events, outcomes = written(tmp_path / "e.jsonl", leads), written(tmp_path / "o.jsonl", deals)

    assert main(["report", "--events", str(events), "--outcomes", str(outcomes), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)["figures"]["conversion"]
    assert (found["value"], found["hits"], found["of"]) == (0.1, 100, 1000)


@pytest.mark.requirement("C57", "C58a")
def test_the_command_says_ten_dollars_for_five_thousand_spent_on_five_hundred_leads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = {"utm_source": "Google", "utm_medium": "cpc"}
    leads = [act(f"l{number}", "newsletter_signup", context=mark) for number in range(500)]
    events, spend = written(tmp_path / "e.jsonl", leads), spent(tmp_path, "2026-03,google / paid,,5000,USD")

    assert main(["report", "--events", str(events), "--spend", str(spend)]) == 0

    said = capsys.readouterr().out
    assert "cost per lead                                    10.00 USD" in said
    assert "cost per qualified lead                          undefined" in said


@pytest.mark.requirement("C58a")
def test_an_empty_history_has_undefined_rates_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events, page = written(tmp_path / "e.jsonl", []), tmp_path / "page.html"
    spend = spent(tmp_path, "2026-03,google / paid,spring,100,EUR")

    assert main(["report", "--events", str(events), "--spend", str(spend), "--html", str(page)]) == 0

    said = capsys.readouterr().out
    assert "lead conversion                                  undefined" in said
    assert "There is no lead here" in said
    assert "There is no history yet." in page.read_text("utf-8")
    assert not any(
        value["value"] == 0 for value in report_of()["figures"].values() if isinstance(value, dict) and "of" in value
    )


# Where a figure comes from


@pytest.mark.requirement("B10", "B12a", "C16")
def test_offers_answers_reasons_and_times_stand_in_one_report() -> None:
    found = report_of(
        act("a"),
        offer("a", contacted_at=at(3), handed_off_at=at(0.001), promises=["breached", "kept"]),
        answer("a", "accepted", 2),
        answer("a", "won", 400),
        act("b"),
        answer("b", "accepted", 1),
        answer("b", "rejected", 4, reason="no_budget"),
        act("c"),
    )["figures"]

    assert (found["offered"], found["accepted"], found["rejected"], found["customers"]) == (3, 2, 1, 1)
    assert found["rejections"] == {"no_budget": 1}
    assert found["seconds_to_first_contact"]["p50"] == 3 * 3600 // 100 * 100
    assert found["seconds_to_first_answer"] == {"p50": 3600, "p95": 7200}
    assert found["seconds_to_hand_off"]["p50"] == 4
    assert found["seconds_on_rejected"] == 3 * 3600
    assert (found["sla_kept"]["hits"], found["sla_kept"]["of"]) == (1, 2)


@pytest.mark.requirement("N12")
def test_a_rejection_counts_against_the_rules_that_let_the_lead_through() -> None:
    found = report_of(
        act("a"),
        answer("a", "rejected", reason="wrong_title"),
        act("b"),
        answer("b", "rejected", disputed=["company-named"]),
        act("c", fields={**GOOD_FIT, "phone": "…"}),
        answer("c", "accepted"),
    )["rules"]

    by_rule = {one["rule"]: one for one in found}
    assert by_rule["decision-maker"]["blamed"] == 1
    assert by_rule["company-named"]["blamed"] == 1
    assert by_rule["decision-maker"]["precision"]["value"] == round(1 / 3, 4)
    assert by_rule["phone-given"]["precision"]["value"] == 1.0
    assert found[-1]["rule"] == "phone-given"


def test_the_last_word_about_an_offer_speaks_about_its_rules() -> None:
    rules = report_of(act("a"), answer("a", "accepted", 1), answer("a", "rejected", 2))["rules"]

    assert {(one["precision"]["hits"], one["precision"]["of"]) for one in rules} == {(0, 1)}


@pytest.mark.requirement("B12b", "C50")
def test_a_figure_names_the_version_that_was_in_force_then_and_not_todays() -> None:
    found = report_of(
        act("a"),
        stage("a", "lead"),
        stage("a", "sales_qualified", 1, "old-2"),
        stage("a", "sales_accepted", 2, "old-2", rule="answer:accepted"),
        offer("a", 1, queue="dach", rules=["told-rule"]),
        answer("a", "accepted", 2),
    )

    assert [row["value"] for row in found["by"]["definition"]] == ["old-1"]
    (by_offer,) = found["by"]["offer_definition"]
    assert (by_offer["value"], by_offer["offered"], by_offer["accepted"]) == ("old-2", 1, 1)
    assert [(row["value"], row["offered"]) for row in found["by"]["queue"]] == [("dach", 1)]
    assert [one["rule"] for one in found["rules"]] == ["told-rule"]


def test_whom_sales_answered_was_offered_to_it_and_the_same_answer_counts_once() -> None:
    found = report_of(act("a", "newsletter_signup"), answer("a", "accepted", 1), answer("a", "accepted", 2))["figures"]

    assert (found["offered"], found["accepted"]) == (1, 1)


def test_an_answer_to_a_lead_that_was_never_offered_is_no_answer_to_an_offer() -> None:
    found = report_of(act("a"), stage("a", "lead"), answer("a", "accepted"), answer("a", "won", 9))["figures"]

    assert (found["offered"], found["accepted"], found["customers"]) == (0, 0, 1)


def test_a_second_offer_has_its_own_answer() -> None:
    found = report_of(
        act("a"),
        stage("a", "sales_qualified", 0),
        answer("a", "rejected", 1, reason="not_now"),
        stage("a", "sales_qualified", 100),
        answer("a", "accepted", 102),
    )["figures"]

    assert (found["leads"], found["offered"], found["rejected"], found["accepted"]) == (1, 2, 1, 1)
    assert found["seconds_to_first_answer"] == {"p50": 3600, "p95": 7200}


def test_test_leads_never_count() -> None:
    found = report_of(act("a", is_test=True), answer("a", "won"), act("b", "newsletter_signup"))

    assert (found["figures"]["leads"], found["figures"]["customers"], found["test_leads_left_out"]) == (1, 0, 1)


def test_a_test_makes_no_real_lead_disappear_and_a_real_act_makes_a_real_lead_of_a_test() -> None:
    later_tested = [act("a"), answer("a", "won"), act("a", hours=9, is_test=True)]
    first_tested = [act("b", is_test=True), act("b", hours=9)]

    found = report_of(*later_tested, *first_tested)

    assert (found["figures"]["leads"], found["figures"]["customers"], found["test_leads_left_out"]) == (2, 1, 0)


def test_a_lead_of_which_only_answers_are_told_has_come_in_all_the_same() -> None:
    found = report_of(act("a"), stage("a", "sales_accepted", 1, rule="answer:accepted"))["figures"]

    assert (found["leads"], found["accepted"]) == (1, 0)


@pytest.mark.requirement("A25", "C46")
def test_first_and_last_touch_stand_beside_each_other() -> None:
    found = report_of(
        act(
            "a", "newsletter_signup", context={"utm_source": "linkedin", "utm_medium": "paid", "utm_campaign": "spring"}
        ),
        act("a", hours=9, context={"utm_source": "google", "utm_medium": "cpc"}),
    )["by"]

    assert [row["value"] for row in found["channel"]] == ["linkedin / paid"]
    assert [row["value"] for row in found["channel_last"]] == ["google / paid"]
    assert [row["value"] for row in found["campaign"]] == ["spring"]


@pytest.mark.requirement("C48", "C58b")
def won(lead: str, amount: int | None = None, currency: str = "EUR", source: str = "google") -> Rows:
    value = {"amount": amount, "currency": currency} if amount else {}
    touched = {"utm_source": source, "utm_medium": "cpc"}
    return [act(lead, context=touched), answer(lead, "accepted"), answer(lead, "won", 30, **value)]


@pytest.mark.requirement("A1a")
def test_revenue_stands_beside_what_was_spent_by_channel(tmp_path: Path) -> None:
    spend = spent(tmp_path, "2026-03,google / paid,spring,1000,EUR")

    report = report_of(*won("a", 250_000), *won("b", 50_001), *won("c"), spend=spend)

    (paid,) = report["by"]["channel"]
    assert paid["revenue"] == {"EUR": {"amount": "3000.01", "deals": 2, "per_deal": "1500.01"}}
    assert (paid["value"], paid["return_on_spend"], report["figures"]["return_on_spend"]) == (
        "google / paid",
        "3.00",
        "3.00",
    )
    assert "Of 3 customers 2 were won with an amount: revenue is at least what is shown." in report["warnings"]
    text, page = "\n".join(report_words.lines(report, "channel")), report_page.html(report)
    assert "3,000.01 EUR" in text
    assert "1,500.01 EUR" in text
    assert "3,000.01 EUR" in page
    assert "for each unit spent" in page


def test_amounts_of_several_currencies_are_not_added_and_without_any_revenue_is_undefined(tmp_path: Path) -> None:
    spend = spent(tmp_path, "2026-03,google / paid,spring,1000,EUR")

    mixed = report_of(*won("a", 250_000), *won("b", 900, "JPY"), spend=spend)
    nothing = report_of(*won("a"), spend=spend)

    assert {currency: one["amount"] for currency, one in mixed["figures"]["revenue"].items()} == {
        "EUR": "2500.00",
        "JPY": "900",
    }
    assert (mixed["figures"]["return_on_spend"], nothing["figures"]["return_on_spend"]) == (None, None)
    assert any("EUR, JPY: amounts of several currencies are not added" in one for one in mixed["warnings"])
    told = dict(report_words.overview(nothing))
    assert (told["revenue"], told["value per won deal"], told["revenue for each unit spent"]) == ("undefined",) * 3
    assert "revenue" not in "\n".join(report_words.lines(nothing, "channel")).partition("by channel")[2]


def test_money_without_a_lead_is_ranked_last_and_its_cost_is_undefined(tmp_path: Path) -> None:
    spend = spent(tmp_path, "2026-03,bing / paid,,300.00,EUR", "2026-03,google / paid,,50.00,EUR")

    found = report_of(act("a", context={"utm_source": "google", "utm_medium": "cpc"}), spend=spend)

    rows = {row["value"]: row for row in found["by"]["channel"]}
    assert list(rows) == ["google / paid", "bing / paid"]
    assert rows["google / paid"]["cost_per_qualified_lead"] == "50.00"
    assert rows["bing / paid"]["cost_per_lead"] is None
    assert any("300.00 EUR were spent on channel bing / paid" in warning for warning in found["warnings"])


@pytest.mark.requirement("C55")
def test_variants_are_compared_and_a_small_test_is_called_small() -> None:
    leads = [act(f"a{n}", "newsletter_signup", context={"variant": "a"}) for n in range(12)]
    others = [act(f"b{n}", context={"variant": "b"}) for n in range(12)]

    (test,) = report_of(*leads, *others)["ab_tests"]

    assert (test["control"]["value"], test["variant"]["value"]) == (0.0, 1.0)
    assert not test["is_significant"]
    assert "too small to decide on" in report_words.verdict_of(test)


@pytest.mark.requirement("A13b")
def test_a_segment_that_failed_is_proposed_as_a_disqualifier_that_works() -> None:
    def many(count: int, industry: str, outcome: str) -> Rows:
        names = [f"{industry}-{outcome}-{number}" for number in range(count)]
        acts = [act(name, fields={**GOOD_FIT, "industry": industry}) for name in names]
        return [*acts, *(answer(name, outcome) for name in names)]

    found = report_of(*many(40, "Retail", "lost"), *many(30, "Software", "won"), *many(30, "Software", "lost"))

    (one,) = found["failed_segments"]["found"]
    assert (one["field"], one["value"], one["failed"]) == ("industry", "Retail", 40)
    (proposed,) = yaml.safe_load(f"- {report_words.as_yaml(one['propose'])}")
    assert proposed["id"] == "failed-industry-retail"
    assert proposed["evidence"].startswith("0 of 40 won (at most 9 %)")
    stricter = compile_definition(plain(disqualifiers=[proposed]))
    after = totals_of([history_of([act("a", fields={**GOOD_FIT, "industry": "Retail"})])], stricter)
    assert after.summary.count("disqualified") == 1


@pytest.mark.requirement("B47", "C53", "C59")
def test_our_buyers_and_the_quoted_ones_stand_side_by_side_and_are_told_apart() -> None:
    report = report_of(act("a"), act("b", "newsletter_signup", fields={"email": "@example.com"}))

    assert report["buyer_stages"]["ours"]["active"] == 0.5
    page = report_page.html(report)
    assert "quoted, not ours" in page
    assert "quoted 56 %" in page
    assert "cost per lead, US dollars: from 20, to 100 [C59]" in page


# Files and pages


@pytest.mark.requirement("B59b")
def test_the_sample_fills_every_part_of_the_page(tmp_path: Path) -> None:
    rows = list(sample_history.rows(1200, 3, DEFINITION))
    report = report_of(*rows)

    page = report_page.html(report)

    assert report["winnable"]["leads"] > 0
    assert report["winnable"]["seconds_waiting"]["p50"] is not None
    assert page.count("<svg") >= 7
    assert "<strong>undefined" not in page
    assert "http" not in page
    assert "None" not in page
    assert len(page) < 60_000
    text = list(report_words.lines(report, "queue"))
    assert any("dach" in line for line in text)


def test_a_name_from_outside_cannot_become_markup() -> None:
    page = report_page.html(report_of(act("a", context={"utm_source": "<script>alert(1)</script>"})))

    assert "<script" not in page


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2026-13,google,,1,EUR", "line 2, month: invalid_month"),
        ("2026-03,google,,free,EUR", "line 2, amount: invalid_amount"),
        ("2026-03,google,,1,EUR\n2026-03,google,,1,USD", "currencies_mixed"),
    ],
)
def test_a_wrong_line_of_spend_is_named(
    tmp_path: Path, row: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    events = written(tmp_path / "e.jsonl", [act("a")])

    assert main(["report", "--events", str(events), "--spend", str(spent(tmp_path, row))]) == 1

    assert said in capsys.readouterr().err


def test_a_missing_file_is_said_and_not_thrown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--events", "nowhere.jsonl"]) == 1

    assert "nowhere.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, "unknown"), (0, "0 s"), (90, "90 s"), (600, "10 min"), (9000, "2.5 h"), (10**9, "11,574 d")],
)
def test_a_duration_is_said_in_its_largest_unit(seconds: int | None, said: str) -> None:
    assert report_words.span(seconds) == said


def test_months_are_named_so_that_they_do_not_run_into_each_other() -> None:
    drawn = charts.columns("x", [f"2026-{number:02d}" for number in range(1, 13)], {"new": [1.0] * 12})

    assert drawn.count('class="faint"') <= 8
