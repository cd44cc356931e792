"""Which kinds of customers failed us: answers that many leads gave, of whom none became a customer (A13b).

A segment is a field and a value. It is told only where even the upper end of its interval wins less than all leads do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from string import ascii_uppercase
from types import MappingProxyType

from shared.domain.agreement import Field, Form
from shared.domain.chance import wilson

WON, FAILED = "won", "failed"
ENOUGH = 10  # POLICY: of fewer failures nobody can tell anything
RESULTS: Mapping[str, str] = {"won": WON, "lost": FAILED, "rejected": FAILED}

Counts = Mapping[tuple[str, str, str], int]  # (field, value, WON or FAILED) -> leads
Choices = Mapping[str, frozenset[str]]  # by field, the answers that some form lets people choose from
NO_CHOICES: Choices = MappingProxyType({})
COUNTRIES = frozenset(map("".join, product(ascii_uppercase, repeat=2)))


@dataclass(frozen=True, slots=True)
class Segment:
    """An answer whose leads all failed; `at_most` is the upper end of the 95 % interval of their win rate."""

    field: str
    value: str
    failed: int
    at_most: float


def result_of(outcome: str | None) -> str | None:
    """What the last word of sales says: WON, FAILED, or None while it is open."""
    return RESULTS.get(str(outcome))


def choices_of(forms: Iterable[Form]) -> Choices:
    """What people can choose on these forms; of a country any two capital letters. A text that somebody types, whatever
    rule reads it, is never among them.
    """
    found: dict[str, frozenset[str]] = {}
    for field in (field for form in forms for field in form.fields):
        offered = _offered(field)
        if offered:
            found[field.name] = found.get(field.name, frozenset()) | offered
    return found


def _offered(field: Field) -> frozenset[str]:
    return COUNTRIES if field.kind == "country" else frozenset(field.choices)


def seen(
    profile: Mapping[str, str], result: str | None, hidden: str, choices: Choices | None = None
) -> Iterable[tuple[str, str, str]]:
    """The keys under which a lead with this result is counted; addresses and `hidden` answers are no segment, and where
    `choices` are given nothing that is not among them.
    """
    if result is None:
        return
    for name, value in profile.items():
        is_offered = choices is None or value in choices.get(name, ())
        if value and value != hidden and name != "email" and is_offered:
            yield name, value, result


def failing(counts: Counts, won: int, settled: int) -> tuple[Segment, ...]:
    """The segments that failed, the largest first; `won` of `settled` is how all leads with a result did."""
    alone = (_segment(name, value, failed) for (name, value, result), failed in counts.items() if result == FAILED)
    enough = [one for one in alone if one.failed >= ENOUGH and not counts.get((one.field, one.value, WON))]
    found = [one for one in enough if one.at_most * settled < won]
    return tuple(sorted(found, key=lambda one: (-one.failed, one.field, one.value)))


def looked_at(counts: Counts) -> int:
    """How many segments had enough failures to be looked at; of twenty such, chance alone may tell one."""
    return len({key[:2] for key, failed in counts.items() if key[2] == FAILED and failed >= ENOUGH})


def _segment(name: str, value: str, failed: int) -> Segment:
    return Segment(name, value, failed, wilson(0, failed)[1])
