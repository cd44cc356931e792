"""The fault seam: every call of an adapter to AWS passes here, and a schedule says which one goes wrong and how.

Kinds: `refused` (no connection: did not happen), `lost` (happened, but the reply never came), `twice` (the network
delivered it twice, we see the second answer), `throttle` and `conflict` (the service said no), `killed_before` and
`killed_after` (the process died around the call).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.transport import AwsRefused, Plain, Transport
from shared.domain.errors import LeadgateError, TryAgain

KINDS = ("refused", "lost", "twice", "throttle", "conflict", "killed_before", "killed_after")


class Killed(BaseException):
    """The process is gone; nothing of ours may catch this."""


def survives(step: Callable[[], object]) -> bool:
    """Did it come to its end, or was it killed or sent away to try again?"""
    try:
        step()
    except (LeadgateError, Killed):
        return False
    return True


@dataclass
class Schedule:
    """Which call (counted from 0 over all transports that share the schedule) meets which fault; `calls` is the
    transcript.
    """

    faults: Mapping[int, str] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def next_fault(self, operation: str, body: Plain) -> str | None:
        self.calls.append((operation, body))
        return self.faults.get(len(self.calls) - 1)


@dataclass(frozen=True)
class FaultyTransport:
    """A transport whose calls go wrong as the schedule says."""

    inner: Transport
    schedule: Schedule

    def send(self, operation: str, body: Plain) -> Plain:
        fault = self.schedule.next_fault(operation, body)
        if fault == "killed_before":
            raise Killed
        if fault == "refused":
            raise TryAgain("refused")
        if fault == "throttle":
            raise _throttled(operation)
        if fault == "conflict" and operation == "TransactWriteItems":
            raise AwsRefused("TransactionCanceledException", ("TransactionConflict",))
        answer = self.inner.send(operation, body)
        return self._after(fault, answer, operation, body)

    def _after(self, fault: str | None, answer: Plain, operation: str, body: Plain) -> Plain:
        if fault == "lost":
            raise TryAgain("lost")
        if fault == "killed_after":
            raise Killed
        return self.inner.send(operation, body) if fault == "twice" else answer


def _throttled(operation: str) -> Exception:
    if operation == "TransactWriteItems":
        return AwsRefused("TransactionCanceledException", ("ThrottlingError",))
    return TryAgain("throttled")
