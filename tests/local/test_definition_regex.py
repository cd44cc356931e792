"""Patterns that could hang are refused by reading them; a clock in a process of its own shows that they would."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.definition_regex import danger

HANGING = [
    (r"(a+)+$", "a" * 40 + "!"),
    (r"(\w+\s?)*$", "word" * 12 + "!"),
    (r"(a|a)*$", "a" * 40 + "!"),
    (r"(a|b|ab)*c", "ab" * 40),
    (r"(?:x+x+)+y", "x" * 40),
    (r"(\s*,\s*)*$", " , " * 40 + "x"),
    (r"(a?){40}b", "a" * 40),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    (r".*a.*b.*c", "ab" * 2000),
    (r"(\d+)*-(\d+)*x", "1" * 40),
]
HARMLESS = [
    r"\bhead of (sales|operations)\b",
    r"^(chief|vice president) .+ officer$",
    r"[^@]+@[^@]+\.[a-z]+",
    r"(,\d+)*$",
    r"(ab|ac)*$",
    r".*officer",
    r"^\d+-\d+$",
    r"(\w|\d)+x",
    r"C[TIE]O",
]
TRY = "import re, sys; re.search(sys.argv[1], sys.argv[2], re.IGNORECASE)"
SECONDS = 3.0


def ends_in_time(pattern: str, text: str) -> bool:
    try:
        subprocess.run([sys.executable, "-c", TRY, pattern, text], check=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


@pytest.mark.requirement("N06")
@pytest.mark.parametrize(("pattern", "text"), HANGING)
def test_a_pattern_that_could_hang_is_refused(pattern: str, text: str) -> None:
    assert "many ways" in str(danger(pattern))


@pytest.mark.parametrize(("pattern", "text"), HANGING[:4])
def test_what_is_refused_would_really_hang(pattern: str, text: str) -> None:
    assert not ends_in_time(pattern, text)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_a_pattern_that_cannot_hang_is_allowed_and_ends_in_time(pattern: str) -> None:
    assert danger(pattern) is None
    assert ends_in_time(pattern, ("ab,1 officer@" * 310)[:4000] + "!")


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "a{2,1}", "(?P<x>a)(?P<x>b)", "*"])
def test_a_pattern_that_does_not_compile_is_refused(pattern: str) -> None:
    assert "does not compile" in str(danger(pattern))


PIECES = st.sampled_from(["a", "b", "[ab]", r"\w", ".", "(?:a|b)", "(?:ab|a)", "(?:a|)", "(?:a{2})"])
QUANTIFIERS = st.sampled_from(["", "?", "+", "*", "{2}", "{1,9}"])
SIMPLE = st.lists(st.tuples(PIECES, QUANTIFIERS), min_size=1, max_size=3).map(
    lambda parts: "".join(piece + quantifier for piece, quantifier in parts)
)


@given(SIMPLE, QUANTIFIERS, st.sampled_from(["c", "$", "c$"]))
@settings(max_examples=100)
def test_no_allowed_pattern_takes_more_than_a_blink(inner: str, quantifier: str, end: str) -> None:
    """Twenty-four characters are enough for two ways a character to take a minute."""
    pattern = f"^(?:{inner}){quantifier}{end}"
    if danger(pattern) is not None:
        return

    begun = time.process_time()
    for text in ("a" * 24, "ab" * 12, "b" * 24):
        re.search(pattern, text + "!", re.IGNORECASE)

    assert time.process_time() - begun < 1.0, pattern
