"""The queue and the lead's door in AWS, or in a local stack."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from consumer.reading import Consumer, Delivery, Later

HIDDEN_SECONDS = 60
FAILED = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class LeadApi:
    """GET /v1/leads/{lead_id}, asked for with an IAM signature."""

    session: boto3.Session
    api_url: str

    def __call__(self, lead_id: str) -> tuple[int, dict[str, Any]]:
        """Status and lead as of now; the lead is empty unless the status is 200. Raises Later when nobody answers."""
        url = f"{self.api_url}/v1/leads/{lead_id}"
        asked = AWSRequest("GET", url)
        credentials = self.session.get_credentials()
        assert credentials, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(asked)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=dict(asked.headers)), timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, {}
        except OSError:
            raise Later("GET /v1/leads did not answer") from None


class SqsQueue:
    """A FIFO queue that is read until somebody says stop."""

    def __init__(self, sqs: Any, queue_url: str, hidden_seconds: int = HIDDEN_SECONDS) -> None:
        self.sqs = sqs
        self.queue_url = queue_url
        self.hidden_seconds = hidden_seconds

    def work_off(self, consumer: Consumer, once: bool = False, wait_seconds: int = 20) -> dict[str, int]:
        """Until the queue is empty, when `once`; else for ever. Counts what became of the messages."""
        counts: dict[str, int] = {}
        while deliveries := self._received(wait_seconds) or not once:
            for outcome in self._worked(consumer, deliveries or []):
                counts[outcome] = counts.get(outcome, 0) + 1
        return counts

    def _worked(self, consumer: Consumer, deliveries: Any) -> Iterator[str]:
        with self._kept_hidden(deliveries) as ours:
            for one, outcome in consumer.batch(deliveries, lambda delivery: delivery.receipt in ours):
                if isinstance(outcome, Later):
                    ours.pop(one.receipt, None)
                    self._hide(one.receipt, outcome.seconds)
                else:
                    self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=one.receipt)
                    ours.pop(one.receipt, None)
                yield "later" if isinstance(outcome, Later) else outcome

    @contextmanager
    def _kept_hidden(self, deliveries: list[Delivery]) -> Iterator[dict[str, float]]:
        """The receipts that nobody else can get, by when that ends; slow work extends it every third of the time."""
        ours = {one.receipt: time.monotonic() + self.hidden_seconds for one in deliveries}
        stop = threading.Event()
        thread = threading.Thread(target=self._extend, args=(ours, stop), daemon=True)
        thread.start()
        try:
            yield ours
        finally:
            stop.set()
            thread.join()

    def _extend(self, ours: dict[str, float], stop: threading.Event) -> None:
        while not stop.wait(self.hidden_seconds / 3):
            for receipt, ends in list(ours.items()):
                if self._hide(receipt, self.hidden_seconds):
                    ours.update({receipt: time.monotonic() + self.hidden_seconds} if receipt in ours else {})
                elif time.monotonic() > ends:
                    ours.pop(receipt, None)

    def _hide(self, receipt: str, seconds: int) -> bool:
        """Did the queue agree? It does not for a receipt that is too old: then the message comes again anyhow."""
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except FAILED:
            return False
        return True

    def _received(self, wait_seconds: int) -> list[Delivery]:
        got = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=self.hidden_seconds,
            AttributeNames=["MessageGroupId"],
        )
        return [
            Delivery(
                one["Body"], one.get("Attributes", {}).get("MessageGroupId", one["MessageId"]), one["ReceiptHandle"]
            )
            for one in got.get("Messages", [])
        ]
