from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import RejectedInput
from shared.domain.spend import COLUMNS, spend_from


def a_row(**changes: Any) -> dict[str, str]:
    row = {"month": "2026-03", "channel": "google", "campaign": "spring", "amount": "5000", "currency": "USD"}
    return {name: value for name, value in {**row, **changes}.items() if value is not None}


@pytest.mark.requirement("C57", "C58a")
def test_five_thousand_dollars_for_five_hundred_leads_are_ten_dollars_each() -> None:
    assert spend_from([a_row()]).per(500) == Decimal("10.00")


@pytest.mark.requirement("C58a")
def test_without_a_lead_the_cost_of_one_is_undefined() -> None:
    assert spend_from([a_row()]).per(0) is None


@pytest.mark.requirement("C58b")
def test_a_qualified_lead_costs_more_than_a_raw_one() -> None:
    spend = spend_from([a_row()])

    assert (spend.per(500), spend.per(40)) == (Decimal("10.00"), Decimal("125.00"))


def test_the_cost_is_known_by_month_channel_and_campaign() -> None:
    spend = spend_from([a_row(), a_row(channel="linkedin", campaign="", amount="100.50"), a_row(month="2026-04")])

    assert spend.currency == "USD"
    assert spend.by_cell == {
        "all": Decimal("10100.50"),
        "month=2026-03": Decimal("5100.50"),
        "month=2026-04": Decimal("5000"),
        "channel=google": Decimal("10000"),
        "channel_last=google": Decimal("10000"),
        "campaign=spring": Decimal("10000"),
        "campaign_last=spring": Decimal("10000"),
        "channel=linkedin": Decimal("100.50"),
        "channel_last=linkedin": Decimal("100.50"),
    }


def test_a_source_of_which_no_spend_is_known_has_no_cost() -> None:
    assert spend_from([a_row()]).per(10, "channel=meta") is None


@pytest.mark.parametrize(
    ("revenue", "cell", "returned"),
    [
        ({"USD": 1_250_000}, "all", "2.50"),
        ({"USD": 1}, "all", "0.00"),
        ({"USD": 1_250_000}, "channel=google", "2.50"),
        ({"USD": 1_250_000}, "channel=meta", None),
        ({}, "all", None),
        ({"EUR": 1_250_000}, "all", None),
        ({"EUR": 1, "USD": 1_250_000}, "all", None),
    ],
)
def test_what_came_back_for_each_unit_is_known_only_in_the_currency_that_was_spent(
    revenue: dict[str, int], cell: str, returned: str | None
) -> None:
    assert spend_from([a_row()]).returned(revenue, cell) == (Decimal(returned) if returned else None)


def test_for_nothing_that_was_spent_nothing_can_come_back() -> None:
    assert spend_from([a_row(amount="0")]).returned({"USD": 100}) is None


@pytest.mark.parametrize(("count", "cost"), [(3, "1666.67"), (7, "714.29"), (16, "312.50"), (1_000_000, "0.01")])
def test_a_cost_is_rounded_to_the_cent(count: int, cost: str) -> None:
    assert spend_from([a_row()]).per(count) == Decimal(cost)


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"amount": None}, "amount", "required"),
        ({"amount": "5,000"}, "amount", "invalid_amount"),
        ({"amount": "-5"}, "amount", "invalid_amount"),
        ({"amount": "1e9"}, "amount", "invalid_amount"),
        ({"amount": "1.234"}, "amount", "invalid_amount"),
        ({"amount": "٣"}, "amount", "invalid_amount"),
        ({"amount": "5\n"}, "amount", "invalid_amount"),
        ({"month": "2026-13"}, "month", "invalid_month"),
        ({"month": "March"}, "month", "invalid_month"),
        ({"channel": ""}, "channel", "invalid_channel"),
        ({"campaign": "x" * 201}, "campaign", "invalid_campaign"),
        ({"currency": "$"}, "currency", "invalid_currency"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_number_and_column(
    changes: dict[str, Any], column: str, code: str
) -> None:
    with pytest.raises(RejectedInput) as refused:
        spend_from([a_row(), a_row(**changes)])

    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(f"/1/{column}", code)]


@pytest.mark.parametrize(("rows", "code"), [([], "required"), ([a_row(), a_row(currency="EUR")], "currencies_mixed")])
def test_a_table_without_rows_or_of_two_currencies_is_refused(rows: list[dict[str, str]], code: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        spend_from(rows)

    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("", code)]


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=9)), max_size=4))
def test_any_table_is_read_or_refused(rows: list[dict[str, str]]) -> None:
    try:
        outcome: object = spend_from(rows).by_cell["all"]
    except RejectedInput as refused:
        outcome = refused.faults

    assert isinstance(outcome, Decimal) or outcome
