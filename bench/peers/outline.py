"""What the peers write: as many items as Leadgate does, with about as many bytes, but nothing decided.

The decision of Leadgate (consent, score with its explanation, chained ledger entry) is filled in with letters, which
costs the peers nothing and gives them the same bytes to send.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any


def letters(size: int) -> str:
    """So many bytes that need as many escapes in JSON as a JSON text does."""
    return ('"name":"a value",' * (size // 17 + 1))[:size]


LEAD, EVENT, CORE, BODY, MESSAGE, RECEIPT = map(letters, (1180, 130, 341, 1739, 2253, 838))
Rows = tuple[tuple[str, dict[str, Any]], ...]


def rows(said: dict[str, Any]) -> Rows:
    """(table, item) five times: submission key, lead, event, ledger entry and the message to sales."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    person, event_id, lead_id, chain = (secrets.token_hex(16) for _ in range(4))
    text = json.dumps(said, separators=(",", ":"))
    return (
        (
            "LEADS_TABLE",
            {
                "pk": f"S#{said['submission_id']}",
                "sk": "SUB",
                "fingerprint": secrets.token_hex(32),
                "event_id": event_id,
                "receipt": RECEIPT,
                "at": now,
            },
        ),
        (
            "LEADS_TABLE",
            {
                "pk": f"P#{person}",
                "sk": "LEAD",
                "lead_id": lead_id,
                "version": 1,
                "stage": "sales_qualified",
                "purge_at": 1861833600,
                "doc": text + LEAD,
            },
        ),
        (
            "LEADS_TABLE",
            {"pk": f"P#{person}", "sk": f"EVT#{now}#{event_id}", "kind": "demo_request", "doc": text + EVENT},
        ),
        (
            "LEDGER_TABLE",
            {
                "pk": f"CHAIN#{chain}",
                "sk": "EVT#0000000001",
                "core": CORE,
                "hash": secrets.token_hex(32),
                "salt": secrets.token_hex(32),
                "body": BODY,
            },
        ),
        (
            "LEADS_TABLE",
            {
                "pk": f"P#{person}",
                "sk": "OUT#0000000001",
                "message_id": f"{lead_id}.sales_qualified.1",
                "lead_id_of_message": lead_id,
                "version": 1,
                "kind": "lead.sales_qualified",
                "body": MESSAGE,
                "due_shard": "OUT#0",
                "due_at": now,
            },
        ),
    )


def as_item(row: dict[str, Any]) -> dict[str, dict[str, str]]:
    """DynamoDB's JSON, written by hand: a serializer would cost the peers more."""
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in row.items()}
