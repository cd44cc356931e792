"""The stored figures: whatever the stream does, they are those of a count of all leads as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory_figures import MemoryFigures
from shared.domain.errors import TryAgain
from shared.domain.figures import figures
from shared.domain.history import history_of
from shared.domain.kpis import Summary
from shared.domain.lead import Lead, instant
from shared.domain.lead_facts import Totals
from shared.domain.segments import FAILED, choices_of
from shared.domain.stored_sums import PEERS, Sum, parts_of, shard_of, together
from shared.journeys.count_figures import AT_ONCE, CountFigures
from shared.journeys.figure_ports import Recount
from tests.adapters.contract import an_intake
from tests.builders import AGREEMENT, DEFINITION, NOON, a_question

PEOPLE = tuple(f"{number:02x}{'0' * 30}" for number in (0, 8, 1))  # two of them on one shard
SOMEBODY = an_intake(a_question(), 1).lead
GOOD_FIT = {"email": "@example.com", "company": "…", "job_title": "CTO", "company_size": "201-1000"}


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "event", "kind": kind, "fields": GOOD_FIT, **more}


CHANGES: Mapping[str, Mapping[str, Any] | Mapping[str, str]] = {
    "asks": event("demo_request"),
    "reads": event("newsletter_signup", context={"utm_source": "news", "utm_campaign": "spring"}),
    "tests": event("demo_request", is_test=True),
    "offered": {"type": "stage", "stage": "sales_qualified", "rule": "gate", "definition": "2026.1"},
    "handed": {"type": "offer", "crossing": 1, "queue": "dach", "rules": ["direct-inquiry"], "promises": ["kept"]},
    "accepted": {"type": "outcome", "outcome": "accepted"},
    "rejected": {"type": "outcome", "outcome": "rejected", "reason": "no_budget"},
    "won": {"type": "outcome", "outcome": "won"},
}


@dataclass
class World(MemoryFigures):
    """The twin, whose writes may go wrong, and the stream, which tells everything at least once."""

    chance: Random = field(default_factory=lambda: Random(1))
    calm: bool = True
    told: list[str] = field(default_factory=list)
    writes: int = 0

    def write(self, shard: int, recounts: tuple[Recount, ...], sums: Mapping[str, Sum]) -> None:
        self.writes += 1
        fate = "fine" if self.calm else self.chance.choice(("fine", "fine", "refused", "lost"))
        if fate != "refused":
            MemoryFigures.write(self, shard, recounts, sums)
        if fate != "fine":
            raise TryAgain(fate)

    def happens(self, person: str, what: str) -> None:
        """One more thing that somebody did, or `withdrawn`, or `erased`."""
        lead, lines = self.leads.get(person) or (replace(SOMEBODY, lead_id=person, version=0), ())
        self.told.append(person)
        if what == "erased":
            if lines:
                self.forget(person)
            return
        at = instant(NOON + timedelta(hours=30 * lead.version))
        line = {"lead": person, "at": at, "event_id": f"{lead.version}", **CHANGES.get(what, CHANGES["reads"])}
        self.leads[person] = (self.changed(lead, what), (*lines, line))

    def changed(self, lead: Lead, what: str) -> Lead:
        stage = what if what == "withdrawn" else lead.stage
        score = lead.score + self.chance.randint(-5, 9) / 2
        return replace(
            lead, version=lead.version + 1, score=score, stage=stage, is_test=lead.is_test or what == "tests"
        )

    def count(self, *people: str) -> int:
        return CountFigures(self, DEFINITION, lambda: NOON, lambda attempt: None)(people)

    def deliver(self, at_most: int) -> None:
        """A batch of what was told, in any order and with repetitions; what fails is told again."""
        batch = [self.chance.choice(self.told) for _ in range(at_most)]
        try:
            self.count(*batch)
        except TryAgain:
            return
        self.told = [person for person in self.told if person not in batch or self.chance.random() < 0.2]

    def rebuilt(self) -> Mapping[tuple[int, str], Summary]:
        """The sums of a count of all leads, from nothing."""
        found = {}
        for shard in range(8):
            theirs = [told for person, told in self.leads.items() if shard_of(person) == shard]
            parts = together(parts_of(lead, history_of(lines), DEFINITION) for lead, lines in theirs)
            found |= {(shard, name): summary for name, summary in parts.items() if summary.cells}
        return found

    def kept(self) -> Mapping[tuple[int, str], Summary]:
        return {place: one.summary for place, one in self.stored.items() if one.summary.cells}


@pytest.mark.requirement("B10", "C50")
@given(
    st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from([*CHANGES, "withdrawn", "erased"])), min_size=1, max_size=25
    ),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_after_any_history_the_stored_sums_are_those_of_a_rebuild(
    changes: list[tuple[str, str]], seed: int, calm: bool
) -> None:
    world = World(chance=Random(seed), calm=calm)

    for person, what in changes:
        world.happens(person, what)
        if world.chance.random() < 0.5:
            world.deliver(world.chance.randint(1, 4))
    world.calm = True
    world.count(*world.told)

    assert world.kept() == world.rebuilt()


def test_what_is_told_again_is_neither_counted_nor_written_again() -> None:
    world = World()
    world.happens(PEOPLE[0], "asks")

    counts = [world.count(*PEOPLE, *PEOPLE), world.count(*PEOPLE)]

    assert (counts, world.writes) == ([1, 0], 1)


def test_a_batch_writes_each_sum_once_however_many_leads_it_moves() -> None:
    world, people = World(), [f"08{number:030x}" for number in range(AT_ONCE)]
    for person in people:
        world.happens(person, "asks")

    assert world.count(*people) == AT_ONCE

    assert (world.writes, {one.version for one in world.stored.values()}) == (1, {1})


def test_who_do_not_fit_into_one_transaction_come_in_the_next_one() -> None:
    world, people = World(), [f"08{number:030x}" for number in range(AT_ONCE + 1)]
    for person in people:
        world.happens(person, "asks")

    assert (world.count(*people), world.writes) == (AT_ONCE + 1, 2)


def test_test_leads_are_told_as_left_out_and_count_nowhere() -> None:
    world = World()
    world.happens(PEOPLE[0], "tests")
    world.count(PEOPLE[0])

    (one,) = world.stored.values()

    assert (Totals(one.summary).tests, figures(one.summary).leads) == (1, 0)


def test_who_withdrew_is_nobodys_peer_and_stays_in_the_figures() -> None:
    world = World()
    world.happens(PEOPLE[0], "asks")
    world.count(PEOPLE[0])
    world.happens(PEOPLE[0], "withdrawn")
    world.count(PEOPLE[0])

    assert world.stored[0, PEERS].summary == Summary()
    assert figures(world.stored[0, "2026-03"].summary).leads == 1


def test_what_an_erased_lead_had_added_is_gone_with_it() -> None:
    world = World()
    for person in PEOPLE:
        world.happens(person, "asks")
    world.count(*PEOPLE)
    world.forget(PEOPLE[0])

    assert world.count(*PEOPLE) == 0

    assert world.kept() == world.rebuilt()
    assert PEOPLE[0] not in world.counted


@pytest.mark.requirement("C50")
def test_of_what_people_answer_the_sums_hold_what_a_form_offers_and_no_typed_word() -> None:
    fields = {**GOOD_FIT, "job_title": "CTO, ask Ada Lovelace", "industry": "Software"}
    lines = ({**event("demo_request", fields=fields), "lead": "a", "at": instant(NOON)}, lost_at("a"))
    world = MemoryFigures(leads={PEOPLE[0]: (SOMEBODY, lines)})

    choices = choices_of(AGREEMENT.forms.values())
    CountFigures(world, DEFINITION, lambda: NOON, lambda attempt: None, choices)(PEOPLE[:1])

    assert "Lovelace" not in repr((world.stored, world.counted))
    (figures_of,) = (one.summary for (_, name), one in world.stored.items() if name != PEERS)
    assert Totals(figures_of).segments == {
        ("industry", "Software", FAILED): 1,
        ("company_size", "201-1000", FAILED): 1,
    }


def lost_at(lead: str) -> dict[str, Any]:
    return {"type": "outcome", "lead": lead, "at": instant(NOON + timedelta(hours=1)), "outcome": "lost"}
