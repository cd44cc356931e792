"""What is remembered of ad leads and pulls, in DynamoDB: beside the leads, and the forms beside the notices.

Parked leads of a source lie together, so that an operator finds them with one query; nothing else is ever listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.adapters import paging
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.items import Item, key
from shared.adapters.permission_items import GONE_AT
from shared.adapters.transport import AwsRefused, Transport
from shared.domain.ad_lead import AdRecord, Parked
from shared.domain.erasure import REPLAYS_END_AFTER
from shared.domain.errors import CannotHappen, Conflict
from shared.domain.identity import canonical
from shared.domain.pull import Checkpoint

LARGEST_FORM = 300 * 1024  # an item holds 400 KB
PARKED = "PARK#"


@dataclass(frozen=True, slots=True)
class DynamoAds:
    """Keeps the AdStore port."""

    transport: Transport
    tables: Tables

    def remembered(self, place: str) -> AdRecord:
        item = self._item(self.tables.leads, _record_key(place))
        return _record_of(item) if item else AdRecord()

    def remember(self, place: str, record: AdRecord) -> None:
        told = {
            "deleted_ms": record.deleted_ms,
            "met": list(record.met),
            "done": list(record.done),
            "parked": record.parked,
        }
        latest = max((record.deleted_ms, *record.met)) // 1000
        self._next(_record_key(place), told, record.version, _gone_at(latest) if latest else {})

    def park(self, parked: Parked) -> None:
        place = _parked_key(parked.source_id, parked.lead_id)
        told = {"reason": {"S": parked.reason}, "at": {"S": parked.at}}
        item = {**place, **told, **_gone_at(int(datetime.fromisoformat(parked.at).timestamp()))}
        self._send("PutItem", {"TableName": self.tables.leads, "Item": item})

    def unpark(self, source_id: str, lead_id: str) -> None:
        self._send("DeleteItem", {"TableName": self.tables.leads, "Key": _parked_key(source_id, lead_id)})

    def parked(self, source_id: str) -> Iterator[Parked]:
        query: dict[str, Any] = {
            "TableName": self.tables.leads,
            "KeyConditionExpression": "pk = :source",
            "ExpressionAttributeValues": {":source": {"S": f"{PARKED}{source_id}"}},
        }
        for item in paging.found(self._send, "Query", query):
            yield Parked(source_id, item["sk"]["S"], item["reason"]["S"], item["at"]["S"])

    def form(self, platform: str, form_id: str, version: str) -> bytes | None:
        item = self._item(self.tables.notices, _form_key(platform, form_id, version))
        return str(item["form"]["S"]).encode("utf-8") if item else None

    def keep_form(self, platform: str, form_id: str, version: str, form: bytes) -> None:
        """A form beyond any measure is fetched each time instead."""
        if len(form) <= LARGEST_FORM:
            item = {**_form_key(platform, form_id, version), "form": {"S": form.decode("utf-8")}}
            self._new(self.tables.notices, item)

    def checkpoint(self, source_id: str) -> Checkpoint | None:
        item = self._item(self.tables.leads, _checkpoint_key(source_id))
        return Checkpoint(**json.loads(item["doc"]["S"]), version=int(item["version"]["N"])) if item else None

    def advance(self, source_id: str, checkpoint: Checkpoint) -> None:
        told = {
            "through": checkpoint.through,
            "stretch": checkpoint.stretch,
            "resume": checkpoint.resume,
            "held": checkpoint.held,
            "days": dict(checkpoint.days),
            "last_lead": checkpoint.last_lead,
        }
        self._next(_checkpoint_key(source_id), told, checkpoint.version)

    def _next(self, place: Item, told: dict[str, Any], before: int, more: Item | None = None) -> None:
        """The next version of an item, if nobody wrote another one since it was read."""
        item = {**place, "version": {"N": str(before + 1)}, "doc": {"S": canonical(told)}, **(more or {})}
        put: dict[str, Any] = {"TableName": self.tables.leads, "Item": item}
        if before == 0:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "#version = :before"
            put["ExpressionAttributeNames"] = {"#version": "version"}
            put["ExpressionAttributeValues"] = {":before": {"N": str(before)}}
        if not self._holds(put):
            raise Conflict("somebody wrote the same item")

    def _new(self, table: str, item: Item) -> None:
        self._holds({"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"})

    def _holds(self, put: dict[str, Any]) -> bool:
        """Whether the item was written, because its condition held."""
        try:
            self.transport.send("PutItem", put)
        except AwsRefused as refused:
            if refused.code != "ConditionalCheckFailedException":
                raise CannotHappen(f"dynamodb PutItem: {refused.code}") from None
            return False
        return True

    def _item(self, table: str, place: Item) -> Item | None:
        item: Item | None = self._send("GetItem", {"TableName": table, "Key": place, "ConsistentRead": True}).get(
            "Item"
        )
        return item

    def _send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.transport.send(operation, body)
        except AwsRefused as refused:
            raise CannotHappen(f"dynamodb {operation}: {refused.code}") from None


def _gone_at(moment: int) -> Item:
    """When the table may forget it, in epoch seconds: no platform gives out a lead so old."""
    return {GONE_AT: {"N": str(moment + int(REPLAYS_END_AFTER.total_seconds()))}}


def _record_key(place: str) -> Item:
    return key(f"AD#{place}", "AD")


def _parked_key(source_id: str, lead_id: str) -> Item:
    return key(f"{PARKED}{source_id}", lead_id)


def _checkpoint_key(source_id: str) -> Item:
    return key(f"PULL#{source_id}", "CHECKPOINT")


def _form_key(platform: str, form_id: str, version: str) -> Item:
    return key(f"FORM#{platform}#{form_id}", f"V#{version}")


def _record_of(item: Item) -> AdRecord:
    told = json.loads(item["doc"]["S"])
    return AdRecord(
        deleted_ms=told["deleted_ms"],
        met=tuple(told["met"]),
        done=tuple(told["done"]),
        parked=told["parked"],
        version=int(item["version"]["N"]),
    )
