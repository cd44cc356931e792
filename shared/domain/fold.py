"""State is a fold over events: one step, used for the next event and for rebuilding from the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.domain.lead import Event, Lead, Tracks
from shared.domain.scoring import Definition, count_event

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
    """The tracks after one more event; what may not be judged leaves no trace in tallies and inquiries."""
    touch = _touch(event)
    return Tracks(
        profile={**tracks.profile, **event.fields},
        tallies=_tallies(definition, tracks, event),
        inquiries=_inquiries(definition, tracks, event),
        first_touch=tracks.first_touch or touch,
        last_touch=touch if len(touch) > 1 or not tracks.last_touch else tracks.last_touch,
    )


def rebuild(definition: Definition, events: Iterable[Event]) -> Tracks:
    """The tracks from all events of a lead, in order of time."""
    tracks = Tracks()
    for event in events:
        tracks = step(definition, tracks, event)
    return tracks


def of(lead: Lead | None) -> Tracks:
    """Where the next step starts."""
    if lead is None:
        return Tracks()
    return Tracks(lead.profile, lead.tallies, lead.inquiries, lead.first_touch, lead.last_touch)


def _tallies(definition: Definition, tracks: Tracks, event: Event) -> Mapping[str, int]:
    if not event.judged:
        return tracks.tallies
    return count_event(
        definition, tracks.tallies, {"action": event.kind, "fields": event.fields, "context": event.context}
    )


def _inquiries(definition: Definition, tracks: Tracks, event: Event) -> tuple[tuple[str, str, str], ...]:
    """The latest few direct inquiries: evidence for sales, of a size that does not grow with the history."""
    if not (event.judged and definition.actions.get(event.kind, {}).get("direct_inquiry")):
        return tracks.inquiries
    return (*tracks.inquiries, (event.event_id, event.kind, event.at))[-INQUIRIES_KEPT:]


def _touch(event: Event) -> dict[str, str]:
    """Where this visit came from, without click ids (those stay in the event)."""
    return {"at": event.at, **{k: str(v) for k, v in event.context.items() if k in ATTRIBUTION}}
