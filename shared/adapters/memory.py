"""In-memory twins of the adapters: the same contract, for tests and for thinking. Safe under threads."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain.agreement import Notice
from shared.domain.delay import again_at
from shared.domain.erasure import Erasure
from shared.domain.errors import CannotHappen, Conflict
from shared.domain.intake import Intake
from shared.domain.lead import Event, Lead, instant
from shared.domain.ledger_entry import LedgerEntry
from shared.domain.mail import Mail
from shared.domain.mail_budget import Budget
from shared.domain.message import Message
from shared.domain.offer import Offered, slot_of
from shared.domain.permission_acts import Change
from shared.domain.question import Known
from shared.domain.rounds import Round, handed_on
from shared.domain.sales_answer import Desk, Kept
from shared.domain.suppression import Found, Marks, Suppression, kinds
from shared.domain.text_message import TextMessage
from shared.domain.tokens import Token
from shared.journeys.offer_ports import Standing, Step
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
        self.opted_out: set[str] = set()
        self.kept: dict[tuple[str, str], Suppression] = {}
        self.barriers: dict[str, str] = {}
        self.submitters: dict[str, str] = {}
        self.erasing: dict[str, str] = {}
        self.gone: dict[str, Erasure] = {}
        self.offers: dict[Place, tuple[Offered, str | None]] = {}
        self.rounds: dict[str, Round] = {}
        self.accounts: dict[str, Place] = {}
        self.failures: dict[Place, int] = {}
        self.said: dict[tuple[str, str], Kept] = {}
        self._lock = threading.Lock()

    def recall(self, keys: Keys, notice: Notice) -> Recalled:
        with self._lock:
            published = self.notices.get((notice.notice_id, notice.version, notice.lang))
            known = Known(
                lead=self.leads.get(keys.person),
                suppressed=kinds(keys.suppression, frozenset(self.suppressed)),
                published_sha256=published.sha256 if published else None,
                opted_out=bool(kinds(keys.suppression, frozenset(self.opted_out))),
                erased_at=max(
                    (self.barriers.get(m, "") for marks in keys.suppression.values() for m in marks), default=""
                ),
            )
            return Recalled(self.answers.get(keys.submission), known, self.answers.get(keys.earlier or ""))

    def record(self, keys: Keys, intake: Intake, receipt: str) -> None:
        with self._lock:
            self._check_nobody_was_faster(keys, intake)
            event = intake.event
            self.answers[keys.submission] = FirstAnswer(keys.fingerprint, event.event_id, receipt, event.at)
            self.submitters[keys.submission] = keys.person
            self.leads[keys.person] = intake.lead
            self.events[keys.person, intake.event.event_id] = intake.event
            self.entries[intake.entry.chain, intake.entry.seq] = intake.entry
            self._post(keys.person, intake.messages, intake.event.at)
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
                (message.is_letter, at, place.item, place)
                for place, (message, at) in self.outbox.items()
                if at <= now and place not in self.delivered
            ]
        return [place for *_, place in sorted(due, key=lambda row: row[:3])[:limit]]

    def postpone(self, place: Place, now: datetime) -> None:
        with self._lock:
            message, _ = self.outbox.get(place, (None, now))
            offer, due_at = self.offers.get(place, (None, None))
            self.failures[place] = self.failures.get(place, 0) + 1
            later = again_at(now, self.failures[place])
            if message and place not in self.delivered:
                self.outbox[place] = message, later
            if offer and due_at:
                self.offers[place] = offer, instant(later)

    def mark_delivered(self, place: Place, now: datetime) -> None:
        with self._lock:
            if place in self.outbox:
                self.delivered.setdefault(place, now)

    def find(self, lead_id: str) -> Lead | None:
        with self._lock:
            return next((lead for lead in self.leads.values() if lead.lead_id == lead_id), None)

    def desk(self, lead_id: str) -> tuple[str, Desk] | None:
        with self._lock:
            person = next((person for person, lead in self.leads.items() if lead.lead_id == lead_id), None)
            if person is None:
                return None
            lead = self.leads[person]
            offer, _ = self.offers.get(Place(person, slot_of(lead.crossings)), (None, None))
            return person, Desk(lead, offer, self._answers(person))

    def is_gone(self, lead_id: str) -> bool:
        with self._lock:
            return lead_id in self.gone

    def _answers(self, person: str) -> tuple[Kept, ...]:
        said = (kept for (whose, _), kept in self.said.items() if whose == person)
        return tuple(sorted(said, key=lambda one: (one.at, one.answer_id)))

    def _post(self, person: str, messages: tuple[Message, ...], at: str) -> None:
        due_at = datetime.fromisoformat(at) + RELAY_HEAD_START
        self.outbox.update({Place(person, message.slot): (message, due_at) for message in messages})

    def _hand_on(self, before: Offered, after: Offered, back: datetime | None = None) -> None:
        """Who holds the lead now, in the rounds of the queues."""
        for queue, one in [(queue, self.rounds.get(queue, Round(queue))) for queue in {before.queue, after.queue}]:
            moved = handed_on(one, before.holder, after.holder, back)
            if moved != one:
                self.rounds[queue] = replace(moved, version=one.version + 1)

    def _check_nobody_was_faster(self, keys: Keys, intake: Intake) -> None:
        before = self.leads.get(keys.person)
        notice = intake.notice
        if (
            keys.submission in self.answers
            or keys.person in self.erasing
            or (before.version if before else 0) != intake.lead.version - 1
            or (intake.entry.chain, intake.entry.seq) in self.entries
            or (notice and (notice.notice_id, notice.version, notice.lang) in self.notices)
        ):
            raise Conflict("somebody wrote the same lead")


class MemoryOffers:
    """Keeps the OfferStore port over the dictionaries of a ledger in memory."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.ledger = ledger

    def standing(self, person: str, crossing: int, queues: Iterable[str], company: str | None = None) -> Standing:
        ledger = self.ledger
        with ledger._lock:
            own, before = (ledger.offers.get(Place(person, slot_of(n))) for n in (crossing, crossing - 1))
            return Standing(
                lead=ledger.leads.get(person),
                offer=own[0] if own else None,
                before=before[0] if before else None,
                rounds={queue: ledger.rounds.get(queue, Round(queue)) for queue in queues},
                account=ledger.accounts.get(company or ""),
            )

    def offer(self, place: Place) -> Offered | None:
        with self.ledger._lock:
            return self.ledger.offers.get(place, (None, None))[0]

    def answers(self, person: str) -> tuple[Kept, ...]:
        with self.ledger._lock:
            return self.ledger._answers(person)

    def take(self, person: str, step: Step) -> None:
        ledger, place = self.ledger, Place(person, step.offer.slot)
        with ledger._lock:
            self._check_nobody_was_faster(place, step)
            ledger.offers[place] = step.offer, step.due_at
            if step.before:
                ledger.offers[Place(person, step.before.slot)] = step.before, None
            if step.company:
                ledger.accounts[step.company] = place
            ledger.rounds.update({one.queue: replace(one, version=one.version + 1) for one in step.rounds})
            if step.lead and step.messages:
                ledger.leads[person] = step.lead
                ledger._post(person, step.messages, instant(step.at))

    def promises_due(self, now: datetime, limit: int) -> Iterable[Place]:
        with self.ledger._lock:
            due = [
                (at, place.item, place) for place, (_, at) in self.ledger.offers.items() if at and at <= instant(now)
            ]
        return [place for *_, place in sorted(due, key=lambda row: row[:2])[:limit]]

    def postpone(self, place: Place, now: datetime) -> None:
        self.ledger.postpone(place, now)

    def _check_nobody_was_faster(self, place: Place, step: Step) -> None:
        lead, written = self.ledger.leads.get(place.person), filter(None, (step.offer, step.before))
        if (
            any(self._version(place.person, one.slot) != one.version - 1 for one in written)
            or any(self.ledger.rounds.get(one.queue, Round(one.queue)).version != one.version for one in step.rounds)
            or (step.lead and (lead is None or lead.lead_id != step.lead.lead_id))
            or (step.lead and step.messages and lead and lead.version != step.lead.version - 1)
            or (step.lead and not step.messages and step.offer.version == 1 and lead != step.lead)
        ):
            raise Conflict("somebody wrote the same lead")

    def _version(self, person: str, slot: str) -> int:
        offer, _ = self.ledger.offers.get(Place(person, slot), (None, None))
        return offer.version if offer else 0


class MemoryHandOff:
    """Keeps the HandOff port in a list, duplicates and all, as a queue may."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)


class MemoryCipher:
    """Keeps the Cipher port: the ciphertext is a number, and only here is it known what of."""

    def __init__(self) -> None:
        self.encrypted: list[tuple[str, dict[str, str]]] = []

    def encrypt(self, text: str, context: Mapping[str, str]) -> str:
        self.encrypted.append((text, dict(context)))
        return base64.b64encode(len(self.encrypted).to_bytes(16, "big")).decode("ascii")

    def decrypt(self, ciphertext: str, context: Mapping[str, str]) -> str:
        """The text again. Raises CannotHappen for another context."""
        text, known = self.encrypted[int.from_bytes(base64.b64decode(ciphertext), "big") - 1]
        if known != context:
            raise CannotHappen("another context")
        return text


class MemoryPermissions(MemoryLedger):
    """Keeps the PermissionStore port too, over the same dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.tokens: dict[str, Token] = {}
        self.budgets: dict[str, Budget] = {}

    def known(self, person: str) -> Lead | None:
        with self._lock:
            return self.leads.get(person)

    def whereabouts(self, lead_id: str) -> str | None:
        with self._lock:
            return next((person for person, lead in self.leads.items() if lead.lead_id == lead_id), None)

    def found(self, marks: Marks) -> Found:
        every = frozenset(mark for theirs in marks.values() for mark in theirs)
        with self._lock:
            kept = tuple(one for (mark, _), one in sorted(self.kept.items()) if mark in every)
            return Found(every & self.suppressed, every & self.opted_out, kept)

    def change(
        self,
        person: str,
        change: Change,
        suppress: tuple[Suppression, ...] = (),
        lift: tuple[str, ...] = (),
        link: Token | None = None,
    ) -> None:
        with self._lock:
            before = self.leads.get(person)
            if self._is_stale(link) or (before.version if before else 0) != change.lead.version - 1:
                raise Conflict("somebody changed the same lead")
            self.leads[person] = change.lead
            self.acts[person, change.act["act_id"]] = change.act
            self.entries[change.entry.chain, change.entry.seq] = change.entry
            self._post(person, change.messages, change.act["at"])
            self._remember(suppress)
            self.suppressed.difference_update(lift)
            for mark in lift:
                self.kept.pop((mark, "SUPP"), None)
            if link:
                self.tokens[link.digest] = link

    def mark(self, link: Token) -> None:
        with self._lock:
            if self._is_stale(link):
                raise Conflict("somebody used the same token")
            self.tokens[link.digest] = link

    def suppress(self, suppressions: tuple[Suppression, ...]) -> None:
        with self._lock:
            self._remember(suppressions)

    def token(self, digest: str) -> Token | None:
        with self._lock:
            return self.tokens.get(digest)

    def budget(self, purse: str) -> Budget:
        with self._lock:
            return self.budgets.get(purse, Budget())

    def issue(self, token: Token, paid: Mapping[str, Budget]) -> None:
        with self._lock:
            is_stale = any(self.budgets.get(p, Budget()).version != after.version - 1 for p, after in paid.items())
            lead = self.leads.get(token.person)
            if is_stale or token.digest in self.tokens or lead is None or lead.lead_id != token.lead_id:
                raise Conflict("somebody issued the same token")
            self.tokens[token.digest] = token
            self.budgets.update(paid)

    def _is_stale(self, link: Token | None) -> bool:
        there = self.tokens.get(link.digest) if link else None
        return link is not None and (there is None or there.version != link.version - 1)

    def _remember(self, suppressions: tuple[Suppression, ...]) -> None:
        for suppression in suppressions:
            (self.opted_out if suppression.shelf == "SALE" else self.suppressed).add(suppression.mark)
            self.kept[suppression.mark, suppression.shelf] = suppression


class MemoryMailer:
    """Keeps the Mailer port in a list."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> bool:
        self.mails.append(mail)
        return True


class MemoryTexter:
    """Keeps the Texter port in a list."""

    def __init__(self) -> None:
        self.texts: list[TextMessage] = []

    def send(self, text: TextMessage) -> bool:
        self.texts.append(text)
        return True
