"""A platform has a lead for us: fetch it with its form, and let it walk as every submission walks.

The same lead comes by push and by pull, again, late, and in any order; what is recorded is recorded once, and what was
deleted stays deleted. What asking again cannot mend is put aside with its reason, so that nothing turns for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.ad_lead import AdRecord, Glance, Parked
from shared.domain.agreement import Agreement, Source
from shared.domain.erasure import Order
from shared.domain.errors import RejectedInput
from shared.domain.identity import Keyring
from shared.domain.lead import instant
from shared.domain.notification import DELETED, Notification
from shared.journeys.ad_ports import AdStore, EraseLead, Platform, Reader
from shared.journeys.capture import Capture
from shared.journeys.capture_delivery import capture_delivery
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Pause

DELETED_BY_PLATFORM = Order("platform")
BROKEN = "broken"
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lead: `captured`, `replayed`, `deleted`, `stays_deleted`, `ignored`, or with a reason `parked`
    (for this reason just now) or `still_parked`.

    `lead_id` is our own id of a lead that was captured just now.
    """

    word: str
    reason: str = ""
    lead_id: str = ""

    @property
    def is_parked(self) -> bool:
        return self.word in ("parked", "still_parked")


REPLAYED, STAYS_DELETED = Outcome("replayed"), Outcome("stays_deleted")


@dataclass(frozen=True, slots=True)
class FetchLead:
    """The journey with its surroundings."""

    store: AdStore
    platform: Callable[[Source], Platform]
    reader: Reader
    capture: Capture
    erase: EraseLead
    agreement: Agreement
    keyring: Keyring
    clock: Clock
    pause: Pause

    def __call__(self, note: Notification) -> Outcome:
        """Follow a notification; however often it comes, what is recorded stays the same.

        Raises TryAgain when a platform or the store is away, NotConnected when an operator must mend the connection.
        """
        if note.kind == DELETED:
            return self._delete(note)
        source = self._source(note)
        if source is None:
            return self.park(note.source_id or note.platform, note.lead_id, "no_such_source")
        record = self.store.remembered(self._place(source.source_id, note.lead_id))
        if _occurred(note) and record.is_deleted(_occurred(note)):
            return self._stays_deleted(source.platform, source.source_id, note.lead_id, record)
        try:
            return self.take(source, self.platform(source).lead(note.lead_id), note.lead_id)
        except RejectedInput as refused:
            return self.park(source.source_id, note.lead_id, refused.code)

    def _source(self, note: Notification) -> Source | None:
        """Whose it is now: a message may have waited for its source to be written down."""
        if note.source_id:
            return self.agreement.source(note.source_id, note.platform)
        return self.agreement.source_of(note.platform, note.ids.get("page_id", ""), note.ids.get("form_id", ""))

    def take(self, source: Source, lead: bytes, expected: str = "") -> Outcome:
        """Capture a fetched lead; `expected` is the id that was asked for (empty: whichever it is).

        Raises RejectedInput when the lead or its form cannot be read.
        """
        glance = self.reader.glance(source, lead)
        if expected not in ("", glance.lead_id):
            raise RejectedInput("other_lead")
        place, moment = self._place(source.source_id, glance.lead_id), glance.submitted_ms
        record = self._changed(place, lambda before: before.with_met(moment))
        if record.is_deleted(moment):
            return self._stays_deleted(source.platform, source.source_id, glance.lead_id, record)
        if moment in record.done:
            return REPLAYED
        outcome = self._captured(source, lead, glance)
        return outcome if outcome.is_parked else self._acknowledged(source, glance, record, outcome)

    def park(self, source_id: str, lead_id: str, reason: str) -> Outcome:
        """Put a lead aside; it is taken up again when it is pulled or notified once more."""
        lead_id = lead_id or UNREADABLE
        place = self._place(source_id, lead_id)
        if self.store.remembered(place).parked == reason:
            return Outcome("still_parked", reason)
        self.store.park(Parked(source_id, lead_id, reason, instant(self.clock())))
        self._changed(place, lambda before: before.with_parked(reason))
        return Outcome("parked", reason)

    # ------------------------------------------------------------------ a lead

    def _captured(self, source: Source, lead: bytes, glance: Glance) -> Outcome:
        found = self.reader.join(source, lead, self._form(source, glance))
        if found.unwanted == "test_lead":
            return Outcome("ignored", found.unwanted)
        if found.unwanted:
            return self.park(source.source_id, glance.lead_id, found.unwanted)
        delivered = capture_delivery(self.capture, found.question)
        if delivered.lead:
            return Outcome("captured", lead_id=delivered.lead.lead_id)
        if delivered.outcome == "replayed":
            return REPLAYED
        return self._refused(source, glance, delivered.outcome, found.question.submission.is_test)

    def _refused(self, source: Source, glance: Glance, reason: str, is_test: bool) -> Outcome:
        """Nothing is stored of a person whom nobody may answer: only that a lead is there, and why it waits."""
        if reason == "erased":
            return STAYS_DELETED
        if is_test:
            return Outcome("ignored", reason)
        return self.park(source.source_id, glance.lead_id, reason)

    def _form(self, source: Source, glance: Glance) -> bytes | None:
        """The form as the person saw it: from our own shelf if that version was ever seen, else as it is now."""
        if glance.form_version:
            kept = self.store.form(source.platform, glance.form_id, glance.form_version)
            if kept is not None:
                return kept
        form = self.platform(source).form(glance.form_id) if glance.form_id else None
        version = self.reader.version(source, form) if form else ""
        if form and version:
            self.store.keep_form(source.platform, glance.form_id, version, form)
        return form

    def _acknowledged(self, source: Source, glance: Glance, before: AdRecord, outcome: Outcome) -> Outcome:
        """Remembered as done, unless it was deleted while we were at it."""
        place = self._place(source.source_id, glance.lead_id)
        record = self._changed(place, lambda now: now.with_done(glance.submitted_ms))
        if before.parked:
            self.store.unpark(source.source_id, glance.lead_id)
        if record.is_deleted(glance.submitted_ms):
            return self._stays_deleted(source.platform, source.source_id, glance.lead_id, record)
        return outcome

    # ------------------------------------------------------------------ a deletion

    def _delete(self, note: Notification) -> Outcome:
        place = self._place(note.source_id, note.lead_id)
        moment = _occurred(note) or int(self.clock().timestamp() * 1000)
        record = self._changed(place, lambda before: before.with_deletion(moment))
        self.store.unpark(note.source_id, note.lead_id)
        return (
            Outcome("deleted") if self._erased(note.platform, note.source_id, note.lead_id, record) else STAYS_DELETED
        )

    def _stays_deleted(self, platform: str, source_id: str, lead_id: str, record: AdRecord) -> Outcome:
        """Whoever was at it when the deletion came, or died in between, left nothing."""
        self._erased(platform, source_id, lead_id, record)
        return STAYS_DELETED

    def _erased(self, platform: str, source_id: str, lead_id: str, record: AdRecord) -> bool:
        keys = [self.reader.submission_key(platform, lead_id, moment) for moment in record.gone()]
        erasures = [self.erase.by_submission(source_id, key, DELETED_BY_PLATFORM) for key in keys]
        return any(erasure is not None for erasure in erasures)

    # ------------------------------------------------------------------ what is remembered

    def _place(self, source_id: str, lead_id: str) -> str:
        """A keyed hash: the platform's id of a lead leads to nobody's record."""
        return self.keyring.submission_key(source_id, f"ad#{lead_id}")

    def _changed(self, place: str, change: Callable[[AdRecord], AdRecord]) -> AdRecord:
        return patiently(lambda: self._changed_once(place, change), self.pause)

    def _changed_once(self, place: str, change: Callable[[AdRecord], AdRecord]) -> AdRecord:
        before = self.store.remembered(place)
        after = change(before)
        if after != before:
            self.store.remember(place, after)
        return after


def _occurred(note: Notification) -> int:
    """Epoch milliseconds; 0 where the platform tells none."""
    return int(note.ids.get("occurred_at_ms", 0))
