"""Sales' answers as DynamoDB items and back; they lie among the person's items."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from shared.adapters import items
from shared.adapters.items import Item
from shared.domain.identity import canonical
from shared.domain.sales_answer import Kept, kept_from


def answer_item(person: str, kept: Kept) -> Item:
    """Its place follows from the sender's id alone, so that a repeat is recognised."""
    return {
        **items.key(f"P#{person}", f"DSP#{kept.answer_id}"),
        "kind": {"S": kept.kind},
        "doc": {"S": canonical(kept.as_plain())},
    }


def answers_query(table: str, person: str) -> dict[str, Any]:
    """All answers about a person's lead: few, and of one page, as the door takes no more than that about one lead."""
    return {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :person AND begins_with(sk, :answer)",
        "ExpressionAttributeValues": {":person": {"S": f"P#{person}"}, ":answer": {"S": "DSP#"}},
    }


def answers_in(found: Iterable[Item]) -> tuple[Kept, ...]:
    """The answers in order of time."""
    answers = (kept_from(json.loads(item["doc"]["S"])) for item in found)
    return tuple(sorted(answers, key=lambda one: (one.at, one.answer_id)))
