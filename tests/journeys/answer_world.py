"""A world in which sales answers: Ada asked for a demo, was offered and given to somebody, and a CRM speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.memory import MemoryHandOff
from shared.adapters.memory_answers import MemoryAnswers
from shared.domain.disposition import ACCEPTANCE, BANT, REASONS, answer_from
from shared.domain.lead import Lead
from shared.domain.sales_answer import Desk, Given, facts_of
from shared.journeys.answer import Answered, TakeAnswer
from shared.journeys.capture import Capture
from shared.journeys.deliver import Deliver
from tests.builders import AGREEMENT, DEFINITIONS, KEYRING, NOON, a_question, draws
from tests.support.sales import AGREED, assigning

FACTS = {name: facts_of(plain) for name, plain in AGREEMENT.definitions.items()}
REP = {"team": "sales", "id": "dach-1"}


def a_given(kind: str = "contacted", number: int = 1, at: str | None = None, **changes: Any) -> Given:
    """An answer as it is read, complete for its kind; None takes a member away."""
    plain: dict[str, Any] = {"kind": kind, "actor": REP, "next_stage_interest": "yes"}
    plain |= {"reason": REASONS[kind][0]} if kind in REASONS else {}
    facts = {"accepted": ACCEPTANCE, "bant": BANT}.get(kind)
    plain |= {"confirms": dict.fromkeys(facts, True)} if facts else {}
    plain = {name: value for name, value in {**plain, **changes}.items() if value is not None}
    return Given(f"answer-{number:010d}", answer_from(plain), at)


@dataclass
class World:
    """`now` is the time for everybody; `store` keeps all ports."""

    store: Any = field(default_factory=MemoryAnswers)
    queue: MemoryHandOff = field(default_factory=MemoryHandOff)
    now: datetime = NOON

    def offer(self, **changes: Any) -> None:
        """Ada asks for a demo, and sales gets the message."""
        Capture(self.store, KEYRING, lambda: self.now, draws, lambda _: None)(a_question(**changes))
        self.later(minutes=1)
        self.deliver()

    def deliver(self) -> None:
        give = assigning(self.store, lambda: self.now)
        due = self.now + timedelta(hours=1)
        Deliver(self.store, self.queue, lambda: due, str, str, give, MemoryHandOff()).sweep()

    def take(self) -> TakeAnswer:
        calendars, clock = AGREED.calendars, lambda: self.now
        return TakeAnswer(self.store, lambda: KEYRING, DEFINITIONS, FACTS, calendars, clock, lambda _: None)

    def answer(self, *said: Any, **changes: Any) -> Answered:
        found = self.take()(self.lead_id, a_given(*said, **changes))
        assert found is not None
        return found

    def reply(self, *said: Any, **changes: Any) -> Mapping[str, Any]:
        return self.answer(*said, **changes).reply

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    @property
    def lead_id(self) -> str:
        return draws().lead_id

    @property
    def desk(self) -> Desk:
        found = self.store.desk(self.lead_id)
        assert found is not None
        desk: Desk = found[1]
        return desk

    @property
    def lead(self) -> Lead:
        return self.desk.lead
