"""What an erasure of a person writes, destroys, keeps and tells (GDPR Art. 17, Cal. Civ. Code 1798.105).

One transaction makes the person unreachable; what is left of them is destroyed in steps that may stop and go on at any
time. The tombstone lies under the lead's id, counts what was destroyed and holds nothing personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.domain import consent_states as states
from shared.domain import offer as offers
from shared.domain.consent.question import PURPOSE_OF
from shared.domain.identity import members
from shared.domain.lead import Lead, instant
from shared.domain.ledger_entry import LedgerEntry, append
from shared.domain.message import Message, erased_id, lead_erased, rehearsed
from shared.domain.offer import Offered
from shared.domain.suppression import Found, Marks, Suppression, remembered

REASONS = ("art17", "ccpa_delete", "platform", "retention", "test")
AT_THE_PERSONS_WISH = ("art17", "ccpa_delete")  # a platform takes one registration back, not the person
# Art. 12(3): a month is the time in which a request is answered, so the answer can be given again for that long.
ANSWERED_AGAIN_FOR = timedelta(days=30)
# No platform gives out a lead that is older: LinkedIn keeps them for 365 days, Meta for 90.
REPLAYS_END_AFTER = timedelta(days=400)
BACKUPS_END_AFTER = timedelta(days=35)  # the longest that point-in-time recovery reaches back
HEAD_START = timedelta(minutes=1)  # so that the clock does not meddle with a call that is still at it
PIECES = {
    "EVT#": "events",
    "ACT#": "acts",
    "OUT#": "messages",
    "OFFER#": "offers",
    "DSP#": "answers",
    "COUNTED#": "figures",
}


@dataclass(frozen=True, slots=True)
class Order:
    """Why somebody is to be erased (one of REASONS), and whether nobody may ever write to them again."""

    reason: str = "art17"
    never_contact: bool = False


@dataclass(frozen=True, slots=True)
class Barrier:
    """A contact point that no import and no replay of an older act may bring back; `mark` as in the suppressions."""

    mark: str
    kind: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Work:
    """Where what must be destroyed lies: person key, chain, the number of its `erased` entry, and the person's purses
    (the budgets of letters to their mailbox and number), and the key of the company that they wrote for.

    It is forgotten with the last step: then nothing leads from the lead's id to the chain any more.
    """

    person: str
    chain: str
    seq: int
    purses: tuple[str, ...] = ()
    company: str | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """The tombstone. `step` rises with each write of it; `entry` is the hash of the ledger's `erased` entry, until it
    is forgotten too.
    """

    lead_id: str
    version: int
    step: int
    order: Order
    began_at: str
    done_at: str = ""
    destroyed: Mapping[str, int] = field(default_factory=dict)
    entry: str = ""
    work: Work | None = None

    @property
    def day(self) -> str:
        return self.began_at[:10]

    @property
    def due_at(self) -> str:
        """When somebody must look at it: soon while it is not done, then to forget the entry, then never."""
        if self.work:
            return instant(datetime.fromisoformat(self.began_at) + HEAD_START)
        return instant(datetime.fromisoformat(self.done_at) + ANSWERED_AGAIN_FOR) if self.entry else ""

    def as_plain(self) -> dict[str, Any]:
        """JSON types only."""
        work = {**members(self.work), "purses": list(self.work.purses)} if self.work else None
        return {**members(self), "order": members(self.order), "destroyed": dict(self.destroyed), "work": work}


@dataclass(frozen=True, slots=True)
class Beginning:
    """Everything that the first transaction writes; `before` is the version of the lead that it was decided on.

    `held` is the offer as somebody in sales had it, and `ended` its end: their hands are free. `ungiven` is the
    crossing of an offer that nobody had been given, 0 for none: nobody may have been given it meanwhile.
    """

    erasure: Erasure
    before: int
    entry: LedgerEntry
    message: Message
    barriers: tuple[Barrier, ...]
    suppressions: tuple[Suppression, ...]
    held: Offered | None = None
    ended: Offered | None = None
    ungiven: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of the person: its sort key, and what it leads to outside (a submission, a letter's link, a number)."""

    item: str
    submission: str = ""
    letter: str = ""
    phone: str = ""

    @property
    def kind(self) -> str:
        return PIECES.get(self.item.partition("#")[0] + "#", "others")


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction destroys; `after` is the tombstone that it leaves, one step on."""

    after: Erasure
    pieces: tuple[str, ...] = ()
    submissions: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    purses: tuple[str, ...] = ()
    entries: tuple[int, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


def from_plain(plain: Mapping[str, Any]) -> Erasure:
    """The tombstone from what `as_plain` gave, after a journey through JSON."""
    work = plain["work"]
    return Erasure(
        **{
            **plain,
            "order": Order(**plain["order"]),
            "work": Work(**{**work, "purses": tuple(work["purses"])}) if work else None,
        }
    )


# ------------------------------------------------------------------ the first step


@dataclass(frozen=True, slots=True)
class Traces:
    """What the person left under keyed hashes: their person key, purses, marks, and which marks are suppressed; and
    the lead's latest offer and their company's key.
    """

    person: str
    purses: tuple[str, ...]
    marks: Marks
    found: Found
    offer: Offered | None = None
    company: str | None = None


def begin(lead: Lead, traces: Traces, order: Order, now: datetime, salt: bytes) -> Beginning:
    """The end of a lead: its tombstone, the entry that closes its chain, what sales is told, and what is kept."""
    day = instant(now)[:10]
    body = {"schema": "lc-erasure/1", "day": day, **members(order)}
    entry = append(lead.head, "erased", day, None, lead.permission["rules"], body, salt)
    erasure = Erasure(
        lead_id=lead.lead_id,
        version=lead.version + 1,
        step=1,
        order=order,
        began_at=instant(now),
        destroyed={"leads": 1},
        entry=entry.hash,
        work=Work(traces.person, entry.chain, entry.seq, traces.purses, traces.company),
    )
    held = traces.offer if traces.offer and traces.offer.is_open else None
    return Beginning(
        erasure=erasure,
        before=lead.version,
        entry=entry,
        message=_farewell(lead, erasure, now),
        barriers=barriers(traces.marks, order, erasure.began_at),
        suppressions=tuple(_noes(lead, traces, order, now)),
        held=held,
        ended=offers.ended(held, "erased", now) if held else None,
        ungiven=0 if traces.offer else lead.crossings,
    )


def _farewell(lead: Lead, erasure: Erasure, now: datetime) -> Message:
    """What sales is told; of a test lead sales never heard."""
    told = lead_erased(lead.lead_id, erasure.version, erasure.order.reason, now)
    return rehearsed(told) if lead.is_test else told


def barriers(marks: Marks, order: Order, at: str) -> tuple[Barrier, ...]:
    """Whoever wished to be gone is not brought back by others; whom our own clock erased may be."""
    if order.reason not in AT_THE_PERSONS_WISH:
        return ()
    return tuple(Barrier(theirs[0], kind, order.reason, at) for kind, theirs in marks.items())


def never_again(marks: Marks, order: Order, now: datetime) -> tuple[Suppression, ...]:
    """The wish never to be contacted, beyond the lead."""
    return remembered(marks, "all", "erasure", now) if order.never_contact else ()


def _noes(lead: Lead, traces: Traces, order: Order, now: datetime) -> Iterable[Suppression]:
    """Deleting a person must not delete their no: what only the lead knew is remembered beyond it."""
    if order.never_contact:
        yield from never_again(traces.marks, order, now)
    elif _said_no(lead):
        known = traces.found.suppressed
        unknown = {kind: theirs for kind, theirs in traces.marks.items() if not known.intersection(theirs)}
        yield from remembered(unknown, "marketing", "objection", now)
    if lead.permission["sale_optout"]:
        yield from remembered(traces.marks, "sale", "sale_opt_out", now)


def _said_no(lead: Lead) -> bool:
    standing = lead.permission["channels"]
    return lead.permission["objected"] or any(
        standing[channel]["status"] in states.NO_IN_FORCE for channel in PURPOSE_OF if channel in standing
    )


# ------------------------------------------------------------------ the steps after it


@dataclass(frozen=True, slots=True)
class Around:
    """What is stored outside of the person's items and only they lead to: links, purses, the marks of each number."""

    tokens: tuple[str, ...] = ()
    purses: tuple[str, ...] = ()
    numbers: tuple[Marks, ...] = ()


def without_pieces(erasure: Erasure, pieces: tuple[Piece, ...], around: Around, now: datetime) -> Step:
    """The step that destroys these items with all that only they lead to."""
    submissions = tuple(piece.submission for piece in pieces if piece.submission)
    counts = {kind: sum(piece.kind == kind for piece in pieces) for kind in sorted({piece.kind for piece in pieces})}
    outside = {"submissions": len(submissions), "links": len(around.tokens), "letter_budgets": len(around.purses)}
    return Step(
        after=_counted(erasure, {**counts, **outside}),
        pieces=tuple(piece.item for piece in pieces),
        submissions=submissions,
        tokens=around.tokens,
        purses=around.purses,
        barriers=tuple(one for marks in around.numbers for one in barriers(marks, erasure.order, erasure.began_at)),
        suppressions=tuple(one for marks in around.numbers for one in never_again(marks, erasure.order, now)),
    )


def without_bodies(erasure: Erasure, entries: tuple[int, ...]) -> Step:
    """The step that destroys salt and body of these entries: core and hash stay, so that the chain still verifies."""
    return Step(after=_counted(erasure, {"ledger_bodies": len(entries)}), entries=entries)


def finished(erasure: Erasure, purses: int, now: datetime) -> Erasure:
    """The tombstone when nothing is left."""
    return replace(_counted(erasure, {"letter_budgets": purses}), done_at=instant(now), work=None)


def forgotten(erasure: Erasure) -> Erasure:
    """The tombstone without the way to the ledger."""
    return replace(erasure, step=erasure.step + 1, entry="")


def _counted(erasure: Erasure, more: Mapping[str, int]) -> Erasure:
    counts = {kind: erasure.destroyed.get(kind, 0) + more.get(kind, 0) for kind in {*erasure.destroyed, *more}}
    return replace(erasure, step=erasure.step + 1, destroyed={kind: count for kind, count in counts.items() if count})


# ------------------------------------------------------------------ what the officer gets


def certificate(erasure: Erasure) -> dict[str, Any]:
    """What was destroyed, what is kept and why, and who was told; nothing personal. `state` is done or in_progress."""
    return {
        "schema": "leadgate-erasure/1",
        "lead_id": erasure.lead_id,
        "state": "in_progress" if erasure.work else "done",
        "reason": erasure.order.reason,
        "never_contact": erasure.order.never_contact,
        "began_at": erasure.began_at,
        "done_at": erasure.done_at or None,
        "destroyed": dict(sorted(erasure.destroyed.items())),
        "kept": _kept(erasure.order),
        "ledger_entry": erasure.entry or None,
        "sales_told": erased_id(erasure.lead_id),
        "backups_end_on": (datetime.fromisoformat(erasure.began_at) + BACKUPS_END_AFTER).date().isoformat(),
    }


def _kept(order: Order) -> list[str]:
    wish = ["keyed hash of the contact points, against imports"] if order.reason in AT_THE_PERSONS_WISH else []
    never = ["keyed hash of the contact points, against any contact"] if order.never_contact else []
    return [
        *wish,
        *never,
        "keyed hash of each submission, against its replay",
        "cores and hashes of the ledger, without salt and body",
    ]
