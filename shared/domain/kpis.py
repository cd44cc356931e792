"""The figures that marketing and sales share, counted from facts in any order and in any batches.

A summary is nothing but sums, so summaries of batches add up to the summary of all, and a rebuild from the facts gives
the same numbers as the increments (requirements B10, C50). A fact is counted once: whoever stores summaries sees to it.
Test leads never count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

KINDS = (
    "lead",
    "qualified",
    "marketing_qualified",
    "offered",
    "accepted",
    "rejected",
    "contacted",
    "prospect",
    "customer",
    "lost",
    "recycled",
    "disqualified",
    "handed_off",
    "sla_kept",
    "sla_breached",
    "winnable",
)
# channel and campaign are those of the first touch; definition is the version under which the lead came in, and
# offer_definition the one that offered it to sales.
DIMENSIONS = (
    "channel",
    "campaign",
    "channel_last",
    "campaign_last",
    "variant",
    "definition",
    "offer_definition",
    "buyer_stage",
    "winnable",
    "queue",
)
KIND_OF_STAGE = {
    "lead": "lead",
    "marketing_qualified": "marketing_qualified",
    "sales_qualified": "offered",
    "sales_accepted": "accepted",
    "prospect": "prospect",
    "customer": "customer",
    "lost": "lost",
    "recycled": "recycled",
    "disqualified": "disqualified",
}
QUALIFIED = frozenset({"marketing_qualified", "sales_qualified"})
ALL = "all"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a lead, complete in itself, without personal data.

    `of` maps DIMENSIONS to values; `is_first` says that this lead did this for the first time; `seconds` are durations
    by name (to_answer, to_contact, hand_off, on_rejected), `won` minor units of money by currency; `is_waiting` says
    that nobody has seen to it yet, so that it has an age; `rules` are the rules that gave points when it was offered,
    `blamed` those that a rejection points at.
    """

    kind: str
    at: str
    of: Mapping[str, str]
    is_first: bool = True
    seconds: Mapping[str, int] = field(default_factory=dict)
    won: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None
    rules: tuple[str, ...] = ()
    blamed: tuple[str, ...] = ()
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """Sums by cell (`all`, or a dimension and its value such as `channel=google`) and name; plain JSON."""

    cells: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def count(self, name: str, cell: str = ALL) -> int:
        return self.cells.get(cell, {}).get(name, 0)

    def values(self, dimension: str) -> tuple[str, ...]:
        """The values of a dimension that have been seen, in order."""
        return tuple(sorted(cell.partition("=")[2] for cell in self.cells if cell.startswith(f"{dimension}=")))


def facts_of_stage(stage: str, visited: Collection[str], at: str, of: Mapping[str, str]) -> Iterator[Fact]:
    """What a lead's arrival at a stage counts as; `visited` are the stages that it was at before.

    Who begins further up has become a lead all the same, and who skips marketing's stage is qualified.
    """
    kinds = [] if visited else ["lead"]
    if stage in QUALIFIED and not QUALIFIED & set(visited):
        kinds.append("qualified")
    if stage != "lead" and stage in KIND_OF_STAGE:
        kinds.append(KIND_OF_STAGE[stage])
    for kind in kinds:
        yield Fact(kind, at, of, is_first=stage not in visited)


def summarise(facts: Iterable[Fact]) -> Summary:
    """The sums of these facts."""
    cells: dict[str, Counter[str]] = {}
    for fact in facts:
        counted = Counter(_counted(fact))
        for name, seconds in fact.seconds.items():
            counted[f"{name}:total"] += seconds
        for currency, amount in fact.won.items():
            counted[f"won:{currency}"] += amount
        for cell in _cells(fact):
            cells.setdefault(cell, Counter()).update(counted)
    return _without_nothing(cells)


def merge(parts: Iterable[Summary]) -> Summary:
    """The sums of all."""
    cells: dict[str, Counter[str]] = {}
    for part in parts:
        for cell, counts in part.cells.items():
            cells.setdefault(cell, Counter()).update(counts)
    return _without_nothing(cells)


def less(whole: Summary, part: Summary) -> Summary:
    """What is left of the sums without a part that was added before."""
    cells = {cell: Counter(counts) for cell, counts in whole.cells.items()}
    for cell, counts in part.cells.items():
        cells.setdefault(cell, Counter()).subtract(counts)
    return _without_nothing(cells)


def bucket(seconds: int) -> int:
    """The value under which a duration is counted: exact below 1,000, else its first three digits, so less than 1 %
    too low.
    """
    scale: int = 10 ** max(0, len(str(seconds)) - 3)
    return seconds // scale * scale


def _without_nothing(cells: Mapping[str, Counter[str]]) -> Summary:
    """Without sums of 0, so that equal sums are equal values."""
    kept = {cell: {name: count for name, count in counts.items() if count} for cell, counts in cells.items()}
    return Summary({cell: counts for cell, counts in kept.items() if counts})


def _cells(fact: Fact) -> tuple[str, ...]:
    """Days and months are those of UTC."""
    named = (f"{dimension}={fact.of[dimension]}" for dimension in DIMENSIONS if fact.of.get(dimension))
    return (ALL, f"month={fact.at[:7]}", f"day={fact.at[:10]}", *named)


def _counted(fact: Fact) -> Iterator[str]:
    yield fact.kind
    if fact.is_first:
        yield f"first:{fact.kind}"
    if fact.reason:
        yield f"{fact.kind}:{fact.reason}"
    for name, seconds in fact.seconds.items():
        yield f"{name}~{bucket(seconds)}"
    for currency in fact.won:
        yield f"valued:{currency}"
    if fact.is_waiting:
        yield f"{fact.kind}_since~{fact.at[:13]}"
    for rule in fact.rules:
        yield f"rule:{fact.kind}:{rule}"
    for rule in fact.blamed:
        yield f"rule:blamed:{rule}"
