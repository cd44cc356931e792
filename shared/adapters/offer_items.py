"""Offers and the rounds of queues as DynamoDB items and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.items import OUTBOX_SHARDS, Item, key
from shared.adapters.permission_items import GONE_AT
from shared.domain import offer as offers
from shared.domain.identity import canonical
from shared.domain.offer import Offered
from shared.domain.rounds import Round
from shared.domain.routing import Turn
from shared.journeys.ports import Place

SLA_SHARDS = tuple(f"SLA#{shard}" for shard in range(OUTBOX_SHARDS))
HOLDS, BACK = "open#", "back#"
ACCOUNT_KEPT = timedelta(days=730)  # POLICY: after two years without an inquiry nobody has the account


def offer_key(person: str, crossing: int) -> Item:
    return key(f"P#{person}", offers.slot_of(crossing))


def offer_item(person: str, offer: Offered, due_at: str | None) -> Item:
    """While a promise runs the item lies in the index `due`."""
    due = {"due_shard": {"S": f"SLA#{int(person[:2], 16) % OUTBOX_SHARDS}"}, "due_at": {"S": due_at}} if due_at else {}
    return {
        **offer_key(person, offer.crossing),
        "version": {"N": str(offer.version)},
        "doc": {"S": canonical(offer.as_plain())},
        **due,
    }


def offer_of(item: Item | None) -> Offered | None:
    return offers.from_plain(json.loads(item["doc"]["S"]), int(item["version"]["N"])) if item else None


def account_key(company: str) -> Item:
    return key(f"ACCOUNT#{company}", "OFFER")


def account_item(company: str, person: str, offer: Offered, at: datetime) -> Item:
    """Where the company's last offer lies. It leaves with any of its people who is erased, and by itself in time."""
    return {
        **account_key(company),
        "person": {"S": person},
        "offer": {"S": offer.slot},
        GONE_AT: {"N": str(int((at + ACCOUNT_KEPT).timestamp()))},
    }


def account_of(item: Item | None) -> Place | None:
    return Place(item["person"]["S"], item["offer"]["S"]) if item else None


def round_key(queue: str) -> Item:
    return key(f"ROUTE#{queue}", "TURN")


def round_item(one: Round) -> Item:
    """Counters are attributes of their own, so that an answer of sales can count without reading the round."""
    held = {f"{HOLDS}{owner}": {"N": str(count)} for owner, count in one.open.items()}
    back = {f"{BACK}{owner}#{day}": {"N": str(count)} for (owner, day), count in one.given_back.items()}
    turn = {"place": {"N": str(one.turn.place)}, "size": {"N": str(one.turn.size)}}
    return {**round_key(one.queue), "version": {"N": str(one.version + 1)}, **turn, **held, **back}


def round_of(queue: str, item: Item | None) -> Round:
    if item is None:
        return Round(queue)
    back = {name.removeprefix(BACK): int(value["N"]) for name, value in item.items() if name.startswith(BACK)}
    return Round(
        queue=queue,
        turn=Turn(int(item.get("place", {"N": "0"})["N"]), int(item.get("size", {"N": "0"})["N"])),
        open={name.removeprefix(HOLDS): int(value["N"]) for name, value in item.items() if name.startswith(HOLDS)},
        given_back={_owner_and_day(name): count for name, count in back.items()},
        version=int(item["version"]["N"]),
    )


def holders_moved(table: str, before: Offered, after: Offered, day: str) -> Iterable[dict[str, Any]]:
    """What an answer of sales, or the end of an offer, changes in the queues' rounds: who holds the lead no more, and
    who holds it now.

    Parts of a transaction, none when the holder stays; `day` is the answer's, on which a rejected lead was given back.
    """
    held, holds = before.holder, after.holder
    if held == holds:
        return
    gone_back = any(answer["kind"] == "rejected" for answer in after.answers[len(before.answers) :])
    counts: dict[str, dict[str, int]] = {}
    if held:
        counts.setdefault(held[0], {})[f"{HOLDS}{held[1]}"] = -1
        counts[held[0]] |= {f"{BACK}{held[1]}#{day}": 1} if gone_back else {}
    if holds:
        counts.setdefault(holds[0], {})[f"{HOLDS}{holds[1]}"] = 1
    for queue, moves in counts.items():
        yield _counted(table, queue, moves)


def _counted(table: str, queue: str, moves: dict[str, int]) -> dict[str, Any]:
    names = {f"#c{place}": name for place, name in enumerate(moves)}
    values = {f":c{place}": {"N": str(count)} for place, count in enumerate(moves.values())}
    parts = ", ".join(f"#c{place} :c{place}" for place in range(len(moves)))
    return {
        "Update": {
            "TableName": table,
            "Key": round_key(queue),
            "UpdateExpression": f"ADD #version :one, {parts}",
            "ExpressionAttributeNames": {"#version": "version", **names},
            "ExpressionAttributeValues": {":one": {"N": "1"}, **values},
        }
    }


def _owner_and_day(name: str) -> tuple[str, str]:
    owner, _, day = name.rpartition("#")
    return owner, day
