"""One message after the other, each with one effect: whatever comes twice, late, in another order, or again after a
crash.

Why it holds: the effect is an upsert under a key of its own (the sink's promise), it is done before it is remembered,
and both before the message is taken off the queue. What the sink writes is the lead as it is now, not as the message
remembers it, so a late message can only write what is true. Who cannot ask how it is now, and opens the person in the
message (consumer.enclosure), never writes a lead that is older than what was written before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from consumer.store import Store

ERASED = "lead.erased"
KINDS = ("lead.sales_qualified", "lead.permission_changed", "lead.sla_breached", "lead.nurture_enrolled", ERASED)
LEAD = "lead"  # under this name the store keeps the version of the lead itself that was written last
GONE, FOUND, NOT_OFFERED = 410, 200, 204
AGAIN_SECONDS, LONGEST_SECONDS = 30, 12 * 60 * 60  # SQS hides a message for twelve hours at most
Found = tuple[int, dict[str, Any]]
Fetch = Callable[[str], Found]
Open = Callable[[Mapping[str, Any]], Found | None]


class Later(Exception):
    """Not now: the message stays on the queue and comes again after so many seconds. No personal data in the text."""

    def __init__(self, why: str, seconds: float = AGAIN_SECONDS) -> None:
        super().__init__(why)
        self.seconds = min(max(int(seconds), 0), LONGEST_SECONDS)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the queue gave it: `group` is the lead, `receipt` takes it off the queue."""

    body: str
    group: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Work:
    """What to do: the message's `kind` and `told` (its data), and the lead as GET /v1/leads/{lead_id} shows it now. Out
    of the message (consumer.enclosure) the lead has less, and its `permission` is as old as its `as_of`.
    """

    message_id: str
    kind: str
    told: Mapping[str, Any]
    lead: Mapping[str, Any]

    @property
    def lead_id(self) -> str:
        lead_id: str = self.told["lead_id"]
        return lead_id


class Sink(Protocol):
    """Where leads go. Both raise Later when it did not work, and both may be called again for the same message: use
    the lead's id, or the message's, as the key of what you write.
    """

    def keep(self, work: Work) -> None: ...

    def forget(self, lead_id: str) -> None: ...


def unopened(_event: Mapping[str, Any]) -> None:
    """Whatever is in the message: the lead is asked for."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """`fetch` gives status and lead, `open` the same out of the message, or None to ask, as is asked when it is
    older than what was written; the rest is what the protocols say.
    """

    fetch: Fetch
    store: Store
    sink: Sink
    open: Open = unopened

    def __call__(self, body: str, is_ours: Callable[[], bool] = lambda: True) -> str:
        """What became of the message: done, repeated, outdated, gone, not offered, or unknown; then it may leave the
        queue.

        Raises Later when it must stay. `is_ours` says whether the queue still hides it from others.
        """
        event = _read(body)
        message_id, kind, told = event["id"], event["type"], event["data"]
        lead_id, version = told["lead_id"], told["version"]
        if kind not in KINDS:
            return "unknown"
        if self.store.is_done(message_id):
            return "repeated"
        if kind == ERASED:
            return self._forget(lead_id, message_id, version)
        if self.store.is_gone(lead_id):
            return "gone"
        if version < self.store.newest(lead_id, kind):
            return "outdated"
        status, lead = self._found(event, lead_id)
        if status == GONE:
            return self._forget(lead_id)
        if status == NOT_OFFERED:
            self.store.finish(message_id, lead_id, {kind: version})
            return "not offered"
        if status != FOUND:
            raise Later(f"GET /v1/leads answered {status}")
        if self._is_older(lead_id, lead):
            raise Later("a newer state of the lead was written before")
        if not is_ours():
            raise Later("another worker has it by now", 0)
        self.sink.keep(Work(message_id, kind, told, lead))
        if self.store.is_gone(lead_id):  # it was erased while we wrote
            return self._forget(lead_id)
        self.store.finish(message_id, lead_id, {kind: version, LEAD: lead["version"]})
        return "done"

    def batch(
        self, deliveries: Iterable[Delivery], is_ours: Callable[[Delivery], bool] = lambda _: True
    ) -> Iterable[tuple[Delivery, str | Later]]:
        """Each delivery with what became of it. After a Later the lead's other messages wait too: they are in order."""
        stopped: dict[str, Later] = {}
        for one in deliveries:
            if one.group in stopped:
                yield one, stopped[one.group]
                continue
            try:
                yield one, self(one.body, lambda one=one: is_ours(one))  # type: ignore[misc]  # bound at once
            except Later as later:
                stopped[one.group] = later
                yield one, later

    def _found(self, event: Mapping[str, Any], lead_id: str) -> Found:
        """Out of the message; as of now when nobody is in it, or when a newer state was written before."""
        found = self.open(event)
        if found is None or (found[0] == FOUND and self._is_older(lead_id, found[1])):
            return self.fetch(lead_id)
        return found

    def _is_older(self, lead_id: str, lead: Mapping[str, Any]) -> bool:
        return bool(lead["version"] < self.store.newest(lead_id, LEAD))

    def _forget(self, lead_id: str, message_id: str = "", version: int = 0) -> str:
        """Buried first: what comes meanwhile brings nobody back, and a failure here is made good by the next try."""
        self.store.bury(lead_id)
        self.sink.forget(lead_id)
        if message_id:
            self.store.finish(message_id, lead_id, {ERASED: version})
        return "gone"


def failures(consumer: Consumer, event: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a Lambda function on the queue (ReportBatchItemFailures): what must come again."""
    records = [Delivery(r["body"], r["attributes"]["MessageGroupId"], r["messageId"]) for r in event["Records"]]
    left = [one.receipt for one, outcome in consumer.batch(records) if isinstance(outcome, Later)]
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in left]}


def _read(body: str) -> Mapping[str, Any]:
    """What cannot be read stays on the queue, and after five tries on the dead-letter queue, where somebody sees it."""
    try:
        event = json.loads(body)
        _ = event["id"], event["type"], event["data"]["lead_id"], event["data"]["version"] + 0
    except (ValueError, KeyError, TypeError):
        raise Later("not a message of Leadgate") from None
    return event  # type: ignore[no-any-return]  # a mapping, or the line above had failed
