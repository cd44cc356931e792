"""The whole walk in one process: the very handlers, tables and queues from the template, moto as the cloud."""

from __future__ import annotations

import importlib
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from local import template, texts
from local.aws import TEST_SECRET
from shared import telemetry
from shared.adapters.dynamodb_ledger import Tables
from tests.support.clouds import NUMBERS, REGION, Cloud, fresh_tables
from tests.support.texts import text_network

DOORS = (
    "receive_form",
    "show_form",
    "relay",
    "sweep",
    "show_lead",
    "permission_pages",
    "erase",
    "receive_events",
    "receive_answers",
)
SENDER, LINKS = "leads@example.com", "https://links.example.com"
SECRET = {"kid": "k1", "key": "a secret for tests only"}


def sent_messages() -> list[Any]:
    """moto runs in this process and keeps what SES was given."""
    from moto.ses.models import ses_backends

    messages: list[Any] = ses_backends["000000000000"][REGION].sent_messages
    return messages


@dataclass
class Walk:
    """The doors and what lies behind them."""

    cloud: Cloud
    tables: Tables
    queue_url: str
    doors: dict[str, ModuleType]
    read: dict[str, str] = field(default_factory=dict)
    box: texts.TextBox = field(default_factory=texts.TextBox)
    mails_before: int = field(default_factory=lambda: len(sent_messages()))

    def call(self, door: str, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.doors[door].handler(event, None)
        return answer

    def relay(self) -> dict[str, Any]:
        """Every new record of the real stream of the leads table goes to the relay, as the mapping would send it."""
        return self.call(
            "relay", {"Records": [record for record in self._records() if record["eventName"] == "INSERT"]}
        )

    def messages(self, queue: str = "HandOffQueue") -> list[dict[str, Any]]:
        """Everything on the hand-off queue, or on another one, taken off it."""
        client, taken, url = self.cloud.client("sqs"), [], beside(self.queue_url, queue)
        while received := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get(
            "Messages"
        ):
            for message in received:
                taken.append(json.loads(message["Body"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def mails(self) -> list[Any]:
        """Everything that this walk's functions gave to SES."""
        return sent_messages()[self.mails_before :]

    def texts(self) -> list[texts.SentText]:
        """Everything that this walk's functions gave to the mobile network, newest first."""
        return self.box.sent()

    def items(self, table: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.cloud.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        return items

    def everything(self) -> str:
        """All four tables as text."""
        return json.dumps(
            [
                sorted(map(json.dumps, self.items(name)))
                for name in (self.tables.leads, self.tables.ledger, self.tables.notices, self.tables.suppressions)
            ]
        )

    def _records(self) -> list[dict[str, Any]]:
        streams = self.cloud.client("dynamodbstreams")
        arn = self.cloud.client("dynamodb").describe_table(TableName=self.tables.leads)["Table"]["LatestStreamArn"]
        records = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            records += streams.get_records(ShardIterator=iterator)["Records"]
        fresh = [record for record in records if record["eventID"] not in self.read]
        self.read.update({record["eventID"]: "" for record in fresh})
        return fresh


def body(reply: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(reply["body"])
    return parsed


def lead(walk: Walk) -> dict[str, Any]:
    """The only lead there is, as it is stored."""
    (item,) = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"] == "LEAD"]
    document: dict[str, Any] = json.loads(item["doc"]["S"])
    return document


def reload_doors() -> dict[str, ModuleType]:
    """The handlers composed anew from the environment as it is now."""
    for door in DOORS:
        sys.modules.pop(f"functions.{door}.handler", None)
    return {door: importlib.import_module(f"functions.{door}.handler") for door in DOORS}


@pytest.fixture
def ears() -> Iterator[io.StringIO]:
    """Every line of our log, as it is written; metrics go to standard output."""
    heard = io.StringIO()
    listener = logging.StreamHandler(heard)
    listener.setFormatter(telemetry.logger.registered_formatter)
    telemetry.logger.addHandler(listener)
    yield heard
    telemetry.logger.removeHandler(listener)


def environment(cloud: Cloud, tables: Tables, queue_url: str, secret_arn: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "LEADS_TABLE": tables.leads,
        "LEDGER_TABLE": tables.ledger,
        "NOTICES_TABLE": tables.notices,
        "SUPPRESSIONS_TABLE": tables.suppressions,
        "HAND_OFF_QUEUE_URL": queue_url,
        "NURTURE_QUEUE_URL": beside(queue_url, "NurtureQueue"),
        "KEYS_SECRET_ARN": secret_arn,
        "STAGE": "test",
        "SITE_URL": "",
        "EDGE_SECRET": "the edge",
        "TEST_SECRET": TEST_SECRET,
        "MAIL_FROM": SENDER,
        "LINKS_URL": LINKS,
        "SMS_ORIGIN": texts.ORIGIN,
        "POWERTOOLS_SERVICE_NAME": "leadgate",
        "POWERTOOLS_METRICS_NAMESPACE": "Leadgate",
    }


def beside(queue_url: str, name: str) -> str:
    """Another queue of the same walk."""
    return queue_url.replace("HandOffQueue", name)


def make_queue(cloud: Cloud) -> str:
    wanted = template.queues(template.read(), prefix=f"t{next(NUMBERS)}-")
    urls = {name: cloud.client("sqs").create_queue(**arguments)["QueueUrl"] for name, arguments in wanted.items()}
    return str(urls["HandOffQueue"])


@pytest.fixture
def open_walk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Walk]]:
    """Opens the doors before a given cloud, with some variables changed."""
    with text_network() as (network, box):
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", network)
        yield _opener(monkeypatch, box)


def _opener(monkeypatch: pytest.MonkeyPatch, box: texts.TextBox) -> Callable[..., Walk]:
    def start(cloud: Cloud, **changed: str) -> Walk:
        tables, queue_url = fresh_tables(cloud), make_queue(cloud)
        cloud.client("ses").verify_email_identity(EmailAddress=SENDER)
        secret = cloud.client("secretsmanager").create_secret(
            Name=f"keys-{next(NUMBERS)}", SecretString=json.dumps(SECRET)
        )
        for name, value in {**environment(cloud, tables, queue_url, secret["ARN"]), **changed}.items():
            monkeypatch.setenv(name, value)
        return Walk(cloud, tables, queue_url, reload_doors(), box=box)

    return start


@pytest.fixture
def walk(open_walk: Callable[..., Walk], moto_cloud: Cloud) -> Walk:
    return open_walk(moto_cloud)
