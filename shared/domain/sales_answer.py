"""An answer of sales to an offered lead: what is kept of it, and the lead and the offer after it.

An answer is kept under the id that the sender gave it, so a repeat gets the first reply again. What sales confirms
about the person (BANT) is an act of its own, so that a lead rebuilt from its acts knows it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain import disposition, lifecycle, sla
from shared.domain import offer as offers
from shared.domain.business_time import Calendar
from shared.domain.definition import Definition
from shared.domain.disposition import Answer, Disposition
from shared.domain.engagement import may_be_answered, may_be_judged
from shared.domain.enrolment import enrolled
from shared.domain.errors import Fault, RejectedInput
from shared.domain.identity import members
from shared.domain.judgement import as_members, judge_lead, progress
from shared.domain.lead import Event, Lead, instant
from shared.domain.message import Message
from shared.domain.offer import Offered

# Far more than anybody says about one lead; a client that runs wild is stopped here.
MOST = 200
ACT = "sales_answer"
CONFIRMED, TAKEN_BACK = "confirmed", ""
OUTCOMES = ("accepted", "rejected", "won", "lost")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer after strict reading, before any decision. `at` is when it was given (an instant), None for now."""

    answer_id: str
    answer: Answer
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is kept. `outcome` is what it settles (one of OUTCOMES), `disputed` the rules that it points at,
    `reply` what the sender was told, `amount` (in minor units) and `currency` what was won.
    """

    answer_id: str
    lead_id: str
    at: str
    kind: str
    outcome: str | None
    reason: str | None
    interest: str | None
    actor: Mapping[str, str]
    confirms: Mapping[str, bool]
    crossing: int
    disputed: tuple[str, ...] = ()
    reply: Mapping[str, Any] = field(default_factory=dict)
    amount: int | None = None
    currency: str | None = None

    def says(self, given: Given) -> bool:
        """Is this the same answer? A repeat without a time means the time of the first."""
        answer = given.answer
        mine = (self.kind, self.reason, self.interest, dict(self.confirms), self.amount, self.currency)
        theirs = (answer.kind, answer.reason, answer.interest, dict(answer.confirms), answer.amount, answer.currency)
        by = (self.actor["team"], self.actor["id"]) == (answer.actor.side, answer.actor.id)
        return by and mine == theirs and given.at in (None, self.at)

    def as_plain(self) -> dict[str, Any]:
        """JSON types only."""
        return {**members(self), "disputed": list(self.disputed)}

    def in_view(self) -> dict[str, Any]:
        """What whoever looks at the lead sees of it."""
        shown = ("answer_id", "at", "kind", "reason", "actor", "crossing", "disputed")
        plain = self.as_plain()
        more = {"next_stage_interest": self.interest, "confirms": dict(self.confirms)}
        value = {"amount": self.amount, "currency": self.currency} if self.amount else {}
        return {**{name: plain[name] for name in shown}, **more, **value}


@dataclass(frozen=True, slots=True)
class Desk:
    """What is known of a lead when sales answers: the lead, the offer of its latest crossing (None before it was given
    to anybody, and for leads that talked with sales by themselves), and every answer so far, in order of time.
    """

    lead: Lead
    offer: Offered | None = None
    answers: tuple[Kept, ...] = ()

    @property
    def known(self) -> disposition.Offer:
        """What the decision asks about the offer."""
        if self.offer:
            return self.offer.as_known(self.lead.stage)
        return disposition.Offer(
            lead_id=self.lead.lead_id,
            stage=self.lead.stage,
            crossing=self.lead.crossings,
            owner=self._accepted_by,
            definition=self.lead.definition,
            lines=(),
            confirmed=self._confirmed,
            contacted_at=min((one.at for one in self.current if one.kind in disposition.CONTACTS), default=None),
        )

    @property
    def owner_id(self) -> str | None:
        """Who in sales has the lead, or was offered it; None when nobody has it."""
        with_sales = lifecycle.RESPONSIBLE[self.lead.stage] == "sales" or self.lead.stage == "sales_qualified"
        return self.known.owner if with_sales else None

    @property
    def current(self) -> tuple[Kept, ...]:
        """What was said about the latest offer."""
        return tuple(one for one in self.answers if one.crossing == self.lead.crossings)

    @property
    def _accepted_by(self) -> str | None:
        return next((one.actor["id"] for one in self.current if one.outcome == "accepted"), None)

    @property
    def _confirmed(self) -> dict[str, dict[str, bool]]:
        known: dict[str, dict[str, bool]] = {}
        for one in self.current:
            if one.confirms:
                known[one.kind] = {**known.get(one.kind, {}), **one.confirms}
        return known


@dataclass(frozen=True, slots=True)
class Around:
    """What the decision needs beside the desk. `facts` maps what sales may confirm to the field that holds it."""

    definition: Definition
    facts: Mapping[str, str]
    calendars: Mapping[str, Calendar]
    is_suppressed: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything that one answer writes: the next version of the lead, the offer as it was and its next version (with
    the moment when somebody must look at its promise), the answer, and the act of what was confirmed.
    """

    at: str
    lead: Lead
    kept: Kept
    before: Offered | None = None
    offer: Offered | None = None
    due: str | None = None
    act: Event | None = None
    messages: tuple[Message, ...] = ()

    @property
    def act_key(self) -> str:
        """The place of the act: no server can take it, because no id of theirs may hold a colon."""
        return f"server#answer:{self.kept.answer_id}"


def kept_from(plain: Mapping[str, Any]) -> Kept:
    """The answer from what `as_plain` gave, after a journey through JSON."""
    return Kept(**{**plain, "disputed": tuple(plain["disputed"])})


def facts_of(plain: Mapping[str, Any]) -> dict[str, str]:
    """What sales may confirm, by the fields that a definition file says only sales brings."""
    ours = {name for name, who in plain["captured_elsewhere"].items() if who == "sales"}
    names = {"timeline": "timeframe"}
    return {names.get(fact, fact): name for fact, name in plain["bant"].items() if name in ours}


def repeated(given: Given, desk: Desk) -> Kept | None:
    """The answer as it was kept when it came before; RejectedInput `key_reused` when it then said something else."""
    before = next((one for one in desk.answers if one.answer_id == given.answer_id), None)
    if before and not before.says(given):
        raise RejectedInput("key_reused", Fault("/answer_id", "key_reused"))
    return before


def decide(given: Given, desk: Desk, around: Around) -> Settlement:
    """What a new answer changes. RejectedInput `illegal_move` when the lead is not where it could be given, or belongs
    to the other side; `invalid_disposition` when it claims a time before the lead was offered.
    """
    _refuse_what_cannot_be_answered(desk)
    moment = datetime.fromisoformat(given.at) if given.at else around.now
    known = desk.known if desk.offer else replace(desk.known, lines=_lines(desk.lead, around))
    found = disposition.decide(known, given.answer, moment)
    _refuse_a_time_before_the_offer(given, desk.lead, found)
    act = _act(given, desk.lead, around)
    lead, told = enrolled(around.definition, _after(desk.lead, found, act, around), around.now)
    offer = offers.answered(desk.offer, found) if desk.offer else None
    kept = _kept(given, lead, found)
    settled = Desk(lead, offer, (*desk.answers, kept))
    return Settlement(
        at=instant(around.now),
        lead=lead,
        kept=replace(kept, reply=_reply(settled, found, around)),
        before=desk.offer,
        offer=offer,
        due=offers.due(offer, around.calendars) if offer else None,
        act=act,
        messages=told,
    )


def caught_up(offer: Offered, lead: Lead, answers: tuple[Kept, ...]) -> Offered:
    """A new offer that sales answered before it was given out, as when the relay was slower than a call: what was
    promised is kept from the beginning, and whoever accepted has it.
    """
    desk, promise = Desk(replace(lead, crossings=offer.crossing), None, answers), offer.sla
    for one in desk.current:
        promise = sla.answered(promise, one.kind, sla.moment(max(one.at, promise.opened_at)))
    return replace(
        offer,
        owner=desk.known.owner or offer.owner,
        sla=promise,
        confirmed=desk.known.confirmed,
        contacted_at=desk.known.contacted_at,
        answers=tuple(
            {"kind": one.kind, "actor": one.actor["id"], "at": one.at, "reason": one.reason} for one in desk.current
        ),
    )


def vetting(lead: Lead) -> dict[str, Any]:
    """The two vettings of the latest offer, by marketing's signed rules and by sales (B32 to B34); None where one is
    missing.
    """
    offered, accepted = lifecycle.vetting(lead.history)
    return {"marketing": dict(offered) if offered else None, "sales": dict(accepted) if accepted else None}


def disputes(answers: Iterable[Kept]) -> list[dict[str, Any]]:
    """Where sales said that the rules were wrong: when, why, and which rules let the lead through."""
    return [
        {"at": one.at, "crossing": one.crossing, "reason": one.reason, "by": one.actor["id"], "rules": [*one.disputed]}
        for one in answers
        if one.kind == "rejected"
    ]


def _refuse_what_cannot_be_answered(desk: Desk) -> None:
    if desk.lead.is_test:
        raise RejectedInput("illegal_move", Fault("", "test_lead"))
    if len(desk.answers) >= MOST:
        raise RejectedInput("illegal_move", Fault("", "too_many_answers"))


def _refuse_a_time_before_the_offer(given: Given, lead: Lead, found: Disposition) -> None:
    """What moves the lead comes after what moved it before; a talk may be told later, but not from before the offer."""
    offered = [line["at"] for line in lead.history if found.change or line["stage"] == "sales_qualified"]
    if given.at and given.at < (offered or [lead.created_at])[-1]:
        raise RejectedInput("invalid_disposition", Fault("/at", "before_the_offer"))


def _lines(lead: Lead, around: Around) -> tuple[Mapping[str, Any], ...]:
    """The points as they are now, where no offer kept those that let the lead through."""
    return tuple(line.as_plain() for line in judge_lead(around.definition, lead, around.now).best.score.lines)


def _act(given: Given, lead: Lead, around: Around) -> Event | None:
    """What the answer tells about the person, as an act; nothing of it where nobody may write to them any more."""
    told = given.answer.confirms
    wanted = {name: told[fact] for fact, name in around.facts.items() if fact in told}
    fields = {
        name: CONFIRMED if yes else TAKEN_BACK for name, yes in wanted.items() if bool(lead.profile.get(name)) != yes
    }
    if not fields or around.is_suppressed or not may_be_answered(lead):
        return None
    return Event(
        event_id=f"answer:{given.answer_id}",
        at=instant(around.now),
        kind=ACT,
        form_id="",
        form_version=0,
        fields=fields,
        context={},
        consents={},
        notice="",
        judged=may_be_judged(lead, around.now),
    )


def _after(lead: Lead, found: Disposition, act: Event | None, around: Around) -> Lead:
    """The next version: what was confirmed counts, the stage is what sales says. It is no act of the person, so it
    prolongs nothing.
    """
    after = replace(lead, version=lead.version + 1)
    if act:
        made = progress(around.definition, after, act, lead.permission, False, around.now)
        after = replace(after, **as_members(around.definition, made))
    if found.change:
        return replace(after, stage=found.change.stage, history=(*lead.history, found.change.as_history()))
    return replace(after, stage=lead.stage, history=lead.history)


def _kept(given: Given, lead: Lead, found: Disposition) -> Kept:
    answer = given.answer
    settles = found.change is not None and answer.kind in OUTCOMES
    return Kept(
        answer_id=given.answer_id,
        lead_id=lead.lead_id,
        at=found.at,
        kind=answer.kind,
        outcome=answer.kind if settles else None,
        reason=answer.reason,
        interest=answer.interest,
        actor={"team": answer.actor.side, "id": answer.actor.id},
        confirms=dict(answer.confirms),
        crossing=lead.crossings,
        disputed=found.dispute.rules if found.dispute else (),
        amount=answer.amount,
        currency=answer.currency,
    )


def _reply(desk: Desk, found: Disposition, around: Around) -> dict[str, Any]:
    lead, definition = desk.lead, around.definition
    judgement = judge_lead(definition, lead, around.now)
    return {
        "lead_id": lead.lead_id,
        "version": lead.version,
        "answer_id": desk.answers[-1].answer_id,
        "kind": found.answer.kind,
        "at": found.at,
        "stage": lead.stage,
        "owner": definition.outcomes.get(lead.stage, {}).get("owner"),
        "responsible": lifecycle.RESPONSIBLE[lead.stage],
        "owner_id": desk.owner_id,
        "next_step": judgement.next_step(definition, lead.stage),
        "missing": list(found.missing),
        "confirmed": {kind: dict(facts) for kind, facts in found.confirmed.items()},
        "contacted_at": found.contacted_at,
        "disputed": list(found.dispute.rules) if found.dispute else [],
        "vetting": vetting(lead),
    }
