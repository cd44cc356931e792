"""What a deal is worth: minor units, and one currency at a time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.money import DIGITS, MOST, faults, in_units, minor_units


@pytest.mark.parametrize(
    ("plain", "found"),
    [
        ({}, []),
        ({"amount": None, "currency": None}, []),
        ({"amount": 125_000, "currency": "EUR"}, []),
        ({"amount": MOST, "currency": "JPY"}, []),
        ({"amount": 125_000}, [("/currency", "required")]),
        ({"currency": "EUR"}, [("/amount", "required")]),
        ({"amount": 0, "currency": "EUR"}, [("/amount", "not_an_amount")]),
        ({"amount": -1, "currency": "EUR"}, [("/amount", "not_an_amount")]),
        ({"amount": MOST + 1, "currency": "EUR"}, [("/amount", "not_an_amount")]),
        ({"amount": 1250.0, "currency": "EUR"}, [("/amount", "not_an_amount")]),
        ({"amount": True, "currency": "EUR"}, [("/amount", "not_an_amount")]),
        ({"amount": "125000", "currency": "eur"}, [("/amount", "not_an_amount"), ("/currency", "not_offered")]),
        ({"amount": 1, "currency": ["EUR"]}, [("/currency", "not_offered")]),
    ],
)
def test_an_amount_is_a_whole_number_of_minor_units_in_a_currency_that_there_is(
    plain: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert [(fault.pointer, fault.code) for fault in faults(plain)] == found


@pytest.mark.parametrize(
    ("minor", "currency", "said"), [(125_000, "EUR", "1250.00"), (125_000, "JPY", "125000"), (1, "KWD", "0.001")]
)
def test_each_currency_has_its_own_digits(minor: int, currency: str, said: str) -> None:
    assert in_units(minor, currency) == said


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1250", "EUR", 125_000),
        ("1250.5", "EUR", 125_050),
        ("1250.05", "EUR", 125_005),
        ("1250", "JPY", 1250),
        ("1250.5", "JPY", None),
        ("1250.005", "EUR", None),
        ("1250.", "EUR", None),
        (".50", "EUR", None),
        ("1,250.00", "EUR", None),
        ("-1", "EUR", None),
        ("٣", "EUR", None),
        ("1" * 16, "EUR", None),
        ("1250", "", 1250),
    ],
)
def test_an_amount_of_a_spreadsheet_is_exact_or_none(text: str, currency: str, minor: int | None) -> None:
    assert minor_units(text, currency) == minor


@given(st.integers(0, MOST), st.sampled_from(sorted(DIGITS)))
def test_what_is_written_is_read_again(minor: int, currency: str) -> None:
    assert minor_units(in_units(minor, currency), currency) == minor
    assert Decimal(in_units(minor, currency)) * 10 ** DIGITS[currency] == minor
