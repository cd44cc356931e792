"""A lead and its events, as values that can be stored as JSON and rebuilt from the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.identity import members
from shared.domain.ledger_entry import Head

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Event:
    """One act of the person, as far as it may be kept.

    `judged` says whether it may count for the score at all; counters of behaviour are in `context` only when the
    person allowed profiling. `at` is the server's clock, RFC 3339 UTC with milliseconds.
    """

    event_id: str
    at: str
    kind: str
    form_id: str
    form_version: int
    fields: Mapping[str, str]
    context: Mapping[str, str | int]
    consents: Mapping[str, bool]
    notice: str
    judged: bool
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """The snapshot of one person: rebuilt from the events at any time, so it can be thrown away.

    `version` rises by one with every write. `permission` is what the last consent decision and the standing consents
    allow. `inquiries` are the direct inquiries as (event id, kind, time), the evidence of intent that sales sees.
    `crossings` counts how often the lead was offered to sales. `verdicts` is what each persona made of the lead at its
    last act, `persona` the one that counted; `ruled_by` is the id of the definition that judged it, `definition` its
    version. `busy_day` is (YYYY-MM-DD, how many acts after the form were kept that day). `track` is the nurture track
    that the lead is enrolled in, empty when it is in none.
    `judged_since` is when the person last forbade to be judged: what they did before counts no more.
    """

    lead_id: str
    version: int
    stage: str
    created_at: str
    last_act_at: str
    profile: Mapping[str, str]
    tallies: Mapping[str, int]
    score: int | float
    cell: str
    inquiries: tuple[tuple[str, str, str], ...]
    permission: Mapping[str, Any]
    first_touch: Mapping[str, str]
    last_touch: Mapping[str, str]
    history: tuple[Mapping[str, str], ...]
    crossings: int
    definition: str
    head: Head
    purge_at: int
    is_test: bool = False
    marks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    first_inquiry: str | None = None
    last_content: tuple[str, ...] = ()
    persona: str = ""
    ruled_by: str = "default"
    verdicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    busy_day: tuple[Any, ...] = ()
    track: str = ""
    judged_since: str = ""

    @property
    def is_judged(self) -> bool:
        """Has any act of this lead ever been judged?"""
        return bool(self.score or self.tallies or self.marks)

    def as_plain(self) -> dict[str, Any]:
        """JSON types only."""
        return {**members(self), "head": members(self.head)}


def from_plain(plain: Mapping[str, Any]) -> Lead:
    """The lead from what `as_plain` gave, after a journey through JSON."""
    return Lead(
        **{
            **plain,
            "inquiries": tuple((i[0], i[1], i[2]) for i in plain["inquiries"]),
            "history": tuple(plain["history"]),
            "marks": {rule: tuple(moments) for rule, moments in plain.get("marks", {}).items()},
            "last_content": tuple(plain.get("last_content", ())),
            "busy_day": tuple(plain.get("busy_day", ())),
            "head": Head(**plain["head"]),
        }
    )


@dataclass(frozen=True, slots=True)
class Tracks:
    """What of a lead is a plain fold over its events: the same for any order of events that do not answer the same
    field.

    `tallies` says how often a rule matched, `marks` when the rules that age matched (epoch milliseconds, newest
    first). `inquiries` are the latest direct inquiries as (event id, kind, time), `last_content` is (time, content).
    """

    profile: Mapping[str, str] = field(default_factory=dict)
    tallies: Mapping[str, int] = field(default_factory=dict)
    inquiries: tuple[tuple[str, str, str], ...] = ()
    first_touch: Mapping[str, str] = field(default_factory=dict)
    last_touch: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    first_inquiry: str | None = None
    last_content: tuple[str, ...] = ()


def milliseconds(at: str) -> int:
    """Epoch milliseconds of an instant."""
    return (datetime.fromisoformat(at) - EPOCH) // MILLISECOND


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(at: int) -> datetime:
    """The moment of epoch milliseconds."""
    return EPOCH + at * MILLISECOND
