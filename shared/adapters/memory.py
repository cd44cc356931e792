"""In-memory twins of the adapters: the same contract, for tests and for thinking. Safe under threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.domain.agreement import Notice
from shared.domain.errors import Conflict
from shared.domain.intake import Intake
from shared.domain.lead import Event, Lead
from shared.domain.ledger_entry import LedgerEntry
from shared.domain.message import Message
from shared.domain.question import Known
from shared.journeys.ports import FirstAnswer, Keys, Place, Recalled, Waiting

RELAY_HEAD_START = timedelta(seconds=60)


class MemoryLedger:
    """Keeps the Ledger port in dictionaries; its contents are open to tests."""

    def __init__(self) -> None:
        self.answers: dict[str, FirstAnswer] = {}
        self.leads: dict[str, Lead] = {}
        self.events: dict[tuple[str, str], Event] = {}
        self.entries: dict[tuple[str, int], LedgerEntry] = {}
        self.outbox: dict[Place, tuple[Message, datetime]] = {}
        self.delivered: dict[Place, datetime] = {}
        self.notices: dict[tuple[str, int, str], Notice] = {}
        self.suppressed: set[str] = set()
        self._lock = threading.Lock()

    def recall(self, keys: Keys, notice: Notice) -> Recalled:
        with self._lock:
            published = self.notices.get((notice.notice_id, notice.version, notice.lang))
            suppressed = frozenset(kind for kind, digest in keys.suppression.items() if digest in self.suppressed)
            known = Known(self.leads.get(keys.person), suppressed, published.sha256 if published else None)
            return Recalled(self.answers.get(keys.submission), known)

    def record(self, keys: Keys, intake: Intake, receipt: str) -> None:
        with self._lock:
            self._check_nobody_was_faster(keys, intake)
            self.answers[keys.submission] = FirstAnswer(keys.fingerprint, intake.event.event_id, receipt)
            self.leads[keys.person] = intake.lead
            self.events[keys.person, intake.event.event_id] = intake.event
            self.entries[intake.entry.chain, intake.entry.seq] = intake.entry
            if intake.message:
                due_at = datetime.fromisoformat(intake.event.at) + RELAY_HEAD_START
                self.outbox[Place(keys.person, f"OUT#{intake.message.version:010d}")] = (intake.message, due_at)
            if intake.notice:
                self.notices[intake.notice.notice_id, intake.notice.version, intake.notice.lang] = intake.notice

    def waiting(self, place: Place) -> Waiting | None:
        with self._lock:
            if place not in self.outbox or place in self.delivered:
                return None
            return Waiting(place, self.outbox[place][0], self.leads.get(place.person))

    def overdue(self, now: datetime, limit: int) -> Iterable[Place]:
        with self._lock:
            due = [
                (at, place.item, place)
                for place, (_, at) in self.outbox.items()
                if at <= now and place not in self.delivered
            ]
        return [place for _, _, place in sorted(due, key=lambda row: row[:2])[:limit]]

    def mark_delivered(self, place: Place, now: datetime) -> None:
        with self._lock:
            if place in self.outbox:
                self.delivered.setdefault(place, now)

    def find(self, lead_id: str) -> Lead | None:
        with self._lock:
            return next((lead for lead in self.leads.values() if lead.lead_id == lead_id), None)

    def _check_nobody_was_faster(self, keys: Keys, intake: Intake) -> None:
        before = self.leads.get(keys.person)
        notice = intake.notice
        if (
            keys.submission in self.answers
            or (before.version if before else 0) != intake.lead.version - 1
            or (intake.entry.chain, intake.entry.seq) in self.entries
            or (notice and (notice.notice_id, notice.version, notice.lang) in self.notices)
        ):
            raise Conflict("somebody wrote the same lead")


class MemoryHandOff:
    """Keeps the HandOff port in a list, duplicates and all, as a queue may."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)
