"""One effect for each message, whatever the queue and the machine do."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer import Consumer, Delivery, Later, MemoryStore, SqliteStore, Store, Work, failures
from consumer.reading import ERASED, KINDS

ADA, BOB = "a" * 32, "b" * 32


def a_body(version: int = 1, kind: str = "lead.sales_qualified", lead_id: str = ADA, message_id: str = "") -> str:
    message_id = message_id or (f"{lead_id}.erased" if kind == ERASED else f"{lead_id}.{kind}.{version}")
    return json.dumps({"id": message_id, "type": kind, "data": {"lead_id": lead_id, "version": version}})


def delivered(*bodies: str) -> list[Delivery]:
    return [Delivery(body, json.loads(body)["data"]["lead_id"], str(n)) for n, body in enumerate(bodies)]


class Killed(BaseException):
    """The worker's machine went away."""


class World:
    """Leads as their door shows them, and a sink that keeps one row per message under the message's id."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.gone: set[str] = set()
        self.rows: dict[str, dict[str, Work]] = {}
        self.effects: Counter[str] = Counter()
        self.failing: list[BaseException] = []
        self.during: Callable[[], Any] = lambda: None

    def fetch(self, lead_id: str) -> tuple[int, dict[str, Any]]:
        return (410, {}) if lead_id in self.gone else (200, {"version": self.versions.get(lead_id, 9)})

    def keep(self, work: Work) -> None:
        self._fail()
        self.rows.setdefault(work.lead_id, {})[work.message_id] = work
        self.effects[work.message_id] += 1
        self.during()
        self._fail()

    def forget(self, lead_id: str) -> None:
        self._fail()
        self.rows.pop(lead_id, None)
        self.effects[f"{lead_id}.erased"] += 1

    def _fail(self) -> None:
        if self.failing and (failure := self.failing.pop(0)) and not isinstance(failure, StopIteration):
            raise failure


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    kept = SqliteStore(tmp_path / "state.sqlite")
    yield kept
    kept.close()


@pytest.fixture
def consumer(world: World, store: Store) -> Consumer:
    return Consumer(world.fetch, store, world)


def test_a_message_has_its_effect_once_however_often_it_comes(consumer: Consumer, world: World) -> None:
    said = [consumer(a_body()) for _ in range(3)]

    assert said == ["done", "repeated", "repeated"]
    assert world.effects == {f"{ADA}.lead.sales_qualified.1": 1}


def test_an_older_version_of_the_same_kind_is_outdated(consumer: Consumer, world: World) -> None:
    consumer(a_body(version=3, kind="lead.permission_changed"))

    assert consumer(a_body(version=2, kind="lead.permission_changed")) == "outdated"
    assert len(world.rows[ADA]) == 1


def test_an_offer_that_comes_late_is_not_lost_behind_a_newer_message_of_another_kind(
    consumer: Consumer, world: World
) -> None:
    consumer(a_body(version=2, kind="lead.permission_changed"))

    assert consumer(a_body(version=1)) == "done"
    assert world.rows[ADA][f"{ADA}.lead.sales_qualified.1"].lead == {"version": 9}


def test_a_state_of_the_lead_that_is_older_than_what_was_written_is_never_written(
    consumer: Consumer, world: World, store: Store
) -> None:
    world.versions[ADA] = 5
    consumer(a_body(version=3, kind="lead.permission_changed"))
    world.versions[ADA] = 4

    with pytest.raises(Later, match="newer state"):
        consumer(a_body(version=2))

    assert store.newest(ADA, "lead.sales_qualified") == 0
    assert [work.lead["version"] for work in world.rows[ADA].values()] == [5]


def test_after_an_erasure_nothing_brings_the_lead_back(consumer: Consumer, world: World) -> None:
    consumer(a_body(version=1))

    said = [consumer(body) for body in (a_body(5, ERASED), a_body(1), a_body(4), a_body(9), a_body(5, ERASED))]

    assert said == ["gone", "gone", "gone", "gone", "repeated"]
    assert world.rows == {}


def test_a_lead_whose_door_says_410_is_forgotten_before_its_last_message_comes(
    consumer: Consumer, world: World
) -> None:
    consumer(a_body(version=1))
    world.gone.add(ADA)

    assert consumer(a_body(version=2)) == "gone"
    assert world.rows == {}


def test_a_lead_that_is_erased_while_its_message_is_worked_on_is_forgotten(
    consumer: Consumer, world: World, store: Store
) -> None:
    world.during = lambda: store.bury(ADA)

    assert consumer(a_body()) == "gone"
    assert world.rows == {}


def test_a_forgetting_that_failed_is_made_good_by_the_next_try(consumer: Consumer, world: World, store: Store) -> None:
    consumer(a_body())
    world.failing = [Later("busy")]

    with pytest.raises(Later):
        consumer(a_body(2, ERASED))

    assert store.is_gone(ADA)
    assert consumer(a_body(2, ERASED)) == "gone"
    assert world.rows == {}


def test_what_another_worker_has_by_now_is_left_to_it(consumer: Consumer, world: World) -> None:
    with pytest.raises(Later):
        consumer(a_body(), lambda: False)

    assert world.rows == {}


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_lead_that_cannot_be_read_now_is_read_later(world: World, status: int) -> None:
    consumer = Consumer(lambda _: (status, {}), MemoryStore(), world)

    with pytest.raises(Later):
        consumer(a_body())

    assert world.rows == {}


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", '{"id": 1, "type": "x", "data": {"lead_id": "a"}}'])
def test_what_is_no_message_stays_on_the_queue_without_a_word_of_it(consumer: Consumer, body: str) -> None:
    with pytest.raises(Later, match=r"^not a message of Leadgate$"):
        consumer(body)


def test_a_kind_that_is_not_known_yet_is_passed_over(consumer: Consumer, world: World) -> None:
    assert consumer(a_body(kind="lead.sold")) == "unknown"
    assert world.rows == {}


def test_a_failure_holds_back_its_own_lead_and_nobody_else(consumer: Consumer, world: World) -> None:
    world.failing = [Later("busy", 7)]
    batch = delivered(a_body(1), a_body(1, lead_id=BOB), a_body(2, "lead.permission_changed"))

    outcomes = [outcome for _, outcome in consumer.batch(batch)]

    assert [one.seconds if isinstance(one, Later) else one for one in outcomes] == [7, "done", 7]


def test_a_lambda_function_names_what_must_come_again(consumer: Consumer, world: World) -> None:
    world.failing = [Later("busy")]
    bodies = a_body(1), a_body(1, lead_id=BOB)
    records = [
        {"body": one.body, "messageId": one.receipt, "attributes": {"MessageGroupId": one.group}}
        for one in delivered(*bodies)
    ]

    assert failures(consumer, {"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_the_file_remembers_over_a_restart(tmp_path: Path, world: World) -> None:
    for expected in ("done", "repeated"):
        store = SqliteStore(tmp_path / "state.sqlite")
        assert Consumer(world.fetch, store, world)(a_body()) == expected
        store.close()


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.sqlite")

    with pytest.raises(sqlite3.IntegrityError):
        store.finish("1", ADA, {"lead.sales_qualified": None})  # type: ignore[dict-item]  # the column refuses it

    assert not store.is_done("1")
    store.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(1, 4),
        st.sampled_from([ADA, BOB]),
        st.sampled_from(["works", "later", "killed before", "killed after"]),
    ),
    max_size=25,
)
FAILURE: dict[str, list[BaseException]] = {
    "works": [],
    "later": [Later("busy")],
    "killed before": [Killed()],
    "killed after": [StopIteration(), Killed()],
}


@given(STEPS, st.booleans())
@settings(max_examples=150)
def test_duplicates_disorder_and_killed_workers_leave_exactly_one_row_for_each_message_that_counts(
    steps: list[tuple[str, int, str, str]], on_disk: bool
) -> None:
    """Each message is delivered as drawn, then everything once more in order, as a queue does until all is deleted."""
    world, store = World(), SqliteStore(":memory:") if on_disk else MemoryStore()
    consumer = Consumer(world.fetch, store, world)
    erased, newest = set(), Counter[tuple[str, str]]()

    for kind, version, lead_id, fate in [*steps, *((*step[:3], "works") for step in steps)]:
        world.failing = list(FAILURE[fate])
        try:
            said = consumer(a_body(version, kind, lead_id))
        except (Later, Killed):
            said = ""
        if kind == ERASED:
            erased.add(lead_id)
        if said == "done":
            newest[lead_id, kind] = max(newest[lead_id, kind], version)

    assert not erased & world.rows.keys()
    for lead_id in {ADA, BOB} - erased:
        wanted = {(kind, version) for kind, version, whose, _ in steps if whose == lead_id}
        for kind in {kind for kind, _ in wanted}:
            highest = max(version for known, version in wanted if known == kind)
            assert f"{lead_id}.{kind}.{highest}" in world.rows[lead_id]
            assert store.newest(lead_id, kind) == newest[lead_id, kind] == highest
    works = [message for message, _ in world.effects.items() if message.endswith(".erased")]
    assert len(works) <= 2
    if isinstance(store, SqliteStore):
        store.close()


@given(st.permutations([(kind, version) for kind in KINDS[:-1] for version in (1, 2)] * 2))
@settings(max_examples=50)
def test_without_failures_no_message_has_two_effects_in_any_order(order: list[tuple[str, int]]) -> None:
    world = World()
    consumer = Consumer(world.fetch, MemoryStore(), world)

    for kind, version in order:
        consumer(a_body(version, kind))

    assert set(world.effects.values()) == {1}
    assert {f"{ADA}.{kind}.2" for kind in KINDS[:-1]} <= world.rows[ADA].keys()
