"""What calls functions besides HTTP: the leads table's stream, a queue and the schedule, as the template declares them.

The rules of Lambda's stream mapping that are played: event filters, batches, partial answers, bisecting, bounded
retries, the record's greatest age and the on-failure destination. Delivery is at least once and in order.
"""

from __future__ import annotations

import json
import re
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws import Aws
from local.gateway import Handler, context
from local.logs import Tap
from local.template import PSEUDO, QueueTrigger, ScheduleTrigger, StreamTrigger
from shared.domain.errors import LeadgateError

Record = Mapping[str, Any]
Batch = tuple[Record, ...]
POLL_SECONDS = 0.15
LONGEST_PAUSE_SECONDS = 5.0
AGAIN_SECONDS = 5
UNITS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}


class NotPlayed(LeadgateError):
    """The template uses something that this machine does not imitate."""


# ------------------------------------------------------------------ event filters


def passes(filters: Sequence[Mapping[str, Any]], record: Record) -> bool:
    """Does the record fit one of the patterns? No pattern lets everything pass."""
    return not filters or any(fits(pattern, record) for pattern in filters)


def fits(pattern: Mapping[str, Any], value: Any) -> bool:
    """Every key of the pattern must fit; a list holds alternatives."""
    inside = value if isinstance(value, Mapping) else {}
    return all(
        fits(wanted, inside.get(name)) if isinstance(wanted, Mapping) else _one_of(wanted, inside.get(name))
        for name, wanted in pattern.items()
    )


def _one_of(alternatives: Iterable[Any], value: Any) -> bool:
    return any(_is(alternative, value) for alternative in alternatives)


def _is(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return type(wanted) is type(value) and bool(wanted == value)
    ((rule, argument),) = wanted.items()
    if rule == "exists":
        return (value is not None) is argument
    if rule == "anything-but":
        return value is not None and value not in (argument if isinstance(argument, list) else [argument])
    if rule in ("prefix", "suffix"):
        return isinstance(value, str) and (value.startswith(argument) if rule == "prefix" else value.endswith(argument))
    raise NotPlayed(f"The event filter {rule!r} of template.yaml is not played on this machine.")


# ------------------------------------------------------------------ batches


@dataclass(frozen=True, slots=True)
class Try:
    """A batch on its way, and how often it has failed as it is."""

    batch: Batch
    failures: int = 0


def what_remains(batch: Batch, answer: Any, reports_item_failures: bool) -> Batch:
    """The records not finished: from the first one that the function names on. A strange answer finishes nothing."""
    if not reports_item_failures or not answer or not answer.get("batchItemFailures"):
        return ()
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    named = [failure.get("itemIdentifier") for failure in answer["batchItemFailures"]]
    if any(name not in numbers for name in named):
        return batch
    return batch[min(numbers.index(name) for name in named) :]


def next_tries(tried: Try, remaining: Batch, bisect: bool) -> tuple[Try, ...]:
    """What to try after a failure: only the rest after some progress; else halves, or the same once more."""
    if len(remaining) < len(tried.batch):
        return (Try(remaining),) if remaining else ()
    if bisect and len(remaining) > 1:
        middle = len(remaining) // 2
        return Try(remaining[:middle], tried.failures), Try(remaining[middle:], tried.failures)
    return (Try(remaining, tried.failures + 1),)


def deliver(
    batch: Batch,
    trigger: StreamTrigger,
    invoke: Callable[[Batch], Any],
    give_up: Callable[[Batch, str], None],
    pause: Callable[[int], None],
) -> None:
    """Bring a batch to the function in order until each record is finished or given up; `invoke` may raise anything."""
    waiting = deque([Try(batch)])
    while waiting:
        tried = waiting.popleft()
        if tried.failures > trigger.max_retries:
            give_up(tried.batch, "RetryAttemptsExhausted")
            continue
        if tried.failures:
            pause(tried.failures)
        try:
            remaining = what_remains(tried.batch, invoke(tried.batch), trigger.reports_item_failures)
        except Exception:  # the function's own log says why
            remaining = tried.batch
        if remaining:
            waiting.extendleft(reversed(next_tries(tried, remaining, trigger.bisect)))


def too_old(record: Record, now: float, max_age_seconds: int) -> bool:
    """-1 means that nothing is ever too old."""
    return 0 <= max_age_seconds < now - float(record["dynamodb"]["ApproximateCreationDateTime"])


def failure_record(function: str, stream_arn: str, shard: str, batch: Batch, why: str) -> dict[str, Any]:
    """What Lambda sends to the on-failure destination: where the records were, never what was in them."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return {
        "requestContext": {"requestId": str(uuid.uuid4()), "functionArn": function, "condition": why},
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": len(batch),
            "streamArn": stream_arn,
        },
    }


# ------------------------------------------------------------------ the stream


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What triggers need: the AWS, what its names stand for, the log, the bell that says stop."""

    aws: Aws
    known: Mapping[str, str]
    tap: Tap
    stopping: threading.Event


def keep_polling(poll: Callable[[], None], around: Surroundings, what: str) -> None:
    """Until the bell rings; an AWS that is away for a moment is asked again."""
    while not around.stopping.wait(POLL_SECONDS):
        try:
            poll()
        except Exception:
            around.tap.write(f"{what} cannot be read\n{traceback.format_exc()}")
            around.stopping.wait(1)


class StreamFollower:
    """Follows one table's stream and brings its records to one function. `told` hears of every finished batch."""

    def __init__(
        self, trigger: StreamTrigger, handler: Handler, around: Surroundings, told: Callable[[Batch], None]
    ) -> None:
        self.trigger, self.handler, self.around, self.told = trigger, handler, around, told
        self.stream = around.known[f"{trigger.table}.StreamArn"]
        self.iterators: dict[str, str] = {}

    def run(self) -> None:
        keep_polling(self.poll, self.around, f"{self.trigger.function}: the stream")

    def poll(self) -> None:
        """One round over all shards."""
        if not self.iterators:
            self.iterators = {shard: self._start_of(shard) for shard in self._shards()}
        for shard, iterator in [each for each in self.iterators.items() if each[1]]:
            answer = self.around.aws.streams.send("GetRecords", {"ShardIterator": iterator})
            self._bring(shard, [record for record in answer["Records"] if passes(self.trigger.filters, record)])
            self.iterators[shard] = answer.get("NextShardIterator") or ""

    def _shards(self) -> list[str]:
        described = self.around.aws.streams.send("DescribeStream", {"StreamArn": self.stream})
        return [shard["ShardId"] for shard in described["StreamDescription"]["Shards"]]

    def _start_of(self, shard: str) -> str:
        wanted = {"StreamArn": self.stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        iterator: str = self.around.aws.streams.send("GetShardIterator", wanted)["ShardIterator"]
        return iterator

    def _bring(self, shard: str, records: list[Record]) -> None:
        give_up, now = self._giving_up(shard), time.time()
        old = tuple(record for record in records if too_old(record, now, self.trigger.max_age_seconds))
        fresh = [record for record in records if record not in old]
        if old:
            give_up(old, "RecordAgeExceeded")
        for start in range(0, len(fresh), self.trigger.batch_size):
            batch = tuple(fresh[start : start + self.trigger.batch_size])
            deliver(batch, self.trigger, self._invoke, give_up, self._pause)

    def _invoke(self, batch: Batch) -> Any:
        answer = self._logged({"Records": [{**record, "eventSourceARN": self.stream} for record in batch]})
        self.told(batch)
        return answer

    def _logged(self, event: dict[str, Any]) -> Any:
        try:
            return self.handler(event, context(self.trigger.function, event))
        except Exception:
            self.around.tap.write(traceback.format_exc())
            raise

    def _giving_up(self, shard: str) -> Callable[[Batch, str], None]:
        def give_up(batch: Batch, why: str) -> None:
            letter = failure_record(self.trigger.function, self.stream, shard, batch, why)
            queue = self.around.known[self.trigger.on_failure]
            self.around.aws.sqs.send("SendMessage", {"QueueUrl": queue, "MessageBody": json.dumps(letter)})

        return give_up

    def _pause(self, failures: int) -> None:
        self.around.stopping.wait(min(LONGEST_PAUSE_SECONDS, 0.1 * 2**failures))


# ------------------------------------------------------------------ the queue


def what_failed(messages: Sequence[Record], answer: Any, reports_item_failures: bool) -> tuple[Record, ...]:
    """The messages that must come again: those that the function names, or all where it names a strange one."""
    if not reports_item_failures or not answer or not answer.get("batchItemFailures"):
        return ()
    named = {failure.get("itemIdentifier") for failure in answer["batchItemFailures"]}
    if not named <= {message["MessageId"] for message in messages}:
        return tuple(messages)
    return tuple(message for message in messages if message["MessageId"] in named)


def sqs_record(message: Record, arn: str) -> dict[str, Any]:
    """One message as Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {},
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": PSEUDO["AWS::Region"],
    }


class QueueFollower:
    """Brings a queue's messages to one function. What failed comes again after seconds, where AWS would let the
    visibility timeout pass; the queue's own redrive counts the tries all the same.
    """

    def __init__(
        self, trigger: QueueTrigger, handler: Handler, around: Surroundings, again_seconds: int = AGAIN_SECONDS
    ) -> None:
        self.trigger, self.handler, self.around, self.again_seconds = trigger, handler, around, again_seconds
        self.url, self.arn = around.known[trigger.queue], around.known[f"{trigger.queue}.Arn"]

    def run(self) -> None:
        keep_polling(self.poll, self.around, f"{self.trigger.function}: the queue")

    def poll(self) -> None:
        """One batch, if there is one."""
        most = {"MaxNumberOfMessages": min(10, self.trigger.batch_size), "WaitTimeSeconds": 0}
        wanted = {"QueueUrl": self.url, "AttributeNames": ["All"], **most}
        messages = self.around.aws.sqs.send("ReceiveMessage", wanted).get("Messages") or []
        if not messages:
            return
        failed = self._brought(messages)
        for message in messages:
            self._again(message) if message in failed else self._done(message)

    def _brought(self, messages: Sequence[Record]) -> tuple[Record, ...]:
        event = {"Records": [sqs_record(message, self.arn) for message in messages]}
        try:
            answer = self.handler(event, context(self.trigger.function, event))
        except Exception:
            self.around.tap.write(traceback.format_exc())
            return tuple(messages)
        return what_failed(messages, answer, self.trigger.reports_item_failures)

    def _done(self, message: Record) -> None:
        self._about("DeleteMessage", message)

    def _again(self, message: Record) -> None:
        self._about("ChangeMessageVisibility", message, VisibilityTimeout=self.again_seconds)

    def _about(self, operation: str, message: Record, **more: Any) -> None:
        handle = {"QueueUrl": self.url, "ReceiptHandle": message["ReceiptHandle"]}
        self.around.aws.sqs.send(operation, {**handle, **more})


# ------------------------------------------------------------------ the schedule


def seconds_until(expression: str, now: datetime) -> float:
    """How long to wait for the next tick of `rate(5 minutes)` or of a daily `cron(15 0 * * ? *)`, in seconds."""
    daily = re.fullmatch(r"cron\((\d+) (\d+) \* \* \? \*\)", expression)
    if not daily:
        return seconds_of(expression)
    next_one = now.replace(hour=int(daily[2]), minute=int(daily[1]), second=0, microsecond=0)
    wait = (next_one - now).total_seconds()
    return wait if wait > 0 else wait + UNITS["day"]


def seconds_of(expression: str) -> int:
    """`rate(5 minutes)` in seconds."""
    found = re.fullmatch(r"rate\((\d+) (\w+)\)", expression)
    if not found or found[2] not in UNITS:
        raise NotPlayed(f"The schedule {expression!r} of template.yaml is not played on this machine: use rate(…).")
    return int(found[1]) * UNITS[found[2]]


def tick(now: datetime) -> dict[str, Any]:
    """What EventBridge sends at a scheduled moment."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": PSEUDO["AWS::AccountId"],
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": PSEUDO["AWS::Region"],
        "resources": [],
        "detail": {},
    }


def keep_time(trigger: ScheduleTrigger, handler: Handler, around: Surroundings, told: Callable[[Any], None]) -> None:
    """Call the function on its schedule until the bell rings; a failure waits for the next tick."""
    while not around.stopping.wait(seconds_until(trigger.expression, datetime.now(UTC))):
        event = tick(datetime.now(UTC))
        try:
            told(handler(event, context(trigger.function, event)))
        except Exception:
            around.tap.write(traceback.format_exc())
