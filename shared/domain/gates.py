"""What the gates of the definition can ask of a judged lead: yes or no, each kind one function.

The facts are a mapping: `fields` (the answers), `score` (a Score), `tracks` (Tracks), `permission` (the permission
state), `buyer_stage`, and `now` in epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.ageing import DAY, WEEK
from shared.domain.consent.question import PURPOSE_OF
from shared.domain.criteria import Plain, Terms, Test, answer_terms
from shared.domain.lead import milliseconds
from shared.domain.permission import PLACE_OF


def gate_terms(free_mail: frozenset[str], content: Plain) -> Terms:
    """The kinds of gate conditions by their name in the file."""

    def by_last_content(wanted: Plain, plain: Plain) -> Test:
        items = frozenset(name for name, tags in content.items() if wanted.items() <= tags.items())
        return lambda facts: bool(facts["tracks"].last_content) and facts["tracks"].last_content[1] in items

    return {
        **answer_terms(free_mail),
        "score_at_least": lambda floor, plain: lambda facts: bool(facts["score"].total >= floor),
        "interest_at_least": lambda floor, plain: lambda facts: bool(facts["score"].interest >= floor),
        "intent_at_least": lambda floor, plain: lambda facts: bool(facts["score"].intent >= floor),
        "fit_at_least": lambda grade, plain: lambda facts: facts["score"].cell[0] <= grade,
        "points_in": lambda groups, plain: lambda facts: facts["score"].has_points_in(groups),
        "inquired": lambda wanted, plain: lambda facts: bool(facts["tracks"].inquiries) is wanted,
        "inquiry": lambda kinds, plain: lambda facts: _latest_inquiry(facts) in kinds,
        "buyer_stage": lambda stages, plain: lambda facts: facts["buyer_stage"] in stages,
        "permission": lambda scope, plain: lambda facts: permits(facts["permission"], scope),
        "times": lambda wanted, plain: lambda facts: _times(facts, wanted) >= wanted["at_least"],
        "touches": lambda wanted, plain: lambda facts: _has_trust(facts, wanted),
        "last_content": by_last_content,
    }


def permits(permission: Mapping[str, Any], scope: str) -> bool:
    """Does the permission cover the scope: `reply`, `marketing` (on any channel) or one purpose?"""
    marketing = permission.get("marketing", {})
    if scope == "reply":
        return bool(permission.get("reply")) or "yes" in marketing.values()
    if scope == "marketing":
        return "yes" in marketing.values()
    if scope in PURPOSE_OF.values():
        return bool(marketing.get(PLACE_OF[scope]) == "yes")
    return bool(permission.get("share" if scope == "share_3p" else scope))


def _latest_inquiry(facts: Any) -> str | None:
    inquiries = facts["tracks"].inquiries
    return inquiries[-1][1] if inquiries else None


def _times(facts: Any, wanted: Plain) -> int:
    """How often the rule matched; within the last days when the rule remembers moments."""
    moments = facts["tracks"].marks.get(wanted["rule"])
    if moments is None:
        return int(facts["tracks"].tallies.get(wanted["rule"], 0))
    within = wanted.get("within_days")
    return sum(1 for moment in moments if within is None or facts["now"] - moment < within * DAY)


def _has_trust(facts: Any, wanted: Plain) -> bool:
    """Repeated touches over weeks; with `before_inquiry` only those before the first direct inquiry (B53b, B57a)."""
    tracks = facts["tracks"]
    moments = tracks.marks.get(wanted["rule"], ())
    if wanted.get("before_inquiry") and tracks.first_inquiry:
        until = milliseconds(tracks.first_inquiry)
        moments = tuple(moment for moment in moments if moment < until)
    return len(moments) >= wanted["at_least"] and bool(moments[0] - moments[-1] >= wanted["over_weeks"] * WEEK)
