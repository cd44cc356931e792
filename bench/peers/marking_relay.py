"""An outbox relay that can be swept: it reads message and lead, sends, and marks. No owner, no promise."""

from __future__ import annotations

import os
from typing import Any

import boto3
from forwarding import send

DYNAMODB, SQS = boto3.client("dynamodb"), boto3.client("sqs")
TABLE = os.environ["LEADS_TABLE"]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]
        if key["sk"]["S"].startswith("OUT#"):
            relay(key)
    return {"batchItemFailures": []}


def relay(key: dict[str, dict[str, str]]) -> None:
    keys = [key, {"pk": key["pk"], "sk": {"S": "LEAD"}}]
    found = DYNAMODB.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})["Responses"][TABLE]
    items = {item["sk"]["S"]: item for item in found}
    message = items[key["sk"]["S"]]
    if "due_shard" in message and "LEAD" in items:
        send(SQS, message)
        DYNAMODB.update_item(TableName=TABLE, Key=key, UpdateExpression="REMOVE due_shard, due_at")
