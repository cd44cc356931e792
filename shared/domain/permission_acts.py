"""What a person does with a permission after the form: confirm, choose, withdraw, object, opt out of sale.

Every act is one new version of the lead, one ledger entry for all its purposes, and one message to those who hold the
lead. It may narrow whatever it wants, and widens only what the person ticked in this very act.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain import consent_states as states
from shared.domain import permission as permissions
from shared.domain.consent import ConsentDecision
from shared.domain.consent import decide as decide_consent
from shared.domain.consent.channels import RANK
from shared.domain.consent.question import PURPOSE_OF
from shared.domain.enrolment import Plan, enrolled
from shared.domain.lead import Lead, instant
from shared.domain.ledger_entry import LedgerEntry, append, kind_of
from shared.domain.message import Message, confirmation_wanted, permission_changed
from shared.domain.permission import PLACE_OF
from shared.domain.question import Draws
from shared.domain.tokens import Token

AFTER = "after_doi"
MARKETING = tuple(PURPOSE_OF.values())
EVERYTHING = tuple(PLACE_OF)
BY_TEXT = "sms_link"
BAIT = "bait"
WITHDRAWAL_METHOD = (
    "The preferences link in every mail, the link in the text, or one word to the address in the notice."
)


@dataclass(frozen=True, slots=True)
class Act:
    """What the person did. `said` maps purposes to yes or no; `shown` maps them to the words that stood there.

    `kind` is a type of the ledger; `method` doi_link, sms_link, preference_page, one_click, opt_out_form or bait;
    `notice` is {"ref", "sha256", "lang"} of the wording that goes with a yes, with the `third_parties` that it names;
    None when nothing was granted. `undo` is what to put back when a machine had said the yes.
    """

    kind: str
    method: str
    said: Mapping[str, bool] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    notice: Mapping[str, Any] | None = None
    objects: bool = False
    opts_out: bool = False
    undo: Mapping[str, Any] = field(default_factory=dict)

    @property
    def third_parties(self) -> tuple[str, ...]:
        return tuple((self.notice or {}).get("third_parties", ()))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an act is judged with: the rules, what is suppressed, the time, what was drawn, where texts can go, whether
    an address or number of the lead was opted out of sale elsewhere, and the nurture plan of each definition.
    """

    rules: Mapping[str, Any]
    suppressed: frozenset[str]
    now: datetime
    draws: Draws
    text_countries: frozenset[str] = frozenset()
    opted_out: bool = False
    plans: Mapping[str, Plan] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that one act writes.

    `suppress` names the scope (marketing or sale) that is to be remembered beyond the lead, `lift` the kinds of contact
    points whose suppression the person has ended.
    """

    lead: Lead
    act: Mapping[str, Any]
    entry: LedgerEntry
    messages: tuple[Message, ...]
    suppress: str | None = None
    lift: frozenset[str] = frozenset()


def confirm(
    lead: Lead,
    purposes: tuple[str, ...],
    since: str,
    shown: Mapping[str, str],
    now: datetime,
    method: str = "doi_link",
) -> Act | None:
    """The confirmation of the purposes that still wait and were asked by then; None when none does."""
    waiting = permissions.waiting(lead.permission, now)
    met = {p: waiting[p] for p in purposes if p in waiting and waiting[p]["since"] <= since}
    if not met:
        return None
    notice = next(iter(met.values()))["notice"]
    return Act("doi_confirmed", method, dict.fromkeys(met, True), _only(shown, met), notice)


def withdraw(lead: Lead, purposes: tuple[str, ...], method: str, shown: Mapping[str, str], now: datetime) -> Act | None:
    """The withdrawal of these purposes; None when each is a no already."""
    said = {purpose: False for purpose in purposes if not _is_no(lead, purpose, now)}
    return Act("consent_withdrawn", method, said, _only(shown, said)) if said else None


def take_bait(lead: Lead, token: Token, shown: Mapping[str, str], now: datetime) -> Act | None:
    """The end of what this link granted less than a minute ago, because a machine pressed; None when it granted nothing
    that still stands.
    """
    if not token.is_just_used(now):
        return None
    channels = lead.permission["channels"]
    granted = {place: channels[place] for place in token.undo["channels"] if place in channels}
    said = {
        PURPOSE_OF[place]: False
        for place, standing in granted.items()
        if standing["status"] in states.STANDING and standing["at"] == token.used_at
    }
    return Act("consent_withdrawn", BAIT, said, _only(shown, said), undo=token.undo) if said else None


def undo_of(lead: Lead, act: Act) -> dict[str, Any]:
    """What a confirmation of this lead is about to change, as JSON without the person."""
    state, places = lead.permission, [PLACE_OF[purpose] for purpose in act.said]
    return {
        "pending": {purpose: state["pending"][purpose] for purpose in act.said},
        "channels": {place: state["channels"].get(place) for place in places},
        "marketing": {place: state["marketing"][place] for place in places},
        "expires": {place: state["expires"].get(place) for place in places},
        "objected": state["objected"],
        "purge_at": lead.purge_at,
        "version": lead.version + 1,
    }


def choose(lead: Lead, ticked: frozenset[str], shown: Mapping[str, str], now: datetime) -> Act | None:
    """The choice on the preference page: an empty box is a no, also to what waits; None when nothing changes."""
    waiting = permissions.waiting(lead.permission, now)
    new = {p: True for p in shown if p in ticked and not is_on(lead, p, now)}
    ended = {p: False for p in shown if p not in ticked and (p in waiting or is_on(lead, p, now))}
    said = {**new, **ended}
    if not said:
        return None
    kind = "consent_given" if all(said.values()) else "consent_withdrawn"
    notice = lead.permission.get("notice") if any(said.values()) else None
    return Act(kind, "preference_page", said, _only(shown, said), notice)


def object_to_all(lead: Lead, method: str, now: datetime) -> Act | None:
    """The objection to every marketing, profiling included (GDPR Art. 21(2)-(3)); None when it stands already."""
    if lead.permission.get("objected"):
        return None
    said = {purpose: False for purpose in EVERYTHING if not _is_no(lead, purpose, now)}
    return Act("objection", method, said, objects=True)


def opt_out_of_sale(lead: Lead) -> Act | None:
    """No sale and no sharing from now on (Cal. Civ. Code 1798.120); None when that is so already."""
    return None if lead.permission.get("sale_optout") else Act("sale_opt_out", "opt_out_form", opts_out=True)


def is_on(lead: Lead, purpose: str, now: datetime) -> bool:
    """Is this purpose allowed now, by consent or because the law does not ask for one?"""
    place = PLACE_OF[purpose]
    if place in PURPOSE_OF and permissions.as_of(lead.permission, now)["marketing"].get(place) == "yes":
        return True
    return _state(lead, purpose, now) in states.STANDING


def offered(lead: Lead, now: datetime) -> tuple[str, ...]:
    """The purposes that a preference page must show: whatever was ever asked, waits or is allowed."""
    asked = (place for place, standing in lead.permission.get("channels", {}).items() if not standing.get("unasked"))
    known = {*asked, *(PLACE_OF[p] for p in permissions.waiting(lead.permission, now))}
    return tuple(p for p, place in PLACE_OF.items() if place in known or is_on(lead, p, now))


def named(lead: Lead, now: datetime) -> tuple[str, ...]:
    """Whom the box for sharing must name: those of the yes that stands, else those of the wording last seen."""
    standing = lead.permission["channels"].get("share_3p", {})
    is_yes = _state(lead, "share_3p", now) in states.STANDING
    seen = lead.permission.get("notice") or {}
    return tuple(standing.get("recipients", ()) if is_yes else seen.get("third_parties", ()))


def uncounted(lead: Lead, ticked: frozenset[str], now: datetime) -> dict[str, str]:
    """The ticks that are worth nothing after an act, by purpose, and why: no_number, no_text (none can prove the
    number) or other.
    """
    waiting = permissions.waiting(lead.permission, now)
    return {p: _why_not(lead, p) for p in PLACE_OF if p in ticked and p not in waiting and not is_on(lead, p, now)}


def _why_not(lead: Lead, purpose: str) -> str:
    if PLACE_OF[purpose] not in permissions.BY_PHONE:
        return "other"
    return "no_text" if lead.profile.get("phone") else "no_number"


def apply(lead: Lead, act: Act, around: Circumstances) -> Change:
    """The lead after the act, with its proof and what must be told."""
    decision = decide_consent(_question(lead, act, around), around.rules)
    state = _state_after(lead, act, decision, around)
    after = replace(lead, version=lead.version + 1, permission=state, purge_at=_kept_until(lead, act, decision, around))
    after = _left(_forgotten(after, act, around.now), around.now)
    entry = _entry(lead, act, state, decision, around)
    after = replace(after, head=entry.head)
    asked = _asked(lead, act, decision, around)
    after, told = _enrolled(after, around)
    return Change(
        lead=after,
        act=_record(act, around),
        entry=entry,
        messages=(
            *_told(lead, after, act, around.now),
            *_letters(after, act, asked),
            *told,
        ),
        suppress=_suppresses(after, act, around.now),
        lift=_lifted(act, state["marketing"]),
    )


def _told(lead: Lead, after: Lead, act: Act, now: datetime) -> tuple[Message, ...]:
    """Ticks that were not counted are in the ledger; nobody is told that a consent was given."""
    void = uncounted(after, frozenset(_ticked(act)), now)
    spoken = tuple(purpose for purpose in act.said if purpose not in void)
    is_same = all(lead.permission[part] == after.permission[part] for part in ("marketing", "share", "score"))
    return () if void and not spoken and is_same else (permission_changed(after, act.kind, spoken, now),)


def _asked(lead: Lead, act: Act, decision: ConsentDecision, around: Circumstances) -> tuple[str, ...]:
    """The new ticks that a text must still confirm, where one can: who holds a mailed link has proved no number."""
    if lead.permission.get("texts_to") not in around.text_countries:
        return ()
    return tuple(p for p in permissions.by_way(_ticked(act)).get("sms", ()) if decision.contact[PLACE_OF[p]] == AFTER)


def _enrolled(lead: Lead, around: Circumstances) -> tuple[Lead, tuple[Message, ...]]:
    """The track follows the permission at once; without a plan nobody is on any."""
    plan = around.plans.get(lead.ruled_by) or around.plans.get("default")
    return enrolled(plan, lead, around.now) if plan else (lead, ())


def _ticked(act: Act) -> tuple[str, ...]:
    return tuple(purpose for purpose, yes in act.said.items() if yes)


def _letters(lead: Lead, act: Act, asked: tuple[str, ...]) -> tuple[Message, ...]:
    notice = act.notice
    if not asked or notice is None:
        return ()
    return (confirmation_wanted(lead, asked, act.method, notice["ref"], notice["lang"], "sms"),)


def _lifted(act: Act, contact: Mapping[str, str]) -> frozenset[str]:
    """The kinds of contact points that the person has proved and said yes for."""
    proved = "phone" if act.method == BY_TEXT else "email"
    channels = permissions.BY_PHONE if act.method == BY_TEXT else ("email",)
    is_yes = any(act.said.get(PURPOSE_OF[channel]) and contact[channel] == "yes" for channel in channels)
    return frozenset([proved]) if is_yes else frozenset()


def _only(shown: Mapping[str, str], purposes: Mapping[str, Any]) -> dict[str, str]:
    return {purpose: shown[purpose] for purpose in purposes if purpose in shown}


def _state(lead: Lead, purpose: str, now: datetime) -> str:
    return states.now_at(lead.permission.get("channels", {}).get(PLACE_OF[purpose]), now)


def _is_no(lead: Lead, purpose: str, now: datetime) -> bool:
    """Said no already, with nothing waiting that would change it."""
    waits = purpose in permissions.waiting(lead.permission, now)
    return _state(lead, purpose, now) in states.NO_IN_FORCE and not waits and not is_on(lead, purpose, now)


def _question(lead: Lead, act: Act, around: Circumstances) -> dict[str, Any]:
    """The act in the words of the consent decision; who holds a mailed link has proved the mailbox, who holds a link
    from a text the number, and neither the other.
    """
    countries = lead.permission.get("countries", {})
    inquired = [at for _, _, at in lead.inquiries]
    return {
        "now": around.now,
        "action": "preference_update",
        "origin": "subject",
        "email": lead.profile.get("email"),
        "phone": lead.profile.get("phone"),
        "country": countries.get("declared", lead.profile.get("country")),
        "ip_country": countries.get("edge"),
        "subject_type": "unknown",
        "notice": (act.notice or lead.permission.get("notice") or {}).get("ref"),
        "boxes": {purpose: {"checked": yes} for purpose, yes in act.said.items()},
        "doi": "none" if act.method == BY_TEXT else "confirmed",
        "phone_verified": act.method == BY_TEXT,
        "lia": True,
        "age": permissions.known_age(None, lead, around.rules),
        "tenant_sells": permissions.may_share(around.rules, act.said.get("share_3p", False), lead, around.now),
        "ctx": {"inquiry_at": max(inquired)} if inquired else {},
        "prior": permissions.prior(lead, around.suppressed, around.opted_out),
    }


def _state_after(lead: Lead, act: Act, decision: ConsentDecision, around: Circumstances) -> dict[str, Any]:
    before, now = lead.permission, around.now
    if act.undo:
        return _undone(before, act, decision, now)
    asked = _asked(lead, act, decision, around)
    contact = {channel: _narrowed(before, act, decision, channel, asked) for channel in PURPOSE_OF}
    return {
        **before,
        "marketing": contact,
        "share": _allowed(before["share"], act, "share_3p", decision.share) and not act.opts_out,
        "score": _allowed(before["score"], act, "profiling", decision.score),
        "expires": {channel: decision.expires[channel] if contact[channel] == "yes" else None for channel in contact},
        "as_of": instant(now),
        "rules": decision.rules,
        "channels": _channels(before, act, asked, decision, around),
        "pending": {
            **{p: ask for p, ask in permissions.waiting(before, now).items() if p not in act.said},
            **permissions.asking(asked, _ask(act, around), now),
        },
        "sale_optout": before["sale_optout"] or act.opts_out or decision.optout_persist or around.opted_out,
        "objected": act.objects or (before["objected"] and not _is_back(act, contact)),
        "objected_profiling": (act.objects or before["objected_profiling"]) and not act.said.get("profiling", False),
    }


def _undone(before: Mapping[str, Any], act: Act, decision: ConsentDecision, now: datetime) -> dict[str, Any]:
    """As it stood before the machine pressed: what was asked waits again, and nothing else is touched."""
    undo, places = act.undo, [PLACE_OF[purpose] for purpose in act.said]
    kept = {place: standing for place, standing in before["channels"].items() if place not in places}
    channels = {place: undo["channels"][place] for place in places if undo["channels"][place]}
    return {
        **before,
        "marketing": {**before["marketing"], **{place: undo["marketing"][place] for place in places}},
        "expires": {**before["expires"], **{place: undo["expires"][place] for place in places}},
        "as_of": instant(now),
        "rules": decision.rules,
        "channels": {**kept, **channels},
        "pending": {**permissions.waiting(before, now), **{p: undo["pending"][p] for p in act.said}},
        "objected": before["objected"] or undo["objected"],
    }


def _ask(act: Act, around: Circumstances) -> dict[str, Any]:
    return {"notice": act.notice, "form_id": act.method, "event_id": around.draws.event_id}


def _narrowed(
    before: Mapping[str, Any], act: Act, decision: ConsentDecision, channel: str, asked: tuple[str, ...]
) -> str:
    """What was not ticked in this act never becomes more than it was, and what waits for its proof waits on; what
    nothing can prove is a no.
    """
    now: str = decision.contact[channel]
    then: str = before["marketing"][channel]
    if act.objects:
        return "no"
    if PURPOSE_OF[channel] not in act.said and then == AFTER:
        return then
    if now == AFTER and PURPOSE_OF[channel] not in asked:
        now = "no"
    return now if act.said.get(PURPOSE_OF[channel]) or RANK[now] < RANK[then] else then


def _allowed(before: bool, act: Act, purpose: str, now: bool) -> bool:
    return now and not act.objects and act.said.get(purpose, before)


def _is_back(act: Act, contact: Mapping[str, str]) -> bool:
    """A proved new yes on a channel ends the objection; every other channel keeps the no that the objection left."""
    return any(act.said.get(purpose) and contact[channel] == "yes" for channel, purpose in PURPOSE_OF.items())


def _channels(
    before: Mapping[str, Any], act: Act, asked: tuple[str, ...], decision: ConsentDecision, around: Circumstances
) -> dict[str, Any]:
    channels, now = dict(before["channels"]), around.now
    for purpose, yes in act.said.items():
        place = PLACE_OF[purpose]
        if not yes:
            said_no = permissions.moved(channels.get(place), "withdraw", now)
            channels[place] = {**said_no, **_unasked(before, act, place)}
        elif permissions.counts(purpose, decision):
            event = "confirm" if act.kind == "doi_confirmed" else "tick"
            until = permissions.ends(around.rules, place, decision, now)
            channels[place] = {
                **permissions.moved(channels.get(place), event, now, until),
                **permissions.to_whom(purpose, act.third_parties),
            }
        elif purpose in asked:
            channels[place] = permissions.moved(channels.get(place), "ask", now)
    return channels


def _unasked(before: Mapping[str, Any], act: Act, place: str) -> dict[str, bool]:
    """An objection is a no to what the person was never asked, too: it is kept, and no page offers it."""
    was_met = place in before["channels"] or before["marketing"].get(place, "no") != "no"
    return {"unasked": True} if act.objects and not was_met else {}


def _kept_until(lead: Lead, act: Act, decision: ConsentDecision, around: Circumstances) -> int:
    """A yes keeps the lead as long as any yes does; a no never makes it stay longer."""
    if act.undo and act.undo["version"] == lead.version:
        return int(act.undo["purge_at"])
    return permissions.purge_at(lead, decision, around.now) if any(act.said.values()) else lead.purge_at


def _forgotten(lead: Lead, act: Act, now: datetime) -> Lead:
    """Whoever forbids to be judged is judged no more by what was seen before, either (GDPR Art. 7(3), 21(3)). What
    they asked us stays on record, and an offer that was made stays made.
    """
    if act.said.get("profiling", True) and not act.objects:
        return lead
    blank: dict[str, Any] = {"tallies": {}, "marks": {}, "verdicts": {}, "last_content": (), "persona": ""}
    return replace(lead, **blank, score=0, cell="D3", judged_since=instant(now))


def _left(lead: Lead, now: datetime) -> Lead:
    """Whom nobody may contact or answer any more has left."""
    state = lead.permission
    if state["reply"] or set(state["marketing"].values()) != {"no"} or lead.stage == "withdrawn":
        return lead
    step = {"stage": "withdrawn", "at": instant(now), "rule": "permission:none", "definition": lead.definition}
    return replace(lead, stage="withdrawn", history=(*lead.history, step))


def _suppresses(after: Lead, act: Act, now: datetime) -> str | None:
    """An objection, or the end of the last marketing permission, is remembered beyond the lead."""
    if act.opts_out:
        return "sale"
    is_over = not any(is_on(after, purpose, now) or purpose in after.permission["pending"] for purpose in MARKETING)
    ended = any(not yes and purpose in MARKETING for purpose, yes in act.said.items())
    return "marketing" if act.objects or (ended and is_over) else None


def _record(act: Act, around: Circumstances) -> dict[str, Any]:
    return {
        "act_id": around.draws.event_id,
        "at": instant(around.now),
        "kind": act.kind,
        "method": act.method,
        "said": dict(act.said),
    }


def _entry(
    lead: Lead, act: Act, state: Mapping[str, Any], decision: ConsentDecision, around: Circumstances
) -> LedgerEntry:
    body = _body(lead, act, state, decision, around)
    return append(
        lead.head,
        kind=kind_of(box["outcome"] for box in body["boxes"]) if act.kind == "consent_given" else act.kind,
        day=instant(around.now)[:10],
        notice=(act.notice or lead.permission.get("notice") or {}).get("sha256"),
        rules=decision.rules,
        body=body,
        salt=around.draws.salt,
    )


def _body(
    lead: Lead, act: Act, state: Mapping[str, Any], decision: ConsentDecision, around: Circumstances
) -> dict[str, Any]:
    """The erasable half of the entry: who, when, how, what was shown, what was said, what followed."""
    return {
        "schema": "lc-consent/1",
        "event_id": around.draws.event_id,
        "ts": instant(around.now),
        "method": act.method,
        "identifiers": {kind: lead.profile[kind] for kind in ("email", "phone") if lead.profile.get(kind)},
        "form": {"id": act.method, "version": 0, "url": ""},
        "notice": _notice(act.notice or lead.permission.get("notice")),
        "withdrawal_method": WITHDRAWAL_METHOD,
        "boxes": [_box(lead, act, purpose, state, decision, around.now) for purpose in act.said],
        "action": "preference_update",
        "jurisdictions": dict(lead.permission.get("countries", {})),
        "gpc": {"raw": [], "applied": False},
        "objected": act.objects,
        "sale_optout": act.opts_out,
        "decision": {
            "contact": dict(state["marketing"]),
            "basis": dict(decision.basis),
            "reply": state["reply"],
            "share": state["share"],
            "score": state["score"],
            "sales": decision.sales,
            "store": decision.store,
            "reasons": list(decision.reasons),
        },
    }


def _notice(notice: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The wording that goes with a yes, or the one that was last seen before a no."""
    if notice is None:
        return None
    notice_id, _, version = notice["ref"].partition("@")
    return {"id": notice_id, "version": int(version), "lang": notice["lang"], "sha256": notice["sha256"]}


def _box(
    lead: Lead, act: Act, purpose: str, state: Mapping[str, Any], decision: ConsentDecision, now: datetime
) -> dict[str, Any]:
    place, yes = PLACE_OF[purpose], act.said[purpose]
    counted = not yes or permissions.counts(purpose, decision)
    standing = state["channels"].get(place, {}) if counted else {}
    outcome = "given" if yes and standing else standing.get("status", _unproved(state, purpose))
    return {
        "purpose": purpose,
        "channel": place if place in PURPOSE_OF else "none",
        "label": act.shown.get(purpose, ""),
        "presented": purpose in act.shown,
        "checked": yes,
        "prechecked": False,
        "required": False,
        "bundled": False,
        "before": _state(lead, purpose, now),
        "outcome": "not_counted" if act.undo else outcome,
        "after": standing.get("status"),
        "expires": standing.get("expires"),
        **(permissions.to_whom(purpose, act.third_parties) if yes else {}),
    }


def _unproved(state: Mapping[str, Any], purpose: str) -> str:
    return "pending" if purpose in state["pending"] else "not_counted"
