"""How many confirmations one mailbox, domain or number may get, and all numbers together (agreement/proof.yaml).

The form is public, so anybody can make it write to anybody; this keeps it from being a mail bomb or a way to earn
money with texts that we pay for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.lead import instant


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many within the window, and none within the pause after the last one."""

    at_most: int
    window: timedelta
    pause: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Budget:
    """What was sent within the window, by time; `last_message` is the one that paid last, so that it may try again."""

    version: int = 0
    sent: tuple[str, ...] = ()
    last_message: str = ""
    until: str = ""


def limits_from(plain: Mapping[str, int]) -> Limits:
    """The limits of agreement/proof.yaml: at_most, within_hours, pause_hours."""
    return Limits(
        plain["at_most"], timedelta(hours=plain["within_hours"]), timedelta(hours=plain.get("pause_hours", 0))
    )


def spend(before: Budget, message_id: str, now: datetime, limits: Limits) -> Budget | None:
    """The budget after one more; None when there is nothing left to spend. `until` is when it says nothing any more."""
    recent = tuple(at for at in before.sent if at > instant(now - limits.window))
    if len(recent) >= limits.at_most or any(at > instant(now - limits.pause) for at in recent):
        return None
    return Budget(before.version + 1, (*recent, instant(now)), message_id, instant(now + limits.window))
