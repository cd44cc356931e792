"""Could a regular expression hang? Found by reading it, not by trying it.

A backtracking matcher is slow where it has to choose: a repetition may go on or end although the next character allows
both. One such choice inside another repetition doubles the work with every character; two of them in a row multiply
it by the length of the text, and once more because a search begins everywhere.
"""

from __future__ import annotations

import re
import re._parser as parser  # type: ignore[import-not-found]  # typeshed has no stubs; sre_parse warns since 3.11
from collections.abc import Iterable
from typing import Any

SAMPLES = frozenset([*map(chr, range(128)), "é", "ß", "Ж", "漢", "\u2028"])
MANY = 10
AGAIN = 2
CHOICES_ALLOWED = 1
REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
NEVER_BACK = ("POSSESSIVE_REPEAT", "ATOMIC_GROUP")


def danger(pattern: str) -> str | None:
    """Why the pattern must not be used, or None."""
    try:
        re.compile(pattern, re.IGNORECASE)
        tree = parser.parse(pattern, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        return f"it does not compile ({error})"
    reader = _Reader()
    reader.walk(list(tree), frozenset(), in_loop=False)
    if reader.nested:
        return "a repetition within a repetition can match the same text in many ways, so it could hang"
    if reader.choices > CHOICES_ALLOWED:
        return "several repetitions in a row can match the same text in many ways, so a long answer would hang it"
    return None


class _Reader:
    """Walks the parsed pattern with the characters that may follow each part."""

    def __init__(self) -> None:
        self.nested = False
        self.choices = 0

    def walk(self, parts: list[Any], after: frozenset[str], in_loop: bool) -> None:
        for index, part in enumerate(parts):
            rest = parts[index + 1 :]
            self._part(part, _first(rest) | (after if _may_be_empty(rest) else frozenset()), in_loop)

    def _part(self, part: Any, after: frozenset[str], in_loop: bool) -> None:
        name, argument = str(part[0]), part[1]
        if name in REPEATS:
            self._repeat(argument, after, in_loop)
        elif name == "BRANCH":
            self._branch([list(branch) for branch in argument[1]], after, in_loop)
        else:
            for inner in _inner(name, argument):
                self.walk(inner, after, in_loop)

    def _repeat(self, argument: Any, after: frozenset[str], in_loop: bool) -> None:
        low, high, body = argument[0], argument[1], list(argument[2])
        self.nested |= in_loop and (low != high or high >= AGAIN) and _may_be_empty(body)
        if low != high and _first(body) & after:
            self.nested |= in_loop
            self.choices += high >= MANY
        loops = high >= AGAIN
        self.walk(body, after | (_first(body) if loops else frozenset()), in_loop or loops)

    def _branch(self, branches: list[list[Any]], after: frozenset[str], in_loop: bool) -> None:
        seen: frozenset[str] = frozenset()
        empty = sum(_may_be_empty(branch) for branch in branches)
        may_be_left_out = bool(empty) and bool(after & frozenset[str]().union(*map(_first, branches)))
        self.nested |= in_loop and (empty > 1 or may_be_left_out)
        for branch in branches:
            self.nested |= in_loop and bool(seen & _first(branch))
            seen |= _first(branch)
            self.walk(branch, after, in_loop)


def _inner(name: str, argument: Any) -> list[list[Any]]:
    if name == "SUBPATTERN":
        return [list(argument[-1])]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [list(argument[1])]
    if name == "GROUPREF_EXISTS":
        return [list(branch) for branch in argument[1:] if branch]
    return []


def _first(parts: Iterable[Any]) -> frozenset[str]:
    """The sample characters with which a text for these parts can begin."""
    found: frozenset[str] = frozenset()
    for part in parts:
        found |= _first_of(part)
        if not _may_be_empty([part]):
            break
    return found


def _first_of(part: Any) -> frozenset[str]:
    name, argument = str(part[0]), part[1]
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return _characters(part)
    if name in (*REPEATS, "POSSESSIVE_REPEAT"):
        return _first(argument[2])
    if name == "BRANCH":
        return frozenset().union(*(_first(branch) for branch in argument[1]))
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _first(argument[-1] if name == "SUBPATTERN" else argument)
    return SAMPLES if name.startswith("GROUPREF") else frozenset()


def _characters(part: Any) -> frozenset[str]:
    single = re.compile(_as_pattern(part), re.IGNORECASE | re.DOTALL)
    return frozenset(c for c in SAMPLES if single.fullmatch(c))


def _as_pattern(part: Any) -> str:
    name, argument = str(part[0]), part[1]
    if name == "LITERAL":
        return re.escape(chr(argument))
    if name == "NOT_LITERAL":
        return f"[^{re.escape(chr(argument))}]"
    if name == "ANY":
        return "."
    negated = str(argument[0][0]) == "NEGATE"
    members = "".join(_member(member) for member in argument[negated:])
    return f"[{'^' * negated}{members}]"


def _member(member: Any) -> str:
    name, argument = str(member[0]), member[1]
    if name == "RANGE":
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    if name == "CATEGORY":
        kind = str(argument).removeprefix("CATEGORY_")
        letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[kind.removeprefix("NOT_")]
        return "\\" + (letter.upper() if kind.startswith("NOT_") else letter)
    return re.escape(chr(argument))


def _may_be_empty(parts: Iterable[Any]) -> bool:
    return all(_part_may_be_empty(part) for part in parts)


def _part_may_be_empty(part: Any) -> bool:
    name, argument = str(part[0]), part[1]
    if name in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return False
    if name in (*REPEATS, "POSSESSIVE_REPEAT"):
        return argument[0] == 0 or _may_be_empty(argument[2])
    if name == "BRANCH":
        return any(_may_be_empty(branch) for branch in argument[1])
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _may_be_empty(argument[-1] if name == "SUBPATTERN" else argument)
    return True
