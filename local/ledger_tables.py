"""The ledger's rows straight from the tables, the bucket and the key: of a running local stack or of an AWS account.

Seals are read first, entries second, heads third. What was written meanwhile is newer than the entries that were read,
so chains on which head and entries disagree are read again up to the head.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.ledger_rows import SCHEMA, Person, Row, Rows, entry_of, head_of, seal_row
from local.unusable import Unusable
from local.where import environment_of
from shared.adapters import paging, seal_aws
from shared.adapters.aws import transport
from shared.adapters.seal_store import DynamoDayIndex, KmsSigner, S3Seals
from shared.adapters.transport import DYNAMODB, AwsRefused, Transport
from shared.settings import Settings, from_environment

NEEDED = ("LEADS_TABLE", "LEDGER_TABLE", "NOTICES_TABLE", "SEALS_BUCKET", "SEAL_KEY_ID", "SEAL_LOG_NAME")
TEXTS = ("pk", "sk", "core", "hash", "salt", "body", "day_shard")


@dataclass(frozen=True, slots=True)
class Tables:
    """The way to one ledger and all that belongs to it."""

    settings: Settings
    dynamodb: Transport
    index: DynamoDayIndex
    seals: S3Seals
    signer: KmsSigner

    def rows(self, told: Callable[[int], None] = lambda _count: None) -> Rows:
        """Everything, as one consistent picture."""
        rows = Rows()
        for number, row in enumerate(self._all()):
            rows.add(row)
            told(number)
        rows.order()
        self._settle(rows)
        return rows

    def person(self, lead_id: str) -> Person:
        found = self._index(lead_id)
        if found is None:
            raise Unusable(f"There is no lead {lead_id} here.")
        return Person(head_of(found), tuple(map(entry_of, self._chain(found["chain"], found["seq"]))))

    def notice_rows(self) -> Iterator[Row]:
        """The wordings of the registry; the platforms' forms are remembered in the same table and are none."""
        for item in self._pages("Scan", {"TableName": self.settings.notices_table, "ConsistentRead": True}):
            if item["pk"]["S"].startswith("NOTICE#"):
                yield notice_row(item)

    def _all(self) -> Iterator[Row]:
        yield {"kind": "about", "schema": SCHEMA, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}
        yield {"kind": "key", "key": self.signer.key().as_text()}
        yield from (seal_row(self.seals.read(day)) for day in self.seals.days())
        scan = {"TableName": self.settings.ledger_table, "ConsistentRead": True}
        yield from (entry_row(item) for item in self._pages("Scan", scan))
        yield from self._heads()
        yield from self._erasures()
        yield from self.notice_rows()

    def _erasures(self) -> Iterator[Row]:
        """The recorded erasures are the tombstones of the leads."""
        scan = {
            "TableName": self.settings.leads_table,
            "ConsistentRead": True,
            "FilterExpression": "sk = :gone",
            "ExpressionAttributeValues": {":gone": {"S": "GONE"}},
        }
        days = Counter(item["erased_on"]["S"] for item in self._pages("Scan", scan))
        yield from ({"kind": "erasure", "day": day, "count": count} for day, count in sorted(days.items()))

    def _heads(self) -> Iterator[Row]:
        scan = {
            "TableName": self.settings.leads_table,
            "ConsistentRead": True,
            "FilterExpression": "sk = :lead",
            "ExpressionAttributeValues": {":lead": {"S": "LEAD"}},
        }
        yield from (head_row(item) for item in self._pages("Scan", scan) if "doc" in item)

    def _settle(self, rows: Rows) -> None:
        """Read again the chains that were written, or erased, between the reading of entries and of heads."""
        heads = {head.chain: head for head in rows.heads()}
        for chain, sk in list(rows.last_places()):
            head = heads.get(chain)
            if head is None or f"EVT#{head.seq:010d}" > sk:
                rows.replace_chain(chain, list(self._chain(chain, head.seq if head else 10**10 - 1)))

    def _chain(self, chain: str, until: int) -> Iterator[Row]:
        query = {
            "TableName": self.settings.ledger_table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :chain AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":chain": {"S": f"CHAIN#{chain}"},
                ":first": {"S": "EVT#"},
                ":last": {"S": f"EVT#{until:010d}"},
            },
        }
        yield from (entry_row(item) for item in self._pages("Query", query))

    def _index(self, lead_id: str) -> Row | None:
        query = {
            "TableName": self.settings.leads_table,
            "IndexName": "by_lead_id",
            "KeyConditionExpression": "lead_id = :id",
            "ExpressionAttributeValues": {":id": {"S": lead_id}},
        }
        for item in self._pages("Query", query):
            key = {"pk": item["pk"], "sk": item["sk"]}
            get = {"TableName": self.settings.leads_table, "Key": key, "ConsistentRead": True}
            found = self._send("GetItem", get).get("Item")
            return head_row(found) if found else None
        return None

    def _pages(self, operation: str, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return paging.found(self._send, operation, dict(request))

    def _send(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.dynamodb.send(operation, dict(request))
        except AwsRefused as refused:
            raise Unusable(f"DynamoDB refused {operation} on {request['TableName']}: {refused.code}.") from None


def entry_row(item: Mapping[str, Any]) -> Row:
    return {"kind": "entry", **{name: item[name].get("S") for name in TEXTS if name in item}}


def head_row(item: Mapping[str, Any]) -> Row:
    doc = json.loads(item["doc"]["S"])
    return {"kind": "head", "lead_id": doc["lead_id"], **doc["head"]}


def notice_row(item: Mapping[str, Any]) -> Row:
    _, version, lang = item["sk"]["S"].split("#", 2)
    texts = {name: item[name]["S"] for name in ("sha256", "wording", "withdrawal_method")}
    facts = json.loads(item["facts"]["S"]) if "facts" in item else {}
    notice_id = item["pk"]["S"].removeprefix("NOTICE#")
    return {"kind": "notice", "notice_id": notice_id, "version": int(version), "lang": lang, **texts, "facts": facts}


# ------------------------------------------------------------------ which tables


def chosen_tables(chosen: argparse.Namespace) -> Tables:
    """The tables of the stack that `--ready-file` or `--tables` names. Raises Unusable."""
    return tables_of(environment_of(chosen, NEEDED))


def tables_of(environment: Mapping[str, str]) -> Tables:
    """The tables that these variables of the functions name."""
    settings = from_environment(environment)
    return Tables(
        settings,
        transport(settings, DYNAMODB, environment),
        seal_aws.day_index(settings, environment),
        seal_aws.seals(settings, environment),
        seal_aws.signer(settings, environment),
    )
