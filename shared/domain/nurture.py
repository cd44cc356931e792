"""What becomes of leads that are not with sales: each is on a track, and who allows it is enrolled in it.

We say who is enrolled in what and how often they may be touched; sending is the automation tool's work. The tracks and
the frequency are the `nurture` section of the definition (requirements B43b, B51, B57b, C29, C64).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.gates import permits
from shared.domain.lead import instant
from shared.domain.permission import as_of

ON_A_TRACK = ("lead", "marketing_qualified", "nurture", "recycled", "lost")


@dataclass(frozen=True, slots=True)
class Path:
    """The track of one lead. `purpose` is the permission that the track needs; `reason` is enrolled, no_permission,
    with_sales, out (disqualified, withdrawn, erased) or no_track.
    """

    track: str | None
    purpose: str | None
    reason: str

    @property
    def is_enrolled(self) -> bool:
        return self.reason == "enrolled"


def path(
    nurture: Mapping[str, Any],
    stage: str,
    buyer_stage: str,
    content: Mapping[str, Any],
    permission: Mapping[str, Any],
    now: datetime,
) -> Path:
    """The track of a lead at this stage; `content` holds the tags of what it took last, empty when it took nothing.

    The first track that fits and is permitted counts. Where none is permitted the first that fits is still the lead's
    track, so that nobody is forgotten, but nobody is enrolled.
    """
    if stage not in ON_A_TRACK:
        return Path(None, None, "out" if stage in ("disqualified", "withdrawn", "erased") else "with_sales")
    fits = [track for track in nurture["tracks"] if _fits(track, buyer_stage, content)]
    if not fits:
        return Path(None, None, "no_track")
    state = {**permission, **as_of(permission, now)} if permission else {}
    permitted = next((track for track in fits if permits(state, track["needs"])), None)
    if permitted is None:
        return Path(fits[0]["id"], fits[0]["needs"], "no_permission")
    return Path(permitted["id"], permitted["needs"], "enrolled")


def step(before: str | None, after: Path) -> str | None:
    """What happened to an enrolment: enrolled, left, or None; `before` is the track that the lead was enrolled in."""
    if after.is_enrolled:
        return "enrolled" if after.track != before else None
    return "left" if before else None


def enrolment(nurture: Mapping[str, Any], on: Path, lead_id: str, version: int, buyer_stage: str) -> dict[str, Any]:
    """The `data` of lead.nurture_enrolled; no personal data."""
    return {
        "lead_id": lead_id,
        "version": version,
        "track": on.track,
        "buyer_stage": buyer_stage,
        "purpose": on.purpose,
        "frequency": nurture["frequency"].get(on.purpose),
    }


def touch(nurture: Mapping[str, Any], purpose: str, before: Iterable[str], now: datetime) -> tuple[str, ...] | None:
    """A lead's touches for one purpose after one more, only those that still count; None when it is one too many.

    A purpose without an agreed frequency may not be used at all.
    """
    agreed = nurture["frequency"].get(purpose, {"touches": 0, "within_days": 0})
    since = instant(now - timedelta(days=agreed["within_days"]))
    recent = tuple(at for at in before if at > since)
    return (*recent, instant(now)) if len(recent) < agreed["touches"] else None


def _fits(track: Mapping[str, Any], buyer_stage: str, content: Mapping[str, Any]) -> bool:
    return buyer_stage in track["buyer_stage"] and track.get("content", {}).items() <= content.items()
