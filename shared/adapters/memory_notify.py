"""The in-memory twins of the doors for platforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.secrets import KeptSecrets
from shared.domain.notification import Notification


def memory_secrets(members: Callable[[], Any], seconds: Callable[[], float] = lambda: 0.0) -> KeptSecrets:
    """Keeps the Secrets port over whatever `members` gives now."""
    return KeptSecrets(members, seconds)


@dataclass(slots=True)
class MemoryNotifications:
    """Keeps the NotificationQueue port."""

    queued: list[Notification] = field(default_factory=list)
    parked: list[Notification] = field(default_factory=list)

    def send(self, notifications: Sequence[Notification]) -> None:
        self.queued.extend(notifications)

    def park(self, notifications: Sequence[Notification]) -> None:
        self.parked.extend(notifications)
