"""Sales' answers, walked end to end: real handlers, tables from the template, moto as the cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest

from consumer import Consumer, MemoryStore, Work
from consumer.aws import LeadApi, SqsQueue, answer_id
from local import cli, template
from local.gateway import Gateway
from local.logs import Tap
from local.serve import Server
from shared.domain.disposition import ACCEPTANCE, ANSWERS_AT, BANT, REASONS
from tests.builders import ADA
from tests.support.events import JSON, a_post, an_event
from tests.support.served import serving
from tests.walk.conftest import Walk, body

DEMO = {"fields": ADA, "consents": {"mkt_email": True, "profiling": True}}
REP = {"team": "sales", "id": "dach-2"}


def offered(walk: Walk) -> dict[str, Any]:
    """Ada asked for a demo, and sales has got the message."""
    walk.call("receive_form", a_post(DEMO))
    walk.relay()
    (message,) = walk.messages()
    return message


def an_answer(kind: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"answer_id": f"answer-{number:010d}", "kind": kind, "actor": REP}
    plain |= {"reason": REASONS[kind][0]} if kind in REASONS else {}
    plain |= {"next_stage_interest": "yes"} if kind in ("accepted", "rejected", "contacted", "bant") else {}
    facts = {"accepted": ACCEPTANCE, "bant": BANT}.get(kind)
    return {**plain, **({"confirms": dict.fromkeys(facts, True)} if facts else {}), **changes}


def send(walk: Walk, lead_id: str, content: object, **headers: str) -> dict[str, Any]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    given = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    path = "/v1/leads/{lead_id}/dispositions"
    return walk.call("receive_answers", an_event(path, path, {"lead_id": lead_id}, "POST", raw, given))


def say(walk: Walk, lead_id: str, kind: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    reply = send(walk, lead_id, an_answer(kind, number, **changes))
    assert reply["statusCode"] == 200, reply["body"]
    return body(reply)


def shown(walk: Walk, lead_id: str) -> dict[str, Any]:
    path = "/v1/leads/{lead_id}"
    return body(walk.call("show_lead", an_event(path, path, {"lead_id": lead_id}, "GET")))


def items(walk: Walk, prefix: str) -> list[dict[str, Any]]:
    return [item for item in walk.items(walk.tables.leads) if item["sk"]["S"].startswith(prefix)]


def faults(reply: dict[str, Any]) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in body(reply)["errors"]]


@pytest.mark.requirement("B32", "B45c", "C13c", "C34")
def test_sales_takes_a_lead_over_step_by_step_and_the_lead_tells_it(walk: Walk) -> None:
    message = offered(walk)
    lead_id = message["subject"]

    talked = say(walk, lead_id, "contacted", 1)
    partly = say(walk, lead_id, "accepted", 2, confirms={"intent": True, "fit": True})
    accepted = say(walk, lead_id, "accepted", 3, confirms={"budget": True})
    prospect = say(walk, lead_id, "bant", 4)
    won = say(walk, lead_id, "won", 5)
    view = shown(walk, lead_id)

    stages = [reply["stage"] for reply in (talked, partly, accepted, prospect, won)]
    assert stages == ["sales_qualified", "sales_qualified", "sales_accepted", "prospect", "customer"]
    assert (partly["missing"], accepted["missing"]) == (["budget"], [])
    assert (talked["responsible"], accepted["responsible"], accepted["owner_id"]) == ("marketing", "sales", "dach-2")
    assert accepted["next_step"] == "Confirm budget, authority, need and timeline"
    assert (view["stage"], view["owner_id"], view["version"]) == ("customer", "dach-2", won["version"])
    assert [one["kind"] for one in view["answers"]] == ["contacted", "accepted", "accepted", "bant", "won"]
    assert (view["vetting"]["marketing"]["rule"], view["vetting"]["sales"]["by"]) == (
        "gate:sales_qualified",
        "sales:dach-2",
    )
    assert {name: view["person"][name] for name in ("budget", "authority", "need")} == dict.fromkeys(
        ("budget", "authority", "need"), "confirmed"
    )
    assert view["disputes"] == []


def test_the_offer_knows_the_answer_and_nobody_waits_for_one_any_more(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]
    (before,) = items(walk, "OFFER#")

    say(walk, lead_id, "accepted")
    (accepted,) = items(walk, "OFFER#")
    say(walk, lead_id, "contacted", 2)
    (contacted,) = items(walk, "OFFER#")

    assert "due_at" in before
    assert accepted["due_at"] == before["due_at"]
    assert "due_at" not in contacted
    doc = json.loads(contacted["doc"]["S"])
    assert (doc["owner"], [one["kind"] for one in doc["answers"]]) == ("dach-2", ["accepted", "contacted"])
    assert doc["sla"]["answered_at"] == doc["contacted_at"]


def test_what_sales_confirmed_is_counted_as_such_and_not_as_a_report(
    walk: Walk, capsys: pytest.CaptureFixture[str]
) -> None:
    lead_id = offered(walk)["subject"]
    capsys.readouterr()

    say(walk, lead_id, "accepted")
    walk.relay()

    told = capsys.readouterr().out
    assert ("FactsRecorded" in told, "ReportRecorded" in told, "SubmissionRecorded" in told) == (True, False, False)
    assert "dach-2" not in told


@pytest.mark.requirement("C19", "N12")
def test_a_rejection_points_at_the_rules_that_let_the_lead_through(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]

    rejected = say(walk, lead_id, "rejected", reason="wrong_title", next_stage_interest="no")

    assert (rejected["stage"], rejected["responsible"], rejected["owner_id"]) == ("recycled", "marketing", None)
    assert rejected["disputed"] == ["decision-maker"]
    (dispute,) = shown(walk, lead_id)["disputes"]
    assert (dispute["reason"], dispute["rules"], dispute["by"]) == ("wrong_title", ["decision-maker"], "dach-2")


def test_the_same_answer_is_taken_once_however_often_it_comes(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]
    first = send(walk, lead_id, an_answer("accepted"))
    before = walk.everything()

    again = send(walk, lead_id, an_answer("accepted"))
    by_header = {name: value for name, value in an_answer("accepted").items() if name != "answer_id"}
    with_header = send(walk, lead_id, by_header, idempotency_key='"answer-0000000001"')
    other = send(walk, lead_id, an_answer("rejected"))

    assert body(again) == body(with_header) == body(first)
    assert (first["headers"].get("Idempotency-Replayed"), again["headers"]["Idempotency-Replayed"]) == (None, "true")
    assert (other["statusCode"], faults(other)) == (422, [("/answer_id", "key_reused")])
    assert walk.everything() == before


@pytest.mark.parametrize("kind", ANSWERS_AT)
def test_marketing_cannot_answer_in_the_place_of_sales(walk: Walk, kind: str) -> None:
    lead_id = offered(walk)["subject"]
    if "sales_qualified" not in ANSWERS_AT[kind]:
        say(walk, lead_id, "accepted", 8)
    if kind == "won":
        say(walk, lead_id, "bant", 9)
    before = walk.everything()

    reply = send(walk, lead_id, an_answer(kind, actor={"team": "marketing", "id": "m-1"}))

    assert (reply["statusCode"], faults(reply)) == (409, [("/actor/team", "not_theirs")])
    assert walk.everything() == before


@pytest.mark.parametrize(
    ("changes", "status", "found"),
    [
        ({"kind": "maybe"}, 422, [("/kind", "not_offered")]),
        ({"kind": "won"}, 409, [("/kind", "illegal_move")]),
        ({"kind": "rejected", "reason": None}, 422, [("/reason", "required")]),
        ({"kind": "rejected", "reason": "ugly"}, 422, [("/reason", "not_offered")]),
        ({"actor": {"team": "finance", "id": "f-1"}}, 422, [("/actor/team", "not_offered")]),
        ({"actor": {"team": "sales", "id": "rep@example.com"}}, 422, [("/actor/id", "invalid_id")]),
        ({"actor": "dach-2"}, 422, [("/actor", "required")]),
        ({"confirms": {"budget": "yes"}}, 422, [("/confirms/budget", "not_a_boolean")]),
        ({"confirms": {"mood": True}}, 422, [("/confirms", "not_offered")]),
        ({"note": "Ada was nice"}, 422, [("", "unknown_member")]),
        ({"at": "yesterday"}, 422, [("/at", "not_an_instant")]),
        ({"at": "2999-01-01T00:00:00Z"}, 422, [("/at", "in_the_future")]),
        ({"at": "2020-01-01T00:00:00Z"}, 422, [("/at", "before_the_offer")]),
        ({"answer_id": "short"}, 400, [("/answer_id", "key_format")]),
        ({"answer_id": None}, 400, [("/answer_id", "key_format")]),
    ],
)
def test_an_answer_that_cannot_be_taken_names_the_place_and_changes_nothing(
    walk: Walk, changes: dict[str, Any], status: int, found: list[tuple[str, str]]
) -> None:
    lead_id = offered(walk)["subject"]
    before = walk.everything()
    kind = changes.get("kind", "accepted")
    plain = {**an_answer(kind if kind in ANSWERS_AT else "accepted"), **changes}

    reply = send(walk, lead_id, plain)

    assert (reply["statusCode"], faults(reply)) == (status, found)
    assert walk.everything() == before
    assert "nice" not in reply["body"]


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"{" + b" " * 17_000 + b"}", {}, 413),
        (b"[]", {}, 400),
        (b"", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'{"kind": "contacted", "kind": "won"}', {}, 400),
        (b"{}", {"Content_Type": "text/csv"}, 415),
        (b"{}", {}, 400),
    ],
)
def test_a_body_that_is_no_answer_is_refused_with_a_word(
    walk: Walk, raw: bytes, headers: dict[str, str], status: int
) -> None:
    reply = send(walk, "0" * 32, raw, **headers)

    assert reply["statusCode"] == status
    assert body(reply)["type"].startswith("urn:leadgate:problem:")


@pytest.mark.parametrize("lead_id", ["0" * 32, "x", "../LEAD", "F" * 32])
def test_nobody_can_be_answered_for_who_is_no_lead(walk: Walk, lead_id: str) -> None:
    reply = send(walk, lead_id, an_answer("contacted"))

    assert (reply["statusCode"], body(reply)["type"]) == (404, "urn:leadgate:problem:unknown_lead")


def test_after_an_erasure_the_answer_is_that_the_lead_is_gone_and_no_answer_stays(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]
    say(walk, lead_id, "accepted")
    say(walk, lead_id, "bant", 2)
    path = "/v1/leads/{lead_id}"

    erased = body(walk.call("erase", an_event(path, path, {"lead_id": lead_id}, "DELETE")))
    reply = send(walk, lead_id, an_answer("won", 3))

    assert (erased["destroyed"]["answers"], erased["destroyed"]["offers"]) == (2, 1)
    assert (reply["statusCode"], body(reply)["type"]) == (410, "urn:leadgate:problem:gone")
    assert not items(walk, "DSP#")
    assert "dach-2" not in json.dumps([item for item in walk.items(walk.tables.leads) if "ROUTE" not in str(item)])


def test_a_test_lead_is_nobodys_to_answer_for(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]
    (item,) = items(walk, "LEAD")
    doc = {**json.loads(item["doc"]["S"]), "is_test": True}
    walk.cloud.client("dynamodb").put_item(TableName=walk.tables.leads, Item={**item, "doc": {"S": json.dumps(doc)}})

    reply = send(walk, lead_id, an_answer("contacted"))

    assert (reply["statusCode"], faults(reply)) == (409, [("", "test_lead")])


def test_what_sales_confirmed_survives_a_rebuild_from_the_acts(walk: Walk) -> None:
    lead_id = offered(walk)["subject"]
    say(walk, lead_id, "accepted")
    say(walk, lead_id, "bant", 2, confirms={"budget": False, "need": True})
    (before,) = items(walk, "LEAD")
    doc = json.loads(before["doc"]["S"])
    blank = {**doc, "profile": {}, "tallies": {}, "marks": {}, "definition": "2020.1", "score": 0}
    walk.cloud.client("dynamodb").put_item(
        TableName=walk.tables.leads, Item={**before, "doc": {"S": json.dumps(blank)}}
    )

    assert cli.main(["definition", "apply", "--tables"]) == 0

    (after,) = items(walk, "LEAD")
    rebuilt = json.loads(after["doc"]["S"])
    assert (rebuilt["profile"], rebuilt["tallies"]) == (doc["profile"], doc["tallies"])
    assert (doc["profile"]["budget"], doc["profile"]["need"]) == ("", "confirmed")
    assert rebuilt["stage"] == "sales_accepted"


# ------------------------------------------------------------------ the loop, with the kit that sales would use

SESSION = boto3.Session("test", "test", region_name="us-east-1")


@contextmanager
def over_http(walk: Walk) -> Iterator[LeadApi]:
    """The two doors for sales behind the local gateway, on a port of their own."""
    doors = [walk.doors[name] for name in ("show_lead", "receive_answers")]
    handlers = {f"{door.__name__}.handler": door.handler for door in doors}
    gateway = Gateway(template.read(), Tap(StringIO()), lambda dotted: handlers.get(dotted, lambda *_: {}))
    server = Server(0)
    server.answer = lambda request: gateway.answer(request).reply
    with serving(server) as url:
        yield LeadApi(SESSION, url)


@dataclass
class Desk:
    """A sink that looks at each person it is offered and says no to the title."""

    api: LeadApi
    titles: list[str] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, work: Work) -> None:
        self.titles.append(work.lead["person"]["job_title"])
        name = answer_id(work.message_id, "rejected")
        said = an_answer("rejected", answer_id=name, reason="wrong_title", next_stage_interest="no")
        status, reply = self.api.answer(work.lead_id, said)
        assert status == 200, reply
        self.replies.append(reply)

    def forget(self, lead_id: str) -> None:
        raise AssertionError(lead_id)


@pytest.mark.requirement("C19", "N12")
def test_the_loop_closes_from_the_form_to_a_better_definition(
    walk: Walk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Form, SQL, the consumer kit, a rejection with a reason, the rule's precision, the changed definition tried."""
    walk.call("receive_form", a_post(DEMO))
    walk.relay()
    with over_http(walk) as api:
        desk = Desk(api)
        queue = SqsQueue(walk.cloud.client("sqs"), walk.queue_url)
        counts = queue.work_off(Consumer(api, MemoryStore(), desk), once=True, wait_seconds=0)
    assert (counts, desk.titles) == ({"done": 1}, [ADA["job_title"]])
    (rejected,) = desk.replies

    history, draft = tmp_path / "history.jsonl", tmp_path / "draft.yaml"
    assert cli.main(["export", str(history), "--tables"]) == 0
    text = Path("agreement/definition.yaml").read_text("utf-8")
    (rule,) = rejected["disputed"]
    draft.write_text(
        text.replace(
            f"  - id: {rule}\n    family: demographics\n    group: title\n    points: 20",
            f"  - id: {rule}\n    family: demographics\n    group: title\n    points: 1",
        ),
        "utf-8",
    )
    capsys.readouterr()
    assert cli.main(["definition", "backtest", "--events", str(history), "--new", str(draft), "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    record, changed = report["old"]["rules"][rule], report["changed"]
    assert (record["sqls"], record["precision"]["hits"], record["precision"]["of"]) == (1, 0, 1)
    assert (changed["lost"], changed["lost_bad"], changed["lost_by"]) == (1, 1, {f"rule:{rule}": 1})
    assert report["new"]["sales_qualified"] == 0
