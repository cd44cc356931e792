"""The DynamoDB ledger against three stores: our model, moto (one thread only) and ministack (threads too)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.dynamodb_ledger import DynamoLedger, Tables
from shared.adapters.transport import AwsRefused, Plain
from shared.domain.errors import CannotHappen, Conflict, TryAgain
from shared.journeys.ports import Place
from tests.adapters.contract import NOTICE, ContentionContract, LedgerContract, keys, write
from tests.builders import NOON, a_question
from tests.support.clouds import Cloud, fresh_tables
from tests.support.model import ModelDynamo

TABLES = Tables("leads", "ledger", "notices", "suppressions")


class TestAgainstTheModel(LedgerContract, ContentionContract):
    @pytest.fixture
    def store(self) -> ModelDynamo:
        return ModelDynamo()

    @pytest.fixture
    def ledger(self, store: ModelDynamo) -> DynamoLedger:
        return DynamoLedger(store, TABLES)

    @pytest.fixture
    def suppress(self, store: ModelDynamo) -> Callable[[str], None]:
        def add(mark: str) -> None:
            pk = f"SUPP#{mark}"
            store.tables["suppressions"][pk, "SUPP"] = {"pk": {"S": pk}, "sk": {"S": "SUPP"}}

        return add


class OnACloud(LedgerContract):
    @pytest.fixture
    def tables(self, cloud: Cloud) -> Tables:
        return fresh_tables(cloud)

    @pytest.fixture
    def ledger(self, cloud: Cloud, tables: Tables) -> DynamoLedger:
        return DynamoLedger(cloud.dynamodb(), tables)

    @pytest.fixture
    def suppress(self, cloud: Cloud, tables: Tables) -> Callable[[str], None]:
        def add(mark: str) -> None:
            item = {"pk": {"S": f"SUPP#{mark}"}, "sk": {"S": "SUPP"}}
            cloud.client("dynamodb").put_item(TableName=tables.suppressions, Item=item)

        return add


class TestAgainstMoto(OnACloud):
    @pytest.fixture
    def cloud(self, moto_cloud: Cloud) -> Cloud:
        return moto_cloud


class TestAgainstMinistack(OnACloud, ContentionContract):
    @pytest.fixture
    def cloud(self, ministack_cloud: Cloud) -> Cloud:
        return ministack_cloud


class Scripted:
    """A transport that answers or raises what it was given."""

    def __init__(self, outcome: Plain | Exception) -> None:
        self.outcome = outcome

    def send(self, operation: str, body: Plain) -> Plain:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def cancelled(*reasons: str) -> AwsRefused:
    return AwsRefused("TransactionCanceledException", reasons)


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (cancelled("None", "ConditionalCheckFailed"), Conflict),
        (cancelled("TransactionConflict", "None"), Conflict),
        (cancelled("ThrottlingError"), TryAgain),
        (cancelled("ProvisionedThroughputExceeded"), TryAgain),
        (cancelled("ValidationError"), CannotHappen),
        (AwsRefused("AccessDeniedException"), CannotHappen),
    ],
)
def test_a_cancelled_transaction_says_whether_to_gather_again(refusal: AwsRefused, error: type[Exception]) -> None:
    memory = DynamoLedger(ModelDynamo(), TABLES)
    where, intake = write(memory, 1)

    with pytest.raises(error) as raised:
        DynamoLedger(Scripted(refusal), TABLES).record(where, intake, "{}")

    assert type(raised.value) is error


def test_keys_left_unread_make_the_whole_read_fail() -> None:
    half = {"Responses": {}, "UnprocessedKeys": {"leads": {}}}

    with pytest.raises(TryAgain):
        DynamoLedger(Scripted(half), TABLES).recall(keys(a_question(), 1), NOTICE)


@pytest.mark.parametrize(
    "call", [lambda ledger: ledger.find("f" * 32), lambda ledger: ledger.recall(keys(a_question(), 1), NOTICE)]
)
def test_a_refused_read_is_a_broken_promise_not_an_absence(call: Callable[[Any], Any]) -> None:
    with pytest.raises(CannotHappen):
        call(DynamoLedger(Scripted(AwsRefused("AccessDeniedException")), TABLES))


def test_a_refused_mark_is_a_broken_promise() -> None:
    with pytest.raises(CannotHappen):
        DynamoLedger(Scripted(AwsRefused("AccessDeniedException")), TABLES).mark_delivered(Place("a", "OUT#1"), NOON)


def test_a_submission_is_one_read_and_one_transaction_of_at_most_six_items() -> None:
    class Counting(ModelDynamo):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[tuple[str, int]] = []

        def send(self, operation: str, body: Plain) -> Plain:
            self.calls.append((operation, len(body.get("TransactItems", ()))))
            return super().send(operation, body)

    store = Counting()

    write(DynamoLedger(store, TABLES), 1)
    write(DynamoLedger(store, TABLES), 2)

    assert store.calls == [
        ("BatchGetItem", 0),
        ("TransactWriteItems", 6),
        ("BatchGetItem", 0),
        ("TransactWriteItems", 4),
    ]
