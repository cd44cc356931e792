"""A queue's messages and a function, as Lambda plays them."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from local.aws import Aws
from local.logs import Tap
from local.template import QueueTrigger
from local.triggers import QueueFollower, Surroundings, sqs_record, what_failed

TRIGGER = QueueTrigger("FetchAdLeadsFunction", "functions.x.handler", "NotificationsQueue", 5, True)
MESSAGES = [{"MessageId": str(number), "ReceiptHandle": f"r{number}", "Body": f"b{number}"} for number in range(3)]


@dataclass
class FakeQueue:
    """Gives its messages once and keeps what was asked of it."""

    waiting: list[dict[str, Any]] = field(default_factory=lambda: list(MESSAGES))
    asked: list[tuple[str, str]] = field(default_factory=list)

    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation == "ReceiveMessage":
            given, self.waiting = self.waiting, []
            return {"Messages": given} if given else {}
        self.asked.append((operation, body["ReceiptHandle"]))
        return {}


@dataclass
class FakeAws:
    sqs: FakeQueue = field(default_factory=FakeQueue)


def follow(handler: Any) -> tuple[FakeQueue, io.StringIO]:
    aws, log = FakeAws(), io.StringIO()
    known = {"NotificationsQueue": "the-url", "NotificationsQueue.Arn": "the-arn"}
    around = Surroundings(cast(Aws, aws), known, Tap(log, None), threading.Event())
    follower = QueueFollower(TRIGGER, handler, around)
    follower.poll()
    follower.poll()
    return aws.sqs, log


def test_what_the_function_did_is_taken_from_the_queue() -> None:
    events: list[Any] = []

    queue, _ = follow(lambda event, _: events.append(event) or {"batchItemFailures": []})

    assert [record["body"] for record in events[0]["Records"]] == ["b0", "b1", "b2"]
    assert len(events) == 1
    assert queue.asked == [("DeleteMessage", f"r{number}") for number in range(3)]


def test_only_what_failed_comes_again() -> None:
    queue, _ = follow(lambda *_: {"batchItemFailures": [{"itemIdentifier": "1"}]})

    assert queue.asked == [("DeleteMessage", "r0"), ("ChangeMessageVisibility", "r1"), ("DeleteMessage", "r2")]


def test_a_function_that_breaks_gets_everything_again_and_its_traceback_is_logged() -> None:
    def breaks(*_: Any) -> Any:
        raise ZeroDivisionError

    queue, log = follow(breaks)

    assert {operation for operation, _ in queue.asked} == {"ChangeMessageVisibility"}
    assert "ZeroDivisionError" in log.getvalue()


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, 0),
        ({}, 0),
        ({"batchItemFailures": []}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "2"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": "9"}]}, 3),
        ({"batchItemFailures": [{}]}, 3),
    ],
)
def test_a_strange_answer_finishes_nothing(answer: Any, failed: int) -> None:
    assert len(what_failed(MESSAGES, answer, reports_item_failures=True)) == failed


def test_a_function_that_reports_nothing_has_done_all() -> None:
    assert what_failed(MESSAGES, {"batchItemFailures": [{"itemIdentifier": "1"}]}, reports_item_failures=False) == ()


def test_a_message_arrives_as_lambda_hands_it_over() -> None:
    record = sqs_record({**MESSAGES[0], "Attributes": {"ApproximateReceiveCount": "1"}}, "the-arn")

    assert (record["messageId"], record["body"], record["eventSource"]) == ("0", "b0", "aws:sqs")
    assert record["attributes"] == {"ApproximateReceiveCount": "1"}


def test_a_queue_that_is_away_is_asked_again_until_the_bell_rings() -> None:
    aws, log, stopping = FakeAws(), io.StringIO(), threading.Event()
    tries: list[int] = []

    def away(_operation: str, _body: dict[str, Any]) -> dict[str, Any]:
        tries.append(1)
        stopping.set()
        raise OSError

    aws.sqs.send = away  # type: ignore[method-assign]  # one that is away
    known = {"NotificationsQueue": "the-url", "NotificationsQueue.Arn": "the-arn"}
    QueueFollower(TRIGGER, lambda *_: {}, Surroundings(cast(Aws, aws), known, Tap(log, None), stopping)).run()

    assert len(tries) == 1
    assert "the queue cannot be read" in log.getvalue()
