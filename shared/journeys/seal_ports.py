"""What the seal needs from the outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from shared.domain.seal import PublicKey, Seal


class DayIndex(Protocol):
    """The ledger's index by day."""

    def hashes(self, day: str) -> Iterable[str]:
        """The entry hashes of one day, in any order. Raises TryAgain when the store is away."""
        ...


class Seals(Protocol):
    """The sealed days, written once and never changed. Every method raises TryAgain when the store is away."""

    def days(self) -> list[str]:
        """All sealed days, ascending."""
        ...

    def read(self, day: str) -> Seal:
        """The seal of a day that `days` named."""
        ...

    def write(self, seal: Seal) -> bool:
        """False when that day is sealed already; then nothing was written."""
        ...


class Signer(Protocol):
    """Holds the private key, or knows who does."""

    def key(self) -> PublicKey:
        """The public half, with the name of the log."""
        ...

    def sign(self, text: bytes) -> bytes:
        """The signature over the text. Raises TryAgain when the key is out of reach."""
        ...
