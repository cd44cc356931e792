"""The notifications queue in SQS, and its dead letters. Every answer is read: a batch may be taken in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen, TryAgain
from shared.domain.notification import Notification

AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class SqsNotifications:
    """Keeps the NotificationQueue port."""

    transport: Transport
    queue_url: str
    parked_url: str

    def send(self, notifications: Sequence[Notification]) -> None:
        self._all(self.queue_url, notifications)

    def park(self, notifications: Sequence[Notification]) -> None:
        self._all(self.parked_url, notifications)

    def _all(self, url: str, notifications: Sequence[Notification]) -> None:
        waiting = iter(notifications)
        while some := list(islice(waiting, AT_ONCE)):
            self._some(url, some)

    def _some(self, url: str, notifications: Sequence[Notification]) -> None:
        entries = [{"Id": str(place), "MessageBody": one.body} for place, one in enumerate(notifications)]
        try:
            answer = self.transport.send("SendMessageBatch", {"QueueUrl": url, "Entries": entries})
        except AwsRefused as refused:
            if refused.code.endswith("Throttled") or refused.code.startswith("KMS"):
                raise TryAgain(f"sqs: {refused.code}") from None
            raise CannotHappen(f"sqs SendMessageBatch: {refused.code}") from None
        failed = answer.get("Failed") or ()
        if failed:
            raise TryAgain(f"sqs took {len(entries) - len(failed)} of {len(entries)}")
