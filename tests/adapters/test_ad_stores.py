"""What every store of ad leads and pulls must keep: in memory and in DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.dynamodb_ads import LARGEST_FORM, DynamoAds
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.memory_ads import MemoryAds
from shared.adapters.transport import AwsRefused, Plain
from shared.domain.ad_lead import AdRecord, Parked
from shared.domain.errors import CannotHappen, Conflict
from shared.domain.pull import Checkpoint
from shared.journeys.ad_ports import AdStore
from tests.support.clouds import Cloud, fresh_tables

PLACE = "0" * 32
FORM = '{"name": "Formulário"}'.encode()


class StoreContract:
    """Inherit and give a `store` fixture."""

    def test_a_place_that_nobody_wrote_to_is_empty(self, store: AdStore) -> None:
        assert store.remembered(PLACE) == AdRecord()

    def test_what_is_remembered_is_there_with_its_next_version(self, store: AdStore) -> None:
        record = AdRecord(deleted_ms=5, met=(1, 9), done=(1,), parked="lead_gone")

        store.remember(PLACE, record)

        assert store.remembered(PLACE) == replace(record, version=1)

    def test_a_record_that_changed_meanwhile_is_not_overwritten(self, store: AdStore) -> None:
        store.remember(PLACE, AdRecord(deleted_ms=5))
        read = store.remembered(PLACE)
        store.remember(PLACE, replace(read, deleted_ms=7))

        for old in (read, AdRecord()):
            with pytest.raises(Conflict):
                store.remember(PLACE, old)
        assert store.remembered(PLACE).deleted_ms == 7

    def test_what_is_put_aside_is_listed_by_source_until_it_is_taken_up(self, store: AdStore) -> None:
        one, other = (
            Parked("one", "lead-1", "lead_gone", "2026-03-02"),
            Parked("other", "lead-1", "broken", "2026-03-02"),
        )
        store.park(one)
        store.park(replace(one, reason="malformed_answer"))
        store.park(other)

        assert list(store.parked("one")) == [replace(one, reason="malformed_answer")]
        store.unpark("one", "lead-1")
        store.unpark("one", "lead-1")
        assert list(store.parked("one")) == []
        assert list(store.parked("other")) == [other]

    def test_a_form_is_kept_as_it_was_seen_first(self, store: AdStore) -> None:
        store.keep_form("linkedin", "7", "1", FORM)
        store.keep_form("linkedin", "7", "1", b"{}")

        assert store.form("linkedin", "7", "1") == FORM
        assert store.form("linkedin", "7", "2") is None
        assert store.form("meta", "7", "1") is None

    def test_a_checkpoint_is_kept_whole(self, store: AdStore) -> None:
        assert store.checkpoint("one") is None
        checkpoint = Checkpoint(100, stretch=7, resume=5, held=3, days={"2026-03-02": 4}, last_lead=99)

        store.advance("one", checkpoint)

        assert store.checkpoint("one") == replace(checkpoint, version=1)
        assert store.checkpoint("other") is None

    def test_a_checkpoint_that_moved_meanwhile_is_not_taken_back(self, store: AdStore) -> None:
        store.advance("one", Checkpoint(100))
        read = store.checkpoint("one")
        assert read is not None
        store.advance("one", replace(read, through=200))

        for old in (read, Checkpoint(1)):
            with pytest.raises(Conflict):
                store.advance("one", old)


class TestInMemory(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryAds:
        return MemoryAds()


class TestInDynamoDB(StoreContract):
    @pytest.fixture
    def store(self, moto_cloud: Cloud) -> DynamoAds:
        return DynamoAds(moto_cloud.dynamodb(), fresh_tables(moto_cloud))

    def test_every_page_of_what_is_put_aside_is_read(self, store: DynamoAds) -> None:
        reason = "x" * 100_000  # a page holds one megabyte
        for number in range(15):
            store.park(Parked("one", f"lead-{number:02}", reason, "2026-03-02"))

        assert [one.lead_id for one in store.parked("one")] == [f"lead-{number:02}" for number in range(15)]

    def test_records_and_parked_leads_are_forgotten_when_no_platform_could_bring_them_any_more(
        self, store: DynamoAds, moto_cloud: Cloud
    ) -> None:
        store.remember(PLACE, AdRecord(met=(1_770_000_000_000,)))
        store.remember("1" * 32, AdRecord(parked="lead_gone"))
        store.park(Parked("one", "lead-1", "lead_gone", "2026-02-02T02:40:00.000Z"))

        items = moto_cloud.client("dynamodb").scan(TableName=store.tables.leads)["Items"]

        after_400_days = str(1_770_000_000 + 400 * 86_400)
        assert sorted(item.get("gone_at", {}).get("N", "never") for item in items) == [
            after_400_days,
            after_400_days,
            "never",
        ]

    def test_a_form_beyond_any_measure_is_not_kept(self, store: DynamoAds) -> None:
        store.keep_form("linkedin", "7", "1", b"x" * (LARGEST_FORM + 1))

        assert store.form("linkedin", "7", "1") is None


class Refusing:
    """A DynamoDB that lets nobody in."""

    def send(self, _operation: str, _body: Plain) -> Plain:
        raise AwsRefused("AccessDeniedException")


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.remembered(PLACE),
        lambda store: store.remember(PLACE, AdRecord()),
        lambda store: store.unpark("one", "two"),
        lambda store: list(store.parked("one")),
    ],
)
def test_a_store_that_lets_us_in_no_more_is_a_broken_promise(call: Any) -> None:
    with pytest.raises(CannotHappen, match="AccessDenied"):
        call(DynamoAds(Refusing(), Tables("leads", "ledger", "notices", "suppressions")))
