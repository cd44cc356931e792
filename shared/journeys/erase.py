"""A person is to be forgotten: make them unreachable in one transaction, then destroy until nothing is left.

The process may die anywhere: the tombstone knows what is left, and whoever comes next goes on (the officer who asks
again, or the clock). While it goes on, the place of the lead is taken, so a new submission of the person waits; after
it they are a new person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain import erasure as erasures
from shared.domain.erasure import Around, Erasure, Order, Piece, Traces, Work
from shared.domain.errors import CannotHappen, LeadgateError
from shared.domain.identity import Keyring
from shared.domain.lead import Lead, instant
from shared.domain.offer import Offered
from shared.domain.question import Draws
from shared.domain.submission import ContactPoints
from shared.domain.tokens import digest_of, text_of
from shared.journeys.erase_ports import ErasureStore
from shared.journeys.patience import patiently
from shared.journeys.ports import Clock, Dice, Pause

PIECES_AT_ONCE, ENTRIES_AT_ONCE = 16, 90  # a transaction holds a hundred writes; a piece may cause five
RESUMED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Erase:
    """The journey with its surroundings. After `within` it leaves the rest to the next call and to the clock.

    With a `within` of zero it only makes the person unreachable: that needs no right to delete anything, so others may
    do it in their own role and leave the rest to the clock.
    """

    store: ErasureStore
    keyring: Callable[[], Keyring]
    clock: Clock
    dice: Dice
    pause: Pause
    within: timedelta = timedelta(seconds=20)

    def by_lead_id(self, lead_id: str, order: Order) -> Erasure | None:
        """The erasure of this lead, begun or gone on with; None when there never was such a lead.

        A lead that was erased before gives its first erasure again. Raises TryAgain when the store stays away.
        """
        person = self.store.whereabouts(lead_id)
        draws = self.dice()
        begun = patiently(lambda: self._begun(lead_id, person, order, draws), self.pause)
        return self._finish(begun, self.clock() + self.within) if begun else None

    def by_contact(self, contact: ContactPoints, order: Order) -> tuple[Erasure, ...]:
        """The erasures of everybody known under one of these contact points, and no way back for them by others.

        A lead is found by its e-mail, or by its number when it has no e-mail.
        """
        alone = [ContactPoints(email=contact.email)] if contact.email else []
        alone += [ContactPoints(phone=contact.phone)] if contact.phone else []
        people = [self.keyring().person_key(one) for one in alone]
        done = [erasure for person in people if (erasure := self._of_person(person, order))]
        self._keep_away(contact, order)
        return tuple(done)

    def by_submission(self, form_id: str, key: str, order: Order) -> Erasure | None:
        """The erasure of the person who sent this submission; None when there is none (any more)."""
        person = self.store.submitter(self.keyring().submission_key(form_id, key))
        return self._of_person(person, order) if person else None

    def resume(self) -> dict[str, int]:
        """Go on with every erasure that somebody left; counts what became of them. One failure stops no other."""
        until, lead_ids = self.clock() + self.within, self.store.unfinished(self.clock(), RESUMED_AT_ONCE)
        found = Counter(self._resumed(lead_id, until) for lead_id in lead_ids)
        return {"done": 0, "in_progress": 0, "failed": 0, **found}

    def _of_person(self, person: str, order: Order) -> Erasure | None:
        standing, draws = self.store.standing(person), self.dice()
        lead_id = standing.lead.lead_id if standing.lead else standing.erasing
        if lead_id is None:
            return None
        begun = patiently(lambda: self._begun(lead_id, person, order, draws), self.pause)
        return self._finish(begun, self.clock() + self.within) if begun else None

    def _begun(self, lead_id: str, person: str | None, order: Order, draws: Draws) -> Erasure | None:
        """The tombstone of a lead, made now unless it is there."""
        before = self.store.erasure(lead_id)
        lead = None if before or person is None else self.store.standing(person).lead
        if before or person is None or lead is None or lead.lead_id != lead_id:
            return before
        beginning = erasures.begin(lead, self._traces(lead, person), order, self.clock(), draws.salt)
        self.store.begin(beginning)
        return beginning.erasure

    def _traces(self, lead: Lead, person: str) -> Traces:
        keyring, contact = self.keyring(), ContactPoints(lead.profile.get("email"), lead.profile.get("phone"))
        marks = keyring.suppression_marks(contact)
        mailbox = [keyring.mailbox_key(contact.email)] if contact.email else []
        number = [keyring.number_key(contact.phone)] if contact.phone else []
        offer = self._last_offer(person, lead.crossings)
        company = keyring.company_key(contact.email) if contact.email else None
        return Traces(person, (*mailbox, *number), marks, self.store.found(marks), offer, company)

    def _last_offer(self, person: str, crossing: int) -> Offered | None:
        """The offer that somebody may still hold: the latest, or the one before while that was given to nobody yet."""
        found = (self.store.offer(person, one) for one in (crossing, crossing - 1) if one > 0)
        return next((offer for offer in found if offer), None)

    def _keep_away(self, contact: ContactPoints, order: Order) -> None:
        marks, now = self.keyring().suppression_marks(contact), self.clock()
        barriers = erasures.barriers(marks, order, instant(now))
        patiently(lambda: self.store.keep(barriers, erasures.never_again(marks, order, now)), self.pause)

    # ------------------------------------------------------------------ until nothing is left

    def _finish(self, erasure: Erasure, until: datetime) -> Erasure:
        now = erasure
        while now.work and self.clock() < until:
            now = patiently(lambda: self._step(erasure.lead_id), self.pause)
        return now

    def _step(self, lead_id: str) -> Erasure:
        """One transaction further, from how it stands now; harmless to repeat."""
        erasure = self.store.erasure(lead_id)
        if erasure is None:
            raise CannotHappen("a tombstone is gone")
        if erasure.work is None:
            return erasure
        work = erasure.work
        pieces = self.store.pieces(work.person, PIECES_AT_ONCE)
        if pieces:
            return self._without(erasure, work, pieces)
        entries = self.store.open_entries(work.chain, work.seq, ENTRIES_AT_ONCE)
        if entries:
            step = erasures.without_bodies(erasure, entries)
            self.store.destroy(work.person, step, work.chain)
            return step.after
        purses = self.store.purses_among(work.purses)
        done = erasures.finished(erasure, len(purses), self.clock())
        self.store.finish(work, done, purses)
        return done

    def _without(self, erasure: Erasure, work: Work, pieces: tuple[Piece, ...]) -> Erasure:
        step = erasures.without_pieces(erasure, pieces, self._around(pieces), self.clock())
        self.store.destroy(work.person, step, work.chain)
        return step.after

    def _around(self, pieces: tuple[Piece, ...]) -> Around:
        """The links of these letters, and what every number left: the snapshot knew only the last one."""
        keyring, numbers = self.keyring(), sorted({piece.phone for piece in pieces if piece.phone})
        digests = tuple(digest for piece in pieces for digest in _digests(keyring, piece))
        return Around(
            tokens=self.store.tokens_among(digests),
            purses=self.store.purses_among(tuple(map(keyring.number_key, numbers))),
            numbers=tuple(keyring.suppression_marks(ContactPoints(phone=number)) for number in numbers),
        )

    def _resumed(self, lead_id: str, until: datetime) -> str:
        try:
            erasure = patiently(lambda: self.store.erasure(lead_id), self.pause)
            if erasure and erasure.work:
                return "in_progress" if self._finish(erasure, until).work else "done"
            if erasure and erasure.entry and erasure.due_at <= instant(self.clock()):
                self.store.forget(erasures.forgotten(erasure))
            return "done"
        except LeadgateError:
            return "failed"


def _digests(keyring: Keyring, piece: Piece) -> tuple[str, ...]:
    """Where the link of a letter may lie, under any key."""
    secrets = keyring.confirmation_secrets(piece.letter) if piece.letter else ()
    return tuple(filter(None, (digest_of(text_of(secret)) for secret in secrets)))
