"""The floor of a relay: a botocore client that checks nothing and only sends."""

from __future__ import annotations

import os
from typing import Any

import botocore.session
from botocore.config import Config

SQS = botocore.session.get_session().create_client("sqs", config=Config(parameter_validation=False))
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
