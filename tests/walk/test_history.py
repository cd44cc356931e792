"""The history of leads taken out of the tables without the persons, tried on another definition, and judged anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local import cli
from tests.support.events import a_post
from tests.walk.conftest import Walk
from tests.walk.test_engagement import ALLOWED, SENIOR, token_of, view

ADA = {
    **SENIOR,
    "first_name": "Ada",
    "last_name": "Lovelace",
    "job_title": "Director",
    "company": "Example Engines",
    "phone": "+33612345678",
    "message": "Please call me",
}


def lead_item(walk: Walk) -> dict[str, Any]:
    (item,) = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"] == "LEAD"]
    return item


def exported(tmp_path: Path) -> list[dict[str, Any]]:
    """The acts of an export."""
    out = tmp_path / "history.jsonl"
    assert cli.main(["export", str(out), "--tables"]) == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    return [row for row in rows if row["type"] == "event"]


def test_an_export_tells_every_act_and_no_person(walk: Walk, tmp_path: Path) -> None:
    view(walk, token_of(walk, fields=ADA), "content_view", "pricing_view")

    rows = exported(tmp_path)

    assert [row["kind"] for row in rows] == ["demo_request", "content_view", "pricing_view"]
    assert rows[0]["fields"]["email"] == "@example.com"
    assert rows[0]["fields"]["job_title"] == "Director"
    assert rows[0]["permission"] == ["profiling", "reply"]
    text = json.dumps(rows)
    assert not [word for word in ("ada", "Ada", "Lovelace", "Engines", "33612345678", "call me") if word in text]


@pytest.mark.parametrize("country", ["FR", "DE"])
def test_a_tick_that_still_waits_for_its_confirmation_is_no_permission(
    walk: Walk, tmp_path: Path, country: str
) -> None:
    form = {"fields": {**ADA, "country": country}, "consents": {"mkt_email": True}}
    walk.call("receive_form", a_post(form))

    (row,) = exported(tmp_path)

    assert ("mkt_email" in row["permission"]) is (country == "FR")


def test_an_export_can_be_tried_on_another_definition(
    walk: Walk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view(walk, token_of(walk, fields=ADA), "content_view")
    exported(tmp_path)
    capsys.readouterr()

    shipped = "agreement/definition.yaml"
    assert (
        cli.main(["definition", "backtest", "--events", str(tmp_path / "history.jsonl"), "--new", shipped, "--json"])
        == 0
    )

    report = json.loads(capsys.readouterr().out)
    assert (report["leads"], report["old"]["sales_qualified"]) == (1, 1)


@pytest.mark.requirement("N03")
def test_a_snapshot_that_was_thrown_away_is_rebuilt_from_the_acts_to_the_letter(
    walk: Walk, capsys: pytest.CaptureFixture[str]
) -> None:
    view(walk, token_of(walk, fields=ADA), "content_view", "pricing_view")
    before = lead_item(walk)
    doc = json.loads(before["doc"]["S"])
    blank = {**doc, "tallies": {}, "marks": {}, "inquiries": [], "definition": "2020.1", "verdicts": {}, "score": 0}
    put_back(walk, before, blank)

    assert cli.main(["definition", "apply", "--tables", "--dry-run"]) == 0
    assert json.loads(lead_item(walk)["doc"]["S"])["definition"] == "2020.1"
    assert cli.main(["definition", "apply", "--tables"]) == 0

    after = json.loads(lead_item(walk)["doc"]["S"])
    tracks = ("tallies", "marks", "inquiries", "first_inquiry", "profile", "first_touch", "last_touch", "last_content")
    assert {name: after[name] for name in tracks} == {name: doc[name] for name in tracks}
    assert (after["definition"], after["version"]) == (doc["definition"], doc["version"] + 1)
    assert cli.main(["definition", "apply", "--tables"]) == 0
    said = capsys.readouterr().out
    assert "1 leads judged, 1 would change" in said
    assert "1 leads judged, 0 changed" in said


def put_back(walk: Walk, item: dict[str, Any], doc: dict[str, Any]) -> None:
    """The lead as an earlier definition would have left it."""
    changed = {**item, "doc": {"S": json.dumps(doc)}}
    walk.cloud.client("dynamodb").put_item(TableName=walk.tables.leads, Item=changed)


@pytest.mark.parametrize(("flags", "messages", "stage"), [([], 0, "lead"), (["--offer"], 1, "sales_qualified")])
def test_who_crosses_the_line_by_new_rules_is_offered_only_when_asked_to(
    walk: Walk, flags: list[str], messages: int, stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    walk.call("receive_form", a_post({"fields": {**ADA, "company_size": "201-1000"}, "consents": ALLOWED}))
    walk.relay()
    walk.messages()
    doc = json.loads(lead_item(walk)["doc"]["S"])
    put_back(walk, lead_item(walk), {**doc, "stage": "lead", "history": doc["history"][:0], "crossings": 0, "score": 1})

    assert cli.main(["definition", "apply", "--tables", *flags]) == 0

    assert json.loads(lead_item(walk)["doc"]["S"])["stage"] == stage
    sent = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"].startswith("OUT#")]
    assert sum("delivered_at" not in item for item in sent) == messages
    assert ("lead -> sales_qualified" in capsys.readouterr().out) is bool(messages)


def test_judging_anew_does_not_bring_back_what_the_person_forbade(walk: Walk) -> None:
    view(walk, token_of(walk, fields=ADA), "content_view", "pricing_view")
    doc = json.loads(lead_item(walk)["doc"]["S"])
    forgotten = {"tallies": {}, "marks": {}, "score": 0, "judged_since": "2999-01-01T00:00:00.000Z"}
    put_back(walk, lead_item(walk), {**doc, **forgotten})

    cli.main(["definition", "apply", "--tables"])

    after = json.loads(lead_item(walk)["doc"]["S"])
    assert (after["tallies"], after["marks"], after["score"]) == ({}, {}, 0)
    assert after["inquiries"] == doc["inquiries"]
