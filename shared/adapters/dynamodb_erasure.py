"""Erasing in DynamoDB: every write is one transaction that also moves the tombstone one step on.

So of two who erase the same person one always finds that the other was faster, and one who slept on an old page of
items destroys nothing that was written since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from shared.adapters import items, offer_items, paging
from shared.adapters import permission_items as acts
from shared.adapters.dynamodb_ledger import RELAY_HEAD_START, identity
from shared.adapters.dynamodb_sums import DynamoSums
from shared.adapters.figure_items import COUNTED
from shared.adapters.items import Item
from shared.domain.erasure import REPLAYS_END_AFTER, Barrier, Beginning, Erasure, Piece, Step, Work, from_plain
from shared.domain.identity import canonical, members
from shared.domain.lead import instant
from shared.domain.offer import Offered
from shared.domain.suppression import Suppression
from shared.journeys.erase_ports import Standing

DUE = "ERASE"


@dataclass(frozen=True, slots=True)
class DynamoErasures(DynamoSums):
    """Keeps the ErasureStore port."""

    def submitter(self, submission: str) -> str | None:
        item = self._item(items.submission_key(submission))
        return item["person"]["S"] if item and "person" in item else None

    def standing(self, person: str) -> Standing:
        item = self._item(items.lead_key(person)) or {}
        return Standing(items.lead_of(item), item.get("erasing", {}).get("S"))

    def offer(self, person: str, crossing: int) -> Offered | None:
        return offer_items.offer_of(self._item(offer_items.offer_key(person, crossing)))

    def erasure(self, lead_id: str) -> Erasure | None:
        item = self._item(items.gone_key(lead_id))
        return from_plain(json.loads(item["doc"]["S"])) if item else None

    def begin(self, beginning: Beginning) -> None:
        erasure, work = beginning.erasure, beginning.erasure.work
        person = work.person if work else ""
        message = items.message_item(erasure.lead_id, beginning.message, _after_head_start(erasure.began_at))
        self._transact(
            [
                self._next(_taken(person, erasure), beginning.before),
                self._new(self.tables.leads, tombstone_item(erasure)),
                self._new(self.tables.ledger, items.entry_item(beginning.entry)),
                self._new(self.tables.leads, message),
                *self._let_go(person, beginning),
                *self._kept(beginning.barriers, beginning.suppressions),
            ]
        )

    def pieces(self, person: str, limit: int) -> tuple[Piece, ...]:
        """One more than asked for is read, because the place of the lead lies among them."""
        query = {
            "TableName": self.tables.leads,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :person",
            "ExpressionAttributeValues": {":person": {"S": f"P#{person}"}},
            "Limit": limit + 1,
        }
        found: list[Item] = self._send("Query", query)["Items"]
        return tuple(_piece(item) for item in found if item["sk"]["S"] != "LEAD")[:limit]

    def tokens_among(self, digests: tuple[str, ...]) -> tuple[str, ...]:
        return self._stored({digest: acts.token_key(digest) for digest in digests})

    def open_entries(self, chain: str, before: int, limit: int) -> tuple[int, ...]:
        query: dict[str, Any] = {
            "TableName": self.tables.ledger,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :chain AND sk < :before",
            "FilterExpression": "attribute_exists(salt) OR attribute_exists(body)",
            "ProjectionExpression": "sk",
            "Select": "SPECIFIC_ATTRIBUTES",
            "ExpressionAttributeValues": {":chain": {"S": f"CHAIN#{chain}"}, ":before": {"S": f"EVT#{before:010d}"}},
        }
        found = islice(paging.found(self._send, "Query", query), limit)
        return tuple(int(item["sk"]["S"].removeprefix("EVT#")) for item in found)

    def purses_among(self, purses: tuple[str, ...]) -> tuple[str, ...]:
        return self._stored({purse: acts.budget_key(purse) for purse in purses})

    def destroy(self, person: str, step: Step, chain: str) -> None:
        self._transact(
            [
                self._moved_on(step.after),
                *(self._without(items.key(f"P#{person}", item)) for item in step.pieces),
                *(self.taken_out(person) if COUNTED in step.pieces else ()),
                *(self._spent(submission, step.after) for submission in step.submissions),
                *(self._without(acts.token_key(digest)) for digest in step.tokens),
                *(self._without(acts.budget_key(purse)) for purse in step.purses),
                *(self._opened_no_more(chain, number) for number in step.entries),
                *self._kept(step.barriers, step.suppressions),
            ]
        )

    def finish(self, work: Work, erasure: Erasure, purses: tuple[str, ...]) -> None:
        free = {
            "TableName": self.tables.leads,
            "Key": items.lead_key(work.person),
            "ConditionExpression": "erasing = :lead_id",
            "ExpressionAttributeValues": {":lead_id": {"S": erasure.lead_id}},
        }
        gone = [self._without(acts.budget_key(purse)) for purse in purses]
        gone += [self._without(offer_items.account_key(work.company))] if work.company else []
        self._transact([self._moved_on(erasure), {"Delete": free}, *gone])

    def forget(self, erasure: Erasure) -> None:
        self._transact([self._moved_on(erasure)])

    def keep(self, barriers: tuple[Barrier, ...], suppressions: tuple[Suppression, ...]) -> None:
        if barriers or suppressions:
            self._transact(self._kept(barriers, suppressions))

    def unfinished(self, now: datetime, limit: int) -> Iterable[str]:
        return [item["pk"]["S"].removeprefix("P#") for item in self._due(DUE, instant(now), limit)]

    def _let_go(self, person: str, beginning: Beginning) -> list[dict[str, Any]]:
        """Nobody in sales holds the lead any more, and nobody gets it."""
        held, ended, table = beginning.held, beginning.ended, self.tables.leads
        if held and ended:
            freed = offer_items.holders_moved(table, held, ended, beginning.erasure.day)
            return [self._next(offer_items.offer_item(person, ended, None), held.version), *freed]
        return [self._absent(offer_items.offer_key(person, beginning.ungiven))] if beginning.ungiven else []

    def _stored(self, wanted: dict[str, Item]) -> tuple[str, ...]:
        """The names whose item is there."""
        found = self._get({self.tables.leads: list(wanted.values())}) if wanted else {}
        return tuple(name for name, key in wanted.items() if identity(key) in found)

    def _moved_on(self, erasure: Erasure) -> dict[str, Any]:
        """The tombstone's next step, if nobody else took it since we read."""
        return self._next(tombstone_item(erasure), erasure.step - 1)

    def _without(self, key: Item) -> dict[str, Any]:
        return {"Delete": {"TableName": self.tables.leads, "Key": key}}

    def _spent(self, submission: str, erasure: Erasure) -> dict[str, Any]:
        """What keeps a replay of the submission from being a new one: a keyed hash and a day."""
        ends = datetime.fromisoformat(erasure.began_at) + REPLAYS_END_AFTER
        item = {
            **items.submission_key(submission),
            "erased_on": {"S": erasure.day},
            acts.GONE_AT: {"N": str(int(ends.timestamp()))},
        }
        return {"Put": {"TableName": self.tables.leads, "Item": item}}

    def _opened_no_more(self, chain: str, number: int) -> dict[str, Any]:
        update = {
            "TableName": self.tables.ledger,
            "Key": items.key(f"CHAIN#{chain}", f"EVT#{number:010d}"),
            "UpdateExpression": "REMOVE salt, body",
            "ConditionExpression": "attribute_exists(pk)",
        }
        return {"Update": update}

    def _kept(self, barriers: tuple[Barrier, ...], suppressions: tuple[Suppression, ...]) -> list[dict[str, Any]]:
        kept = [*map(barrier_item, barriers), *map(acts.suppression_item, suppressions)]
        return [{"Put": {"TableName": self.tables.suppressions, "Item": item}} for item in kept]


def tombstone_item(erasure: Erasure) -> Item:
    """`erased_on` is the record that the ledger's verification counts; `version` is the tombstone's own step."""
    due = {"due_shard": {"S": DUE}, "due_at": {"S": erasure.due_at}} if erasure.due_at else {}
    return {
        **items.gone_key(erasure.lead_id),
        "version": {"N": str(erasure.step)},
        "erased_on": {"S": erasure.day},
        "doc": {"S": canonical(erasure.as_plain())},
        **due,
    }


def barrier_item(barrier: Barrier) -> Item:
    told = {name: {"S": value} for name, value in members(barrier).items() if name != "mark"}
    return {**items.barrier_key(barrier.mark), **told}


def _taken(person: str, erasure: Erasure) -> Item:
    """What lies in the lead's place while it is being erased: every writer needs the version before it."""
    return {
        **items.lead_key(person),
        "version": {"N": str(erasure.version)},
        "erasing": {"S": erasure.lead_id},
    }


def _piece(item: Item) -> Piece:
    kind = item.get("kind", {}).get("S", "")
    doc = json.loads(item["doc"]["S"]) if item["sk"]["S"].startswith("EVT#") else {}
    return Piece(
        item=item["sk"]["S"],
        submission=item.get("submission", {}).get("S", ""),
        letter=item["message_id"]["S"] if kind.startswith(("mail.", "sms.")) else "",
        phone=doc.get("fields", {}).get("phone", ""),
    )


def _after_head_start(at: str) -> str:
    return instant(datetime.fromisoformat(at) + RELAY_HEAD_START)
