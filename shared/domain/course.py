"""The way of one lead under one definition, act by act, as it was then: nothing that came later is known earlier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain import fold, stage
from shared.domain.consent.question import PURPOSE_OF
from shared.domain.definition import Definition
from shared.domain.history import History
from shared.domain.judgement import Judgement, judge
from shared.domain.lead import Event, Tracks


@dataclass(slots=True)
class Course:
    """What one definition made of one lead: when it became winnable, MQL and SQL, and how it stood then and at last."""

    mql_at: str = ""
    sql_at: str = ""
    at_sql: Judgement | None = None
    last: Judgement | None = None
    stage: str | None = None
    by: str = ""
    winnable_at: str = ""
    tracks: Tracks = field(default_factory=Tracks)


def course(definition: Definition, lead: History) -> Course:
    """The way of one lead under one definition, act by act."""
    made, tracks, was_judged = Course(), Tracks(), False
    for act, permission in lead.acts:
        tracks = fold.step(definition, tracks, act)
        was_judged = was_judged or act.judged
        is_last = act is lead.acts[-1][0]
        if made.sql_at and not is_last:
            continue  # what sales has, the definition moves no more
        judged = tracks if was_judged else fold.unjudged(tracks)
        made.last = found = judge(definition, judged, state_of(permission), datetime.fromisoformat(act.at))
        if not made.sql_at:
            made.winnable_at = made.winnable_at or (act.at if found.best.sales_winnable else "")
            _advance(made, definition, act, permission, found)
    made.tracks = tracks
    return made


def _advance(made: Course, definition: Definition, act: Event, permission: tuple[str, ...], found: Judgement) -> None:
    target, rule = stage.moved_by(definition, act.kind) or (found.best.reached, found.best.reason)
    if target == "sales_qualified" and not permission:
        target, rule = "lead", "action:qualifying"
    now_at = stage.advance(made.stage, target, made.by)
    if now_at == made.stage:
        return
    made.stage, made.by = now_at, rule
    if now_at == "sales_qualified":
        made.sql_at, made.at_sql = act.at, found
    elif now_at == "marketing_qualified":
        made.mql_at = made.mql_at or act.at


def state_of(permission: tuple[str, ...]) -> Mapping[str, Any]:
    """The permission state that the gates ask, from the scopes of an export's line."""
    marketing = {channel: "yes" if purpose in permission else "no" for channel, purpose in PURPOSE_OF.items()}
    own = {name: name in permission for name in ("reply", "profiling")}
    return {**own, "marketing": marketing, "share": "share_3p" in permission}
