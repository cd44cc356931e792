"""Country codes."""

from __future__ import annotations

import pytest

from shared.domain.countries import ALIASES, ISO_3166_1, country_code


def test_the_list_is_iso_3166_1_with_249_codes() -> None:
    assert len(ISO_3166_1) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in ISO_3166_1)


def test_aliases_are_no_codes_themselves() -> None:
    assert not ALIASES.keys() & ISO_3166_1
    assert set(ALIASES.values()) <= ISO_3166_1


@pytest.mark.parametrize(("text", "code"), [("DE", "DE"), ("de", "DE"), ("UK", "GB"), ("el", "GR"), ("GB", "GB")])
def test_a_country_has_one_code(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["", "D", "XX", "EU", "DEU", "Germany", "ＤＥ", "ıt", "276"])
def test_what_names_no_country_has_no_code(text: str) -> None:
    assert country_code(text) is None
