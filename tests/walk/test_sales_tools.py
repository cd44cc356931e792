"""One person's way into the tools of sales and out again: form, queue, consumer, HubSpot or Salesforce."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from consumer import Consumer, MemoryStore
from consumer.aws import SqsQueue
from consumer.crm import Caller
from consumer.hubspot import HubSpot
from consumer.reading import Sink
from consumer.salesforce import Salesforce
from shared.settings import compiled_agreement
from tests.builders import ADA
from tests.consumer.tools import FakeHubSpot, FakeSalesforce, served
from tests.support.events import an_event
from tests.walk.conftest import Walk
from tests.walk.test_erasure import delete
from tests.walk.test_permissions import one_click, page, post_form

AMERICAN = {**ADA, "country": "US"}
CRM = compiled_agreement()["definitions"]["default"]["crm"]


@dataclass
class Sales:
    """Two consumers of one queue's messages cannot share it, so each tool has a walk of its own."""

    walk: Walk
    consumer: Consumer

    def works(self) -> dict[str, int]:
        """The relay hands over, then the consumer works the queue off."""
        self.walk.relay()
        queue = SqsQueue(self.walk.cloud.client("sqs"), self.walk.queue_url)
        return queue.work_off(self.consumer, once=True, wait_seconds=0)


def fetching(walk: Walk, lead_id: str) -> tuple[int, dict[str, Any]]:
    """The very door, without the wire."""
    event = an_event(f"/v1/leads/{lead_id}", "/v1/leads/{lead_id}", {"lead_id": lead_id}, "GET")
    answer = walk.call("show_lead", event)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def hubspot() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
def salesforce() -> FakeSalesforce:
    return FakeSalesforce()


@pytest.fixture
def urls(hubspot: FakeHubSpot, salesforce: FakeSalesforce) -> Iterator[tuple[str, str]]:
    with ExitStack() as stack:
        yield stack.enter_context(served(hubspot)), stack.enter_context(served(salesforce))


def selling(walk: Walk, sink: Sink) -> Sales:
    return Sales(walk, Consumer(lambda lead_id: fetching(walk, lead_id), MemoryStore(), sink))


def caller(url: str) -> Caller:
    return Caller(url, lambda: "a token", lambda _: None)


@pytest.mark.requirement("B37a")
def test_a_lead_enters_hubspot_is_unsubscribed_when_they_take_it_back_and_deleted_when_they_are_erased(
    walk: Walk, urls: tuple[str, str], hubspot: FakeHubSpot
) -> None:
    sales = selling(walk, HubSpot(caller(urls[0]), CRM["hubspot"], "7"))

    post_form(walk, AMERICAN, "mkt_email")
    assert sales.works() == {"done": 1}
    (contact,) = hubspot.rows.values()
    lead_id, subscribed = contact["leadgate_lead_id"], dict(hubspot.subscribed)
    page(walk, "u", one_click(walk), b"List-Unsubscribe=One-Click")
    after_withdrawal = sales.works()
    unsubscribed = dict(hubspot.subscribed)
    delete(walk, lead_id)
    after_erasure = sales.works()

    assert (contact["email"], contact["lifecyclestage"]) == (ADA["email"], "salesqualifiedlead")
    assert "asked for a conversation" in contact["leadgate_next_step"]
    assert (subscribed, unsubscribed) == ({ADA["email"]: True}, {ADA["email"]: False})
    assert (after_withdrawal, after_erasure) == ({"done": 1}, {"gone": 1})
    assert hubspot.rows == {}


def test_a_lead_enters_salesforce_is_opted_out_when_they_take_it_back_and_deleted_when_they_are_erased(
    walk: Walk, urls: tuple[str, str], salesforce: FakeSalesforce
) -> None:
    sales = selling(walk, Salesforce(caller(urls[1]), CRM["salesforce"]))

    post_form(walk, AMERICAN, "mkt_email")
    assert sales.works() == {"done": 1}
    ((lead_id, row),) = salesforce.rows.items()
    page(walk, "u", one_click(walk), b"List-Unsubscribe=One-Click")
    sales.works()
    opted_out = salesforce.rows[lead_id]["HasOptedOutOfEmail"]
    delete(walk, lead_id)
    sales.works()

    assert (row["Email"], row["LastName"], row["HasOptedOutOfEmail"]) == (ADA["email"], "[not given]", False)
    assert opted_out is True
    assert salesforce.rows == {}


def test_whoever_ticked_nothing_is_opted_out_in_salesforce_from_the_first_second(
    walk: Walk, urls: tuple[str, str], salesforce: FakeSalesforce
) -> None:
    sales = selling(walk, Salesforce(caller(urls[1]), CRM["salesforce"]))

    post_form(walk, AMERICAN)
    sales.works()

    ((_, row),) = salesforce.rows.items()
    assert row["HasOptedOutOfEmail"] is True


def test_a_message_for_a_tool_that_is_busy_waits_on_the_queue(
    walk: Walk, urls: tuple[str, str], salesforce: FakeSalesforce
) -> None:
    sales = selling(walk, Salesforce(caller(urls[1]), CRM["salesforce"]))
    salesforce.first = [(429, {"Retry-After": "6"}, None)]
    post_form(walk, AMERICAN, "mkt_email")

    counts = sales.works()

    asked = {"QueueUrl": walk.queue_url, "AttributeNames": ["ApproximateNumberOfMessagesNotVisible"]}
    told = walk.cloud.client("sqs").get_queue_attributes(**asked)["Attributes"]
    assert counts == {"later": 1}
    assert salesforce.rows == {}
    assert told == {"ApproximateNumberOfMessagesNotVisible": "1"}
