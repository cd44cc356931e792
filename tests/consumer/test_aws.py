"""The consumer on a real FIFO queue: what is hidden, what comes again, what lies dead, and the lead's signed door."""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from consumer import Consumer, Later, MemoryStore, Work
from consumer import __main__ as command
from consumer.aws import LeadApi, SqsQueue, answer_id
from consumer.hubspot import HubSpot
from consumer.salesforce import Salesforce
from local import redrive_command
from local.cli import parser
from local.unusable import Unusable
from tests.support.clouds import NUMBERS, Cloud
from tests.support.served import serving

SESSION = boto3.Session("test", "test", region_name="us-east-1")
ADA, BOB = "a" * 32, "b" * 32


class Door(BaseHTTPRequestHandler):
    """Answers with the status that is the lead's id and remembers who signed; a POST is given back as it came."""

    def do_GET(self) -> None:
        self._answer(json.dumps({"person": {"email": "ada@example.com"}, "score": 95}).encode())

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.server.signatures.append(self.headers["Authorization"])  # type: ignore[attr-defined]  # set by the fixture
        self.send_response(int(self.path.split("/")[3]))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


class BrokenDoor(Door):
    """Sends the status that is the lead's id and `told`, of a body said to be `length` long, and pauses."""

    told, length, pause = b'{"a"', 100, 0.0

    def _answer(self, _body: bytes) -> None:
        self.send_response(int(self.path.split("/")[3]))
        self.send_header("Content-Length", str(self.length))
        self.end_headers()
        self.wfile.write(self.told)
        time.sleep(self.pause)


class SlowDoor(BrokenDoor):
    pause = 0.5


class HtmlDoor(BrokenDoor):
    told, length = b"<p>Hello</p>", 12


class ListDoor(BrokenDoor):
    told, length = b"[1]", 3


class NoHttpDoor(BrokenDoor):
    def _answer(self, _body: bytes) -> None:
        self.wfile.write(b"220 mail.example.com ESMTP\r\n")


@pytest.fixture
def door() -> Iterator[HTTPServer]:
    with opened(Door) as server:
        yield server


@contextmanager
def opened(door: type[Door]) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), door)
    server.signatures = []  # type: ignore[attr-defined]  # read by the handler
    with serving(server):
        yield server


class Rows:
    """A sink that can be slow, or busy."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.failing: list[Exception] = []
        self.seconds = 0.0

    def keep(self, work: Work) -> None:
        time.sleep(self.seconds)
        if self.failing:
            raise self.failing.pop(0)
        self.kept.append(work.message_id)

    def forget(self, lead_id: str) -> None:
        self.kept.append(f"-{lead_id}")


class Queues:
    """A hand-off queue with its dead-letter queue, each try hidden for some seconds only."""

    def __init__(self, sqs: Any, tries: int) -> None:
        self.sqs, number, fifo = sqs, next(NUMBERS), {"FifoQueue": "true"}
        self.dead = sqs.create_queue(QueueName=f"dead-{number}.fifo", Attributes=fifo)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": tries})
        self.live = sqs.create_queue(QueueName=f"live-{number}.fifo", Attributes={**fifo, "RedrivePolicy": policy})[
            "QueueUrl"
        ]

    def put(self, version: int = 1, kind: str = "lead.sales_qualified", lead_id: str = ADA, body: str = "") -> None:
        told = {"id": f"{lead_id}.{kind}.{version}", "type": kind, "data": {"lead_id": lead_id, "version": version}}
        self.sqs.send_message(
            QueueUrl=self.live,
            MessageBody=body or json.dumps(told),
            MessageGroupId=lead_id,
            MessageDeduplicationId=f"{told['id']}{body}",
            MessageAttributes={"type": {"DataType": "String", "StringValue": kind}},
        )

    def count(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(map(int, told.values()))


@pytest.fixture
def queues(ministack_cloud: Cloud) -> Queues:
    return Queues(ministack_cloud.client("sqs"), tries=2)


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def consumer(rows: Rows) -> Consumer:
    return Consumer(lambda _: (200, {"version": 9}), MemoryStore(), rows)


def worked_off(queues: Queues, consumer: Consumer, hidden_seconds: int = 20) -> dict[str, int]:
    return SqsQueue(queues.sqs, queues.live, hidden_seconds).work_off(consumer, once=True, wait_seconds=1)


def test_a_queue_is_worked_off_in_the_order_of_each_lead(queues: Queues, consumer: Consumer, rows: Rows) -> None:
    for lead_id in (ADA, BOB):
        queues.put(1, lead_id=lead_id)
        queues.put(2, "lead.permission_changed", lead_id)
        queues.put(3, "lead.erased", lead_id)

    counts = worked_off(queues, consumer)

    assert counts == {"done": 4, "gone": 2}
    for lead_id in (ADA, BOB):
        theirs = [one for one in rows.kept if lead_id in one]
        assert theirs == [f"{lead_id}.lead.sales_qualified.1", f"{lead_id}.lead.permission_changed.2", f"-{lead_id}"]
    assert queues.count(queues.live) == 0


def test_what_failed_comes_again_and_the_others_do_not_wait(queues: Queues, consumer: Consumer, rows: Rows) -> None:
    queues.put(1)
    queues.put(1, lead_id=BOB)
    rows.failing = [Later("busy", 0)]

    counts = worked_off(queues, consumer)

    assert counts == {"later": 1, "done": 2}
    assert sorted(rows.kept) == [f"{ADA}.lead.sales_qualified.1", f"{BOB}.lead.sales_qualified.1"]


def test_slow_work_stays_hidden_from_the_other_workers(queues: Queues, consumer: Consumer, rows: Rows) -> None:
    queues.put(1)
    rows.seconds = 3.5
    others: list[int] = []
    thread = threading.Thread(target=lambda: others.append(len(late(queues))))
    thread.start()

    counts = worked_off(queues, consumer, hidden_seconds=1)

    thread.join()
    assert counts == {"done": 1}
    assert others == [0]


def late(queues: Queues) -> list[Any]:
    """Another worker, who looks when the message would be free again if nobody held it back."""
    time.sleep(2)
    got: list[Any] = queues.sqs.receive_message(QueueUrl=queues.live, WaitTimeSeconds=1).get("Messages", [])
    return got


# ------------------------------------------------------------------ dead letters


def redriven(queues: Queues, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(boto3, "client", lambda _: queues.sqs)
    return redrive_command.run(parser().parse_args(["redrive", "--queue-url", queues.dead, *arguments]))


def buried(queues: Queues, consumer: Consumer, rows: Rows, *versions: int) -> None:
    for version in versions:
        queues.put(version)
    rows.failing = [Later("busy", 0)] * 2 * len(versions)
    give_up = time.monotonic() + 20
    while queues.count(queues.dead) < len(versions) and time.monotonic() < give_up:
        worked_off(queues, consumer)
    rows.failing = []


def test_dead_letters_go_back_in_order_and_are_worked_off(
    queues: Queues,
    consumer: Consumer,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    buried(queues, consumer, rows, 1, 2)

    assert redriven(queues, monkeypatch, "--to", queues.live) == 0

    told = capsys.readouterr()
    assert [line.rpartition("  ")[0] for line in told.out.splitlines()] == [
        f"{ADA}  lead.sales_qualified  version 1",
        f"{ADA}  lead.sales_qualified  version 2",
    ]
    assert told.err == "2 sent back\n"
    assert (queues.count(queues.dead), queues.count(queues.live)) == (0, 2)
    assert worked_off(queues, consumer) == {"done": 2}


def test_what_fails_once_more_can_be_sent_back_once_more(
    queues: Queues, consumer: Consumer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    buried(queues, consumer, rows, 1)
    redriven(queues, monkeypatch, "--to", queues.live)
    buried(queues, consumer, rows)
    rows.failing = [Later("busy", 0)] * 2
    give_up = time.monotonic() + 20
    while not queues.count(queues.dead) and time.monotonic() < give_up:
        worked_off(queues, consumer)

    redriven(queues, monkeypatch, "--to", queues.live)

    assert worked_off(queues, consumer) == {"done": 1}


def test_a_dry_run_shows_and_moves_nothing(
    queues: Queues,
    consumer: Consumer,
    rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    buried(queues, consumer, rows, 1)

    for _ in range(2):
        assert redriven(queues, monkeypatch, "--dry-run") == 0

    assert capsys.readouterr().err == "1 would go back\n" * 2
    assert (queues.count(queues.dead), queues.count(queues.live)) == (1, 0)


def test_dead_letters_that_cannot_be_read_are_named_by_their_id_alone(capsys: pytest.CaptureFixture[str]) -> None:
    line = redrive_command._line({"MessageId": "m-1", "Body": "ada@example.com", "Attributes": {}})

    assert line == "m-1  unreadable  received ? times"


@pytest.mark.parametrize("content", [None, "{}", "no json", "[]"])
def test_a_ready_file_that_is_none_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ready.json"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(Unusable, match=r"ready\.json"):
        redrive_command.run(argparse.Namespace(ready_file=path, queue_url=None, to=None, dry_run=True))


def test_a_queue_to_send_to_must_be_named() -> None:
    with pytest.raises(Unusable, match="--to QUEUE_URL"):
        redrive_command.run(parser().parse_args(["redrive", "--queue-url", "http://127.0.0.1/dead.fifo"]))


def test_a_queue_that_is_not_there_is_said(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda _: queues.sqs)
    gone = queues.dead.replace("dead-", "none-")

    with pytest.raises(Unusable, match="SQS refused: "):
        redrive_command.run(parser().parse_args(["redrive", "--queue-url", gone, "--dry-run"]))


# ------------------------------------------------------------------ the lead's door and the command


@pytest.mark.parametrize(("lead_id", "lead"), [("200", {"score": 95}), ("410", {}), ("404", {}), ("503", {})])
def test_the_lead_is_asked_for_with_an_iam_signature(door: HTTPServer, lead_id: str, lead: dict[str, Any]) -> None:
    status, found = LeadApi(SESSION, f"http://127.0.0.1:{door.server_port}")(lead_id)

    (signature,) = door.signatures  # type: ignore[attr-defined]  # set by the fixture
    assert "us-east-1/execute-api/aws4_request" in signature
    assert status == int(lead_id)
    assert lead.items() <= found.items()


@pytest.mark.parametrize("status", [200, 409, 410, 422])
def test_an_answer_is_signed_and_what_the_door_says_comes_back(door: HTTPServer, status: int) -> None:
    answer = {"answer_id": answer_id("m-1", "contacted"), "kind": "contacted"}

    found = LeadApi(SESSION, f"http://127.0.0.1:{door.server_port}").answer(str(status), answer)

    (signature,) = door.signatures  # type: ignore[attr-defined]  # set by the fixture
    assert "us-east-1/execute-api/aws4_request" in signature
    assert found == (status, answer)


@pytest.mark.parametrize("status", [429, 503])
def test_an_answer_to_a_door_that_is_busy_is_given_later(door: HTTPServer, status: int) -> None:
    with pytest.raises(Later, match=str(status)):
        LeadApi(SESSION, f"http://127.0.0.1:{door.server_port}").answer(str(status), {"kind": "contacted"})


def test_an_answer_has_the_same_name_whenever_the_same_is_said_to_the_same_message() -> None:
    names = [answer_id(*said) for said in (("m-1", "contacted"), ("m-1", "won"), ("m-2", "won"), ("m-1", "won"))]

    assert names[1] == names[3]
    assert len(set(names)) == 3


def test_a_door_that_is_away_is_asked_later() -> None:
    with pytest.raises(Later):
        LeadApi(SESSION, "http://127.0.0.1:9")("200")


BROKEN = [BrokenDoor, SlowDoor, HtmlDoor, ListDoor]


def asked(door: type[Door], status: int) -> tuple[int, dict[str, Any]]:
    with opened(door) as server:
        return LeadApi(SESSION, f"http://127.0.0.1:{server.server_port}")(str(status))


@pytest.mark.parametrize("door", [*BROKEN, NoHttpDoor])
def test_a_lead_of_which_half_came_or_something_else_is_asked_for_later(
    monkeypatch: pytest.MonkeyPatch, door: type[Door]
) -> None:
    monkeypatch.setattr("consumer.aws.TIMEOUT_SECONDS", 0.2)

    with pytest.raises(Later, match=r"^GET /v1/leads gave no whole answer$"):
        asked(door, 200)


@pytest.mark.parametrize("status", [410, 503])
@pytest.mark.parametrize("door", BROKEN)
def test_a_refusal_counts_whatever_came_of_its_text(
    monkeypatch: pytest.MonkeyPatch, door: type[Door], status: int
) -> None:
    monkeypatch.setattr("consumer.aws.TIMEOUT_SECONDS", 0.2)

    assert asked(door, status) == (status, {})


@pytest.mark.parametrize("door", BROKEN)
def test_an_answer_that_was_refused_in_half_a_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, door: type[Door]
) -> None:
    monkeypatch.setattr("consumer.aws.TIMEOUT_SECONDS", 0.2)

    with opened(door) as server:
        found = LeadApi(SESSION, f"http://127.0.0.1:{server.server_port}").answer("409", {"kind": "contacted"})

    assert found == (409, {})


def test_a_lead_that_is_gone_is_forgotten_however_badly_that_is_said(queues: Queues, rows: Rows) -> None:
    queues.put(lead_id="410")

    with opened(BrokenDoor) as server:
        api = LeadApi(SESSION, f"http://127.0.0.1:{server.server_port}")
        counts = worked_off(queues, Consumer(api, MemoryStore(), rows))

    assert (counts, rows.kept) == ({"gone": 1}, ["-410"])


def test_the_command_prints_whom_to_contact_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    lead = {"person": {"phone": "+33123456789"}, "score": 95}
    offer = {"explanation": [{"points": 40, "why": "asked"}], "next_step": "Call", "sla": {"due_at": "noon"}}

    command.Printed().keep(Work("1", "lead.sales_qualified", {**offer, "cell": "A1", "score": 40}, lead))
    command.Printed().keep(Work("2", "lead.permission_changed", {"change": "objection"}, lead))
    command.Printed().forget(ADA)

    assert capsys.readouterr().out.splitlines() == [
        "+33123456789, score 95: Call by noon. A1, score 40: 40 asked.",
        "+33123456789, score 95: objection",
        f"{ADA}: erased",
    ]


def test_the_command_chooses_the_tool() -> None:
    wanted = ["--ready-file", "ready.json"]
    hubspot = command.sink_of(command.options().parse_args([*wanted, "--hubspot", "http://h"]))
    salesforce = command.sink_of(command.options().parse_args([*wanted, "--salesforce", "http://s"]))

    assert isinstance(hubspot, HubSpot)
    assert isinstance(salesforce, Salesforce)


def test_the_commands_own_fields_are_those_of_the_definition() -> None:
    from shared.settings import compiled_agreement

    crm = compiled_agreement()["definitions"]["default"]["crm"]

    assert {tool: command.fields_of(text) for tool, text in command.FIELDS.items()} == crm


def test_without_a_ready_file_it_says_what_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["--ready-file", "nowhere.json"])

    assert "start `leadgate serve --ready-file nowhere.json` first" in capsys.readouterr().err
