"""Stream mapping and schedule, as Lambda plays them."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import template as templates
from local.aws import Aws
from local.logs import Tap
from local.template import StreamTrigger
from local.triggers import (
    Batch,
    NotPlayed,
    StreamFollower,
    Surroundings,
    Try,
    deliver,
    failure_record,
    fits,
    next_tries,
    passes,
    seconds_of,
    seconds_until,
    too_old,
    what_remains,
)

EVENTS = Path(__file__).resolve().parents[2] / "events"
TEMPLATE = templates.read()
(RELAY,) = (one for one in templates.streams(TEMPLATE) if one.function == "RelayFunction")


def a_record(number: int, item: str = "OUT#0000000001", happened: str = "INSERT") -> dict[str, Any]:
    keys = {"pk": {"S": f"P#{number}"}, "sk": {"S": item}}
    change = {"Keys": keys, "SequenceNumber": str(number), "ApproximateCreationDateTime": 1000}
    return {"eventName": happened, "dynamodb": change}


def a_batch(*numbers: int) -> Batch:
    return tuple(a_record(number) for number in numbers)


def numbers_of(batch: Batch) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in batch]


def naming(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}


@dataclass
class Relay:
    """A function that fails at some records; `seen` are the batches it was given, `parked` what was given up."""

    poison: set[int] = field(default_factory=set)
    raises: bool = False
    heals_after: int = 10**6
    seen: list[list[int]] = field(default_factory=list)
    parked: list[tuple[list[int], str]] = field(default_factory=list)
    pauses: list[int] = field(default_factory=list)

    def __call__(self, batch: Batch) -> dict[str, Any]:
        self.seen.append(numbers_of(batch))
        bad = [number for number in numbers_of(batch) if number in self.poison]
        if not bad or len(self.seen) > self.heals_after:
            return naming()
        if self.raises:
            raise RuntimeError
        return naming(bad[0])

    def give_up(self, batch: Batch, why: str) -> None:
        self.parked.append((numbers_of(batch), why))

    def finished(self) -> set[int]:
        """Every record that was in a batch behind which nothing failed."""
        return {number for batch in self.seen for number in batch if number not in self.poison}


def run(relay: Relay, batch: Batch, trigger: StreamTrigger = RELAY) -> None:
    deliver(batch, trigger, relay, relay.give_up, relay.pauses.append)


@pytest.mark.parametrize(
    ("item", "happened", "expected"),
    [
        ("OUT#0000000001", "INSERT", True),
        ("EVT#2026-11-02T09:15:30.120Z#ab", "INSERT", True),
        ("OUT#0000000001", "MODIFY", False),
        ("OUT#0000000001", "REMOVE", False),
        ("LEAD", "INSERT", False),
        ("SUB", "INSERT", False),
    ],
)
def test_the_relay_sees_new_events_and_messages_only(item: str, happened: str, expected: bool) -> None:
    assert passes(RELAY.filters, a_record(1, item, happened)) is expected


def test_the_sample_records_pass_the_filter_of_the_template() -> None:
    records = json.loads((EVENTS / "relay.json").read_text("utf-8"))["Records"]

    assert records
    assert all(passes(RELAY.filters, record) for record in records)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"]}, {}, False),
        ({"a": [1]}, {"a": "1"}, False),
        ({"a": [{"exists": True}]}, {"a": 0}, True),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"anything-but": ["x"]}]}, {"a": "y"}, True),
        ({"a": [{"anything-but": "x"}]}, {"a": "x"}, False),
        ({"a": [{"suffix": "z"}]}, {"a": "xyz"}, True),
        ({"a": [{"prefix": "x"}]}, {"a": 7}, False),
        ({"a": {"b": ["x"]}, "c": ["y"]}, {"a": {"b": "x"}, "c": "y"}, True),
        ({"a": {"b": ["x"]}, "c": ["y"]}, {"a": {"b": "x"}}, False),
        ({"a": {"b": ["x"]}}, {"a": "no mapping"}, False),
    ],
)
def test_an_event_filter_is_read_as_lambda_reads_it(
    pattern: Mapping[str, Any], value: Mapping[str, Any], expected: bool
) -> None:
    assert fits(pattern, value) is expected


def test_a_filter_that_is_not_played_says_so() -> None:
    with pytest.raises(NotPlayed, match="numeric"):
        fits({"a": [{"numeric": [">", 1]}]}, {"a": 2})


def test_no_filter_lets_everything_pass() -> None:
    assert passes((), a_record(1, "LEAD", "REMOVE"))


@pytest.mark.parametrize(
    ("answer", "remaining"),
    [
        (None, []),
        ({}, []),
        (naming(), []),
        (naming(2), [2, 3]),
        (naming(3, 2), [2, 3]),
        (naming(1), [1, 2, 3]),
        (naming(9), [1, 2, 3]),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, [1, 2, 3]),
        ({"batchItemFailures": [{}]}, [1, 2, 3]),
    ],
)
def test_a_partial_answer_leaves_everything_from_the_first_failure_on(answer: Any, remaining: list[int]) -> None:
    assert numbers_of(what_remains(a_batch(1, 2, 3), answer, reports_item_failures=True)) == remaining


def test_without_item_failures_in_the_template_an_answer_is_a_success() -> None:
    assert what_remains(a_batch(1, 2), naming(1), reports_item_failures=False) == ()


@pytest.mark.parametrize(
    ("tried", "remaining", "bisect", "expected"),
    [
        (Try(a_batch(1, 2, 3)), a_batch(3), True, [([3], 0)]),
        (Try(a_batch(1, 2, 3), 4), a_batch(2, 3), True, [([2, 3], 0)]),
        (Try(a_batch(1, 2, 3), 2), a_batch(1, 2, 3), True, [([1], 2), ([2, 3], 2)]),
        (Try(a_batch(1, 2), 2), a_batch(1, 2), False, [([1, 2], 3)]),
        (Try(a_batch(1), 0), a_batch(1), True, [([1], 1)]),
        (Try(a_batch(1)), (), True, []),
    ],
)
def test_progress_starts_anew_and_no_progress_is_bisected(
    tried: Try, remaining: Batch, bisect: bool, expected: list[tuple[list[int], int]]
) -> None:
    tries = next_tries(tried, remaining, bisect)

    assert [(numbers_of(one.batch), one.failures) for one in tries] == expected


def test_a_batch_without_trouble_is_brought_once() -> None:
    relay = Relay()

    run(relay, a_batch(1, 2, 3))

    assert relay.seen == [[1, 2, 3]]


@pytest.mark.parametrize("raises", [True, False])
def test_a_poison_record_is_bisected_out_and_parked_and_the_others_get_through(raises: bool) -> None:
    relay = Relay(poison={3}, raises=raises)

    run(relay, a_batch(1, 2, 3, 4, 5))

    assert relay.finished() == {1, 2, 4, 5}
    assert relay.parked == [([3], "RetryAttemptsExhausted")]
    assert relay.seen.count([3]) == RELAY.max_retries + 1


def test_a_failure_that_heals_loses_nothing_and_keeps_the_order() -> None:
    relay = Relay(poison={1}, raises=True, heals_after=4)

    run(relay, a_batch(1, 2, 3, 4))

    assert relay.parked == []
    assert [batch for batch in relay.seen if batch == [1]][-1] == [1]
    assert relay.seen[-1][-1] == 4


def test_retries_pause_longer_each_time() -> None:
    relay = Relay(poison={1})

    run(relay, a_batch(1))

    assert relay.pauses == [1, 2, 3, 4, 5]


def test_what_is_parked_says_where_the_records_were_and_nothing_about_anybody() -> None:
    letter = failure_record("RelayFunction", "arn:stream", "shard-0", a_batch(7, 8), "RetryAttemptsExhausted")

    assert letter["DDBStreamBatchInfo"] == {
        "shardId": "shard-0",
        "startSequenceNumber": "7",
        "endSequenceNumber": "8",
        "batchSize": 2,
        "streamArn": "arn:stream",
    }
    assert "P#" not in json.dumps(letter)


@pytest.mark.parametrize(("now", "limit", "expected"), [(1100, 60, True), (1050, 60, False), (10**9, -1, False)])
def test_a_record_may_be_too_old(now: float, limit: int, expected: bool) -> None:
    assert too_old(a_record(1), now, limit) is expected


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 day)", 86400)]
)
def test_a_rate_is_read(expression: str, seconds: int) -> None:
    assert seconds_of(expression) == seconds


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "rate(1 fortnight)", "every minute"])
def test_a_schedule_that_is_not_played_says_what_to_write(expression: str) -> None:
    with pytest.raises(NotPlayed, match="rate"):
        seconds_of(expression)


@pytest.mark.parametrize(
    ("expression", "now", "seconds"),
    [
        ("rate(5 minutes)", datetime(2026, 3, 2, 12, tzinfo=UTC), 300),
        ("cron(15 0 * * ? *)", datetime(2026, 3, 2, 0, 14, 30, tzinfo=UTC), 30),
        ("cron(15 0 * * ? *)", datetime(2026, 3, 2, 0, 15, tzinfo=UTC), 86400),
        ("cron(15 0 * * ? *)", datetime(2026, 3, 2, 12, 15, tzinfo=UTC), 12 * 3600),
    ],
)
def test_the_next_tick_is_known(expression: str, now: datetime, seconds: int) -> None:
    assert seconds_until(expression, now) == seconds


class FakeStreams:
    """One shard whose records come at once; `sent` is what goes to any queue."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.records, self.sent = records, list[dict[str, Any]]()

    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        if operation == "DescribeStream":
            return {"StreamDescription": {"Shards": [{"ShardId": "shard-0"}]}}
        if operation == "GetShardIterator":
            return {"ShardIterator": "0"}
        if operation == "GetRecords":
            start = int(body["ShardIterator"])
            return {"Records": self.records[start:], "NextShardIterator": str(len(self.records))}
        self.sent.append(body)
        return {}


def followed(records: list[dict[str, Any]], handler: Any) -> tuple[StreamFollower, FakeStreams, list[Batch]]:
    streams, told = FakeStreams(records), list[Batch]()
    aws = Aws("http://unused", streams, streams, streams, streams, streams)
    known = {"LeadsTable.StreamArn": "arn:stream", "RelayFailures": "http://queue"}
    stopping = threading.Event()
    stopping.set()
    return (
        StreamFollower(RELAY, handler, Surroundings(aws, known, Tap(io.StringIO()), stopping), told.append),
        streams,
        told,
    )


def test_a_follower_brings_each_fitting_record_once() -> None:
    events: list[dict[str, Any]] = []
    fresh = [a_record(1), a_record(2, "LEAD"), a_record(3)]
    for record in fresh:
        record["dynamodb"]["ApproximateCreationDateTime"] = 4_000_000_000
    follower, _, told = followed(fresh, lambda event, _context: events.append(event))

    follower.poll()
    follower.poll()

    assert [numbers_of(tuple(event["Records"])) for event in events] == [[1, 3]]
    assert [record["eventSourceARN"] for record in events[0]["Records"]] == ["arn:stream"] * 2
    assert [numbers_of(batch) for batch in told] == [[1, 3]]


def test_a_follower_parks_what_is_too_old_on_the_queue_of_the_template() -> None:
    follower, streams, told = followed([a_record(1)], lambda _event, _context: pytest.fail("called"))

    follower.poll()

    assert [body["QueueUrl"] for body in streams.sent] == ["http://queue"]
    assert json.loads(streams.sent[0]["MessageBody"])["requestContext"]["condition"] == "RecordAgeExceeded"
    assert told == []
