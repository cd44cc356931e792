"""One offer to sales as it stands: who has it, what was promised to the person, and what sales said about it.

The history says who had it, when and why, with everything that an audit needs to give it out again (N13).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain import disposition, sla
from shared.domain.business_time import Calendar
from shared.domain.disposition import Disposition
from shared.domain.identity import canonical, members
from shared.domain.lead import instant
from shared.domain.message import Message
from shared.domain.routing import Ask, Assignment
from shared.domain.sla import Breach, Sla, moment

ENDS = ("rejected", "won", "lost", "recycled")  # after these nobody in sales holds the lead any more
ATTEMPTS = sla.REROUTES + 2  # three people, then the desk; after it a breach has only told


@dataclass(frozen=True, slots=True)
class Basis:
    """What an offer rests on: the message's own words, so that both say the same. `lines` are the explanation's rows
    (rule, dimension, group, points), `by_band` the agreed minutes to answer.
    """

    lead_id: str
    crossing: int
    offered_at: str
    definition: str
    lines: tuple[Mapping[str, Any], ...]
    cell: str
    by_band: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Offered:
    """The offer of one crossing.

    `answers` are {kind, actor, at, reason}; `history` has one line for each who had it: {at, queue, owner, why, after,
    due_at, band, minutes} and, for the audit, {ask, routing, turn, stood}. `ended` is {at, why} when it ended by
    itself, as when the person left. `version` rises with every write.
    """

    lead_id: str
    crossing: int
    offered_at: str
    definition: str
    lines: tuple[Mapping[str, Any], ...]
    cell: str
    queue: str
    owner: str | None
    sla: Sla
    confirmed: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    contacted_at: str | None = None
    answers: tuple[Mapping[str, Any], ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    ended: Mapping[str, str] | None = None
    by_band: Mapping[str, int] = field(default_factory=dict)
    version: int = 1

    @property
    def slot(self) -> str:
        """Where it lies among the person's items."""
        return slot_of(self.crossing)

    @property
    def is_open(self) -> bool:
        """Does somebody in sales still hold the lead?"""
        return self.ended is None and not any(answer["kind"] in ENDS for answer in self.answers)

    @property
    def holder(self) -> tuple[str, str] | None:
        """The queue and the owner who hold the lead; None when it is over, and at a desk without owners."""
        return (self.queue, self.owner) if self.is_open and self.owner else None

    @property
    def had(self) -> tuple[str, ...]:
        """The owners who had it, the present one included, in order."""
        return tuple(dict.fromkeys(line["owner"] for line in self.history if line["owner"]))

    def as_plain(self) -> dict[str, Any]:
        """JSON types only, without the version: that is an attribute of the item."""
        plain = members(self)
        del plain["version"]
        return {
            **plain,
            "lines": [dict(line) for line in self.lines],
            "by_band": dict(self.by_band),
            "sla": self.sla.as_plain(),
            "confirmed": {kind: dict(facts) for kind, facts in self.confirmed.items()},
            "answers": [dict(answer) for answer in self.answers],
            "history": [dict(line) for line in self.history],
        }

    def as_known(self, stage: str) -> disposition.Offer:
        """What `disposition.decide` asks about the offer; the stage is the lead's."""
        return disposition.Offer(
            lead_id=self.lead_id,
            stage=stage,
            crossing=self.crossing,
            owner=self.owner,
            definition=self.definition,
            lines=self.lines,
            confirmed=self.confirmed,
            contacted_at=self.contacted_at,
        )


def slot_of(crossing: int) -> str:
    """The sort key of the offer of a crossing."""
    return f"OFFER#{crossing:04d}"


def from_plain(plain: Mapping[str, Any], version: int) -> Offered:
    """The offer from what `as_plain` gave, after a journey through JSON."""
    tuples = {name: tuple(plain[name]) for name in ("lines", "answers", "history")}
    return Offered(**{**plain, **tuples, "sla": sla.from_plain(plain["sla"]), "version": version})


def basis_of(message: Message) -> Basis:
    """What the offer of a lead.sales_qualified message rests on; its crossing is the last part of the message's id."""
    body = json.loads(message.body)
    told = body["data"]
    names = ("rule", "dimension", "group", "points")
    return Basis(
        lead_id=message.lead_id,
        crossing=int(message.message_id.rpartition(".")[2]),
        offered_at=body["time"],
        definition=told["definition"],
        lines=tuple({name: line[name] for name in names} for line in told["explanation"]),
        cell=told["cell"],
        by_band={told["sla"]["band"]: told["sla"]["respond_within_minutes"]},
    )


def told(message: Message, offer: Offered) -> Message:
    """The message as sales gets it: with whoever got the lead first, so that it is the same to the letter however
    often and however late it must be sent.
    """
    body = json.loads(message.body)
    given = told_of(offer.history[0])
    return replace(message, body=canonical({**body, "data": {**body["data"], **given}}))


def told_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says of one line of the history: queue, owner and promise."""
    promise = {"band": line["band"], "respond_within_minutes": line["minutes"], "due_at": line["due_at"]}
    return {"queue": line["queue"], "owner_id": line["owner"], "sla": promise}


def due(offer: Offered, calendars: Mapping[str, Calendar]) -> str | None:
    """When somebody must look at the promise; None when nothing runs: kept, paused, over, or everybody was told."""
    promise = offer.sla
    if not offer.is_open or promise.answered_at or promise.attempt > ATTEMPTS:
        return None
    at = sla.due_at(promise, calendars[promise.calendar])
    return instant(at) if at else None


def assigned(
    basis: Basis, ask: Ask, made: Assignment, promise: Sla, calendars: Mapping[str, Calendar], turn: int = 0
) -> Offered:
    """The offer in its first hands; `turn` is the number of the write that moved the queue's round."""
    line = _line(ask, made, promise, calendars, turn, None)
    return Offered(**members(basis), queue=made.queue, owner=made.owner, sla=promise, history=(line,))


def rerouted(
    offer: Offered,
    broken: Breach,
    ask: Ask,
    made: Assignment,
    promise: Sla,
    calendars: Mapping[str, Calendar],
    turn: int = 0,
) -> Offered:
    """The offer in other hands after a broken promise; what was confirmed stays, the promise is a new one."""
    line = _line(ask, made, promise, calendars, turn, broken.kind)
    return replace(
        offer,
        queue=made.queue,
        owner=made.owner,
        sla=promise,
        history=(*offer.history, line),
        version=offer.version + 1,
    )


def escalated(offer: Offered) -> Offered:
    """The desk let it lie too: it stays there, everybody was told, and no other promise runs."""
    promise = replace(offer.sla, attempt=offer.sla.attempt + 1)
    return replace(offer, sla=promise, version=offer.version + 1)


def answered(offer: Offered, found: Disposition) -> Offered:
    """The offer after an answer of sales, as `disposition.decide` found it."""
    said = {"kind": found.answer.kind, "actor": found.answer.actor.id, "at": found.at, "reason": found.answer.reason}
    return replace(
        offer,
        owner=found.owner,
        sla=sla.answered(offer.sla, found.answer.kind, moment(found.at)),
        confirmed=found.confirmed,
        contacted_at=found.contacted_at,
        answers=(*offer.answers, said),
        version=offer.version + 1,
    )


def paused(offer: Offered, now: datetime) -> Offered:
    """The promise's clock stops; RejectedInput when it stands still already."""
    return replace(offer, sla=sla.paused(offer.sla, now), version=offer.version + 1)


def resumed(offer: Offered, now: datetime) -> Offered:
    """The promise's clock goes on; RejectedInput when it runs."""
    return replace(offer, sla=sla.resumed(offer.sla, now), version=offer.version + 1)


def ended(offer: Offered, why: str, now: datetime) -> Offered:
    """The offer is over without an answer, as when nobody may contact the person any more: nobody broke a promise."""
    return replace(offer, ended={"at": instant(now), "why": why}, version=offer.version + 1)


def _line(
    ask: Ask, made: Assignment, promise: Sla, calendars: Mapping[str, Calendar], turn: int, after: str | None
) -> dict[str, Any]:
    """One line of the history; a promise that begins has a time by which it is due."""
    at = sla.due_at(promise, calendars[promise.calendar])
    return {
        "at": promise.opened_at,
        "queue": made.queue,
        "owner": made.owner,
        "why": made.rule,
        "after": after,
        "due_at": instant(at) if at else None,
        "band": promise.band,
        "minutes": promise.minutes,
        "ask": ask.as_plain(),
        "routing": made.version,
        "turn": turn,
        "stood": members(made.stood) if made.stood else None,
    }
