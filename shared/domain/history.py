"""All that is known of one lead, as the lines of an export tell it: its acts, and what sales made of it.

`{"type":"event","lead":…,"event_id":…,"at":…,"kind":…,"form":…,"fields":{…},"context":{…},"judged":true,
"permission":["reply","mkt_email"],"is_test":false}` is an act; its fields hold no person: of an address there is
the domain, of a name, a number or a message that one was given. `{"type":"outcome","lead":…,"at":…,
"outcome":"accepted|rejected|won|lost","reason":…,"disputed":[rule…],"amount":125000,"currency":"EUR"}` is what sales
made of a lead; the amount, in minor units, only of what was won.
`{"type":"stage","lead":…,"at":…,"stage":…,"rule":…,"definition":…}` is a stage that it reached then, and
`{"type":"offer","lead":…,"at":…,"crossing":1,"rules":[…],"queue":…,"promises":["kept","breached"],"contacted_at":…,
"handed_off_at":…}` one offer to sales: reports read both, a back-test judges anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.lead import Event

GIVEN = "…"  # stands for an answer that is shown to nobody
EVERY_PURPOSE = ("reply", "mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling")


@dataclass(slots=True)
class History:
    """All acts of one lead, with the permission that stood after each, and what sales made of it at last; `told` are
    its other lines as they were exported.
    """

    lead: str
    acts: list[tuple[Event, tuple[str, ...]]] = field(default_factory=list)
    outcome: tuple[str, str] | None = None  # (when, what)
    told: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def is_test(self) -> bool:
        """Is every act a test? One real act makes a real lead of a test, and no test makes a real lead disappear."""
        return bool(self.acts) and all(act.is_test for act, _ in self.acts)

    def lines(self, kind: str) -> list[Mapping[str, Any]]:
        """The lines of this type, in order of time."""
        return sorted((row for row in self.told if row["type"] == kind), key=lambda row: (row["at"], str(row)))

    def add(self, row: Mapping[str, Any]) -> None:
        """One more line, in any order."""
        at = _with_milliseconds(row["at"])
        if row["type"] == "outcome":
            self.outcome = max(self.outcome or ("", ""), (at, row["outcome"]))
        if row["type"] == "event":
            act = _event(row, at, f"{len(self.acts):032x}")
            self.acts.append((act, tuple(row.get("permission", EVERY_PURPOSE))))
        else:
            self.told.append({**row, "at": at})

    def in_order(self) -> History:
        """The same, with its acts in order of time."""
        self.acts.sort(key=lambda act: (act[0].at, act[0].event_id))
        return self


def history_of(rows: Iterable[Mapping[str, Any]]) -> History:
    """The history in the lines of one lead, at least one, as an export makes them."""
    history = History("")
    for row in rows:
        history.lead = row["lead"]
        history.add(row)
    return history.in_order()


def _event(row: Mapping[str, Any], at: str, unnamed: str) -> Event:
    return Event(
        event_id=str(row.get("event_id", unnamed)),
        at=at,
        kind=row["kind"],
        form_id=str(row.get("form", "")),
        form_version=0,
        fields=row.get("fields", {}),
        context=row.get("context", {}),
        consents={},
        notice="",
        judged=bool(row.get("judged", True)),
        is_test=bool(row.get("is_test", False)),
    )


def _with_milliseconds(at: str) -> str:
    """The instant with exactly three digits, so that text order is time order."""
    seconds, _, rest = at.rstrip("Z").partition(".")
    return f"{seconds}.{rest:0<3}Z"
