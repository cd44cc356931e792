"""Leads, events and messages as DynamoDB items and back.

What conditions and indexes need are attributes of their own; the rest is one JSON text, which costs less than
DynamoDB's own types to build, to send and to read.
"""

from __future__ import annotations

import json
from typing import Any

from shared.domain.agreement import Notice
from shared.domain.identity import canonical, members
from shared.domain.intake import Intake
from shared.domain.lead import Event, Lead, from_plain
from shared.domain.ledger_entry import LedgerEntry
from shared.domain.message import Message
from shared.domain.suppression import Suppression
from shared.journeys.ports import ERASED, FirstAnswer, Keys, Place

Item = dict[str, dict[str, Any]]
OUTBOX_SHARDS = 8
SUPPRESSION_SAYS = ("kind", "scope", "reason", "day", "review_on")
# Leads before letters: what sales waits for comes first.
DUE_SHARDS = tuple(f"{kind}#{shard}" for kind in ("OUT", "MAIL", "SMS") for shard in range(OUTBOX_SHARDS))


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def lead_key(person: str) -> Item:
    return key(f"P#{person}", "LEAD")


def submission_key(submission: str) -> Item:
    return key(f"S#{submission}", "SUB")


def notice_key(notice: Notice) -> Item:
    return key(f"NOTICE#{notice.notice_id}", f"V#{notice.version}#{notice.lang}")


def suppression_key(mark: str, shelf: str) -> Item:
    return key(f"SUPP#{mark}", shelf)


def barrier_key(mark: str) -> Item:
    """Beside the suppressions of a contact point: what keeps others from bringing an erased person back."""
    return suppression_key(mark, "ERASED")


def gone_key(lead_id: str) -> Item:
    """The tombstone of an erased lead, in a partition under the lead's own id."""
    return key(f"P#{lead_id}", "GONE")


def suppression_of(mark: str, item: Item) -> Suppression | None:
    """What is kept under a mark; None when it only says that there is a no, which is enough to heed it."""
    told = {name: item[name]["S"] for name in SUPPRESSION_SAYS if name in item}
    return Suppression(mark, **told) if len(told) == len(SUPPRESSION_SAYS) else None


def place_key(place: Place) -> Item:
    return key(f"P#{place.person}", place.item)


def submission_item(keys: Keys, intake: Intake, receipt: str) -> Item:
    return {
        **submission_key(keys.submission),
        "fingerprint": {"S": keys.fingerprint},
        "event_id": {"S": intake.event.event_id},
        "receipt": {"S": receipt},
        "at": {"S": intake.event.at},
        "person": {"S": keys.person},
    }


def first_answer(item: Item | None) -> FirstAnswer | None:
    if item is None:
        return None
    if "erased_on" in item:
        return ERASED
    return FirstAnswer(item["fingerprint"]["S"], item["event_id"]["S"], item["receipt"]["S"], item["at"]["S"])


def lead_item(person: str, lead: Lead) -> Item:
    return {
        **lead_key(person),
        "lead_id": {"S": lead.lead_id},
        "version": {"N": str(lead.version)},
        "stage": {"S": lead.stage},
        "purge_at": {"N": str(lead.purge_at)},
        "doc": {"S": canonical(lead.as_plain())},
    }


def lead_of(item: Item | None) -> Lead | None:
    """The lead; None also while it is being erased, when its place is held by an item without a lead."""
    return from_plain(json.loads(item["doc"]["S"])) if item and "doc" in item else None


def event_item(keys: Keys, event: Event) -> Item:
    return {
        **key(f"P#{keys.person}", f"EVT#{event.at}#{event.event_id}"),
        "kind": {"S": event.kind},
        "submission": {"S": keys.submission},
        "doc": {"S": canonical(members(event))},
    }


def entry_item(entry: LedgerEntry) -> Item:
    return {
        **key(f"CHAIN#{entry.chain}", f"EVT#{entry.seq:010d}"),
        "core": {"S": entry.core.decode("utf-8")},
        "hash": {"S": entry.hash},
        "salt": {"S": entry.salt.hex()},
        "body": {"S": entry.body.decode("utf-8")},
        "day_shard": {"S": entry.day_shard},
    }


def message_item(person: str, message: Message, due_at: str) -> Item:
    """Mails and texts are due on shards of their own, so that a service that is away keeps nothing else waiting."""
    shard = int(person[:2], 16) % OUTBOX_SHARDS
    kind = message.kind.partition(".")[0].upper() if message.is_letter else "OUT"
    return {
        **key(f"P#{person}", message.slot),
        "message_id": {"S": message.message_id},
        "lead_id_of_message": {"S": message.lead_id},
        "version": {"N": str(message.version)},
        "kind": {"S": message.kind},
        "body": {"S": message.body},
        "due_shard": {"S": f"{kind}#{shard}"},
        "due_at": {"S": due_at},
    }


def message_of(item: Item) -> Message:
    return Message(
        item["message_id"]["S"],
        item["lead_id_of_message"]["S"],
        int(item["version"]["N"]),
        item["kind"]["S"],
        item["body"]["S"],
    )


def notice_item(notice: Notice) -> Item:
    return {
        **notice_key(notice),
        "wording": {"S": notice.wording},
        "sha256": {"S": notice.sha256},
        "withdrawal_method": {"S": notice.withdrawal_method},
        "facts": {"S": canonical(notice.facts)},
    }
