"""What may be kept of what a lead does after the form, and what follows from it.

Nothing of anybody's behaviour is kept without their permission to judge it as it stands at this moment (requirement
N10); a visit alone makes nobody a lead (C7a). See docs/decisions/0018-events-after-the-form.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain import consent_states as states
from shared.domain.definition import Definition
from shared.domain.enrolment import enrolled
from shared.domain.judgement import Judgement, Progress, as_members, progress, ruling
from shared.domain.lead import Event, Lead, instant
from shared.domain.lead_token import LeadToken
from shared.domain.message import Message, sales_qualified
from shared.domain.permission import RETENTION
from shared.domain.report import PAGE, Report

# A letter or a talk between the person and us: no watching of behaviour, so its basis is that of the reply
# (GDPR Art. 6(1)(b) and (f)).
CORRESPONDENCE = frozenset(("positive_reply", "sales_conversation"))
# A scanner opens mails too, so an open is no act of the person: it moves nobody and prolongs nothing (K5, CNIL).
NO_SIGN_OF_LIFE = frozenset(("email_open",))
# Far more than anybody reads in a day; what comes beyond it adds nothing and is not kept.
MOST_A_DAY = 200

RECORDED, REPEATED = "recorded", "repeated"
KEPT = (RECORDED, REPEATED)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known when reports on one lead come in: which of them are kept already, whether the person is
    suppressed, and the token of a page (None: a server of ours speaks).
    """

    lead: Lead | None
    kept: frozenset[str]
    is_suppressed: bool
    token: LeadToken | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Engagement:
    """Everything that one batch of reports writes: the next version of the lead, the acts by their keys, messages."""

    at: str
    lead: Lead
    acts: Mapping[str, Event]
    messages: tuple[Message, ...]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each report by its key: recorded, repeated, or why not; `engagement` when there is to write."""

    said: Mapping[str, str]
    engagement: Engagement | None = None


def kinds_from(definitions: Iterable[Definition], source: str) -> frozenset[str]:
    """What a page, or a server, may report under any of the definitions."""
    return frozenset(kind for one in definitions for kind, entry in one.events.items() if source in entry["from"])


def answers_of(plains: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The fields that a conversation may bring: what no form asks for, and what is confirmed (BANT)."""
    return frozenset(name for plain in plains for name in (*plain["captured_elsewhere"], *plain["bant"].values()))


def decide(definitions: Mapping[str, Definition], reports: tuple[Report, ...], around: Around) -> Outcome:
    """What is kept of the reports, and the lead after it."""
    if around.lead is None:
        return Outcome({report.key: "unknown_lead" for report in reports})
    lead, definition = around.lead, ruling(definitions, around.lead)
    said: dict[str, str] = {}
    acts: dict[str, Event] = {}
    for report in reports:
        reason = _why_not(definition, report, lead, around) or _over(lead, len(acts), around.now)
        said[report.key] = reason or RECORDED
        if reason is None:
            acts[report.key] = _event(definition, report, lead, around)
    return Outcome(said, _engagement(definition, lead, acts, around.now) if acts else None)


def may_be_judged(lead: Lead, now: datetime) -> bool:
    """May behaviour count now? The last decision said so, and no tick that it rests on was taken back since."""
    standing = lead.permission["channels"].get("profiling")
    return bool(lead.permission["score"]) and (standing is None or states.now_at(standing, now) in states.STANDING)


def _why_not(definition: Definition, report: Report, lead: Lead, around: Around) -> str | None:
    """The reason why a report is not kept, in the order in which they count; None when it may be."""
    if report.key in around.kept:
        return REPEATED
    if report.source not in definition.events.get(report.kind, {}).get("from", ()):
        return "unknown_kind"
    if lead.stage == "withdrawn":
        return "withdrawn"
    if report.kind in CORRESPONDENCE:
        return _why_no_letter(report, lead)
    if around.is_suppressed:
        return "suppressed"
    if not may_be_judged(lead, around.now) or (report.source == PAGE and not _still_holds(around, lead)):
        return "no_permission"
    since = lead.permission["channels"].get("profiling", {}).get("at", lead.created_at)
    if report.at is not None and report.at < max(since, lead.created_at):
        return "before_permission"
    return None


def _why_no_letter(report: Report, lead: Lead) -> str | None:
    if report.at is not None and report.at < lead.created_at:
        return "before_lead"
    return None if may_be_answered(lead) else "no_permission"


def may_be_answered(lead: Lead) -> bool:
    """May anybody write to the person at all, be it only about what they asked?"""
    return bool(lead.permission["reply"]) or "yes" in lead.permission["marketing"].values()


def _still_holds(around: Around, lead: Lead) -> bool:
    """A page's token holds as long as the very tick that it came with: a withdrawal ends it, an erasure, and a newer
    tick, which brought its own token.
    """
    standing = lead.permission["channels"].get("profiling")
    if around.token is None or standing is None:
        return False
    since: str = max(standing["at"], lead.created_at)
    return since <= around.token.issued_at


def _over(lead: Lead, before: int, now: datetime) -> str | None:
    return "too_many" if _kept_today(lead, now) + before >= MOST_A_DAY else None


def _kept_today(lead: Lead, now: datetime) -> int:
    day, count = lead.busy_day or ("", 0)
    return count if day == instant(now)[:10] else 0


def _event(definition: Definition, report: Report, lead: Lead, around: Around) -> Event:
    return Event(
        event_id=report.report_id,
        at=report.at or instant(around.now),
        kind=report.kind,
        form_id="",
        form_version=0,
        fields=report.fields,
        context=report.context,
        consents={},
        notice="",
        judged=_is_judged(definition, report, lead, around),
        is_test=lead.is_test,
    )


def _is_judged(definition: Definition, report: Report, lead: Lead, around: Around) -> bool:
    """An inquiry by letter is read like one by form (record 0005); who objected is answered and never scored."""
    if may_be_judged(lead, around.now) and not around.is_suppressed:
        return True
    objected = lead.permission["objected"] or lead.permission["objected_profiling"] or around.is_suppressed
    return definition.is_inquiry(report.kind) and not objected


def _engagement(definition: Definition, lead: Lead, acts: Mapping[str, Event], now: datetime) -> Engagement:
    """The steps in the order of time, so that a batch gives what its reports would give one by one."""
    today = (instant(now)[:10], _kept_today(lead, now) + len(acts))
    after = replace(lead, version=lead.version + 1, busy_day=today)
    for event in sorted(acts.values(), key=lambda one: (one.at, one.event_id)):
        made = progress(definition, after, event, lead.permission, may_be_offered(lead), now)
        after = _moved(definition, after, event, made)
    crossed = after.crossings > lead.crossings
    messages = (sales_qualified(after, made.judgement, definition, now),) if crossed else ()
    after, told = enrolled(definition, after, now)
    return Engagement(instant(now), after, acts, (*messages, *told), made.judgement)


def _moved(definition: Definition, lead: Lead, event: Event, made: Progress) -> Lead:
    counted = replace(lead, **as_members(definition, made))
    if event.kind in NO_SIGN_OF_LIFE:
        return replace(counted, stage=lead.stage, history=lead.history)
    return replace(
        counted,
        crossings=lead.crossings + int(made.has_crossed),
        last_act_at=max(lead.last_act_at, event.at),
        purge_at=max(lead.purge_at, _kept_until(event)),
    )


def may_be_offered(lead: Lead) -> bool:
    """Sales gets nobody whom it may not answer, and no test."""
    return may_be_answered(lead) and not lead.is_test


def _kept_until(event: Event) -> int:
    """36 months after an act by the person (epoch seconds)."""
    return int((datetime.fromisoformat(event.at) + RETENTION["full"]).timestamp())
