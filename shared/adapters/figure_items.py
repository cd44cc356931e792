"""The stored sums, and what each lead adds to them, as DynamoDB items and back.

Sums hold the same few names many times over, so they are compressed: about a tenth of the units to read and write.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from shared.adapters.items import Item, key
from shared.domain.identity import canonical
from shared.domain.kpis import Summary
from shared.domain.stored_sums import Parts, Sum
from shared.journeys.figure_ports import Counted

COUNTED = "COUNTED"


def counted_key(person: str) -> Item:
    """Among the person's items, so that whoever erases the person finds it."""
    return key(f"P#{person}", COUNTED)


def counted_item(person: str, counted: Counted) -> Item:
    return {
        **counted_key(person),
        "version": {"N": str(counted.version)},
        "doc": _packed({name: summary.cells for name, summary in counted.parts.items()}),
    }


def counted_of(item: Item | None) -> Counted:
    if item is None:
        return Counted()
    parts: Parts = {name: Summary(cells) for name, cells in _unpacked(item).items()}
    return Counted(parts, int(item["version"]["N"]))


def shard_key(shard: int) -> str:
    return f"KPI#{shard}"


def sum_key(shard: int, name: str) -> Item:
    return key(shard_key(shard), name)


def sum_item(shard: int, name: str, one: Sum) -> Item:
    return {
        **sum_key(shard, name),
        "version": {"N": str(one.version)},
        "at": {"S": one.at},
        "doc": _packed(one.summary.cells),
    }


def sum_of(item: Item | None) -> Sum:
    return Sum(Summary(_unpacked(item)), int(item["version"]["N"]), item["at"]["S"]) if item else Sum()


def _packed(plain: Mapping[str, Any]) -> dict[str, str]:
    return {"B": b64encode(zlib.compress(canonical(plain).encode())).decode()}


def _unpacked(item: Item) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(zlib.decompress(b64decode(item["doc"]["B"])))
    return plain
