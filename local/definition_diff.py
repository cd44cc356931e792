"""`leadgate definition diff`: what changed between two definitions, in words, and nothing that did not change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.definition_file import entries, read, shown
from local.definition_words import decay, named, points, whole
from local.unusable import Unusable

Names = tuple[str, ...]
GROUPS = {
    "Version and signatures": ("version", "signed_off"),
    "Gates and thresholds": (
        "gates",
        "fit_grades",
        "engagement_levels",
        "minimum",
        "buyer_stage",
        "total_cap",
        "groups",
    ),
    "What we are not looking for": ("disqualifiers",),
    "Fit": ("fit",),
    "Engagement": ("engagement",),
    "Personas": ("personas",),
    "Stages, owners, times to answer": ("outcomes",),
    "Nurture": ("nurture",),
    "Catalogue of acts and content": ("actions", "events", "content"),
    "Fields": ("captured_elsewhere", "bant", "crm", "free_mail"),
}
OTHER = "Everything else"
CHANGED = {
    "points": "gives {new} points instead of {old}",
    "cap": "gives at most {new} points instead of {old}",
    "window_days": "counts acts for {new} days instead of {old}",
    "why": "is explained as “{new}” instead of “{old}”",
    "group": "is in the group {new} instead of {old}",
    "owner": "belongs to {new} instead of {old}",
    "next_step": "has the next step “{new}” instead of “{old}”",
    "version": "is {new} instead of {old}",
}
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the section of the report, the place by names and ids, what was there and what is now."""

    group: str
    place: Names
    what: str
    old: Any
    new: Any


def run(old: Path, new: Path, as_json: bool) -> int:
    """Always 0: a difference is no mistake."""
    found = changes(_plain(old), _plain(new))
    print(as_plain(found) if as_json else in_words(found, shown(old), shown(new)))
    return 0


def _plain(path: Path) -> dict[str, Any]:
    plain = read(path).plain
    if not isinstance(plain, dict):
        raise Unusable(f"{shown(path)} is no definition: it must hold names and values.")
    return entries(plain)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every change, in the order of the report's sections."""
    found = [
        Change(_group(place[0]), place, _told(place, was, now), _given(was), _given(now))
        for place, was, now in _differences((), old, new)
    ]
    found += list(_signatures(new))
    order = [*GROUPS, OTHER]
    return sorted(found, key=lambda one: order.index(one.group))


def _group(section: str) -> str:
    return next((name for name, sections in GROUPS.items() if section in sections), OTHER)


def _signatures(new: Mapping[str, Any]) -> Iterator[Change]:
    signed = entries(new.get("signed_off"))
    for side in ("sales", "marketing"):
        if not entries(signed.get(side)).get("name") or not entries(signed.get(side)).get("date"):
            what = f"the signature of {side} is missing: the new version cannot be used."
            yield Change("Version and signatures", ("signed_off", side), what, None, None)


# ------------------------------------------------------------------ finding


def _differences(place: Names, old: Any, new: Any) -> Iterator[tuple[Names, Any, Any]]:
    """Every place that differs; conditions, decays and what has no parts with ids as a whole."""
    if old == new and type(old) is type(new):
        return
    if _has_parts(place, old) and _has_parts(place, new):
        before, after = _parts(old), _parts(new)
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _differences((*place, name), before.get(name, NOTHING), after.get(name, NOTHING))
        common = [name for name in before if name in after]
        if isinstance(old, list) and common != [name for name in after if name in before]:
            yield (*place, "order"), list(before), list(after)
    else:
        yield place, old, new


def _has_parts(place: Names, value: Any) -> bool:
    if _is_condition(place) or place[-1:] == ("decay",):
        return False
    if isinstance(value, list):
        return bool(value) and all(isinstance(part, dict) and isinstance(part.get("id"), str) for part in value)
    return isinstance(value, dict)


def _is_condition(place: Names) -> bool:
    return place[-1:] in (("when",), ("minimum",)) or place[-2:-1] in (("gates",), ("buyer_stage",))


def _parts(value: Any) -> dict[str, Any]:
    return {part["id"]: part for part in value} if isinstance(value, list) else {str(k): v for k, v in value.items()}


def _given(value: Any) -> Any:
    return None if value is NOTHING else value


# ------------------------------------------------------------------ telling


def _told(place: Names, old: Any, new: Any) -> str:
    """One sentence about one change."""
    if place[-1] == "order" and len(place) > 1:
        return f"the order of {_subject(place[:-1])} changed, and caps give to the earlier first: {', '.join(new)}."
    if old is NOTHING or new is NOTHING:
        gone = new is NOTHING
        return f"{_subject(place)} is {'gone' if gone else 'new'}: {_said(place, old if gone else new)}."
    if _is_condition(place):
        return f"{_subject(place[:-1] if place[-1] == 'when' else place)} {_condition_changed(old, new)}."
    if isinstance(old, list) and isinstance(new, list):
        return f"{_subject(place)} {_list_changed(old, new)}."
    if place[-1] in CHANGED and len(place) != 2:
        return f"{_subject(place[:-1] or place)} {CHANGED[place[-1]].format(old=_short(old), new=_short(new))}."
    return f"{_subject(place)} is {_said(place, new)} instead of {_said(place, old)}."


def _subject(place: Names) -> str:
    """`engagement, content` as `the rule content`."""
    if place[0] == "personas" and len(place) > 2:
        return f"for the persona {place[1]}, {_subject(place[2:])}"
    kinds = {
        "fit": "the rule",
        "engagement": "the rule",
        "disqualifiers": "the disqualifier",
        "personas": "the persona",
        "groups": "the cap of the group",
        "actions": "the act",
        "events": "the act",
        "content": "the content",
        "outcomes": "the stage",
        "signed_off": "the signature of",
        "gates": "the gate",
        "fit_grades": "the floor of grade",
        "engagement_levels": "the floor of level",
        "buyer_stage": "the buyer stage",
        "crm": "the mapping to",
    }
    if len(place) == 1:
        return f"the {named(place[0])}"
    first = f"{kinds[place[0]]} {place[1]}" if place[0] in kinds else f"the {named(place[0])}'s {named(place[1])}"
    return ", ".join([first, *(named(part) for part in place[2:])])


def _said(place: Names, value: Any) -> str:
    """A value in words: a rule by its points and condition, a condition as a statement."""
    if isinstance(value, dict) and "when" in value:
        start = f"{_worded(points, value)}, if " if "points" in value else "if "
        return start + _statement(value["when"])
    if place[-1] == "decay":
        return _worded(decay, value)
    return _statement(value) if _is_condition(place) else _short(value)


def _statement(when: Any) -> str:
    return _worded(whole, when)


def _worded(tell: Callable[[Any], str], value: Any) -> str:
    """In words; as it stands where a draft is not yet what it should be (the linter's matter)."""
    try:
        return tell(value)
    except (KeyError, TypeError, IndexError, StopIteration, AttributeError, ValueError):
        return _short(value)


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str).replace('"', "")


def _condition_changed(old: Any, new: Any) -> str:
    """A list within an otherwise equal condition by what it gains and loses, else both conditions whole."""
    was, now = entries(old), entries(new)
    differing = [name for name in was.keys() | now.keys() if was.get(name) != now.get(name)]
    if len(differing) == 1 and all(isinstance(one.get(differing[0]), list) for one in (was, now)):
        before, after = was[differing[0]], now[differing[0]]
        if all(isinstance(item, str) for item in (*before, *after)):
            return f"({differing[0]}) {_list_changed(before, after)}"
    if was.keys() == now.keys() == {"all"} and isinstance(was["all"], list) and isinstance(now["all"], list):
        return _parts_changed(was["all"], now["all"])
    return f"holds if {_statement(new)}; before, if {_statement(old)}"


def _parts_changed(old: list[Any], new: list[Any]) -> str:
    """What a gate of several parts asks for now, and no longer."""
    more, less = ([_statement(one) for one in a if one not in b] for a, b in ((new, old), (old, new)))
    said = [f"now asks that {' and that '.join(more)}"] if more else []
    said += [f"no longer asks that {' and that '.join(less)}"] if less else []
    return ", and ".join(said) or "asks in another order"


def _list_changed(old: list[Any], new: list[Any]) -> str:
    gains, losses = ([_short(one) for one in a if one not in b] for a, b in ((new, old), (old, new)))
    said = [f"gains {', '.join(gains)}"] if gains else []
    said += [f"loses {', '.join(losses)}"] if losses else []
    return " and ".join(said) or "has another order"


def in_words(found: list[Change], old: str, new: str) -> str:
    """The report for people."""
    lines = [f"From {old} to {new}"]
    if not found:
        lines.append("Nothing changed.")
    for group in dict.fromkeys(one.group for one in found):
        lines += ["", group, *(f"- {one.what[:1].upper()}{one.what[1:]}" for one in found if one.group == group)]
    return "\n".join(lines)


def as_plain(found: list[Change]) -> str:
    rows = [
        {"group": one.group, "place": list(one.place), "what": one.what, "old": one.old, "new": one.new}
        for one in found
    ]
    return json.dumps({"changes": rows}, ensure_ascii=False, indent=1, default=str)
