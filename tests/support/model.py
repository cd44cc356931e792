"""An executable model of the few DynamoDB and SQS operations that we use, as documented: serial, all or nothing.

It knows only our own expressions and fails loudly on any other, so that it cannot agree with a mistake.
"""

from __future__ import annotations

import pickle
import threading
import zlib
from base64 import b64decode
from collections import defaultdict
from typing import Any

from shared.adapters.transport import AwsRefused, Plain

Item = dict[str, Any]
TABLE_KEYS = ("pk", "sk")


class ModelDynamo:
    """Keeps the Transport protocol for DynamoDB; `tables` is open to tests, `stream` holds new images in order."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[str, str], Item]] = defaultdict(dict)
        self.stream: list[tuple[str, str, Item]] = []
        self._lock = threading.Lock()

    def send(self, operation: str, body: Plain) -> Plain:
        with self._lock:
            answer: Plain = getattr(self, f"_{operation}")(_copied(body))
            return _copied(answer)

    def items(self, kind: str, table: str = "leads") -> list[Item]:
        """The items of a table whose sort keys begin so, in order."""
        return [item for (_, sk), item in sorted(self.tables[table].items()) if sk.startswith(kind)]

    def everything(self) -> str:
        """All items as text, to compare and to search; what is packed in them as it is, too."""
        found = {table: sorted(items.items()) for table, items in sorted(self.tables.items())}
        packed = [item["doc"]["B"] for items in found.values() for _, item in items if "B" in item.get("doc", {})]
        return repr((found, [zlib.decompress(b64decode(one)).decode() for one in packed]))

    def _BatchGetItem(self, body: Plain) -> Plain:
        found = {}
        for table, request in body["RequestItems"].items():
            assert request["ConsistentRead"] is True
            keys = [_identity(key) for key in request["Keys"]]
            if len(keys) != len(set(keys)):
                raise AwsRefused("ValidationException")
            found[table] = [self.tables[table][key] for key in keys if key in self.tables[table]]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _TransactWriteItems(self, body: Plain) -> Plain:
        actions = [next(iter(action.items())) for action in body["TransactItems"]]
        assert {kind for kind, _ in actions} <= {"Put", "Delete", "Update", "ConditionCheck"}
        places = [(write["TableName"], _identity(write.get("Item") or write["Key"])) for _, write in actions]
        if len(places) != len(set(places)):
            raise AwsRefused("ValidationException")
        reasons = tuple("None" if self._holds(write) else "ConditionalCheckFailed" for _, write in actions)
        if set(reasons) != {"None"}:
            raise AwsRefused("TransactionCanceledException", reasons)
        for (kind, write), (table, key) in zip(actions, places, strict=True):
            if kind == "Put":
                self._write(table, key, write["Item"])
            elif kind == "Update" and write["UpdateExpression"].startswith("ADD "):
                self._write(table, key, self._added(table, key, write))
            elif kind == "Update":
                assert write["UpdateExpression"] == "REMOVE salt, body"
                kept = {n: value for n, value in self.tables[table][key].items() if n not in ("salt", "body")}
                self._write(table, key, kept)
            elif kind == "Delete":
                self.tables[table].pop(key, None)
        return {}

    def _holds(self, put: Plain) -> bool:
        if "ConditionExpression" not in put:
            return True
        before = self.tables[put["TableName"]].get(_identity(put.get("Item") or put["Key"]))
        if put["ConditionExpression"] == "attribute_exists(pk)":
            return before is not None
        if put["ConditionExpression"] == "attribute_not_exists(doc)":
            return before is None or "doc" not in before
        if put["ConditionExpression"] == "lead_id = :lead_id AND #version = :before":
            wanted = (put["ExpressionAttributeValues"][":lead_id"], put["ExpressionAttributeValues"][":before"])
            return before is not None and (before.get("lead_id"), before["version"]) == wanted
        if put["ConditionExpression"] == "lead_id = :lead_id":
            return before is not None and before.get("lead_id") == put["ExpressionAttributeValues"][":lead_id"]
        if put["ConditionExpression"] == "erasing = :lead_id":
            return before is not None and before.get("erasing") == put["ExpressionAttributeValues"][":lead_id"]
        if put["ConditionExpression"] == "attribute_not_exists(pk)":
            return before is None
        assert put["ConditionExpression"] == "#version = :before"
        return before is not None and before["version"] == put["ExpressionAttributeValues"][":before"]

    def _added(self, table: str, key: tuple[str, str], update: Plain) -> Item:
        """ADD counts from nothing where the item or the attribute is missing."""
        item = dict(self.tables[table].get(key, update["Key"]))
        for part in update["UpdateExpression"].removeprefix("ADD ").split(", "):
            name, value = part.split(" ")
            name = update["ExpressionAttributeNames"][name]
            count = int(item.get(name, {"N": "0"})["N"]) + int(update["ExpressionAttributeValues"][value]["N"])
            item[name] = {"N": str(count)}
        return item

    def _postponed(self, body: Plain) -> Plain:
        assert body["ConditionExpression"] == "attribute_exists(due_shard)"
        table, key, values = body["TableName"], _identity(body["Key"]), body["ExpressionAttributeValues"]
        before = self.tables[table].get(key, {})
        if "due_shard" not in before:
            raise AwsRefused("ConditionalCheckFailedException")
        self._write(table, key, {**before, "due_at": values[":later"], "tries": values[":tries"]})
        return {}

    def _UpdateItem(self, body: Plain) -> Plain:
        if body["UpdateExpression"] == "SET due_at = :later, tries = :tries":
            return self._postponed(body)
        expected = "REMOVE due_shard, due_at SET delivered_at = if_not_exists(delivered_at, :now)"
        assert (body["UpdateExpression"], body["ConditionExpression"]) == (expected, "attribute_exists(pk)")
        table, key = body["TableName"], _identity(body["Key"])
        before = self.tables[table].get(key)
        if before is None:
            raise AwsRefused("ConditionalCheckFailedException")
        kept = {name: value for name, value in before.items() if name not in ("due_shard", "due_at")}
        self._write(table, key, {"delivered_at": body["ExpressionAttributeValues"][":now"], **kept})
        return {}

    def _PutItem(self, body: Plain) -> Plain:
        if not self._holds(body):
            raise AwsRefused("ConditionalCheckFailedException")
        self._write(body["TableName"], _identity(body["Item"]), body["Item"])
        return {}

    def _DeleteItem(self, body: Plain) -> Plain:
        assert body.keys() == {"TableName", "Key"}
        self.tables[body["TableName"]].pop(_identity(body["Key"]), None)
        return {}

    def _GetItem(self, body: Plain) -> Plain:
        assert body["ConsistentRead"] is True
        item = self.tables[body["TableName"]].get(_identity(body["Key"]))
        return {"Item": item} if item else {}

    def _Query(self, body: Plain) -> Plain:
        values = body["ExpressionAttributeValues"]
        items = self.tables[body["TableName"]].values()
        if "IndexName" not in body:
            return self._query_by_key(body)
        if body["IndexName"] == "by_lead_id":
            assert body["KeyConditionExpression"] == "lead_id = :id"
            return {"Items": [_keys(item) for item in items if item.get("lead_id") == values[":id"]]}
        assert body["KeyConditionExpression"] == "due_shard = :shard AND due_at <= :now"
        due = [
            item
            for item in items
            if item.get("due_shard") == values[":shard"] and item["due_at"]["S"] <= values[":now"]["S"]
        ]
        return {"Items": [_keys(item) for item in sorted(due, key=lambda item: item["due_at"]["S"])[: body["Limit"]]]}

    def _query_by_key(self, body: Plain) -> Plain:
        """A page of one partition, in order; two items to a page where the request sets no limit of its own."""
        assert body["ConsistentRead"] is True
        values, partition = body["ExpressionAttributeValues"], sorted(self.tables[body["TableName"]].items())
        if body["KeyConditionExpression"] == "pk = :person AND begins_with(sk, :answer)":
            start = values[":answer"]["S"]
            return {"Items": [item for (pk, sk), item in partition if (pk, sk[:4]) == (values[":person"]["S"], start)]}
        if body["KeyConditionExpression"] == "pk = :person":
            start = body.get("ExclusiveStartKey", {}).get("sk", {}).get("S", "")
            found = [item for (pk, sk), item in partition if pk == values[":person"]["S"] and start < sk]
            page = found[: body.get("Limit", 2)]
            return {"Items": page, **({"LastEvaluatedKey": _keys(page[-1])} if len(found) > len(page) else {})}
        assert body["KeyConditionExpression"] == "pk = :chain AND sk < :before"
        assert body["FilterExpression"] == "attribute_exists(salt) OR attribute_exists(body)"
        start = body.get("ExclusiveStartKey", {}).get("sk", {}).get("S", "")
        chain = [
            item for (pk, sk), item in partition if pk == values[":chain"]["S"] and start < sk < values[":before"]["S"]
        ]
        page = chain[:2]
        more = {"LastEvaluatedKey": _keys(page[-1])} if len(chain) > len(page) else {}
        return {"Items": [{"sk": item["sk"]} for item in page if "salt" in item or "body" in item], **more}

    def _write(self, table: str, key: tuple[str, str], item: Item) -> None:
        before = self.tables[table].get(key)
        self.tables[table][key] = item
        if before != item:
            self.stream.append((table, "MODIFY" if before else "INSERT", item))


class ModelQueue:
    """Keeps the Transport protocol for SQS: at least once, nothing deduplicated."""

    def __init__(self) -> None:
        self.sent: list[Plain] = []

    def send(self, operation: str, body: Plain) -> Plain:
        assert operation == "SendMessage"
        self.sent.append(_copied(body))
        return {"MessageId": str(len(self.sent))}


def _copied(plain: Plain) -> Plain:
    """What deepcopy gives, for plain values in a quarter of its time."""
    copied: Plain = pickle.loads(pickle.dumps(plain))
    return copied


def _identity(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _keys(item: Item) -> Item:
    return {name: item[name] for name in TABLE_KEYS}
