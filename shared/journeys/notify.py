"""A platform knocks: is it the platform, and if so, where does its notification go?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.domain.agreement import Agreement
from shared.domain.notification import Notification
from shared.journeys.notify_ports import NotificationQueue, Secrets

Verdict = TypeVar("Verdict")


@dataclass(frozen=True, slots=True)
class Admit:
    """Lets in who knows a secret that is valid now."""

    secrets: Secrets
    is_about_the_secret: Callable[[object], bool]

    def __call__(
        self, platform: str, name: str, source_id: str, verdict: Callable[[tuple[str, ...]], Verdict]
    ) -> Verdict:
        """The verdict under the secrets as we know them, and where that is a matter of the secret (none, or none that
        fits), under those that were put there a moment ago.

        Raises TryAgain when no secret can be read: nobody is let in, and nobody is told to stay away.
        """
        first = verdict(self.secrets.now().valid(platform, name, source_id))
        if not self.is_about_the_secret(first):
            return first
        renewed = self.secrets.renewed()
        return verdict(renewed.valid(platform, name, source_id)) if renewed else first


@dataclass(frozen=True, slots=True)
class Notify:
    """Puts verified notifications where the worker takes them; what no source wants is parked, and nothing is lost."""

    queue: NotificationQueue
    agreement: Agreement

    def __call__(self, notifications: Sequence[Notification]) -> tuple[int, int]:
        """How many the worker will take, and how many are parked. Raises TryAgain unless all of them are safe."""
        wanted = [one for one in notifications if self._is_wanted(one)]
        parked = [one for one in notifications if not self._is_wanted(one)]
        self.queue.send(wanted)
        self.queue.park(parked)
        return len(wanted), len(parked)

    def _is_wanted(self, one: Notification) -> bool:
        return self.agreement.source(one.source_id, one.platform) is not None
