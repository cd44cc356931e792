"""The notifications queue: SQS and its twin in memory keep one contract; SQS's answers are read to the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local import template
from shared.adapters.memory_notify import MemoryNotifications
from shared.adapters.sqs_notifications import SqsNotifications
from shared.adapters.transport import AwsRefused
from shared.domain.errors import CannotHappen, TryAgain
from shared.domain.notification import Notification
from shared.journeys.notify_ports import NotificationQueue
from tests.support.clouds import NUMBERS, Cloud


def notes(count: int) -> list[Notification]:
    return [Notification("meta", "m", f"fb#{n}", "CREATED", str(n), "2026-03-02T12:00:00.000Z") for n in range(count)]


class QueueContract:
    """Inherit and give a `queue` fixture; `taken` tells the keys on the queue and in the parking place."""

    taken: Callable[[], tuple[list[str], list[str]]]

    @pytest.mark.parametrize("count", [0, 1, 10, 11, 37])
    def test_all_of_them_lie_there(self, queue: NotificationQueue, count: int) -> None:
        queue.send(notes(count))

        assert self.taken() == (sorted(f"fb#{n}" for n in range(count)), [])

    def test_what_is_parked_lies_apart(self, queue: NotificationQueue) -> None:
        queue.park(notes(3))
        queue.send(notes(1))

        assert self.taken() == (["fb#0"], ["fb#0", "fb#1", "fb#2"])


class TestInMemory(QueueContract):
    @pytest.fixture
    def queue(self) -> NotificationQueue:
        queue = MemoryNotifications()
        self.taken = lambda: (sorted(keys(queue.queued)), sorted(keys(queue.parked)))
        return queue


class TestSqs(QueueContract):
    @pytest.fixture
    def queue(self, moto_cloud: Cloud) -> NotificationQueue:
        wanted = template.queues(template.read(), prefix=f"t{next(NUMBERS)}-")
        client = moto_cloud.client("sqs")
        urls = [
            client.create_queue(**wanted[name])["QueueUrl"]
            for name in ("NotificationsDeadLetterQueue", "NotificationsQueue")
        ]
        self.taken = lambda: (sorted(taken_from(client, urls[1])), sorted(taken_from(client, urls[0])))
        return SqsNotifications(moto_cloud.sqs(), urls[1], urls[0])


def keys(notifications: list[Notification]) -> list[str]:
    return [one.notification_key for one in notifications]


def taken_from(client: Any, url: str) -> list[str]:
    found: list[str] = []
    while got := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        for message in got:
            found.append(json.loads(message["Body"])["notification_key"])
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


@dataclass
class Answering:
    """A transport that gives one answer, or raises."""

    answer: Any

    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Successful": [{"Id": entry["Id"]} for entry in body["Entries"]], **self.answer}


def test_a_batch_that_is_taken_in_part_is_not_taken() -> None:
    queue = SqsNotifications(Answering({"Failed": [{"Id": "3", "Code": "InternalError"}]}), "q", "p")

    with pytest.raises(TryAgain, match="took 4 of 5"):
        queue.send(notes(5))


@pytest.mark.parametrize(
    ("code", "kind"),
    [("RequestThrottled", TryAgain), ("KMS.DisabledException", TryAgain), ("AccessDenied", CannotHappen)],
)
def test_a_busy_queue_is_tried_again_and_a_closed_one_is_told(code: str, kind: type[Exception]) -> None:
    queue = SqsNotifications(Answering(AwsRefused(code)), "q", "p")

    with pytest.raises(kind):
        queue.park(notes(1))
