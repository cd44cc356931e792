"""`leadgate definition score`: one lead by its events, judged as of a moment, every point explained."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from local.agreement_definition import definition_in
from local.definition_file import entries, listed, shown, text, texts
from local.unusable import Unusable
from shared.domain import fold
from shared.domain.course import state_of
from shared.domain.definition import Definition, compile_definition
from shared.domain.judgement import Judgement, judge
from shared.domain.lead import Event, instant, milliseconds
from shared.domain.scoring import Line


@dataclass(frozen=True, slots=True)
class Scored:
    """One lead, judged: by which version, as of when, from how many events."""

    version: str
    at: str
    events: int
    judgement: Judgement
    next_step: str | None
    track: str | None


def run(definition: Path, lead: Path, now: datetime, explain: bool, as_json: bool) -> int:
    """0 when the lead could be judged, whatever the judgement is."""
    scored = score(compile_definition(definition_in(definition)), events_of(lead), now)
    print(json.dumps(as_plain(scored, explain), ensure_ascii=False, indent=1) if as_json else in_words(scored, explain))
    return 0


def score(definition: Definition, events: list[tuple[Event, list[str]]], now: datetime) -> Scored:
    """The judgement by all events up to `now`; who never allowed to be judged has no score."""
    known = sorted(
        (one for one in events if milliseconds(one[0].at) <= milliseconds(instant(now))),
        key=lambda one: (one[0].at, one[0].event_id),
    )
    tracks = fold.rebuild(definition, (event for event, _ in known))
    may_judge = any(event.judged for event, _ in known)
    permission = state_of(tuple(known[-1][1])) if known else {}
    judgement = judge(definition, tracks if may_judge else fold.unjudged(tracks), permission, now)
    stage = judgement.best.reached
    return Scored(
        definition.version,
        instant(now),
        len(known),
        judgement,
        judgement.next_step(definition, stage),
        judgement.track(definition, stage),
    )


# ------------------------------------------------------------------ reading


def events_of(path: Path) -> list[tuple[Event, list[str]]]:
    """The events of one lead, each with the permissions of its time: {"events": […]} or one event a line."""
    try:
        content = path.read_text("utf-8")
    except OSError as error:
        raise Unusable(f"{shown(path)} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Unusable(f"{shown(path)} is not UTF-8 text.") from None
    plain = [one for one in _values(content, shown(path)) if one.get("type", "event") == "event"]
    if len({one["lead"] for one in plain if "lead" in one}) > 1:
        raise Unusable(f"{shown(path)} holds events of several leads; give those of one.")
    return [_event(one, index, shown(path)) for index, one in enumerate(plain, 1)]


def _values(content: str, name: str) -> Iterator[dict[str, Any]]:
    try:
        whole = json.loads(content)
    except ValueError:
        whole = None
    if isinstance(whole, dict) and "events" in whole:
        yield from (entries(one) for one in listed(whole["events"]))
        return
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                yield entries(json.loads(line))
            except ValueError:
                raise Unusable(f'{name}:{number}: write {{"events": […]}}, or one event a line.') from None


def _event(plain: Mapping[str, Any], number: int, name: str) -> tuple[Event, list[str]]:
    kind, at = plain.get("kind"), text(plain.get("at"))
    try:
        milliseconds(at)
    except (ValueError, TypeError):
        at = ""
    if not isinstance(kind, str) or not at:
        raise Unusable(f"{name}: event {number} needs a `kind` and `at`, an instant such as 2026-05-03T09:00:00Z.")
    event = Event(
        event_id=text(plain.get("event_id")) or f"event-{number:06d}",
        at=at,
        kind=kind,
        form_id=text(plain.get("form")),
        form_version=0,
        fields={field: answer for field, answer in entries(plain.get("fields")).items() if isinstance(answer, str)},
        context={key: mark for key, mark in entries(plain.get("context")).items() if isinstance(mark, str | int)},
        consents={},
        notice="",
        judged=plain.get("judged", True) is True,
        is_test=plain.get("is_test") is True,
    )
    return event, texts(plain.get("permission"))


# ------------------------------------------------------------------ telling


def as_plain(scored: Scored, explain: bool) -> dict[str, Any]:
    """The judgement as JSON types."""
    best = scored.judgement.best
    plain: dict[str, Any] = {
        "definition": scored.version,
        "at": scored.at,
        "events": scored.events,
        "persona": best.persona,
        **best.as_plain(),
        "fit": best.score.fit,
        "interest": best.score.interest,
        "intent": best.score.intent,
        "next_step": scored.next_step,
        "track": scored.track,
        "verdicts": {one.persona: one.as_plain() for one in scored.judgement.verdicts},
    }
    if explain:
        plain["lines"] = [line.as_plain() for line in best.score.lines]
    return plain


def in_words(scored: Scored, explain: bool) -> str:
    """The judgement for people, one fact a line."""
    best = scored.judgement.best
    rows = [
        (
            "score",
            f"{best.score.total} points, {best.score.cell} (fit {best.score.fit}, interest {best.score.interest}, "
            f"intent {best.score.intent})",
        ),
        ("persona", best.persona),
        ("stage", f"{best.reached} ({best.reason})"),
        ("viable", _yes(best.is_viable)),
        ("sales ready", _yes(best.sales_ready)),
        ("sales winnable", _yes(best.sales_winnable)),
        ("buyer stage", best.buyer_stage),
        ("next step", scored.next_step or "-"),
        ("track", scored.track or "-"),
    ]
    lines = [f"{name:<15} {value}" for name, value in rows]
    lines += [
        f"{'as ' + one.persona:<15} {one.reached}, {one.score.total} points, {one.score.cell}"
        for one in scored.judgement.verdicts
        if len(scored.judgement.verdicts) > 1
    ]
    lines.append(f"{'judged':<15} by version {scored.version}, as of {scored.at}, from {scored.events} events")
    return "\n".join([*lines, *(explained(best.score.lines) if explain else [])])


def explained(lines: tuple[Line, ...]) -> Iterator[str]:
    """One line per rule that gave or took points: how many, which rule, why, and what cut it."""
    width = max((len(line.rule) for line in lines), default=0)
    for line in lines:
        times = f" ({line.times} times)" if line.times > 1 else ""
        cut = f" – {line.in_words()}" if line.in_words() else ""
        yield f"  {line.points:>+6g}  {line.rule:<{width}}  {line.why}{times}{cut}"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
