"""What sales says became of a lead, and what follows from it.

Pure: the offer and the answer come in, the stage change, the owner and, for a rejection, the rules in dispute go out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain import money
from shared.domain.errors import Fault, RejectedInput
from shared.domain.lead import instant
from shared.domain.lifecycle import Actor, Change, move

ACCEPTANCE = ("intent", "budget", "fit")  # C34
BANT = ("budget", "authority", "need", "timeframe")  # C13c
INTEREST = ("yes", "no", "unknown")  # B35: would they go on to the next stage?
ANSWERS_AT: Mapping[str, tuple[str, ...]] = {
    "accepted": ("sales_qualified",),
    "rejected": ("sales_qualified", "sales_accepted"),
    "contacted": ("sales_qualified", "sales_accepted", "prospect"),
    "bant": ("sales_accepted",),
    "won": ("prospect",),
    "lost": ("sales_accepted", "prospect"),
    "recycled": ("sales_accepted", "prospect"),
}
VETTING = ("accepted", "rejected", "contacted", "bant")
CONTACTS = ("contacted", "bant", "won")  # who gives one of these has spoken with the person
# Rejection reason → where the lead goes, the dimension that was wrong about it, and the groups to look at first.
REJECTIONS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "wrong_title": ("recycled", "fit", ("title",)),
    "no_authority": ("recycled", "fit", ("title",)),
    "wrong_company": ("disqualified", "fit", ("company",)),
    "no_budget": ("recycled", "fit", ("budget",)),
    "no_need": ("recycled", "intent", ("inquiry", "need")),
    "not_now": ("recycled", "intent", ("timeframe",)),
    "unreachable": ("recycled", "fit", ("reach",)),
    "existing_customer": ("disqualified", "", ()),
    "duplicate": ("disqualified", "", ()),
    "competitor": ("disqualified", "", ()),
    "job_seeker_or_student": ("disqualified", "fit", ("title",)),
    "spam": ("disqualified", "", ()),
}
REASONS: Mapping[str, tuple[str, ...]] = {
    "rejected": tuple(REJECTIONS),
    "lost": ("chose_competitor", "price", "no_decision", "no_budget", "timing", "unresponsive"),
    "recycled": ("not_now", "no_budget", "no_need", "unresponsive"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `confirms` are the facts that sales confirms or denies: of ACCEPTANCE or of BANT. `amount` and
    `currency` are what was won, in minor units, when that is told.
    """

    kind: str
    actor: Actor
    reason: str | None = None
    interest: str | None = None
    confirms: Mapping[str, bool] = field(default_factory=dict)
    amount: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What sales knows about the lead when it answers.

    `lines` are the explanation's rows of the offer (rule, dimension, group, points), `owner` the id of the person in
    sales, `confirmed` what earlier answers confirmed, by answer kind, `contacted_at` the first contact.
    """

    lead_id: str
    stage: str
    crossing: int
    owner: str | None
    definition: str
    lines: tuple[Mapping[str, Any], ...]
    confirmed: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    contacted_at: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Sales says that the definition was wrong here, and these rules let the lead through (C19, N12)."""

    lead_id: str
    crossing: int
    at: str
    reason: str
    by: str
    definition: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disposition:
    """What follows from one answer. Without a `change` the stage stays, and `missing` says what would move it."""

    answer: Answer
    at: str
    owner: str | None
    confirmed: Mapping[str, Mapping[str, bool]]
    contacted_at: str | None
    change: Change | None = None
    missing: tuple[str, ...] = ()
    dispute: Dispute | None = None


def answer_from(plain: Mapping[str, Any]) -> Answer:
    """The answer that a strict reader finds: `kind`, `actor` {team, id}, `reason`, `next_stage_interest`, `confirms`,
    `amount` and `currency`.

    RejectedInput `invalid_disposition` names every place that is wrong.
    """
    faults = [*_faults_of_members(plain), *_faults_of_actor(plain.get("actor"))]
    kind = plain.get("kind")
    if isinstance(kind, str) and kind in ANSWERS_AT:
        faults += [*_faults_of_reason(kind, plain), *_faults_of_interest(kind, plain), *_faults_of_facts(kind, plain)]
        faults += _faults_of_amount(kind, plain)
    else:
        faults.append(Fault("/kind", "not_offered"))
    if faults:
        raise RejectedInput("invalid_disposition", *faults)
    return Answer(
        kind=str(kind),
        actor=Actor(plain["actor"]["team"], plain["actor"]["id"]),
        reason=plain.get("reason"),
        interest=plain.get("next_stage_interest"),
        confirms=plain.get("confirms", {}),
        amount=plain.get("amount"),
        currency=plain.get("currency"),
    )


def decide(offer: Offer, answer: Answer, now: datetime) -> Disposition:
    """What follows from an answer of sales; RejectedInput `illegal_move` when the lead is not where it could be given.

    The owner in sales is whoever accepts. A contact is an answer, not an acceptance.
    """
    if answer.actor.side != "sales":
        raise RejectedInput("illegal_move", Fault("/actor/team", "not_theirs"))
    if offer.stage not in ANSWERS_AT[answer.kind]:
        raise RejectedInput("illegal_move", Fault("/kind", "illegal_move"))
    confirmed = _confirmed(offer, answer)
    missing = tuple(fact for fact in _wanted(answer.kind) if not confirmed[answer.kind].get(fact))
    target = None if missing else _target(answer)
    return Disposition(
        answer=answer,
        at=instant(now),
        owner=answer.actor.id if target == "sales_accepted" else offer.owner,
        confirmed=confirmed,
        contacted_at=offer.contacted_at or (instant(now) if answer.kind in CONTACTS else None),
        change=_change(offer, answer, target, now) if target else None,
        missing=missing,
        dispute=_dispute(offer, answer, now) if answer.kind == "rejected" else None,
    )


def in_dispute(lines: Iterable[Mapping[str, Any]], reason: str) -> tuple[str, ...]:
    """The rules that let a lead through although sales rejects it for this reason: those of the groups that the reason
    names, else those of its dimension, else all that gave points.
    """
    _, dimension, groups = REJECTIONS[reason]
    gave = [line for line in lines if line["points"] > 0]
    named = [line for line in gave if line["group"] in groups]
    alike = [line for line in gave if line["dimension"] == dimension]
    return tuple(str(line["rule"]) for line in (named or alike or gave))


def _target(answer: Answer) -> str | None:
    moves = {
        "accepted": "sales_accepted",
        "bant": "prospect",
        "won": "customer",
        "lost": "lost",
        "recycled": "recycled",
    }
    return REJECTIONS[str(answer.reason)][0] if answer.kind == "rejected" else moves.get(answer.kind)


def _change(offer: Offer, answer: Answer, target: str, now: datetime) -> Change:
    rule = f"answer:{answer.kind}" + (f":{answer.reason}" if answer.reason else "")
    return move(offer.stage, target, answer.actor, rule, offer.definition, now, "/kind")


def _dispute(offer: Offer, answer: Answer, now: datetime) -> Dispute:
    reason = str(answer.reason)
    return Dispute(
        lead_id=offer.lead_id,
        crossing=offer.crossing,
        at=instant(now),
        reason=reason,
        by=answer.actor.id,
        definition=offer.definition,
        rules=in_dispute(offer.lines, reason),
    )


def _wanted(kind: str) -> tuple[str, ...]:
    return {"accepted": ACCEPTANCE, "bant": BANT}.get(kind, ())


def _confirmed(offer: Offer, answer: Answer) -> dict[str, Mapping[str, bool]]:
    """Facts may be confirmed one by one; the latest word on each counts."""
    known = {**offer.confirmed.get(answer.kind, {}), **answer.confirms}
    return {**offer.confirmed, answer.kind: known} if _wanted(answer.kind) else dict(offer.confirmed)


def _faults_of_members(plain: Mapping[str, Any]) -> Iterable[Fault]:
    known = {"kind", "actor", "reason", "next_stage_interest", "confirms", "amount", "currency"}
    return [Fault("", "unknown_member")] if plain.keys() - known else []


def _faults_of_actor(actor: Any) -> Iterable[Fault]:
    if not isinstance(actor, Mapping) or actor.keys() != {"team", "id"}:
        return [Fault("/actor", "required")]
    if not isinstance(actor["id"], str) or not 0 < len(actor["id"]) <= 64 or "@" in actor["id"]:
        return [Fault("/actor/id", "invalid_id")]
    return [] if actor["team"] in ("sales", "marketing") else [Fault("/actor/team", "not_offered")]


def _faults_of_reason(kind: str, plain: Mapping[str, Any]) -> Iterable[Fault]:
    reason = plain.get("reason")
    if kind not in REASONS:
        return [] if reason is None else [Fault("/reason", "not_offered")]
    if reason is None:
        return [Fault("/reason", "required")]
    return [] if reason in REASONS[kind] else [Fault("/reason", "not_offered")]


def _faults_of_interest(kind: str, plain: Mapping[str, Any]) -> Iterable[Fault]:
    interest = plain.get("next_stage_interest")
    if interest is None:
        return [Fault("/next_stage_interest", "required")] if kind in VETTING else []
    return [] if interest in INTEREST else [Fault("/next_stage_interest", "not_offered")]


def _faults_of_facts(kind: str, plain: Mapping[str, Any]) -> Iterable[Fault]:
    facts, wanted = plain.get("confirms", {}), _wanted(kind)
    if not isinstance(facts, Mapping) or facts.keys() - set(wanted):
        return [Fault("/confirms", "not_offered")]
    return [Fault(f"/confirms/{fact}", "not_a_boolean") for fact in wanted if type(facts.get(fact, True)) is not bool]


def _faults_of_amount(kind: str, plain: Mapping[str, Any]) -> Iterable[Fault]:
    """Only what is won is worth something."""
    if kind == "won":
        return money.faults(plain)
    return [Fault(f"/{name}", "not_offered") for name in ("amount", "currency") if plain.get(name) is not None]
