"""A consumer that cannot call the API: the person is opened out of the message, once, in time, and only from there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from consumer import Consumer, Later, MemoryStore, Work
from consumer import __main__ as command
from consumer.enclosure import Enclosure, nobody_to_ask
from local.traces import forms
from shared.adapters.memory import MemoryCipher
from shared.adapters.sqs_hand_off import SqsHandOff
from shared.delivery import enclosing
from shared.domain.errors import CannotHappen
from shared.domain.lead import Lead
from shared.domain.message import Message, lead_erased, permission_changed
from shared.journeys.enclose import Enclose
from shared.settings import from_environment
from tests.builders import NOON
from tests.journeys.test_deliver import a_ledger
from tests.support.clouds import NUMBERS, REGION, Cloud
from tests.support.sales import assigning

LEAD: Lead = next(iter(a_ledger().leads.values()))
OFFER: Message = next(iter(a_ledger().outbox.values()))[0]
WITHDRAWN = {**LEAD.permission, "marketing": dict.fromkeys(LEAD.permission["marketing"], "no")}


@dataclass
class Kms:
    """As boto3's client, over the twin that encrypted."""

    cipher: MemoryCipher = field(default_factory=MemoryCipher)

    def decrypt(self, KeyId: str, CiphertextBlob: bytes, EncryptionContext: Mapping[str, str]) -> dict[str, bytes]:
        try:
            text = self.cipher.decrypt(base64.b64encode(CiphertextBlob).decode(), EncryptionContext)
        except CannotHappen:
            raise ClientError({"Error": {"Code": "InvalidCiphertextException"}}, "Decrypt") from None
        return {"Plaintext": text.encode()}


@dataclass
class Rows:
    """A sink with one row for each lead."""

    rows: dict[str, Work] = field(default_factory=dict)

    def keep(self, work: Work) -> None:
        self.rows[work.lead_id] = work

    def forget(self, lead_id: str) -> None:
        self.rows.pop(lead_id, None)


@dataclass
class Sales:
    """What leaves Leadgate, and who reads it, at one time."""

    kms: Kms = field(default_factory=Kms)
    sink: Rows = field(default_factory=Rows)
    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = NOON
    asked: list[str] = field(default_factory=list)

    def sent(self, message: Message, lead: Lead = LEAD) -> str:
        return Enclose(self.kms.cipher, lambda: self.now)(message, lead).body

    def reads(self, body: str, has_a_door: bool = False) -> str:
        opening = Enclosure(self.kms, "key", lambda: self.now)
        return Consumer(self.ask if has_a_door else nobody_to_ask, self.store, self.sink, opening)(body)

    def ask(self, lead_id: str) -> tuple[int, dict[str, Any]]:
        self.asked.append(lead_id)
        return 200, {"version": 9, "person": {"email": "now@example.com"}}


@pytest.fixture
def sales() -> Sales:
    return Sales()


def test_an_offer_is_worked_without_asking_anybody(sales: Sales) -> None:
    assert sales.reads(sales.sent(OFFER)) == "done"

    work = sales.sink.rows[LEAD.lead_id]
    assert work.lead["person"] == dict(LEAD.profile)
    assert work.lead["permission"]["as_of"] == "2026-03-02T12:00:00.000Z"


def test_a_withdrawal_reaches_a_crm_that_cannot_ask(sales: Sales) -> None:
    after = replace(LEAD, version=LEAD.version + 1, permission=WITHDRAWN)
    sales.reads(sales.sent(OFFER))

    sales.reads(sales.sent(permission_changed(after, "consent_withdrawn", ("mkt_email",), NOON), after))

    assert set(sales.sink.rows[LEAD.lead_id].lead["permission"]["marketing"].values()) == {"no"}


def test_an_offer_that_comes_late_brings_no_older_permission_back(sales: Sales) -> None:
    """It failed, lay among the dead letters, and was sent back after the withdrawal was worked off."""
    after = replace(LEAD, version=LEAD.version + 1, permission=WITHDRAWN)
    offer = sales.sent(OFFER)
    sales.reads(sales.sent(permission_changed(after, "consent_withdrawn", ("mkt_email",), NOON), after))

    with pytest.raises(Later, match="nobody to ask"):
        sales.reads(offer)

    assert set(sales.sink.rows[LEAD.lead_id].lead["permission"]["marketing"].values()) == {"no"}


def test_who_has_a_door_asks_how_it_is_now_when_an_offer_comes_late(sales: Sales) -> None:
    after = replace(LEAD, version=LEAD.version + 1, permission=WITHDRAWN)
    offer = sales.sent(OFFER)
    sales.reads(sales.sent(permission_changed(after, "consent_withdrawn", ("mkt_email",), NOON), after), True)

    assert [sales.reads(offer, has_a_door=True), sales.reads(offer, has_a_door=True)] == ["done", "repeated"]

    assert sales.asked == [LEAD.lead_id]
    assert sales.sink.rows[LEAD.lead_id].lead["person"] == {"email": "now@example.com"}


def test_what_a_door_shows_is_not_written_either_when_it_is_older(sales: Sales) -> None:
    sales.store.finish("another", LEAD.lead_id, {"lead": 10})

    with pytest.raises(Later, match="newer state"):
        sales.reads(sales.sent(OFFER), has_a_door=True)

    assert sales.sink.rows == {}


@given(st.lists(st.integers(0, 4), max_size=15))
def test_whatever_comes_twice_or_late_what_is_written_never_grows_older(order: list[int]) -> None:
    sales, states = Sales(), [replace(LEAD, version=LEAD.version + number) for number in range(5)]
    changes = [permission_changed(lead, "consent_given", ("mkt_email",), NOON) for lead in states[1:]]
    bodies = [sales.sent(message, lead) for message, lead in zip((OFFER, *changes), states, strict=True)]
    written: list[int] = []

    for number in order:
        with suppress(Later):
            sales.reads(bodies[number])
        written += [work.lead["version"] for work in sales.sink.rows.values()]

    assert written == sorted(written)
    assert not order or written[-1] == LEAD.version + max(order)


def test_after_an_erasure_no_enclosed_person_comes_back(sales: Sales) -> None:
    offer = sales.sent(OFFER)

    said = [sales.reads(body) for body in (offer, lead_erased(LEAD.lead_id, 9, "art17", NOON).body, offer)]

    assert said == ["done", "gone", "gone"]
    assert sales.sink.rows == {}


def test_one_persons_ciphertext_in_another_persons_message_opens_nothing(sales: Sales) -> None:
    body = sales.sent(OFFER).replace(LEAD.lead_id, "f" * 32)

    with pytest.raises(Later, match=r"^the person in the message cannot be opened$"):
        sales.reads(body)

    assert sales.sink.rows == {}


def test_what_is_enclosed_is_not_opened_after_seven_days(sales: Sales) -> None:
    body = sales.sent(OFFER)
    sales.now = NOON + timedelta(days=7)

    with pytest.raises(Later, match="nobody to ask"):
        sales.reads(body)


@pytest.mark.parametrize("days", [0, 7])
def test_who_has_a_door_asks_for_whoever_is_not_enclosed_or_for_too_long(sales: Sales, days: int) -> None:
    body = sales.sent(OFFER) if days else OFFER.body
    sales.now = NOON + timedelta(days=days)

    assert sales.reads(body, has_a_door=True) == "done"
    assert sales.asked == [LEAD.lead_id]


def test_a_message_from_before_persons_were_enclosed_waits_for_somebody_to_look(sales: Sales) -> None:
    with pytest.raises(Later, match="nobody to ask"):
        sales.reads(OFFER.body)


def test_a_change_of_somebody_whom_sales_was_never_offered_is_passed_over(sales: Sales) -> None:
    unknown = replace(LEAD, crossings=0)
    body = sales.sent(permission_changed(unknown, "consent_given", ("mkt_email",), NOON), unknown)

    assert [sales.reads(body), sales.reads(body)] == ["not offered", "repeated"]
    assert sales.sink.rows == {}


# ------------------------------------------------------------------ over the wire


def test_the_command_opens_what_the_functions_enclosed(
    ministack_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    key = ministack_cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    attributes = {"FifoQueue": "true"}
    queue = ministack_cloud.client("sqs").create_queue(QueueName=f"e{next(NUMBERS)}.fifo", Attributes=attributes)
    settings = from_environment({"ENCLOSURE_KEY_ID": key, "AWS_ENDPOINT_URL": ministack_cloud.url})
    message = enclosing(settings)(a_full_offer(), LEAD)
    SqsHandOff(ministack_cloud.sqs(), queue["QueueUrl"]).send(message)
    ready = {"region": REGION, "aws_endpoint_url": ministack_cloud.url, "hand_off_queue_url": queue["QueueUrl"]}
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({**ready, "enclosure_key_id": key}), "utf-8")

    assert command.main(["--ready-file", str(path), "--enclosed", "--once"]) == 0

    assert capsys.readouterr().out.startswith(f"{LEAD.profile['email']}, score {LEAD.score}: ")
    assert not [
        form for form in forms(value for value in LEAD.profile.values() if len(value) > 2) if form in message.body
    ]


def a_full_offer() -> Message:
    """As it leaves: with whoever has it."""
    ledger = a_ledger()
    waiting = ledger.waiting(next(iter(ledger.outbox)))
    assert waiting
    return assigning(ledger, lambda: NOON)(waiting, LEAD)


def test_a_stack_without_a_key_lets_messages_leave_as_they_are() -> None:
    assert enclosing(from_environment({}))(OFFER, LEAD) is OFFER
