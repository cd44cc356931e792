"""Sales' answers as DynamoDB items and back; they lie among the person's items."""

from __future__ import annotations

import json

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


def answer_of(item: Item) -> Kept:
    return kept_from(json.loads(item["doc"]["S"]))
