"""The stored sums of the figures in DynamoDB, for those who read them and for those who take a lead out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters import figure_items, paging
from shared.adapters.dynamodb_ledger import DynamoLedger, identity
from shared.adapters.items import Item
from shared.domain import stored_sums
from shared.domain.stored_sums import PEERS, SHARDS, Sum, shard_of


@dataclass(frozen=True, slots=True)
class DynamoSums(DynamoLedger):
    """The sums alone, for those who read them; keeps the Peers port."""

    def sums(self, shard: int, names: Iterable[str]) -> Mapping[str, Sum]:
        keys = {name: figure_items.sum_key(shard, name) for name in names}
        found = self._get({self.tables.leads: list(keys.values())}) if keys else {}
        return {name: figure_items.sum_of(found.get(identity(own))) for name, own in keys.items()}

    def peers(self) -> tuple[Sum, ...]:
        keys = [figure_items.sum_key(shard, PEERS) for shard in range(SHARDS)]
        found = self._get({self.tables.leads: keys})
        return tuple(figure_items.sum_of(item) for item in found.values())

    def all_sums(self) -> Iterator[tuple[int, str, Sum]]:
        """Every stored sum with its shard and its name."""
        for shard in range(SHARDS):
            for item in self._partition(figure_items.shard_key(shard)):
                yield shard, item["sk"]["S"], figure_items.sum_of(item)

    def taken_out(self, person: str) -> list[dict[str, Any]]:
        """The writes that take what a lead has added out of every sum; part of a transaction that deletes it."""
        counted, shard = figure_items.counted_of(self._item(figure_items.counted_key(person))), shard_of(person)
        change = stored_sums.moved(counted.parts, {})
        sums = self.sums(shard, change)
        after = stored_sums.added(sums, change, max((one.at for one in sums.values()), default=""))
        return [self._next(figure_items.sum_item(shard, name, one), one.version - 1) for name, one in after.items()]

    def put_right(self, shard: int, name: str, one: Sum) -> None:
        """Write a sum as it should be. Raises Conflict when it has changed since the version before."""
        self._transact([self._next(figure_items.sum_item(shard, name, one), one.version - 1)])

    def _partition(self, pk: str) -> Iterator[Item]:
        query: dict[str, Any] = {
            "TableName": self.tables.leads,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :person",
            "ExpressionAttributeValues": {":person": {"S": pk}},
        }
        return paging.found(self._send, "Query", query)
