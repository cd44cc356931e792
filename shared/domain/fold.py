"""State is a fold over events: one step, used for the next event and for rebuilding from the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain.criteria import content_of
from shared.domain.definition import Definition
from shared.domain.identity import canonical
from shared.domain.lead import Event, Lead, Tracks, milliseconds
from shared.domain.scoring import count_act

INQUIRIES_KEPT = 5
ATTRIBUTION = frozenset(
    (
        "page_url",
        "referrer",
        "variant",
        "cta",
        "lead_magnet",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
    )
)


def step(definition: Definition, tracks: Tracks, event: Event) -> Tracks:
    """The tracks after one more event; what may not be judged leaves no trace in tallies, marks and inquiries.

    The steps of events that do not answer the same field can be taken in any order.
    """
    touch = _touch(event)
    return replace(
        tracks,
        profile={**tracks.profile, **event.fields},
        first_touch=_earlier(tracks.first_touch, touch),
        last_touch=_later(tracks.last_touch, touch),
        **(_judged(definition, tracks, event) if event.judged else {}),
    )


def rebuild(definition: Definition, events: Iterable[Event]) -> Tracks:
    """The tracks from all events of a lead."""
    tracks = Tracks()
    for event in events:
        tracks = step(definition, tracks, event)
    return tracks


def of(lead: Lead | None) -> Tracks:
    """Where the next step starts."""
    if lead is None:
        return Tracks()
    return Tracks(
        lead.profile,
        lead.tallies,
        lead.inquiries,
        lead.first_touch,
        lead.last_touch,
        lead.marks,
        lead.first_inquiry,
        lead.last_content,
    )


def unjudged(tracks: Tracks) -> Tracks:
    """The tracks as somebody who allowed no judgement may be looked at: without who they are."""
    return replace(tracks, profile={})


def _judged(definition: Definition, tracks: Tracks, event: Event) -> dict[str, Any]:
    """What an act that may be judged changes beside the profile and the touches."""
    facts = {"kind": event.kind, "fields": event.fields, "context": event.context, "at": milliseconds(event.at)}
    tallies, marks = count_act(definition, tracks, facts)
    content = content_of(event.context)
    return {
        "tallies": tallies,
        "marks": marks,
        "last_content": max(tracks.last_content, (event.at, content)) if content else tracks.last_content,
        **(_inquired(tracks, event) if definition.is_inquiry(event.kind) else {}),
    }


def _inquired(tracks: Tracks, event: Event) -> dict[str, Any]:
    """The first direct inquiry and the latest few: evidence for sales, of a size that does not grow."""
    found = sorted((*tracks.inquiries, (event.event_id, event.kind, event.at)), key=lambda one: (one[2], one[0]))
    first = min(tracks.first_inquiry or event.at, event.at)
    return {"inquiries": tuple(found[-INQUIRIES_KEPT:]), "first_inquiry": first}


def _touch(event: Event) -> dict[str, str]:
    """Where this visit came from, without click ids (those stay in the event)."""
    return {"at": event.at, **{k: str(v) for k, v in event.context.items() if k in ATTRIBUTION}}


def _earlier(first: Mapping[str, str], touch: Mapping[str, str]) -> Mapping[str, str]:
    return first if first and not _is_before(touch, first) else touch


def _later(last: Mapping[str, str], touch: Mapping[str, str]) -> Mapping[str, str]:
    """The latest visit that says where it came from, else the latest."""
    if not last:
        return touch
    says, said = len(touch) > 1, len(last) > 1
    if says != said:
        return touch if says else last
    return touch if _is_before(last, touch) else last


def _is_before(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Of two visits at the same moment the order is that of their text, so that it is always the same."""
    if one["at"] != other["at"]:
        return one["at"] < other["at"]
    return canonical(one) < canonical(other)
