"""Acts, tokens, mail budgets and suppressions as DynamoDB items and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.adapters.items import Item, key, suppression_key
from shared.domain.identity import canonical, members
from shared.domain.mail_budget import Budget
from shared.domain.suppression import Suppression
from shared.domain.tokens import Token

# The table's TTL attribute: DynamoDB deletes these items some days after. Whoever reads them checks the time itself.
GONE_AT = "gone_at"


def token_key(digest: str) -> Item:
    return key(f"T#{digest}", "TOK")


def budget_key(purse: str) -> Item:
    return key(f"M#{purse}", "BUDGET")


def act_item(person: str, act: Mapping[str, Any]) -> Item:
    """Beside the events, not among them: an act is no submission."""
    return {
        **key(f"P#{person}", f"ACT#{act['at']}#{act['act_id']}"),
        "kind": {"S": act["kind"]},
        "doc": {"S": canonical(act)},
    }


def token_item(token: Token) -> Item:
    return {
        **token_key(token.digest),
        "version": {"N": str(token.version)},
        "doc": {"S": canonical(members(token))},
        GONE_AT: _epoch(token.expires_at),
    }


def token_of(item: Item | None) -> Token | None:
    if item is None:
        return None
    plain = json.loads(item["doc"]["S"])
    return Token(**{**plain, "purposes": tuple(plain["purposes"]), "version": int(item["version"]["N"])})


def budget_item(purse: str, budget: Budget) -> Item:
    return {
        **budget_key(purse),
        "version": {"N": str(budget.version)},
        "doc": {"S": canonical(members(budget))},
        GONE_AT: _epoch(budget.until),
    }


def budget_of(item: Item | None) -> Budget:
    if item is None:
        return Budget()
    plain = json.loads(item["doc"]["S"])
    return Budget(**{**plain, "sent": tuple(plain["sent"])})


def suppression_item(suppression: Suppression) -> Item:
    told = {name: {"S": value} for name, value in members(suppression).items() if name != "mark"}
    return {**suppression_key(suppression.mark, suppression.shelf), **told}


def _epoch(at: str) -> dict[str, str]:
    return {"N": str(int(datetime.fromisoformat(at).timestamp()))}
