"""All decisions about one submission, in walking order: qualify ▸ consent ▸ score ▸ stage ▸ what follows.

Pure: the time, the ids and what is known about the person come in as arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shared.domain import evidence, fold
from shared.domain.agreement import Notice
from shared.domain.consent import ConsentDecision
from shared.domain.consent import decide as decide_consent
from shared.domain.enrolment import enrolled
from shared.domain.judgement import Judgement, Progress, as_members, progress
from shared.domain.lead import Event, Lead, instant
from shared.domain.ledger_entry import Head, LedgerEntry, append, first_head, kind_of
from shared.domain.message import Message, confirmation_wanted, rehearsed, sales_qualified
from shared.domain.permission import after, by_way, for_this_number, known_age, prior, purge_at, with_objections
from shared.domain.qualification import Refusal, refusal
from shared.domain.question import Draws, Known, Question
from shared.domain.receipt import receipt


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that one accepted submission writes; `notice` only when its wording is not yet in the registry."""

    lead: Lead
    event: Event
    entry: LedgerEntry
    messages: tuple[Message, ...]
    notice: Notice | None
    receipt: Mapping[str, Any]
    decision: ConsentDecision
    judgement: Judgement


def at_first_sight(question: Question, now: datetime) -> ConsentDecision | Refusal:
    """The consent decision as if we had never met the person, or the reason why this is no lead.

    It needs no read, so a visitor who did nothing that makes a lead costs nothing and learns nothing.
    """
    as_unknown = decide_consent(_asked(question, Known(), now), question.jurisdictions)
    return refusal(question.submission, question.form.action, question.definition.actions, as_unknown) or as_unknown


def decide(question: Question, as_unknown: ConsentDecision, known: Known, now: datetime, draws: Draws) -> Intake:
    """The intake of one submission that is a lead at first sight.

    When what is known of the person forbids everything (a withdrawal, say), the submission is recorded all the same
    with nothing allowed: another answer would tell a stranger that we know them.
    """
    known = replace(known, lead=for_this_number(known.lead, question.submission.contact.phone))
    decision = _as_known(question, as_unknown, known, now)
    event = _event(question, decision, _may_judge(question, known, decision, now), now, draws)
    asks = _asks(question, as_unknown, decision, event)
    entry = _entry(question, event, decision, draws, known.lead.head if known.lead else first_head(draws.chain))
    lead, made = _lead(question, known, event, decision, asks, entry.head, now, draws.lead_id)
    lead, told = enrolled(question.definition, lead, now)
    return Intake(
        lead=lead,
        event=event,
        entry=entry,
        messages=(
            *_messages(question, lead, made, asks, now),
            *told,
            *_rehearsal(question, known, event, decision, lead, now),
        ),
        notice=None if known.published_sha256 else question.notice,
        receipt=receipt(draws.receipt_id, entry_day(now), question, as_unknown),
        decision=decision,
        judgement=made.judgement,
    )


def entry_day(now: datetime) -> str:
    """YYYY-MM-DD in UTC."""
    return now.astimezone(UTC).date().isoformat()


def _as_known(question: Question, as_unknown: ConsentDecision, known: Known, now: datetime) -> ConsentDecision:
    """The consent decision with what is known of the person; who asks the very same as a stranger gets that answer."""
    asked = _asked(question, known, now)
    if asked == _asked(question, Known(), now):
        return as_unknown
    return decide_consent(asked, question.jurisdictions)


def _asked(question: Question, known: Known, now: datetime, ignoring: str | None = None) -> dict[str, Any]:
    standing = prior(known.lead, known.suppressed, known.opted_out)
    said_no = with_objections(standing, question.submission.objections, now)
    return evidence.consent_question(question, known, said_no, now, ignoring)


def _asks(
    question: Question, as_unknown: ConsentDecision, decision: ConsentDecision, event: Event
) -> dict[str, Mapping[str, Any]]:
    """The ticks that a letter must confirm: whoever would need it as a stranger gets it too, so nobody learns who is
    known, and a standing consent is merely renewed by it.
    """
    ask = {"notice": _notice(question), "form_id": event.form_id, "event_id": event.event_id}
    return {
        box.purpose: ask
        for box in question.form.boxes
        if question.submission.consents[box.purpose]
        and "after_doi" in (decision.contact.get(box.channel), as_unknown.contact.get(box.channel))
        and question.can_prove(box.channel)
    }


def _notice(question: Question) -> dict[str, str]:
    return {"ref": question.notice.ref, "sha256": question.notice.sha256, "lang": question.notice.lang}


def _messages(
    question: Question, lead: Lead, made: Progress, asks: Mapping[str, Mapping[str, Any]], now: datetime
) -> Iterable[Message]:
    if made.has_crossed:
        yield sales_qualified(lead, made.judgement, question.definition, now)
    for way, purposes in by_way(asks).items():
        notice = question.notice
        yield confirmation_wanted(lead, purposes, question.form.form_id, notice.ref, notice.lang, way)


def _rehearsal(
    question: Question, known: Known, event: Event, decision: ConsentDecision, lead: Lead, now: datetime
) -> Iterable[Message]:
    """The offer that sales would get if this were no test, for whoever runs the test."""
    if not lead.is_test or decision.sales == "none":
        return
    made = progress(question.definition, known.lead, event, lead.permission, True, now)
    if made.has_crossed:
        offered = replace(lead, stage=made.stage, crossings=lead.version)  # a number for each: no real one is counted
        yield rehearsed(sales_qualified(offered, made.judgement, question.definition, now))


def _may_judge(question: Question, known: Known, decision: ConsentDecision, now: datetime) -> bool:
    """May this act count for the score?

    Leaving the profiling box unticked forbids judging behaviour; what the person wrote in a request is still read
    to decide who answers first (steps at their request), unless something else forbids it. See decision record 0005.
    """
    if decision.score or not decision.reply or question.submission.consents.get("profiling", True):
        return decision.score
    return decide_consent(_asked(question, known, now, ignoring="profiling"), question.jurisdictions).score


def _event(question: Question, decision: ConsentDecision, judged: bool, now: datetime, draws: Draws) -> Event:
    submission, form = question.submission, question.form
    allowed = decision.score and submission.consents.get("profiling", False)
    context = {name: value for name, value in submission.context.items() if allowed or isinstance(value, str)}
    return Event(
        event_id=draws.event_id,
        at=instant(now),
        kind=form.action,
        form_id=form.form_id,
        form_version=form.version,
        fields=submission.fields,
        context=context,
        consents=submission.consents,
        notice=submission.notice,
        judged=judged,
        is_test=submission.is_test,
    )


def _lead(
    question: Question,
    known: Known,
    event: Event,
    decision: ConsentDecision,
    asks: Mapping[str, Mapping[str, Any]],
    head: Head,
    now: datetime,
    new_id: str,
) -> tuple[Lead, Progress]:
    before, profile = known.lead, {**fold.of(known.lead).profile, **event.fields}
    permission = _permission(question, known, profile, decision, asks, now)
    may_offer = decision.sales != "none" and not event.is_test
    made = progress(question.definition, before, event, permission, may_offer, now)
    lead = Lead(
        lead_id=before.lead_id if before else new_id,
        version=before.version + 1 if before else 1,
        created_at=before.created_at if before else event.at,
        last_act_at=event.at,
        permission=permission,
        crossings=(before.crossings if before else 0) + int(made.has_crossed),
        head=head,
        purge_at=purge_at(before, decision, now),
        track=before.track if before else "",
        is_test=event.is_test and (before is None or before.is_test),  # a test makes no real lead disappear
        **as_members(question.definition, made),
    )
    return lead, made


def _permission(
    question: Question,
    known: Known,
    profile: Mapping[str, str],
    decision: ConsentDecision,
    asks: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    """The permission with what later acts of the person need: the wording last seen, and the countries that judge."""
    third_parties = question.notice.third_parties
    consents, rules = question.submission.consents, question.jurisdictions
    state = after(known.lead, decision, consents, now, rules, asks, known.opted_out, third_parties)
    state = with_objections(state, question.submission.objections, now)
    clashes = known.published_sha256 not in (None, question.notice.sha256)
    countries = {"declared": profile.get("country"), "edge": question.submission.signals.edge_country}
    return {
        **state,
        "notice": None if clashes else {**_notice(question), "third_parties": list(third_parties)},
        "countries": countries,
        "texts_to": _texts_to(question, known),
        "minor": _is_minor(question, known),
    }


def _is_minor(question: Question, known: Known) -> bool:
    """All that stays of an age: minors are neither scored nor shared, until they say an age that is an adult's."""
    age = known_age(question.submission.age, known.lead, question.jurisdictions)
    return age is not None and age < int(question.jurisdictions["ages"]["adult"])


def _texts_to(question: Question, known: Known) -> str | None:
    """Where texts to the number go, for a later tick on the preference page; another number, another answer."""
    if question.submission.contact.phone:
        return question.submission.texts_to
    return known.lead.permission.get("texts_to") if known.lead else None


def _entry(question: Question, event: Event, decision: ConsentDecision, draws: Draws, head: Head) -> LedgerEntry:
    return append(
        head,
        kind=kind_of(evidence.outcome(question, box, decision) for box in question.form.boxes),
        day=event.at[:10],
        notice=question.notice.sha256,
        rules=decision.rules,
        body=evidence.body(question, event, decision),
        salt=draws.salt,
    )
