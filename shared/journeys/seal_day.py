"""Every day gets its seal: gather the day's entry hashes, make the tree, sign its root, store it where nobody edits.

Days without entries are sealed too, so that a missing day is noticed. What reached the index after its day was sealed
goes under the next day's seal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.domain.errors import CannotHappen
from shared.domain.seal import Seal, checkpoint_text, first_link, leaves_of, read_checkpoint, signed
from shared.journeys.ports import Clock
from shared.journeys.seal_ports import DayIndex, Seals, Signer

MOST_DAYS_AT_ONCE = 31


@dataclass(frozen=True, slots=True)
class SealDay:
    """The journey with its surroundings. `look_back_days` is how far late entries are looked for."""

    index: DayIndex
    seals: Seals
    signer: Signer
    clock: Clock
    look_back_days: int = 1

    def __call__(self) -> list[Seal]:
        """Seal every day from the last sealed one until yesterday, at most 31; the first time only yesterday."""
        sealed = self.seals.days()
        made = []
        for day in _due(sealed, _yesterday(self.clock())):
            seal = self.seal(day, sealed)
            made += [seal] if seal else []
            sealed = [*sealed, day]
        return made

    def seal(self, day: str, sealed: list[str]) -> Seal | None:
        """The seal of one day after the `sealed` ones; None when another run was faster."""
        if sealed and day <= sealed[-1]:
            raise CannotHappen("a day cannot be sealed before or beside another that already is")
        leaves = leaves_of(self._link(sealed), self._fresh(day, sealed))
        text = checkpoint_text(self.signer.key().name, day, leaves)
        seal = Seal(day, signed(text, self.signer.key(), self.signer.sign(text.encode())), leaves)
        return seal if self.seals.write(seal) else None

    def _link(self, sealed: list[str]) -> str:
        if not sealed:
            return first_link(self.signer.key().name)
        before = read_checkpoint(self.seals.read(sealed[-1]).checkpoint)
        if before is None:
            raise CannotHappen("the checkpoint of the last sealed day cannot be read")
        return before.link

    def _fresh(self, day: str, sealed: list[str]) -> set[str]:
        """The day's hashes and those of the days before that no seal holds yet."""
        earliest = _moved(day, -self.look_back_days)
        found = {digest for one in _days(earliest, day) for digest in self.index.hashes(one)}
        for one in sealed:
            if one >= earliest:
                found.difference_update(self.seals.read(one).leaves)
        return found


def _due(sealed: list[str], yesterday: str) -> list[str]:
    first = _moved(sealed[-1], 1) if sealed else yesterday
    return list(_days(first, yesterday))[:MOST_DAYS_AT_ONCE]


def _yesterday(now: datetime) -> str:
    return _moved(now.astimezone(UTC).date().isoformat(), -1)


def _days(first: str, last: str) -> Iterator[str]:
    while first <= last:
        yield first
        first = _moved(first, 1)


def _moved(day: str, by: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()
