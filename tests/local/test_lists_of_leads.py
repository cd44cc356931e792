"""The work list and the audience, from an export, from items, and from a running stack as people type it."""

from __future__ import annotations

import csv
import json
import random
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from local import worklist_command
from local.audience_command import gathered, told
from local.cli import main
from local.worklist_command import Entry, Found, in_table, ordered
from shared.adapters.items import Item, lead_key
from shared.domain.business_time import calendars_from
from shared.domain.identity import canonical
from shared.domain.lead import Lead
from shared.domain.suppression import Found as Suppressed
from shared.domain.suppression import Marks
from shared.settings import compiled_agreement
from tests.builders import ADA, AGREEMENT, NOON
from tests.journeys.permission_world import World
from tests.local.test_report import act, answer, at, stage, written
from tests.support.stack import Running, received, serving

PARTNER = "Example Partner GmbH"
FREE = {"email": "@gmail.com", "company": "…", "job_title": "CTO", "company_size": "201-1000"}


def a_list(
    path: Path, rows: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], *more: str
) -> list[dict[str, Any]]:
    assert main(["worklist", "--events", str(written(path / "e.jsonl", rows)), "--json", *more]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


# The work list


@pytest.mark.requirement("A1b", "A23a")
def test_whom_sales_has_is_listed_by_points_then_waiting_and_the_answered_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        act("later", hours=2),
        act("sooner", hours=1),
        act("weaker", hours=0, fields=FREE),
        act("taken", hours=0, fields={**FREE, "phone": "…"}),
        answer("taken", "accepted", 3),
        act("gone"),
        answer("gone", "rejected"),
        act("never", "newsletter_signup"),
        act("test", is_test=True),
    ]
    random.Random(1).shuffle(rows)

    found = a_list(tmp_path, rows, capsys)

    assert [one["lead_id"] for one in found if one["stage"] == "sales_qualified"] == ["sooner", "later", "weaker"]
    assert [(one["lead_id"], one["since"]) for one in found if one["stage"] == "sales_accepted"] == [("taken", at(3))]
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


@pytest.mark.requirement("B18")
def test_the_percentile_moves_with_the_peers_and_the_score_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (alone,) = a_list(tmp_path, [act("a")], capsys)
    (among,) = a_list(tmp_path, [act("a"), *(act(f"p{n}", "newsletter_signup", fields={}) for n in range(9))], capsys)

    assert alone["score"] == among["score"]
    assert (alone["peers"], among["peers"]) == (50, 95)


def test_told_stages_outrank_what_the_definition_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [act("a"), stage("a", "lead"), act("b", "newsletter_signup"), stage("b", "sales_qualified", 1)]

    assert [one["lead_id"] for one in a_list(tmp_path, rows, capsys)] == ["b"]


def test_an_empty_history_has_an_empty_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worklist", "--events", str(written(tmp_path / "e.jsonl", []))]) == 0

    assert capsys.readouterr().out == "Nobody waits for sales.\n"


def test_the_order_is_total_whatever_the_order_of_the_input() -> None:
    entries = [Entry(name, "sales_qualified", 80, "A1", at(since)) for name, since in (("b", 1), ("a", 1), ("c", 0))]

    orders = {
        tuple(one.lead_id for one in ordered(Found(list(row), {"default": worklist_command.Counter([80])})))
        for row in (entries, entries[::-1])
    }

    assert orders == {("c", "a", "b")}


# Items of a table


def items_of(lead: Lead, **more: dict[str, str]) -> list[Item]:
    return [{**lead_key("ab" * 16), "doc": {"S": canonical(lead.as_plain())}, "version": {"N": "1"}, **more}]


def registered(*ticked: str) -> Lead:
    world = World()
    world.post("event-registration", fields=ADA, ticked=ticked)
    lead: Lead = world.lead
    return lead


def asked() -> Lead:
    world = World()
    world.post(fields=ADA)
    lead: Lead = world.lead
    return lead


def test_a_table_lists_whom_sales_has_and_nobody_who_left_or_is_a_test() -> None:
    people = [asked(), replace(asked(), stage="withdrawn"), replace(asked(), is_test=True), registered()]

    found = in_table(map(items_of, people), AGREEMENT, calendars_from(compiled_agreement()["calendars"]), NOON)

    assert [one.stage for one in found.entries] == ["sales_qualified"]
    assert sum(found.scores["default"].values()) == 1


@pytest.mark.requirement("B18")
def test_a_lead_is_ranked_among_those_that_its_own_definition_judges() -> None:
    others = [replace(asked(), lead_id=f"{number:032x}", ruled_by="another") for number in range(3)]
    unjudged = replace(registered(), lead_id="e" * 32, stage="sales_qualified")
    people = [asked(), *others, unjudged]

    found = in_table(map(items_of, people), AGREEMENT, calendars_from(compiled_agreement()["calendars"]), NOON)

    assert {name: sum(scores.values()) for name, scores in found.scores.items()} == {"default": 1, "another": 3}
    assert {(one.ruled_by, one.peers) for one in ordered(found)} == {("default", 50), ("another", 50), (None, None)}


def test_an_audience_holds_only_who_allowed_it_and_says_how_many_were_left_out() -> None:
    people = [registered("share_3p"), registered("mkt_email"), registered("share_3p")]
    seen: list[Mapping[str, str]] = []

    def marks(profile: Mapping[str, str]) -> Marks:
        seen.append(profile)
        return {"email": (f"k#{len(seen)}",)}

    def look(found: Marks) -> Suppressed:
        return Suppressed(suppressed=frozenset(found["email"]) & {"k#3"})

    found = gathered(map(items_of, people), marks, look, PARTNER, without_dots=False, now=NOON)

    assert found.hashes == [sha256(ADA["email"].encode()).hexdigest()]
    assert found.left_out == {"no_permission_to_share": 1, "suppressed": 1}
    assert list(told(found, Path("out.csv")))[1:] == [
        "       1  left out: no permission to share",
        "       1  left out: suppressed",
    ]


def test_an_audience_for_somebody_whom_no_notice_names_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "people.csv"

    done = main(["audience", str(out), "--recipient", "Some Platform Inc", "--tables"])

    assert (done, out.exists()) == (1, False)
    assert "No notice names 'Some Platform Inc' under third_parties. Named: Example Partner GmbH." in (
        capsys.readouterr().err
    )


# A running stack


def post(running: Running, form: str, email: str, *ticked: str) -> None:
    fields = {**ADA, "email": email, "country": "GB"}
    body = {"fields": fields, "consents": dict.fromkeys(ticked, True)}
    if form == "event-registration":
        del fields["company_size"]
    url = f"{running.ready['api_url']}/v1/forms/{form}/submissions"
    wanted = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(wanted, timeout=20) as reply:
        assert reply.status == 202


def wait_until_counted(here: list[str]) -> int:
    """1 when the stored sums are still not those of a count after twenty seconds."""
    give_up = time.monotonic() + 20
    while code := main(["report", "--check", *here]):
        if time.monotonic() > give_up:
            return code
        time.sleep(0.2)
    return 0


@pytest.mark.requirement("B10", "C50", "B18")
def test_report_list_and_audience_read_a_running_stack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "people.csv"
    with serving(tmp_path) as running:
        here = ["--ready-file", str(running.ready_file)]
        post(running, "demo-request", "ada@example.com")
        post(running, "event-registration", "yes@example.com", "share_3p")
        post(running, "event-registration", "no@example.com", "mkt_email")
        (message,) = received(running)

        reported = main(["report", "--json", *here])
        report = json.loads(capsys.readouterr().out)
        counted = wait_until_counted(here)
        capsys.readouterr()
        stored = main(["report", "--json", "--stored", *here])
        from_sums = json.loads(capsys.readouterr().out)
        with urllib.request.urlopen(f"{running.ready['api_url']}/v1/leads/{message['subject']}", timeout=20) as shown:
            peers = json.load(shown)["peers"]
        listed = main(["worklist", "--json", *here])
        entries = json.loads(capsys.readouterr().out)
        gathered_them = main(["audience", str(out), "--recipient", PARTNER, *here])
        said = capsys.readouterr().out

    assert (reported, listed, gathered_them, counted, stored) == (0, 0, 0, 0, 0)
    assert {**from_sums, "as_of": ""} == {**report, "as_of": ""}
    assert (peers["leads"], peers["percentile"]) == (1, 50)
    figures = report["figures"]
    assert (figures["leads"], figures["offered"], figures["accepted"]) == (3, 1, 0)
    assert figures["seconds_to_hand_off"]["p50"] is not None
    assert [one["value"] for one in report["by"]["offer_definition"]] == [message["data"]["definition"]]
    (entry,) = entries
    assert (entry["lead_id"], entry["score"]) == (message["subject"], message["data"]["score"])
    assert (entry["queue"], entry["owner"]) == (message["data"].get("queue"), message["data"].get("owner_id"))
    with out.open(encoding="utf-8") as lines:
        assert list(csv.reader(lines)) == [["Email"], [sha256(b"yes@example.com").hexdigest()]]
    assert "2  left out: no permission to share" in said
