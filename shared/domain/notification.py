"""A platform's knock as it lies on the notifications queue: ids only, so nothing of the person is ever queued."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.errors import CannotHappen
from shared.domain.identity import canonical

CREATED, DELETED = "CREATED", "DELETED"
OURS = ("platform", "source_id", "notification_key", "kind", "lead_id", "received_at")


@dataclass(frozen=True, slots=True)
class Notification:
    """A lead can be fetched (CREATED) or was taken back (DELETED).

    `source_id` is empty when no source of the agreement takes the account's form: such a message is parked, and
    whoever reads it asks the agreement again. `notification_key` is the same for every delivery of the same knock.
    `lead_id` is the platform's, `ids` what else it told (form, owner, page, ad, times), all as text. `received_at` is
    RFC 3339 in UTC.
    """

    platform: str
    source_id: str
    notification_key: str
    kind: str
    lead_id: str
    received_at: str
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The message: one flat JSON object of texts."""
        return canonical({**self.ids, **{name: getattr(self, name) for name in OURS}})


def from_body(body: str) -> Notification:
    """The notification in a message of ours."""
    try:
        members = json.loads(body)
        ours = {name: members[name] for name in OURS}
    except (ValueError, TypeError, KeyError):
        raise CannotHappen("a message on the notifications queue is not one of ours") from None
    return Notification(**ours, ids={name: text for name, text in members.items() if name not in OURS})
