"""The nurture track of a lead after any step: whose step it was does not matter, so it is found in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from shared.domain import nurture
from shared.domain.lead import Lead
from shared.domain.message import Message, nurture_enrolled
from shared.domain.nurture import Path
from shared.domain.permission import PLACE_OF


class Agreed(Protocol):
    """What the definition agrees on for leads that are not with sales; every definition has it."""

    @property
    def nurture(self) -> Mapping[str, Any]: ...

    @property
    def content(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """The part of a definition that this needs, where nothing is judged: `nurture` and the tags of its `content`."""

    nurture: Mapping[str, Any]
    content: Mapping[str, Any]


def plans_from(plains: Mapping[str, Mapping[str, Any]]) -> dict[str, Plan]:
    """The plan of every definition in the agreement, by its id."""
    return {name: Plan(plain["nurture"], plain["content"]) for name, plain in plains.items()}


def enrolled(agreed: Agreed, lead: Lead, now: datetime) -> tuple[Lead, tuple[Message, ...]]:
    """The lead with the track that it is enrolled in from now on, and the message about it when that changed.

    Nobody is enrolled without the permission that the track needs, nor a test; who loses it, goes to sales or leaves is
    taken off it.
    """
    on = nurture.path(agreed.nurture, lead.stage, _buyer_stage(lead), _content(agreed, lead), lead.permission, now)
    what = None if lead.is_test else nurture.step(lead.track or None, on)
    if what is None:
        return lead, ()
    after = replace(lead, track=str(on.track) if on.is_enrolled else "")
    return after, (nurture_enrolled(after, _told(agreed, lead, on, what), now),)


def _told(agreed: Agreed, lead: Lead, on: Path, what: str) -> dict[str, Any]:
    """The `data` of lead.nurture_enrolled; who left a track is on none, whatever would fit."""
    said = nurture.enrolment(agreed.nurture, on, lead.lead_id, lead.version, _buyer_stage(lead))
    until = lead.permission["expires"].get(PLACE_OF[on.purpose]) if on.is_enrolled and on.purpose else None
    kept = said if on.is_enrolled else {**said, "track": None, "purpose": None, "frequency": None}
    return {**kept, "step": what, "before": lead.track or None, "reason": on.reason, "expires": until}


def _buyer_stage(lead: Lead) -> str:
    return str(lead.verdicts.get(lead.persona, {}).get("buyer_stage", "not_ready"))


def _content(agreed: Agreed, lead: Lead) -> Mapping[str, Any]:
    """The tags of what the lead took last."""
    tags: Mapping[str, Any] = agreed.content.get(lead.last_content[1], {}) if lead.last_content else {}
    return tags
