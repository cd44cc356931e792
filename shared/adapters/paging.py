"""What a Query or a Scan of DynamoDB finds, on however many pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Send = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Operation and request → answer."""


def found(send: Send, operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Item by item; a page is asked for when the one before it is used up, so whoever has enough just stops."""
    more: dict[str, Any] = {}
    while True:
        page = send(operation, {**request, **more})
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
