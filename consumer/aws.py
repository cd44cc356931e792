"""The queue and the lead's door in AWS, or in a local stack."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from consumer.crm import BUSY, TIMEOUT_SECONDS, what_came
from consumer.reading import FOUND, Consumer, Delivery, Later

HIDDEN_SECONDS = 60
FAILED = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class LeadApi:
    """The two doors for sales, asked with an IAM signature. Both raise Later when no whole answer comes."""

    session: boto3.Session
    api_url: str

    def __call__(self, lead_id: str) -> tuple[int, dict[str, Any]]:
        """GET /v1/leads/{lead_id}: status and lead as of now; the lead is empty unless the status is 200."""
        status, lead = self._asked("GET", f"/v1/leads/{lead_id}")
        return status, lead if status == FOUND else {}

    def answer(self, lead_id: str, answer: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """POST /v1/leads/{lead_id}/dispositions: status, and the reply or the problem. Raises Later when it is busy.

        Derive `answer_id` from what is answered (`answer_id`): then an answer that is sent again counts once.
        """
        status, told = self._asked("POST", f"/v1/leads/{lead_id}/dispositions", answer)
        if status in BUSY:
            raise Later(f"POST /v1/leads answered {status}")
        return status, told

    def _asked(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        url, data = f"{self.api_url}{path}", json.dumps(body).encode() if body else None
        wanted = AWSRequest(method, url, {"Content-Type": "application/json"} if data else {}, data)
        credentials = self.session.get_credentials()
        assert credentials, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(wanted)
        request = urllib.request.Request(url, data, dict(wanted.headers), method=method)
        try:
            return _answered(request)
        except (OSError, HTTPException, ValueError):
            raise Later(f"{method} /v1/leads gave no whole answer") from None


def _answered(request: urllib.request.Request) -> tuple[int, dict[str, Any]]:
    """Status and JSON object; of a refusal the status counts, whatever came of its text. Raises ValueError when what
    was asked for is no object.
    """
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            status, told = answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            told = what_came(refused)
            return refused.code, told if isinstance(told, dict) else {}
    if not isinstance(told, dict):
        raise ValueError("no object")
    return status, told


def answer_id(message_id: str, kind: str) -> str:
    """The same name for the same answer to the same message, however often a worker starts again."""
    return str(uuid5(NAMESPACE_URL, f"{message_id}#{kind}"))


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
