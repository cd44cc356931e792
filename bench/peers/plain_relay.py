"""The plainest relay: what the stream brings goes to the queue as it is. Nothing is read, nothing is marked."""

from __future__ import annotations

import os
from typing import Any

import boto3

SQS = boto3.client("sqs")
QUEUE = os.environ["HAND_OFF_QUEUE_URL"]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    for record in event["Records"]:
        item = record["dynamodb"]["NewImage"]
        if item["sk"]["S"].startswith("OUT#"):
            SQS.send_message(
                QueueUrl=QUEUE,
                MessageBody=item["body"]["S"],
                MessageGroupId=item["lead_id_of_message"]["S"],
                MessageDeduplicationId=item["message_id"]["S"],
            )
    return {"batchItemFailures": []}
