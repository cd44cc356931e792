"""Erasing in memory: the twin of dynamodb_erasure, over the dictionaries of MemoryPermissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory import MemoryPermissions
from shared.domain.erasure import Barrier, Beginning, Erasure, Piece, Step, Work
from shared.domain.errors import Conflict
from shared.domain.lead import Lead, instant
from shared.domain.offer import Offered, slot_of
from shared.domain.suppression import Suppression
from shared.journeys.erase_ports import Standing
from shared.journeys.ports import ERASED, Place


class MemoryErasures(MemoryPermissions):
    """Keeps the ErasureStore port, and the others too."""

    def submitter(self, submission: str) -> str | None:
        with self._lock:
            return self.submitters.get(submission)

    def standing(self, person: str) -> Standing:
        with self._lock:
            return Standing(self.leads.get(person), self.erasing.get(person))

    def offer(self, person: str, crossing: int) -> Offered | None:
        with self._lock:
            return self.offers.get(Place(person, slot_of(crossing)), (None, None))[0]

    def erasure(self, lead_id: str) -> Erasure | None:
        with self._lock:
            return self.gone.get(lead_id)

    def begin(self, beginning: Beginning) -> None:
        erasure, work = beginning.erasure, beginning.erasure.work
        with self._lock:
            person = work.person if work else ""
            lead: Lead | None = self.leads.get(person)
            if lead is None or lead.version != beginning.before or erasure.lead_id in self.gone:
                raise Conflict("somebody wrote the same lead")
            self._let_go(person, beginning)
            del self.leads[person]
            self.erasing[person] = self._tombstone(erasure)
            self.entries[beginning.entry.chain, beginning.entry.seq] = beginning.entry
            self._post(erasure.lead_id, (beginning.message,), erasure.began_at)
            self._kept(beginning.barriers, beginning.suppressions)

    def pieces(self, person: str, limit: int) -> tuple[Piece, ...]:
        with self._lock:
            events = [
                Piece(f"EVT#{event.at}#{event_id}", self._submission_of(event_id), phone=event.fields.get("phone", ""))
                for (owner, event_id), event in self.events.items()
                if owner == person
            ]
            acts = [Piece(f"ACT#{act['at']}#{act_id}") for (owner, act_id), act in self.acts.items() if owner == person]
            messages = [
                Piece(place.item, letter=message.message_id if message.is_letter else "")
                for place, (message, _) in self.outbox.items()
                if place.person == person
            ]
            offers = [Piece(place.item) for place in self.offers if place.person == person]
        return tuple([*acts, *events, *messages, *offers][:limit])

    def tokens_among(self, digests: tuple[str, ...]) -> tuple[str, ...]:
        with self._lock:
            return tuple(digest for digest in digests if digest in self.tokens)

    def open_entries(self, chain: str, before: int, limit: int) -> tuple[int, ...]:
        with self._lock:
            return tuple(
                seq
                for (own, seq), entry in sorted(self.entries.items())
                if own == chain and seq < before and (entry.salt or entry.body)
            )[:limit]

    def purses_among(self, purses: tuple[str, ...]) -> tuple[str, ...]:
        with self._lock:
            return tuple(purse for purse in purses if purse in self.budgets)

    def destroy(self, person: str, step: Step, chain: str) -> None:
        with self._lock:
            self._move_on(step.after)
            for item in step.pieces:
                self._drop(person, item)
            for submission in step.submissions:
                self.answers[submission] = ERASED
                self.submitters.pop(submission, None)
            for digest in step.tokens:
                del self.tokens[digest]
            for purse in step.purses:
                del self.budgets[purse]
            for seq in step.entries:
                self.entries[chain, seq] = replace(self.entries[chain, seq], salt=b"", body=b"")
            self._kept(step.barriers, step.suppressions)

    def finish(self, work: Work, erasure: Erasure, purses: tuple[str, ...]) -> None:
        with self._lock:
            if self.erasing.get(work.person) != erasure.lead_id:
                raise Conflict("somebody else finished")
            self._move_on(erasure)
            del self.erasing[work.person]
            self.accounts.pop(work.company or "", None)
            for purse in purses:
                del self.budgets[purse]

    def forget(self, erasure: Erasure) -> None:
        with self._lock:
            self._move_on(erasure)

    def keep(self, barriers: tuple[Barrier, ...], suppressions: tuple[Suppression, ...]) -> None:
        with self._lock:
            self._kept(barriers, suppressions)

    def unfinished(self, now: datetime, limit: int) -> Iterable[str]:
        with self._lock:
            due = [(one.due_at, lead_id) for lead_id, one in self.gone.items() if one.due_at]
        return [lead_id for at, lead_id in sorted(due) if at <= instant(now)][:limit]

    def _let_go(self, person: str, beginning: Beginning) -> None:
        held, ended = beginning.held, beginning.ended
        if Place(person, slot_of(beginning.ungiven)) in self.offers:
            raise Conflict("somebody was given the lead")
        if held and ended:
            if self.offers.get(Place(person, held.slot), (None, None))[0] != held:
                raise Conflict("somebody wrote the same offer")
            self.offers[Place(person, held.slot)] = ended, None
            self._hand_on(held, ended)

    def _tombstone(self, erasure: Erasure) -> str:
        self.gone[erasure.lead_id] = erasure
        return erasure.lead_id

    def _move_on(self, erasure: Erasure) -> None:
        if self.gone[erasure.lead_id].step != erasure.step - 1:
            raise Conflict("somebody else did a step")
        self._tombstone(erasure)

    def _submission_of(self, event_id: str) -> str:
        return next((key for key, answer in self.answers.items() if answer.event_id == event_id), "")

    def _drop(self, person: str, item: str) -> None:
        event_or_act = item.rpartition("#")[2]
        self.events.pop((person, event_or_act), None)
        self.acts.pop((person, event_or_act), None)
        self.outbox.pop(Place(person, item), None)
        self.delivered.pop(Place(person, item), None)
        self.offers.pop(Place(person, item), None)

    def _kept(self, barriers: tuple[Barrier, ...], suppressions: tuple[Suppression, ...]) -> None:
        self.barriers.update({barrier.mark: barrier.at for barrier in barriers})
        self._remember(suppressions)
