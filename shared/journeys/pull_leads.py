"""Behind every push stands a pull: whatever a platform holds of a source since the checkpoint, lead by lead.

A lead that fails stops no other and holds the checkpoint; a lead that is parked holds nothing. The time of a sweep is
bounded, the number of its leads is not: what is left is the next sweep's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.domain.agreement import Source
from shared.domain.errors import RejectedInput, TryAgain
from shared.domain.heartbeat import silence
from shared.domain.pull import Checkpoint, beginning
from shared.journeys.ad_ports import AdStore, Page, Platform, TimeLeft, Window
from shared.journeys.fetch_lead import BROKEN, UNREADABLE, FetchLead
from shared.journeys.ports import Clock

LATE_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep of a source found: outcomes by word, how many of the captured ones no push had brought in ten
    minutes, whether the checkpoint reached now, and whether the silence of the source is news (None: nobody can tell).
    """

    outcomes: Counter[str]
    push_missed: int
    is_whole: bool
    too_quiet: bool | None


@dataclass(slots=True)
class _Sweep:
    """One sweep on its way: the checkpoint so far, where the next step begins, and what was met."""

    checkpoint: Checkpoint
    since: int
    outcomes: Counter[str] = field(default_factory=Counter)
    moments: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    push_missed: int = 0


@dataclass(frozen=True, slots=True)
class PullLeads:
    """The journey with its surroundings. `report` hears of what broke on a lead that was therefore parked."""

    store: AdStore
    platform: Callable[[Source], Platform]
    fetch: FetchLead
    clock: Clock
    report: Callable[[Exception], None]

    def __call__(self, source: Source, time_left: TimeLeft) -> Swept:
        """Sweep one source. Raises TryAgain when its platform is away and NotConnected when it lets us in no more; the
        steps that were taken until then stay taken.
        """
        now = _milliseconds(self.clock())
        before = self.store.checkpoint(source.source_id) or beginning(now)
        sweep = _Sweep(before, since=before.begins)
        trouble = self._walk(source, sweep, now, time_left)
        checkpoint = sweep.checkpoint.counted(sweep.moments, before.begins, sweep.since)
        if checkpoint != before or before.version == 0:
            self.store.advance(source.source_id, checkpoint)
        if trouble:
            raise trouble
        return Swept(sweep.outcomes, sweep.push_missed, checkpoint.through >= now, self._too_quiet(source, checkpoint))

    def _walk(self, source: Source, sweep: _Sweep, now: int, time_left: TimeLeft) -> TryAgain | None:
        """Step by step towards now; what stopped it, if it was not the time."""
        while sweep.since < now and time_left():
            until = min(sweep.since + sweep.checkpoint.stretch, now)
            try:
                is_whole = self._step(source, Window(sweep.since, until), sweep, now, time_left)
            except TryAgain as trouble:
                return trouble
            if not is_whole:
                sweep.checkpoint = sweep.checkpoint.shorter()
                return None
            sweep.checkpoint, sweep.since = sweep.checkpoint.moved(until, sweep.failed, now), until
        return None

    def _step(self, source: Source, window: Window, sweep: _Sweep, now: int, time_left: TimeLeft) -> bool:
        """Every lead of a window; False when time was over before its end."""
        platform = self.platform(source)
        for place in platform.places():
            for page in _pages(platform, place, window):
                for lead in page.leads:
                    self._take(source, lead, sweep, now)
                if not time_left():
                    return False
        return True

    def _take(self, source: Source, lead: bytes, sweep: _Sweep, now: int) -> None:
        lead_id, moment = self._which(source, lead)
        try:
            outcome = self.fetch.take(source, lead)
        except TryAgain:
            sweep.failed.append(moment)
            sweep.outcomes["failed"] += 1
            return
        except RejectedInput as refused:
            outcome = self.fetch.park(source.source_id, lead_id, refused.code)
        except Exception as error:  # one lead that breaks us must not stand before all the others for ever
            self.report(error)
            outcome = self.fetch.park(source.source_id, lead_id, BROKEN)
        sweep.outcomes[outcome.word] += 1
        sweep.moments += [moment] if moment else []
        sweep.push_missed += outcome.word == "captured" and now - moment > LATE_MS

    def _which(self, source: Source, lead: bytes) -> tuple[str, int]:
        try:
            glance = self.fetch.reader.glance(source, lead)
        except RejectedInput:
            return UNREADABLE, 0
        return glance.lead_id, glance.submitted_ms

    def _too_quiet(self, source: Source, checkpoint: Checkpoint) -> bool | None:
        last = datetime.fromtimestamp(checkpoint.last_lead / 1000, UTC) if checkpoint.last_lead else None
        found = silence(checkpoint.days, last, self.clock(), source.quiet_after)
        return found.is_news if found else None


def _pages(platform: Platform, place: str, window: Window) -> Iterator[Page]:
    """Page after page, until the platform names no next one or repeats itself."""
    page = platform.leads(place, window)
    yield page
    while page.rest:
        following = platform.leads(place, window, page.rest)
        if following == page:
            return
        page = following
        yield page


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
