"""How many confirmation mails one mailbox may get: at most one in 24 hours and three in 30 days (POLICY).

The form is public, so anybody can make it write to anybody; this keeps it from being a mail bomb.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.lead import instant

AT_MOST = 3
WINDOW = timedelta(days=30)
PAUSE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Budget:
    """The mails of the last 30 days by time; `last_message` is the one that paid last, so that it may try again."""

    version: int = 0
    sent: tuple[str, ...] = ()
    last_message: str = ""


def spend(before: Budget, message_id: str, now: datetime) -> Budget | None:
    """The budget after one more mail; None when there is nothing left to spend."""
    recent = tuple(at for at in before.sent if at > instant(now - WINDOW))
    if len(recent) >= AT_MOST or any(at > instant(now - PAUSE) for at in recent):
        return None
    return replace(before, version=before.version + 1, sent=(*recent, instant(now)), last_message=message_id)
