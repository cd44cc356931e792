"""Text as it is stored: normalised, trimmed, and free of characters that hide or break."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sources.plain_text import BadText, one_line, several_lines

FORBIDDEN = [
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *"\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff",
    *"\ud800\udbff\udc00\udfff\ufdd0\ufdef\ufffe\uffff",
    *(chr(plane * 0x10000 + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)),
]
ALLOWED = ["Zoë", "O'Brien", "李雷", "Ωmega", "naïve 😀", "👩\u200d💻", "a\u200db", "\ue000", "~", "\xa1", "אב"]


def code_of(clean: object, text: str, max_length: int = 100) -> str:
    with pytest.raises(BadText) as refused:
        clean(text, max_length)  # type: ignore[operator]  # one of the two functions above
    return refused.value.code


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda character: f"U+{ord(character):04X}")
def test_characters_that_hide_or_break_are_refused_everywhere(character: str) -> None:
    assert code_of(one_line, f"a{character}b") == "forbidden_character"
    assert code_of(several_lines, f"a{character}b") == "forbidden_character"


@pytest.mark.parametrize("text", ALLOWED)
def test_the_letters_of_the_world_stay(text: str) -> None:
    assert one_line(text, 100) == text
    assert several_lines(text, 100) == text


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\n", "\ta"])
def test_one_line_has_neither_tabs_nor_line_ends(text: str) -> None:
    assert code_of(one_line, text) == "forbidden_character"


def test_several_lines_keep_tabs_and_line_ends() -> None:
    assert several_lines("a\n\tb", 100) == "a\n\tb"


def test_browser_line_ends_become_line_feeds() -> None:
    assert several_lines("a\r\nb", 100) == "a\nb"


def test_a_lone_carriage_return_is_refused() -> None:
    assert code_of(several_lines, "a\rb") == "forbidden_character"


@pytest.mark.parametrize("text", ["  Ada  ", "\u3000Ada\u2003", "Ada\xa0"])
def test_space_around_the_text_is_trimmed(text: str) -> None:
    assert one_line(text, 3) == "Ada"


def test_text_is_stored_in_its_composed_form() -> None:
    assert one_line("Zoe\u0308", 4) == "Zoë"


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
@pytest.mark.parametrize("length", [9, 10])
def test_length_is_counted_in_characters(letter: str, length: int) -> None:
    assert len(one_line(letter * length, 10)) == length


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
def test_one_character_more_is_too_long(letter: str) -> None:
    assert code_of(one_line, letter * 11, 10) == "too_long"
    assert code_of(several_lines, letter * 11, 10) == "too_long"


def test_a_text_that_grows_when_normalised_is_measured_again() -> None:
    assert code_of(one_line, "\ufb2c" * 10, 10) == "too_long"


def test_a_long_run_of_combining_marks_costs_no_time() -> None:
    text = "a" + "\u0315" * 16_000 + "\u0300" * 16_000
    started = time.process_time()

    assert code_of(several_lines, text, 4000) == "too_long"
    assert time.process_time() - started < 0.2


@settings(deadline=None)
@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = several_lines(text, 200)
    except BadText:
        return

    assert several_lines(once, 200) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize("invisible", ["\u00ad", "\u200b", "\u2060", "\u3164", "\U000e0041"])
def test_what_nobody_sees_is_taken_out(invisible: str) -> None:
    assert one_line(f"A{invisible}da", 10) == "Ada"
    assert one_line(invisible, 10) == ""
