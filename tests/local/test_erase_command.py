"""`leadgate erase` as an officer types it, against the whole local stack; and its search on tables of its own."""

from __future__ import annotations

import base64
import json
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cli import main
from local.erase_command import TABLES
from local.ledger_commands import NOT_SEALED
from local.traces import Places, Trace, forms, traces
from local.unusable import Unusable
from shared.adapters.figure_items import sum_item
from shared.adapters.transport import SQS, AwsRefused
from shared.domain.enclosure import enclosing
from shared.domain.identity import canonical
from shared.domain.kpis import Summary
from shared.domain.message import Message
from shared.domain.stored_sums import Sum
from tests.builders import NOON
from tests.support.stack import Running, received, serving

DEMO = {
    "submission_id": "8a1f6f0e-9d7c-4b1e-8f57-2f3b6d9a1c41",
    "fields": {
        "email": "canary.zebra@example.com",
        "first_name": "Canaryfirst",
        "job_title": "CTO",
        "company": "Example Engines",
        "company_size": "201-1000",
        "country": "GB",
        "phone": "+442071838750",
    },
    "consents": {"mkt_email": True},
}


def post(running: Running) -> int:
    url = f"{running.ready['api_url']}/v1/forms/demo-request/submissions"
    asked = urllib.request.Request(url, json.dumps(DEMO).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return int(answer.status)


def test_an_officer_erases_somebody_and_can_prove_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path) as running:
        here, out = ["--ready-file", str(running.ready_file)], tmp_path / "certificate.json"
        assert post(running) == 202
        (message,) = received(running)
        log = ["--log", str(tmp_path / "log")]

        looked = main(["erase", "--scan", "--find", "+442071838750", *here])
        places = capsys.readouterr().out
        done = main(["erase", message["subject"], "--scan", "--out", str(out), *here, *log])
        told = capsys.readouterr().out
        (last,) = received(running)
        again = main(["erase", "--email", "canary.zebra@example.com", "--scan", *here])
        proves_nothing = capsys.readouterr().out
        once_more = main(["erase", message["subject"], "--scan", *here])
        repeated = capsys.readouterr().out
        nobody = main(["erase", "0" * 32, *here])
        verified = main(["ledger", "verify", *here])

    certificate = json.loads(out.read_text("utf-8"))
    assert (looked, done, again, once_more, nobody, verified) == (0, 0, 1, 0, 1, NOT_SEALED)
    assert "name the lead's id" in proves_nothing
    assert "erased before, and no message encloses it" in repeated
    assert int(places.splitlines()[-1].removesuffix(" places.")) >= 3
    assert certificate["scan"]["before"] >= 3
    assert (certificate["scan"]["after"], certificate["scan"]["left"]) == (0, [])
    assert certificate["erasures"][0]["destroyed"]["ledger_bodies"] == 1
    assert "canary" not in (told + out.read_text("utf-8")).lower()
    assert last["type"] == "lead.erased"


class Table:
    """A table and a queue with what a test puts there, two items to a page."""

    def __init__(self, *items: Any) -> None:
        self.items, self.given_back = list(items), 0

    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation == "Scan":
            start = body.get("ExclusiveStartKey", 0)
            more = {"LastEvaluatedKey": start + 2} if start + 2 < len(self.items) else {}
            return {"Items": self.items[start : start + 2], **more}
        if operation == "ReceiveMessage":
            taken, self.items = self.items[:2], self.items[2:]
            return {"Messages": taken} if taken else {}
        assert operation == "ChangeMessageVisibility"
        self.given_back += 1
        return {}


class Refusing:
    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        raise AwsRefused("AccessDeniedException")


def an_item(number: int, text: str) -> dict[str, Any]:
    return {"pk": {"S": f"P#{number}"}, "sk": {"S": "LEAD"}, "doc": {"S": text}}


def test_a_trace_is_found_on_every_page_of_a_table() -> None:
    table = Table(*(an_item(number, "nobody") for number in range(4)), an_item(9, '{"email":"Ada@Example.com"}'))

    found = traces(Places(table, table, ("leads",)), ["ada@example.com"])

    assert found == [Trace("leads", "P#9 / LEAD")]


def test_a_trace_is_found_on_a_queue_and_every_message_is_given_back() -> None:
    messages = [{"ReceiptHandle": str(n), "MessageId": f"m{n}", "Body": "ada" * (n == 2)} for n in range(3)]
    queue = Table(*messages)

    found = traces(Places(queue, queue, (), ("queue",)), ["adaada", "ada"])

    assert (found, queue.given_back) == ([Trace("queue", "m2")], 3)


def test_a_message_that_encloses_the_erased_is_a_trace_though_nobody_can_read_it() -> None:
    ada, bob = (
        Message("1", lead_id, 1, "lead.permission_changed", canonical({"data": {"lead_id": lead_id}}))
        for lead_id in ("a" * 32, "b" * 32)
    )
    lying = [enclosing(ada, "AQICAHg=", NOON), enclosing(ada, None, NOON), ada, enclosing(bob, "AQICAHg=", NOON)]
    queue = Table(*({"ReceiptHandle": str(n), "MessageId": f"m{n}", "Body": one.body} for n, one in enumerate(lying)))

    found = traces(Places(queue, queue, (), ("queue",)), ["ada@example.com"], [ada.lead_id])

    assert found == [Trace("queue", "m0")]


def test_a_trace_is_found_in_the_packed_sums_however_its_letters_are_escaped() -> None:
    cells = {"segments": {json.dumps(["job_title", "Jürgen Ada"]): 1}, "campaign=ada": {"lead": 1}}
    sums = sum_item(3, "2026-03", Sum(Summary(cells), 1, "2026-03-02T12:00:00.000Z"))
    salt = {**an_item(2, ""), "salt": {"B": base64.b64encode(b"x" + bytes(31)).decode()}}
    table = Table(sums, salt)

    found = [traces(Places(table, table, ("leads",)), [word]) for word in ("Jürgen", "campaign=ada", "nobody")]

    assert found == [[Trace("leads", "KPI#3 / 2026-03")], [Trace("leads", "KPI#3 / 2026-03")], []]


def test_a_trace_is_found_in_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("nothing\nsent to ada%40example.com\n")

    assert traces(Places(Table(), Table(), (), (), (log,)), ["ada@example.com"]) == [Trace(str(log), "line 2")]


@given(st.text(min_size=3, max_size=40).filter(lambda text: len(text.strip()) > 2), st.binary(max_size=5), st.binary())
def test_an_identifier_is_found_in_base64_wherever_it_stands(text: str, before: bytes, behind: bytes) -> None:
    plain = text.strip()
    encoded = base64.b64encode(before + plain.encode() + behind).decode()
    if len(plain.encode()) < 7:
        return

    assert any(form in encoded for form in forms([plain]))


def test_the_national_digits_of_a_number_are_a_trace_too() -> None:
    table = Table(an_item(1, "020 71838750"))

    assert traces(Places(table, table, ("leads",)), ["+442071838750"])


def test_too_little_to_look_for_is_refused() -> None:
    with pytest.raises(Unusable, match="three letters"):
        forms(["ad"])


def test_a_table_that_may_not_be_read_is_named() -> None:
    with pytest.raises(Unusable, match="AWS refused Scan on leads: AccessDeniedException"):
        traces(Places(Refusing(), Refusing(), ("leads",)), ["ada"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ready-file", "nowhere.json", "--email", "ada@example.com"], "Is `leadgate serve` running?"),
        (["--ready-file", "strange.json", "--email", "ada@example.com"], "is no ready file"),
        (["--ready-file", "fine.json"], "Say who"),
        (["--ready-file", "fine.json", "--find", "ada"], "Say who"),
        (["--ready-file", "fine.json", "--email", "ada@example.com"], "cannot be reached"),
        (["--ready-file", "fine.json", "--scan", "--find", "ada", "--log", "nowhere"], "nowhere cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("local.erase_command.transport", lambda *_: Table())
    (tmp_path / "strange.json").write_text("{}")
    names = ("leads_table", "ledger_table", "notices_table", "suppressions_table")
    fine = {"aws_endpoint_url": "", "region": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    fine |= {**dict.fromkeys(names, "t"), "queue_urls": "", "api_url": "http://127.0.0.1:1"}
    (tmp_path / "fine.json").write_text(json.dumps(fine))

    assert main(["erase", *arguments]) == 1

    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_in_aws_the_tables_must_be_named_to_be_looked_into(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("LEADS_TABLE", "LEDGER_TABLE", "NOTICES_TABLE", "SUPPRESSIONS_TABLE"):
        monkeypatch.delenv(name, raising=False)

    assert main(["erase", "--url", "https://api.example.com/prod", "--scan", "--find", "ada"]) == 1

    assert "Set LEADS_TABLE, LEDGER_TABLE" in capsys.readouterr().err


# An officer's door that answers as a test says, tables that are empty, and one queue


LEAD = "a" * 32
DONE: dict[str, Any] = {"lead_id": LEAD, "state": "done"}
ENCLOSING = enclosing(
    Message("1", LEAD, 1, "lead.permission_changed", canonical({"data": {"lead_id": LEAD}})), "AQICAHg=", NOON
)


@dataclass
class Door:
    """What it was asked, and what it answers to each order; the lead is gone already."""

    answers: list[tuple[int, Any]]
    queue: list[dict[str, Any]] = field(default_factory=list)
    orders: list[Any] = field(default_factory=list)

    def asked(self, _url: str, _environment: Any, method: str, path: str, body: Any = None) -> tuple[int, Any, Any]:
        if method == "GET":
            return 410, {}, {}
        self.orders.append(body)
        status, certificates = self.answers.pop(0)
        return status, {"erasures": certificates}, {}

    def transport(self, _settings: Any, service: Any, _environment: Any) -> Any:
        return Table(*self.queue) if service == SQS else Table()


def told_at(
    door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *who: str
) -> tuple[int, str]:
    monkeypatch.setattr("local.erase_command.asked", door.asked)
    monkeypatch.setattr("local.erase_command.transport", door.transport)
    monkeypatch.setattr("local.erase_command.PAUSE_SECONDS", 0)
    for name in TABLES:
        monkeypatch.setenv(name, name)
    code = main(["erase", *who, "--scan", "--url", "https://api.example.com/prod", "--queue", "sales"])
    return code, capsys.readouterr().out


def test_who_is_enclosed_on_a_queue_is_looked_for_again_by_the_id_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lying = [{"ReceiptHandle": "1", "MessageId": "m1", "Body": ENCLOSING.body}]

    still = told_at(Door([(200, [DONE])], lying), monkeypatch, capsys, LEAD)
    clean = told_at(Door([(200, [DONE])]), monkeypatch, capsys, LEAD)

    assert (still[0], "LEFT  sales  m1" in still[1], f"{LEAD} --scan" in still[1]) == (1, True, True)
    assert (clean[0], "LEFT" in clean[1]) == (0, False)


def test_an_order_by_address_is_given_again_by_the_id_that_it_was_answered_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    door = Door([(503, []), (202, [{**DONE, "state": "in_progress"}]), (200, [DONE])])

    _, said = told_at(door, monkeypatch, capsys, "--email", "ada@example.com", "--never-contact")

    how = {"reason": "art17", "never_contact": True}
    assert door.orders == [{"email": "ada@example.com", **how}] * 2 + [{"lead_id": LEAD, **how}]
    assert f"{LEAD}: done" in said
