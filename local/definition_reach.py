"""What a lead can reach at most under a definition: points by dimension, grades, levels.

The answers that matter are few: for each field one for every combination of conditions that an answer can meet
together. Fields whose rules share a group are tried together, everything else apart, so the search is exact and short.
What acts can give is a set of sums: each rule up to its cap, whatever else happens. Points here are tenths.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from shared.domain.criteria import answer_terms, compile_condition, kinds_of

Plain = Mapping[str, Any]
TENTHS = 10
TRIES = 60_000
UNIONS = 128


@dataclass(frozen=True, slots=True)
class Fit:
    """What answers can give: the sums of fit, and the most points in each bundle of groups with the acts' share."""

    sums: frozenset[int]
    most: int
    giving: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that one persona can reach while `wanted` holds. `is_possible`: some answers meet all conditions."""

    is_possible: bool
    fit: frozenset[int]
    interest: frozenset[int]
    intent: frozenset[int]
    level: frozenset[int]
    total: int
    giving: frozenset[str]


def reach(plain: Plain, persona: Plain, choices: Mapping[str, Sequence[str]], wanted: Wanted | None = None) -> Reach:
    """`choices` are the answers of fields that offer no others; `persona` is a persona of the file."""
    wanted = wanted or Wanted()
    acts = _Acts(plain, wanted)
    fit = _Answers(plain, persona, choices, wanted, acts).search()
    return Reach(
        is_possible=fit is not None,
        fit=fit.sums if fit else frozenset(),
        interest=acts.sums({"interest"}),
        intent=acts.sums({"intent"}),
        level=acts.sums({"interest", "intent"}),
        total=min(plain["total_cap"] * TENTHS, fit.most) if fit else 0,
        giving=fit.giving if fit else frozenset(),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must hold: conditions on the answers (with the answer that is wanted), and whether sales was asked."""

    answers: tuple[tuple[Plain, bool], ...] = ()
    inquired: bool | None = None


# ------------------------------------------------------------------ acts


class _Acts:
    """The sums that engagement rules can give, group by group."""

    def __init__(self, plain: Plain, wanted: Wanted) -> None:
        self.caps = {group: cap * TENTHS for group, cap in plain["groups"].items()}
        inquiries = {k for k, act in {**plain["actions"], **plain["events"]}.items() if act.get("direct_inquiry")}
        self.rules = [
            rule
            for rule in plain["engagement"]
            if wanted.inquired is not False or not _only(kinds_of(rule["when"]), inquiries)
        ]

    def most(self, group: str) -> int:
        """The most that acts alone claim in a group, before its cap."""
        return sum(int(rule["cap"]) * TENTHS for rule in self.rules if rule["group"] == group and rule["points"] > 0)

    def sums(self, dimensions: set[str]) -> frozenset[int]:
        found = 1
        for group, cap in self.caps.items():
            rules = [r for r in self.rules if r["group"] == group and r["dimension"] in dimensions]
            gains = _capped(_added(_gifts(r) for r in rules if r["points"] > 0), cap)
            found = _added([found, gains])
        values = frozenset(_members(found))
        return frozenset(range(max(values) + 1)) if any(r["points"] < 0 for r in self.rules) else values


def _only(kinds: frozenset[str] | None, among: set[str]) -> bool:
    return kinds is not None and kinds <= among


def _gifts(rule: Plain) -> int:
    """The sums that one rule can give, as bits: multiples of its points, or anything below its cap as acts age."""
    cap, points = int(rule["cap"]) * TENTHS, int(rule["points"]) * TENTHS
    if cap <= 0:
        return 1
    if "decay" in rule:
        return (1 << cap + 1) - 1
    bits = 1 << cap
    for value in range(0, cap, points):
        bits |= 1 << value
    return bits


def _added(sets: Iterable[int]) -> int:
    """All sums of one member of each set; sets of whole numbers as bits."""
    total = 1
    for one in sets:
        total = _sum_of_two(total, one)
    return total


def _sum_of_two(left: int, right: int) -> int:
    few, many = sorted((left, right), key=int.bit_count)
    found = 0
    for value in _members(few):
        found |= many << value
    return found


def _capped(bits: int, cap: int) -> int:
    below = bits & ((1 << cap) - 1)
    return below | (1 << cap) if bits >> cap else below


def _members(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


# ------------------------------------------------------------------ answers


class _Answers:
    """The search over what a lead can answer."""

    def __init__(
        self, plain: Plain, persona: Plain, choices: Mapping[str, Sequence[str]], wanted: Wanted, acts: _Acts
    ) -> None:
        self.terms = answer_terms(frozenset(plain["free_mail"]))
        self.free_mail, self.choices, self.acts = plain["free_mail"], choices, acts
        self.caps = {group: cap * TENTHS for group, cap in plain["groups"].items()}
        self.rules = [*plain["fit"], *persona.get("fit", ())]
        self.wanted = wanted.answers
        self.leaves: dict[str, dict[str, Plain]] = {}
        for when in (*(rule["when"] for rule in self.rules), *(condition for condition, _ in self.wanted)):
            for leaf in leaves_of(when):
                self.leaves.setdefault(variable(leaf), {})[json.dumps(leaf, sort_keys=True)] = leaf

    def search(self) -> Fit | None:
        """None when no answers meet what is wanted."""
        sums, most, giving = frozenset({0}), 0, frozenset[str]()
        for part in self._parts():
            found = self._try(part)
            if found is None:
                return None
            sums = frozenset(a + b for a in sums for b in found.sums)
            most += found.most
            giving |= found.giving
        alone = {group for group in self.caps if not any(rule["group"] == group for rule in self.rules)}
        return Fit(sums, most + sum(min(self.caps[g], self.acts.most(g)) for g in alone), giving)

    def _parts(self) -> list[_Part]:
        """Rules and conditions that share a field or a group belong together."""
        parts: list[_Part] = []
        wishes = [
            _Part({variable(leaf) for leaf in leaves_of(when)}, set(), [], [(when, is_so)])
            for when, is_so in self.wanted
        ]
        rules = [
            _Part({variable(leaf) for leaf in leaves_of(rule["when"])}, {rule["group"]}, [rule], [])
            for rule in self.rules
        ]
        for new in (*rules, *wishes):
            touching = [part for part in parts if part.touches(new)]
            parts = [part for part in parts if not part.touches(new)]
            for part in touching:
                new = part.with_another(new)
            parts.append(new)
        return parts

    def _try(self, part: _Part) -> Fit | None:
        candidates = [self._candidates(name) for name in sorted(part.fields)]
        if prod(len(one) for one in candidates) > TRIES:
            return self._bound(part)
        tests = [(rule, self._test(rule["when"])) for rule in self.rules if rule in part.rules]
        wishes = [(self._test(when), is_so) for when, is_so in part.wanted]
        sums, most, giving = set(), None, set()
        for chosen in product(*candidates):
            met = frozenset[str]().union(*chosen)
            if all(test(met) is is_so for test, is_so in wishes):
                got, claimed, named = self._points([rule for rule, test in tests if test(met)], part.groups)
                sums.add(got)
                most = claimed if most is None else max(most, claimed)
                giving |= named
        return None if most is None else Fit(frozenset(sums), most, frozenset(giving))

    def _bound(self, part: _Part) -> Fit:
        """Too many combinations: everything that the caps allow counts as reachable."""
        most = sum(
            min(self.caps[group], self.acts.most(group) + sum(_worth(r) for r in part.rules if r["group"] == group))
            for group in part.groups
        )
        return Fit(frozenset(range(most + 1)), most, frozenset(rule["id"] for rule in part.rules))

    def _points(self, rules: list[Plain], groups: set[str]) -> tuple[int, int, set[str]]:
        """Fit by these rules, the most points with acts beside them, and the rules that gave some."""
        room = {(group, sign): self.caps[group] for group in groups for sign in (1, -1)}
        fit, naming = 0, set()
        for rule in rules:
            sign = 1 if rule["points"] > 0 else -1
            got = min(
                abs(rule["points"]) * TENTHS, abs(rule.get("cap", rule["points"])) * TENTHS, room[rule["group"], sign]
            )
            room[rule["group"], sign] -= got
            fit += sign * got
            naming |= {rule["id"]} if got else set()
        beside = sum(min(room[group, 1], self.acts.most(group)) for group in groups)
        return fit, fit + beside, naming

    def _test(self, when: Plain) -> Callable[[frozenset[str]], bool]:
        """The condition over the names of the leaves that are met."""
        if "not" in when:
            inner = self._test(when["not"])
            return lambda met: not inner(met)
        for joined, all_or_any in (("all", all), ("any", any)):
            if joined in when:
                parts = [self._test(part) for part in when[joined]]
                return lambda met, parts=parts, joins=all_or_any: joins(part(met) for part in parts)  # type: ignore[misc]  # a lambda's defaults cannot be typed
        name = json.dumps(when, sort_keys=True)
        return lambda met: name in met

    def _candidates(self, name: str) -> list[frozenset[str]]:
        """Which leaves an answer can meet together, each combination once."""
        leaves = self.leaves[name]
        tests = {key: compile_condition(leaf, self.terms) for key, leaf in leaves.items()}

        def met_by(answer: str) -> frozenset[str]:
            return frozenset(key for key, test in tests.items() if test({"fields": {name: answer}}))

        given = {met_by(answer) for answer in self._answers(name, leaves)}
        for key in [key for key, leaf in leaves.items() if "matches" in leaf]:
            given |= {one | {key} for one in given} | {one - {key} for one in given}
        if name not in self.choices:
            given = _with_unions(given, {key for key, leaf in leaves.items() if "has_word" in leaf})
        return sorted({met_by(""), *given}, key=sorted)

    def _answers(self, name: str, leaves: Mapping[str, Plain]) -> Iterator[str]:
        if name in self.choices:
            yield from self.choices[name]
            return
        yield "something else"
        if name == "email":
            yield from self._addresses(leaves)
        for leaf in leaves.values():
            yield from (*leaf.get("is", ()), *leaf.get("has_word", ()))
            for bound in ("at_least", "at_most"):
                if bound in leaf:
                    yield from (str(max(0, leaf[bound] + step)) for step in (-1, 0, 1))

    def _addresses(self, leaves: Mapping[str, Plain]) -> Iterator[str]:
        """Every word that is asked for at every kind of host."""
        words = [word for leaf in leaves.values() for word in leaf.get("has_word", ())]
        listed = [
            leaf["email_domain"] for leaf in leaves.values() if leaf.get("email_domain", "business") != "business"
        ]
        for domain in ("elsewhere.example", *self.free_mail[:1], *(d for domains in listed for d in domains)):
            yield from (f"{word}@{domain}" for word in ("somebody", *words))


@dataclass(frozen=True, slots=True)
class _Part:
    """Fields, groups, rules and wishes that hang together."""

    fields: set[str]
    groups: set[str]
    rules: list[Plain]
    wanted: list[tuple[Plain, bool]]

    def touches(self, other: _Part) -> bool:
        return bool(self.fields & other.fields or self.groups & other.groups)

    def with_another(self, other: _Part) -> _Part:
        return _Part(
            self.fields | other.fields,
            self.groups | other.groups,
            [*self.rules, *other.rules],
            [*self.wanted, *other.wanted],
        )


def _worth(rule: Plain) -> int:
    return max(0, int(rule["points"])) * TENTHS


def _with_unions(met: set[frozenset[str]], words: set[str]) -> set[frozenset[str]]:
    """A text may hold the words of several conditions."""
    singles = [one for one in met if one & words]
    for one in singles:
        met |= {one | other for other in met if other & words}
        if len(met) > UNIONS:
            break
    return met


def leaves_of(when: Plain) -> Iterator[Plain]:
    """The single conditions within a condition."""
    inner = [when["not"]] if "not" in when else when.get("all", when.get("any"))
    if inner is None:
        yield when
    for part in inner or ():
        yield from leaves_of(part)


def variable(leaf: Plain) -> str:
    """The field that a condition on an answer reads."""
    return str(leaf.get("field", "email"))
