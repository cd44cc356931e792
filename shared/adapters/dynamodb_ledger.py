"""The ledger in DynamoDB: one batched strongly consistent read and one transaction per submission."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.adapters import items
from shared.adapters.items import Item
from shared.adapters.transport import AwsRefused, Transport
from shared.domain.agreement import Notice
from shared.domain.delay import again_at
from shared.domain.errors import CannotHappen, Conflict, TryAgain
from shared.domain.intake import Intake
from shared.domain.lead import Lead, instant
from shared.domain.message import Message
from shared.domain.question import Known
from shared.domain.suppression import Found, Marks, kinds
from shared.journeys.ports import Keys, Place, Recalled, Waiting

RELAY_HEAD_START = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of the four tables."""

    leads: str
    ledger: str
    notices: str
    suppressions: str


@dataclass(frozen=True, slots=True)
class DynamoLedger:
    """Keeps the Ledger port."""

    transport: Transport
    tables: Tables

    def recall(self, keys: Keys, notice: Notice) -> Recalled:
        earlier = [items.submission_key(keys.earlier)] if keys.earlier else []
        barriers = [items.barrier_key(mark) for theirs in keys.suppression.values() for mark in theirs]
        found = self._get(
            {
                self.tables.leads: [items.submission_key(keys.submission), items.lead_key(keys.person), *earlier],
                self.tables.notices: [items.notice_key(notice)],
                self.tables.suppressions: [*suppression_keys(keys.suppression), *barriers],
            }
        )
        published = found.get(identity(items.notice_key(notice)))
        remembered = found_among(keys.suppression, found)
        return Recalled(
            answer=items.first_answer(found.get(identity(items.submission_key(keys.submission)))),
            known=Known(
                lead=items.lead_of(found.get(identity(items.lead_key(keys.person)))),
                suppressed=kinds(keys.suppression, remembered.suppressed),
                published_sha256=published["sha256"]["S"] if published else None,
                opted_out=bool(remembered.opted_out),
                erased_at=max(
                    (found[identity(key)]["at"]["S"] for key in barriers if identity(key) in found), default=""
                ),
            ),
            earlier=items.first_answer(found.get(identity(earlier[0]))) if earlier else None,
        )

    def record(self, keys: Keys, intake: Intake, receipt: str) -> None:
        before = intake.lead.version - 1
        puts = [
            self._new(self.tables.leads, items.submission_item(keys, intake, receipt)),
            self._next(items.lead_item(keys.person, intake.lead), before),
            self._new(self.tables.leads, items.event_item(keys, intake.event)),
            self._new(self.tables.ledger, items.entry_item(intake.entry)),
        ]
        puts += self._outbox(keys.person, intake.messages, intake.event.at)
        if intake.notice:
            puts.append(self._new(self.tables.notices, items.notice_item(intake.notice)))
        self._transact(puts)

    def waiting(self, place: Place) -> Waiting | None:
        lead_key = items.lead_key(place.person)
        found = self._get({self.tables.leads: [items.place_key(place), lead_key]})
        message = found.get(identity(items.place_key(place)))
        if message is None or "due_shard" not in message:
            return None
        return Waiting(place, items.message_of(message), items.lead_of(found.get(identity(lead_key))))

    def overdue(self, now: datetime, limit: int) -> Iterable[Place]:
        return self._places(items.DUE_SHARDS, now, limit)

    def postpone(self, place: Place, now: datetime) -> None:
        item = self._item(items.place_key(place))
        if item is None or "due_shard" not in item:
            return
        tries = int(item.get("tries", {"N": "0"})["N"]) + 1
        update = {
            "TableName": self.tables.leads,
            "Key": items.place_key(place),
            "UpdateExpression": "SET due_at = :later, tries = :tries",
            "ConditionExpression": "attribute_exists(due_shard)",
            "ExpressionAttributeValues": {
                ":later": {"S": instant(again_at(now, tries))},
                ":tries": {"N": str(tries)},
            },
        }
        self._update(update)

    def mark_delivered(self, place: Place, now: datetime) -> None:
        update = {
            "TableName": self.tables.leads,
            "Key": items.place_key(place),
            "UpdateExpression": "REMOVE due_shard, due_at SET delivered_at = if_not_exists(delivered_at, :now)",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":now": {"S": instant(now)}},
        }
        self._update(update)

    def find(self, lead_id: str) -> Lead | None:
        keys = self._keys_of(lead_id)
        lead = items.lead_of(self._item(keys[0])) if keys else None
        return lead if lead and lead.lead_id == lead_id else None  # the index may lag behind an erasure

    def whereabouts(self, lead_id: str) -> str | None:
        keys = self._keys_of(lead_id)
        return keys[0]["pk"]["S"].removeprefix("P#") if keys else None

    def is_gone(self, lead_id: str) -> bool:
        return self._item(items.gone_key(lead_id)) is not None

    def found(self, marks: Marks) -> Found:
        return found_among(marks, self._get({self.tables.suppressions: suppression_keys(marks)}))

    def _keys_of(self, lead_id: str) -> list[Item]:
        query = {
            "TableName": self.tables.leads,
            "IndexName": "by_lead_id",
            "KeyConditionExpression": "lead_id = :id",
            "ExpressionAttributeValues": {":id": {"S": lead_id}},
        }
        return [{"pk": item["pk"], "sk": item["sk"]} for item in self._send("Query", query)["Items"]]

    def _item(self, key: Item) -> Item | None:
        get = {"TableName": self.tables.leads, "Key": key, "ConsistentRead": True}
        item: Item | None = self._send("GetItem", get).get("Item")
        return item

    def _update(self, update: dict[str, Any]) -> None:
        """Where the condition fails there is nothing to update."""
        try:
            self.transport.send("UpdateItem", update)
        except AwsRefused as refused:
            if refused.code != "ConditionalCheckFailedException":
                raise CannotHappen(f"dynamodb: {refused.code}") from None

    def _places(self, shards: Iterable[str], now: datetime, limit: int) -> Iterator[Place]:
        for shard in shards:
            for item in self._due(shard, instant(now), limit):
                yield Place(item["pk"]["S"].removeprefix("P#"), item["sk"]["S"])
                limit -= 1
                if limit <= 0:
                    return

    def _due(self, shard: str, now: str, limit: int) -> Iterator[Item]:
        query = {
            "TableName": self.tables.leads,
            "IndexName": "due",
            "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
            "ExpressionAttributeValues": {":shard": {"S": shard}, ":now": {"S": now}},
            "Limit": limit,
        }
        yield from self._send("Query", query)["Items"]

    def _get(self, wanted: dict[str, list[Item]]) -> dict[tuple[str, str], Item]:
        """All wanted items by (pk, sk). What the service left unread makes the whole read fail: half an answer is a
        wrong one.
        """
        request = {table: {"Keys": keys, "ConsistentRead": True} for table, keys in wanted.items() if keys}
        answer = self._send("BatchGetItem", {"RequestItems": request})
        if answer.get("UnprocessedKeys"):
            raise TryAgain("dynamodb left keys unread")
        return {identity(item): item for found in answer["Responses"].values() for item in found}

    def _send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.transport.send(operation, body)
        except AwsRefused as refused:
            raise CannotHappen(f"dynamodb {operation}: {refused.code}") from None

    def _transact(self, puts: list[dict[str, Any]]) -> None:
        try:
            self.transport.send("TransactWriteItems", {"TransactItems": puts})
        except AwsRefused as refused:
            raise _why_cancelled(refused) from None

    def _lives(self, person: str, lead_id: str) -> dict[str, Any]:
        """Nothing is written about a lead that is erased meanwhile: nobody would find it to destroy it."""
        check = {
            "TableName": self.tables.leads,
            "Key": items.lead_key(person),
            "ConditionExpression": "lead_id = :lead_id",
            "ExpressionAttributeValues": {":lead_id": {"S": lead_id}},
        }
        return {"ConditionCheck": check}

    def _absent(self, key: Item) -> dict[str, Any]:
        """Nothing is written when somebody has just put an item there."""
        check = {"TableName": self.tables.leads, "Key": key, "ConditionExpression": "attribute_not_exists(pk)"}
        return {"ConditionCheck": check}

    def _outbox(self, person: str, messages: tuple[Message, ...], at: str) -> list[dict[str, Any]]:
        """Each message is due when the relay has had its head start."""
        due_at = instant(datetime.fromisoformat(at) + RELAY_HEAD_START)
        return [self._new(self.tables.leads, items.message_item(person, message, due_at)) for message in messages]

    def _new(self, table: str, item: Item) -> dict[str, Any]:
        return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def _next(self, item: Item, before: int) -> dict[str, Any]:
        """The lead's next version, if nobody wrote another one since we read."""
        if before == 0:
            return self._new(self.tables.leads, item)
        put = {
            "TableName": self.tables.leads,
            "Item": item,
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":before": {"N": str(before)}},
        }
        return {"Put": put}


def identity(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def suppression_keys(marks: Marks) -> list[Item]:
    """Every place where one of these marks may lie."""
    return [
        items.suppression_key(mark, shelf) for theirs in marks.values() for mark in theirs for shelf in ("SUPP", "SALE")
    ]


def found_among(marks: Marks, found: Mapping[tuple[str, str], Item]) -> Found:
    """The marks of which an item was read, by shelf."""
    every = [mark for theirs in marks.values() for mark in theirs]
    suppressed, opted_out = (
        frozenset(mark for mark in every if identity(items.suppression_key(mark, shelf)) in found)
        for shelf in ("SUPP", "SALE")
    )
    places = ((mark, items.suppression_key(mark, shelf)) for mark in every for shelf in ("SUPP", "SALE"))
    kept = (items.suppression_of(mark, found[identity(key)]) for mark, key in places if identity(key) in found)
    return Found(suppressed, opted_out, tuple(one for one in kept if one))


def _why_cancelled(refused: AwsRefused) -> Exception:
    """A failed condition or a conflict means that somebody was faster: gather again. Throttling: again later."""
    reasons = set(refused.reasons) - {"None"}
    if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
        return Conflict("somebody wrote the same lead")
    if reasons & {"ThrottlingError", "ProvisionedThroughputExceeded"}:
        return TryAgain("dynamodb is busy")
    return CannotHappen(f"dynamodb TransactWriteItems: {refused.code}")
