"""Who said no, remembered as keyed hashes beyond the lead (Art. 17(3)(b), 21(3)): it must survive an erasure.

A mark is `<kid>#<hash>` of one contact point under one key of the keyring. New ones are written under the current key;
every key is looked up, so a key is never changed in place. Only the person lifts one, with proof of the mailbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.lead import instant

# A sale opt-out lies beside the other scopes, because each is written and ended without the other.
SHELVES: Mapping[str, str] = {"all": "SUPP", "marketing": "SUPP", "sale": "SALE"}
REVIEW_AFTER_YEARS = 5

Marks = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Suppression:
    """One remembered no. `kind` is email or phone, `scope` all, marketing or sale, `day` YYYY-MM-DD."""

    mark: str
    kind: str
    scope: str
    reason: str
    day: str
    review_on: str

    @property
    def shelf(self) -> str:
        return SHELVES[self.scope]


@dataclass(frozen=True, slots=True)
class Found:
    """The marks that are on each shelf, and what is kept under them."""

    suppressed: frozenset[str] = frozenset()
    opted_out: frozenset[str] = frozenset()
    kept: tuple[Suppression, ...] = ()


def kinds(marks: Marks, found: frozenset[str]) -> frozenset[str]:
    """The kinds of contact points of which any key's mark was found."""
    return frozenset(kind for kind, theirs in marks.items() if found.intersection(theirs))


def remembered(marks: Marks, scope: str, reason: str, now: datetime) -> tuple[Suppression, ...]:
    """A no for each contact point, under the current key."""
    day = instant(now)[:10]
    review_on = f"{int(day[:4]) + REVIEW_AFTER_YEARS}{day[4:]}".replace("-02-29", "-03-01")
    return tuple(Suppression(theirs[0], kind, scope, reason, day, review_on) for kind, theirs in marks.items())


def lifted(marks: Marks, found: frozenset[str], proved: frozenset[str]) -> tuple[str, ...]:
    """The found marks of the contact points that the person has proved."""
    return tuple(mark for kind in sorted(proved) for mark in marks.get(kind, ()) if mark in found)


def under_current_key(
    marks: Marks, found: Found, written: tuple[Suppression, ...], lifted_marks: tuple[str, ...]
) -> tuple[Suppression, ...]:
    """What lies under an older key only, once more under the current one, day and reason as they were. Nothing that
    this very act ends or writes anew.
    """
    there = {(one.mark, one.shelf) for one in (*found.kept, *written)}
    moved = {}
    for one in found.kept:
        current = marks[one.kind][0]
        if one.mark not in lifted_marks and (current, one.shelf) not in there:
            moved[current, one.shelf] = replace(one, mark=current)
    return tuple(moved.values())
