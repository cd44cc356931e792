"""The plainest relay: what the stream brings goes to the queue as it is. Nothing is read, nothing is marked."""

from __future__ import annotations

from typing import Any

import boto3
from forwarding import forward

SQS = boto3.client("sqs")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return forward(SQS, event)
