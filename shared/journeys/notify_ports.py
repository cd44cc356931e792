"""What the doors for platforms need from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.domain.notification import Notification
from shared.domain.platform_secrets import PlatformSecrets


class Secrets(Protocol):
    """The platforms' secrets, kept for some minutes."""

    def now(self) -> PlatformSecrets:
        """The secrets as last read. Raises TryAgain when they were never read and cannot be."""
        ...

    def renewed(self) -> PlatformSecrets | None:
        """The secrets read anew because one did not fit; None when that happened only a moment ago, or fails."""
        ...


class NotificationQueue(Protocol):
    """Where the worker takes notifications from, and beside it the place for those that nobody can take."""

    def send(self, notifications: Sequence[Notification]) -> None:
        """All of them lie on the queue, or TryAgain; what lies there twice does no harm."""
        ...

    def park(self, notifications: Sequence[Notification]) -> None:
        """The same for the dead letters, which an operator looks at and can send back."""
        ...
