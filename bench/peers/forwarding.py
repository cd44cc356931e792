"""What the stream brings goes to the queue as it is."""

from __future__ import annotations

import os
from typing import Any

QUEUE = os.environ["HAND_OFF_QUEUE_URL"]


def forward(sqs: Any, event: dict[str, Any]) -> dict[str, Any]:
    for record in event["Records"]:
        item = record["dynamodb"]["NewImage"]
        if item["sk"]["S"].startswith("OUT#"):
            send(sqs, item)
    return {"batchItemFailures": []}


def send(sqs: Any, item: dict[str, Any]) -> None:
    sqs.send_message(
        QueueUrl=QUEUE,
        MessageBody=item["body"]["S"],
        MessageGroupId=item["lead_id_of_message"]["S"],
        MessageDeduplicationId=item["message_id"]["S"],
    )
