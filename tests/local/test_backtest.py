"""The back-test: what another definition would have done, forward in time, and how sure one can be."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import backtest, backtest_page, backtest_report, cli, history, sample_history
from local.backtest_command import progress
from tests.builders import DEFINITION
from tests.domain.definitions import plain

SHIPPED = Path("agreement/definition.yaml")
GOOD_FIT = {"email": "@example.com", "company": "…", "job_title": "CTO", "company_size": "201-1000"}


def silent(_done: int, _of: int) -> None:
    """Nobody watches."""


def act(lead: str, day: int, kind: str = "demo_request", **changes: Any) -> dict[str, Any]:
    at = f"2026-03-{day:02d}T12:00:00.000Z"
    whole = {
        "type": "event",
        "lead": lead,
        "event_id": f"{lead}-{day}-{kind}",
        "at": at,
        "kind": kind,
        "fields": GOOD_FIT,
    }
    return {**whole, **changes}


def answer(lead: str, outcome: str, day: int = 20) -> dict[str, Any]:
    return {"type": "outcome", "lead": lead, "at": f"2026-03-{day:02d}T12:00:00.000Z", "outcome": outcome}


def written(tmp_path: Path, rows: list[dict[str, Any]], name: str = "history.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def report_of(path: Path, new: dict[str, Any], jobs: int = 1) -> dict[str, Any]:
    sums = backtest.run(plain(), new, [path], jobs, silent, silent)
    return backtest_report.as_plain(sums, "old", "new", salespeople=2)


def with_threshold(points: int) -> dict[str, Any]:
    gate = {"all": [{"score_at_least": points}, {"inquired": True}]}
    return plain(gates={**plain()["gates"], "sales_qualified": gate})


SMALL = {**GOOD_FIT, "company_size": "11-50"}  # 75 points with an inquiry
HISTORY = [
    act("a", 2),
    answer("a", "won"),
    act("b", 3),
    answer("b", "rejected"),
    act("c", 4, fields=SMALL),
    answer("c", "rejected"),
    act("d", 5, fields=SMALL),
    answer("d", "accepted"),
    act("e", 6, "newsletter_signup"),
    answer("e", "won"),
    act("f", 7, fields={"email": "@gmail.com"}),
]


@pytest.mark.requirement("N05")
def test_the_confusion_of_a_stricter_threshold_is_told_lead_by_lead(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, HISTORY), with_threshold(80))

    old, new = report["old"], report["new"]
    assert (old["sales_qualified"], new["sales_qualified"]) == (4, 2)
    assert (old["precision"]["hits"], old["precision"]["of"]) == (2, 4)
    assert (new["precision"]["hits"], new["precision"]["of"]) == (1, 2)
    assert (old["recall"]["hits"], old["recall"]["of"]) == (2, 3)
    assert (new["recall"]["hits"], new["recall"]["of"]) == (1, 3)
    assert {name: report["changed"][name] for name in ("lost", "lost_good", "lost_bad", "gained")} == {
        "lost": 2,
        "lost_good": 1,
        "lost_bad": 1,
        "gained": 0,
    }
    assert report["changed"]["lost_by"] == {"gate:score_at_least 80": 2}


def test_who_is_gained_is_named_with_what_let_them_in(tmp_path: Path) -> None:
    changed = plain()
    next(rule for rule in changed["fit"] if rule["id"] == "company-named")["points"] = 15

    report = report_of(written(tmp_path, [act("x", 2, fields={**GOOD_FIT, "company_size": ""})]), changed)
    lenient = report_of(written(tmp_path, [act("x", 2, fields={"company": "…"})]), with_threshold(40))

    assert report["changed"]["gained"] + report["old"]["sales_qualified"] == 1
    assert lenient["changed"]["gained_by"] == {"gate:score_at_least 75": 1}
    assert lenient["changed"]["examples"][0]["at"] == "2026-03-02T12:00:00.000Z"


@pytest.mark.parametrize(
    ("changes", "by"),
    [
        (
            {
                "disqualifiers": [
                    {"id": "cto", "why": "x", "evidence": "x", "when": {"field": "job_title", "is": ["CTO"]}}
                ]
            },
            "disqualifier:cto",
        ),
        ({"minimum": {"field": "phone", "present": True}}, "minimum"),
        ({"fit": [rule for rule in plain()["fit"] if rule["id"] != "decision-maker"]}, "rule:decision-maker"),
    ],
)
def test_who_is_lost_is_named_with_the_rule_that_did_it(tmp_path: Path, changes: dict[str, Any], by: str) -> None:
    report = report_of(written(tmp_path, [act("a", 2)]), plain(**changes))

    assert report["changed"]["lost_by"] == {by: 1}


def test_nothing_that_came_later_is_known_earlier(tmp_path: Path) -> None:
    """The lead crosses on the day of its inquiry, not on the day it was first seen."""
    rows = [
        act("a", 2, "newsletter_signup", fields={"email": "@example.com"}),
        act("a", 9),
        act("a", 12, "content_view"),
    ]

    made = backtest.course(DEFINITION, next(history.histories(written(tmp_path, rows))))

    assert made.sql_at == "2026-03-09T12:00:00.000Z"


@pytest.mark.requirement("N12")
def test_each_rule_is_told_how_often_the_sqls_behind_it_ended_well(tmp_path: Path) -> None:
    rules = report_of(written(tmp_path, HISTORY), with_threshold(80))["old"]["rules"]

    assert (rules["company-over-200"]["sqls"], rules["company-over-200"]["precision"]["value"]) == (2, 0.5)
    assert (rules["decision-maker"]["sqls"], rules["decision-maker"]["precision"]["value"]) == (4, 0.5)


@pytest.mark.requirement("P22")
def test_one_won_deal_is_no_certainty_and_no_ninety_one_percent(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, [act("a", 2), answer("a", "won")]), plain())

    precision = report["new"]["precision"]
    assert (precision["value"], precision["low"] < 0.21, precision["high"]) == (1.0, True, 1.0)
    assert any("fewer than 30 say nothing" in warning for warning in report["warnings"])


def test_test_leads_never_count(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, [act("a", 2, is_test=True), act("b", 2)]), plain())

    assert (report["leads"], report["test_leads_left_out"], report["new"]["sales_qualified"]) == (1, 1, 1)


def test_an_empty_history_says_that_it_says_nothing(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, []), plain())

    assert report["warnings"] == ["There is no lead in the export, so it says nothing."]
    assert "\n".join(backtest_report.lines(report))
    assert backtest_page.html(report).startswith("<!doctype html>")


def test_nobody_without_a_permission_to_answer_is_offered_to_sales(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, [act("a", 2, permission=[])]), plain())

    assert report["old"]["sales_qualified"] == 0


def test_an_act_that_may_not_be_judged_adds_nothing(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, [act("a", 2, judged=False)]), plain())

    assert report["old"]["sales_qualified"] == 0


@pytest.mark.requirement("N03")
def test_the_order_of_lines_and_the_number_of_cores_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(sample_history.rows(60, 5, DEFINITION))
    ordered = written(tmp_path, rows, "ordered.jsonl")
    random.Random(1).shuffle(rows)
    shuffled = written(tmp_path, rows, "shuffled.jsonl")
    at_once = report_of(ordered, with_threshold(60))
    monkeypatch.setattr(history, "PART_BYTES", 4000)

    assert report_of(shuffled, with_threshold(60), jobs=2) == at_once


def test_the_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    def text(seed: int) -> str:
        return json.dumps(list(sample_history.rows(20, seed, DEFINITION)))

    assert text(1) == text(1)
    assert text(1) != text(2)


def test_the_sample_holds_no_person() -> None:
    rows = json.dumps(list(sample_history.rows(50, 1, DEFINITION)))

    assert "@example.com" in rows
    assert not any(f'"{name}"' in rows for name in ("first_name", "last_name", "message"))


# Files that are no history


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("nonsense", "history.jsonl:2: no JSON"),
        ("[1]", "history.jsonl:2: not an object"),
        ('{"lead": "a"}', "history.jsonl:2: type is missing"),
        ('{"type": "event", "lead": "a", "at": "2026-03-02T12:00:00Z"}', "history.jsonl:2: kind is missing"),
        ('{"type": "event", "lead": "a", "at": "yesterday", "kind": "x"}', "history.jsonl:2: at: write it as"),
        ('{"type": "event", "lead": "a", "at": "2026-03-02T12:00:00Z", "kind": "x", "fields": 3}', "fields: an object"),
        ('{"type": "outcome", "lead": "a", "at": "2026-03-02T12:00:00Z", "outcome": "maybe"}', "outcome: one of"),
        (
            '{"type": "outcome", "lead": "a", "at": "2026-03-02T12:00:00Z", "outcome": "won", "amount": 1.5}',
            "amount: minor units",
        ),
    ],
)
def test_a_wrong_line_is_named_with_what_to_write_instead(tmp_path: Path, line: str, advice: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(act("a", 2)) + "\n" + line + "\n", "utf-8")

    with pytest.raises(history.NoHistory, match=advice):
        report_of(path, plain())


def test_other_kinds_of_lines_are_left_out(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, [act("a", 2), {"type": "spend", "amount": 5}]), plain())

    assert report["leads"] == 1


# The command


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    new = tmp_path / "draft.yaml"
    shipped = yaml.safe_load(SHIPPED.read_text("utf-8"))
    shipped["version"] = "draft"
    shipped["gates"]["sales_qualified"]["all"][0]["score_at_least"] = 85
    new.write_text(yaml.safe_dump(shipped), "utf-8")
    return {
        "events": tmp_path / "e.jsonl",
        "outcomes": tmp_path / "o.jsonl",
        "new": new,
        "html": tmp_path / "page.html",
    }


def run(*arguments: Any) -> int:
    return cli.main(["definition", *map(str, arguments)])


def test_the_commands_make_a_sample_and_test_a_draft_on_it(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    events, outcomes = ("--events", files["events"]), ("--outcomes", files["outcomes"])

    assert run("sample", "--leads", 300, *events, *outcomes) == 0
    assert run("backtest", *events, *outcomes, "--new", files["new"], "--html", files["html"], "--jobs", 1) == 0

    said = capsys.readouterr().out
    assert "new draft" in said
    assert "lost SQLs: " in said
    page = files["html"].read_text("utf-8")
    assert page.count("<svg") >= 4
    assert "http" not in page.replace("http://www.w3.org", "")


def test_the_report_can_be_had_as_json(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    run("sample", "--leads", 30, "--events", files["events"])
    capsys.readouterr()

    assert run("backtest", "--events", files["events"], "--new", files["new"], "--json", "--salespeople", 3) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["leads"] == 30
    assert report["old"]["sql_per_salesperson_and_week"] is not None


@pytest.mark.parametrize("missing", ["--events", "--new"])
def test_a_missing_file_is_said_and_not_thrown(
    files: dict[str, Path], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sample", "--leads", 3, "--events", files["events"])
    arguments = {"--events": files["events"], "--new": files["new"], missing: Path("nowhere.file")}

    status = run("backtest", *(part for pair in arguments.items() for part in pair))

    assert status == 1
    assert "nowhere.file" in capsys.readouterr().err


def test_progress_is_shown_to_who_looks(capsys: pytest.CaptureFixture[str]) -> None:
    progress(True)("reading", 5, 10)
    progress(False)("judging", 5, 10)

    assert capsys.readouterr().err == "\rreading  [###############               ]  50%"
