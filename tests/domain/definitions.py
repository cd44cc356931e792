"""Lead definitions for tests: the shipped one with a few things changed, and histories of acts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain import fold
from shared.domain.definition import Definition, compile_definition
from shared.domain.judgement import Judgement, judge
from shared.domain.lead import Event, Tracks, instant
from tests.builders import AGREEMENT, DEFINITION

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALLOWED = {"reply": True, "marketing": {"email": "yes"}, "expires": {}}
RIGHT = {"email": "ada@example.com", "job_title": "Director of Engineering", "company": "Example Engines"}


def plain(**changes: Any) -> dict[str, Any]:
    """The shipped definition's content with whole sections replaced."""
    return {**copy.deepcopy(dict(AGREEMENT.definition)), **changes}


def with_rule(rule: Mapping[str, Any], **changes: Any) -> Definition:
    """A definition whose only engagement rule is this one; it has all the room there is."""
    full = {
        "id": "rule",
        "dimension": "interest",
        "group": "content",
        "why": "a test",
        "when": {"event": ["content_view"]},
    }
    sections = {"engagement": [{**full, **rule}], "groups": {**plain()["groups"], "content": 1000}, "total_cap": 1000}
    return compile_definition(plain(**{**sections, **changes}))


def an_act(kind: str = "content_view", days: float = 0, number: int = 0, **changes: Any) -> Event:
    """One act so many days after START."""
    at = changes.pop("at", instant(START + timedelta(days=days)))
    whole = {
        "event_id": f"{number:032x}",
        "at": at,
        "kind": kind,
        "form_id": "demo-request",
        "form_version": 1,
        "fields": {},
        "context": {},
        "consents": {},
        "notice": "website-privacy@1",
        "judged": True,
    }
    return Event(**{**whole, **changes})


def tracks_of(definition: Definition, *acts: Event, profile: Mapping[str, str] | None = None) -> Tracks:
    """What the acts leave behind."""
    first = an_act("newsletter", fields=profile or {}, judged=True, number=999, days=-1)
    return fold.rebuild(definition, (first, *acts))


def judged(
    *acts: Event,
    profile: Mapping[str, str] | None = None,
    days: float = 0,
    definition: Definition = DEFINITION,
    permission: Mapping[str, Any] = ALLOWED,
) -> Judgement:
    """The judgement on a lead with these acts and answers, so many days after START."""
    return judge(definition, tracks_of(definition, *acts, profile=profile), permission, START + timedelta(days=days))
