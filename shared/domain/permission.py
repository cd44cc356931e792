"""The permission state of a lead: what earlier acts left, and how one more decision changes it.

A tick left blank on a new form withdraws nothing; nothing here ever turns a "no" of the person into a "yes".
`channels` holds the standing consents (and profiling and share_3p, which are no channels), `pending` the ticks that
wait for their confirmation: a "no" stays in force below a pending tick. A yes to share_3p holds its `recipients`: those
whom the notice of that very tick named. A later yes names anew; it adds nobody to an older one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain import consent_states as states
from shared.domain.consent import ConsentDecision
from shared.domain.consent.dates import months_after
from shared.domain.consent.question import PURPOSE_OF
from shared.domain.lead import Lead, instant

PLACE_OF = {
    **{purpose: channel for channel, purpose in PURPOSE_OF.items()},
    "profiling": "profiling",
    "share_3p": "share_3p",
}
BY_PHONE = ("sms", "phone", "autocall")
RETENTION = {"full": timedelta(days=1096), "limited": timedelta(days=30), "pending": timedelta(days=14)}
CONFIRM_WITHIN = RETENTION["pending"]

State = Mapping[str, Any]


def prior(lead: Lead | None, suppressed: frozenset[str], opted_out: bool = False) -> dict[str, Any]:
    """What the consent decision must know of before: standing consents, objections and suppressions."""
    state = lead.permission if lead else {}
    return {
        "channels": {place: _standing(standing) for place, standing in state.get("channels", {}).items()},
        "sale_optout": state.get("sale_optout", False) or opted_out,
        "objected": state.get("objected", False),
        "objected_profiling": state.get("objected_profiling", False),
        "suppressed": sorted(suppressed),
    }


def for_this_number(lead: Lead | None, phone: str | None) -> Lead | None:
    """The lead without the yeses that were given for another number: who allows calls allows them to one number.

    A "no" stays: it was said by the person, whatever the number.
    """
    if lead is None or phone in (None, lead.profile.get("phone")):
        return lead
    state = lead.permission
    kept = {
        place: s
        for place, s in state["channels"].items()
        if place not in BY_PHONE or s["status"] not in states.STANDING
    }
    pending = {purpose: ask for purpose, ask in state.get("pending", {}).items() if PLACE_OF[purpose] not in BY_PHONE}
    return replace(lead, permission={**state, "channels": kept, "pending": pending})


def with_objections(state: State, channels: Iterable[str], now: datetime) -> dict[str, Any]:
    """A state, or what is known of before, after a "no" on these channels; what has no channel of ours has nothing to
    end.
    """
    standing = state["channels"]
    ended = {place: moved(standing.get(place), "withdraw", now) for place in channels if place in PURPOSE_OF}
    said_no = {**state, "channels": {**standing, **ended}}
    if "pending" in state:
        said_no["pending"] = {p: ask for p, ask in state["pending"].items() if PLACE_OF[p] not in ended}
    return said_no


def number_to_ask_about(lead: Lead | None, phone: str | None) -> str | None:
    """The number that the decision is about: the one just given, else the one that a standing yes was given for."""
    standing = lead.permission["channels"] if lead else {}
    has_yes = any(standing[place]["status"] in states.STANDING for place in BY_PHONE if place in standing)
    return phone or (lead.profile.get("phone") if lead and has_yes else None)


def known_age(said: int | None, lead: Lead | None, rules: State) -> int | None:
    """The age that decides: what was just said, else one below the adult age for whom we know to be a minor."""
    if said is not None or lead is None or not lead.permission.get("minor"):
        return said
    return int(rules["ages"]["adult"]) - 1


def may_share(rules: State, is_ticked: bool, lead: Lead | None, now: datetime) -> bool:
    """Does our own policy let anything be shared: never, with the person's own yes, or wherever the law allows it?"""
    sharing = rules["policies"]["sharing"]
    if sharing != "with_consent":
        return bool(sharing == "where_allowed")
    standing = lead.permission["channels"].get("share_3p") if lead else None
    return is_ticked or states.now_at(standing, now) in states.STANDING


def ends(rules: State, place: str, decision: ConsentDecision, now: datetime) -> str | None:
    """The day on which a consent given now is over: for a channel by its regime, for the others by our policy."""
    if place in PURPOSE_OF:
        return decision.expires.get(place)
    months = rules["policies"]["consent_months"].get(place)
    return months_after(now, months).date().isoformat() if months else None


def _standing(standing: State) -> dict[str, Any]:
    return {name: standing[name] for name in ("status", "at", "expires")}


def after(
    before: Lead | None,
    decision: ConsentDecision,
    consents: Mapping[str, bool],
    now: datetime,
    rules: State,
    asks: Mapping[str, State] | None = None,
    opted_out: bool = False,
    third_parties: Iterable[str] = (),
) -> dict[str, Any]:
    """The permission state after one decision, as JSON; `asks` holds the ticks that now wait for a confirmation,
    `third_parties` whom the notice names.
    """
    state = before.permission if before else {}
    pending = {**waiting(state, now), **_new_asks(state, asks or {}, now)}
    return {
        "reply": decision.reply or state.get("reply", False),
        "marketing": _answers(decision, pending),
        "share": decision.share,
        "score": decision.score,
        "expires": dict(decision.expires),
        "as_of": instant(now),
        "rules": decision.rules,
        "channels": _channels(state.get("channels", {}), decision, consents, asks or {}, now, rules, third_parties),
        "pending": pending,
        "sale_optout": state.get("sale_optout", False) or decision.optout_persist or opted_out,
        "objected": state.get("objected", False),
        "objected_profiling": state.get("objected_profiling", False),
    }


def _answers(decision: ConsentDecision, pending: Mapping[str, State]) -> dict[str, str]:
    """What nothing can confirm (a landline, say) is a no: after_doi promises that somebody was asked."""
    return {
        channel: "no" if answer == "after_doi" and PURPOSE_OF[channel] not in pending else answer
        for channel, answer in decision.contact.items()
    }


def _channels(
    standing: State,
    decision: ConsentDecision,
    consents: Mapping[str, bool],
    asks: Mapping[str, State],
    now: datetime,
    rules: State,
    third_parties: Iterable[str],
) -> dict[str, Any]:
    """Only an own tick that counts becomes a standing consent; what merely the law allows is decided anew each time."""
    channels = dict(standing)
    for purpose, place in PLACE_OF.items():
        if consents.get(purpose) and counts(purpose, decision):
            until = ends(rules, place, decision, now)
            channels[place] = {
                **moved(channels.get(place), "tick", now, until),
                **to_whom(purpose, third_parties),
            }
        elif purpose in asks:
            channels[place] = moved(channels.get(place), "ask", now)
    return channels


def counts(purpose: str, decision: ConsentDecision) -> bool:
    """Is a tick for this purpose worth something now, by itself?"""
    place = PLACE_OF[purpose]
    if place not in PURPOSE_OF:
        return not any(reason.endswith(f":{purpose}") for reason in decision.reasons)
    return decision.contact[place] == "yes" and f"STANDING_CONSENT:{place}" not in decision.reasons


def moved(standing: State | None, event: str, now: datetime, expires: str | None = None) -> dict[str, Any]:
    """The standing consent after an event; one that stays keeps its time and its end."""
    before = states.now_at(standing, now)
    status = states.after(before, event)
    if standing is not None and not states.TABLE[before][event]:
        return {name: value for name, value in standing.items() if (name, event) != ("unasked", "ask")}
    return {"status": status, "at": instant(now), "expires": expires}


def to_whom(purpose: str, third_parties: Iterable[str]) -> dict[str, list[str]]:
    """What a yes to sharing remembers besides: the names that its wording held. Nothing for every other purpose."""
    return {"recipients": list(third_parties)} if purpose == "share_3p" else {}


def by_way(purposes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The purposes by what asks for their confirmation: mail proves a mailbox, sms a number, neither the other."""
    asked = tuple(purposes)
    ways = {"mail": ("mkt_email",), "sms": tuple(PURPOSE_OF[channel] for channel in BY_PHONE)}
    found = {way: tuple(p for p in asked if p in theirs) for way, theirs in ways.items()}
    return {way: theirs for way, theirs in found.items() if theirs}


def waiting(state: State, now: datetime) -> dict[str, Any]:
    """The ticks that can still be confirmed, by purpose."""
    return {p: ask for p, ask in state.get("pending", {}).items() if not states.is_over(ask["until"], now)}


def _new_asks(state: State, asks: Mapping[str, State], now: datetime) -> dict[str, Any]:
    """Who asks again while a request waits keeps its first link working; the wait does not grow longer."""
    still = waiting(state, now)
    return {p: asking((p,), ask, now)[p] for p, ask in asks.items() if p not in still}


def asking(purposes: Iterable[str], ask: State, now: datetime) -> dict[str, dict[str, Any]]:
    """New requests for a confirmation, by purpose."""
    times = {"status": "requested", "since": instant(now), "until": instant(now + CONFIRM_WITHIN)}
    return {purpose: {**ask, **times} for purpose in purposes}


def purge_at(before: Lead | None, decision: ConsentDecision, now: datetime) -> int:
    """Epoch seconds after which the lead must be gone: 36 months, 30 or 14 days after the last act; a short stay
    never shortens a long one.
    """
    until = int((now + RETENTION.get(decision.store, RETENTION["pending"])).timestamp())
    return max(until, before.purge_at) if before else until


def as_of(state: State, now: datetime) -> dict[str, Any]:
    """What may be done now: each permission ends when it expires, without any nightly job.

    `share` and `profiling` say whether the person's data may go to third parties, and whether what they read and watch
    may be judged.
    """
    marketing = {channel: _answer_now(state, channel, now) for channel in state["marketing"]}
    shared, judged = (states.now_at(state["channels"].get(place), now) for place in ("share_3p", "profiling"))
    return {
        "reply": state["reply"],
        "marketing": marketing,
        "share": state["share"] and shared != "expired",
        "profiling": judged in states.STANDING,
        "expires": dict(state["expires"]),
        "as_of": instant(now),
    }


def _answer_now(state: State, channel: str, now: datetime) -> str:
    answer: str = state["marketing"][channel]
    if answer == "yes" and states.is_over(state["expires"].get(channel), now):
        return "no"
    if answer == "after_doi" and PURPOSE_OF[channel] not in waiting(state, now):
        return "no"
    return answer
