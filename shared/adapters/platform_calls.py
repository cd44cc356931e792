"""Calls to a platform: tried again while it is worth it and time is left, and then one of three kinds of failure.

What may pass is TryAgain, what an operator must mend is NotConnected, what stays as it is is RejectedInput. No message
names an address, for a token or a lead may stand in it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters.https import Answer, Exchange, Request, exchange
from shared.domain.errors import RejectedInput, TryAgain
from shared.journeys.ad_ports import NotConnected

ATTEMPTS = 4
BUDGET_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 4.0
BUSY = frozenset((408, 425, 429))
GONE = frozenset((404, 410))
# 403: no such role (any more). 426: the version of the API that we speak is no longer served.
LOCKED_OUT = frozenset((403, 426))

Reading = Callable[[Answer, Mapping[str, Any]], Exception | None]


class TokenOver(NotConnected):
    """The platform does not know our token (any more); another one may help."""


@dataclass(frozen=True, slots=True)
class Passing:
    """What may be over in a moment; `error` is what it becomes when it stays, `after` the seconds that we were told."""

    error: Exception
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class PlatformCalls:
    """The way to one platform; `read_error` knows its error codes, None leaves an answer to the rules here."""

    platform: str
    base_url: str
    read_error: Reading
    send: Exchange = exchange
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def __call__(self, request: Request) -> bytes:
        """The body of a good answer, a JSON object."""
        deadline, attempt = self.clock() + BUDGET_SECONDS, 1
        while isinstance(outcome := self._once(request), Passing):
            wait = max(outcome.after, self._pause_after(attempt))
            if attempt == ATTEMPTS or self.clock() + wait >= deadline:
                raise outcome.error
            self.pause(wait)
            attempt += 1
        return outcome

    def _pause_after(self, attempt: int) -> float:
        """Full jitter, doubling."""
        return self.chance() * min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**attempt)

    def _once(self, request: Request) -> bytes | Passing:
        try:
            answer = self.send(self.base_url, request)
        except OSError:
            return Passing(TryAgain(f"{self.platform} is out of reach"))
        members = _object(answer.data)
        if answer.status == 200:
            return Passing(RejectedInput("malformed_answer")) if members is None else answer.data
        error = self.read_error(answer, members or {}) or self._by_status(answer.status)
        if isinstance(error, TryAgain) and not isinstance(error, NotConnected):
            return Passing(error, _seconds(answer.headers.get("retry-after", "")))
        raise error

    def _by_status(self, status: int) -> Exception:
        if status >= 500 or status in BUSY:
            return TryAgain(f"{self.platform} answered {status}")
        if status == 401:
            return TokenOver(f"{self.platform} answered 401")
        if status in LOCKED_OUT:
            return NotConnected(f"{self.platform} answered {status}")
        return RejectedInput("lead_gone" if status in GONE else "refused_by_platform")


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _seconds(retry_after: str) -> float:
    """Retry-After as seconds; a date (RFC 9110 10.2.3) or nonsense counts as our own pause, for clocks differ."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
