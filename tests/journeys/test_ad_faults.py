"""Every single fault at every call to the store while ad leads come, come again and are deleted, against the model.

The queue brings a message again until the worker has done with it; at the end the erasing clock runs with nothing
failing. Then no lead is lost or doubled, and nothing is left of whom the platform deleted.
"""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from shared.adapters.dynamodb_ads import DynamoAds
from shared.adapters.dynamodb_erasure import DynamoErasures
from shared.adapters.dynamodb_ledger import DynamoLedger, Tables
from shared.domain.errors import TryAgain
from shared.domain.notification import Notification
from shared.domain.question import Draws
from shared.journeys.capture import Capture
from shared.journeys.erase import Erase
from shared.journeys.fetch_lead import FetchLead
from shared.sources.ad_reader import AdReader
from tests.builders import AGREEMENT, DEFINITION, KEYRING, NOON, draws
from tests.journeys.ad_world import ADA, SUBMITTED, FakeApi, a_notification
from tests.support.faults import KINDS, FaultyTransport, Killed, Schedule
from tests.support.model import ModelDynamo
from tests.support.platforms import linkedin

TABLES = Tables("leads", "ledger", "notices", "suppressions")
CREATED, DELETED = a_notification(), a_notification(deleted_at=SUBMITTED + 1)
TRIES = 5
CALLS = 40


class ModelledAds:
    """The worker over the executable model, with a fault seam; what it keeps survives a killed process."""

    def __init__(self, faults: dict[int, str]) -> None:
        self.store, self.schedule = ModelDynamo(), Schedule(faults)
        self.api = FakeApi(forms={str(linkedin.FORM_ID): linkedin.a_form()})
        self.api.add(linkedin.a_lead(ADA))
        self.drawn = itertools.count(1)
        self.now = NOON

    def dice(self) -> Draws:
        return draws(next(self.drawn))

    @property
    def erase(self) -> Erase:
        seam = FaultyTransport(self.store, self.schedule)
        store = DynamoErasures(seam, TABLES)
        return Erase(store, lambda: KEYRING, lambda: self.now, self.dice, lambda _: None, timedelta(0))

    def follow(self, note: Notification) -> None:
        """As the queue does: again until it is done, a few times."""
        for _ in range(TRIES):
            try:
                self._worker()(note)
            except (TryAgain, Killed):
                continue
            return
        raise AssertionError("the queue gave up")

    def settle(self) -> None:
        """Nothing fails any more, and the erasing clock runs."""
        self.schedule.faults = {}
        self.now = NOON + timedelta(hours=1)
        store = DynamoErasures(self.store, TABLES)
        clock = Erase(store, lambda: KEYRING, lambda: self.now, self.dice, lambda _: None)
        assert clock.resume()["failed"] == 0

    def items(self, kind: str) -> list[object]:
        return [item for (_, sk), item in self.store.tables["leads"].items() if sk.startswith(kind)]

    def _worker(self) -> FetchLead:
        seam = FaultyTransport(self.store, self.schedule)
        capture = Capture(DynamoLedger(seam, TABLES), KEYRING, lambda: self.now, self.dice, lambda _: None)
        return FetchLead(
            store=DynamoAds(seam, TABLES),
            platform=lambda _: self.api,
            reader=AdReader(AGREEMENT, DEFINITION),
            capture=capture,
            erase=self.erase,
            agreement=AGREEMENT,
            keyring=KEYRING,
            clock=lambda: self.now,
            pause=lambda _: None,
        )


def after(faults: dict[int, str], *notes: Notification) -> ModelledAds:
    world = ModelledAds(faults)
    for note in notes:
        world.follow(note)
    world.settle()
    return world


def everywhere(kind: str) -> list[dict[int, str]]:
    return [{place: kind} for place in range(CALLS)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_loses_or_doubles_a_lead(kind: str) -> None:
    for faults in everywhere(kind):
        world = after(faults, CREATED, CREATED)

        assert [len(world.items(one)) for one in ("LEAD", "EVT#", "SUB")] == [1, 1, 1], faults


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_leaves_anything_of_whom_the_platform_deleted(kind: str) -> None:
    for faults in everywhere(kind):
        world = after(faults, CREATED, DELETED, CREATED)

        assert world.items("LEAD") == [], faults
        assert "ada@example.com" not in world.store.everything(), faults


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_lets_a_deleted_lead_in(kind: str) -> None:
    for faults in everywhere(kind):
        world = after(faults, DELETED, CREATED)

        assert world.items("LEAD") == [], faults
        assert world.items("SUB") == [], faults


def test_a_calm_lead_costs_seven_small_calls_beside_its_two() -> None:
    world = ModelledAds({})

    world.follow(CREATED)

    assert [operation for operation, _ in world.schedule.calls] == [
        "GetItem",  # was it deleted?
        *("GetItem", "PutItem"),  # met
        *("GetItem", "PutItem"),  # its form, kept
        *("BatchGetItem", "TransactWriteItems"),
        *("GetItem", "PutItem"),  # done, unless it was deleted meanwhile
    ]
