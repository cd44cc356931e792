"""What the acts of a person need from the outside, beside what submissions need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.domain.lead import Lead
from shared.domain.mail import Mail
from shared.domain.mail_budget import Budget
from shared.domain.permission_acts import Change
from shared.domain.suppression import Found, Marks, Suppression
from shared.domain.text_message import TextMessage
from shared.domain.tokens import Token


class PermissionStore(Protocol):
    """What acts of a person need beside the submissions. Every method raises TryAgain when the store is away or busy.

    Reads are strongly consistent, but for `whereabouts`, which may not know a lead of this very second.
    """

    def known(self, person: str) -> Lead | None:
        """The lead of a person, or None when there is none (any more)."""
        ...

    def whereabouts(self, lead_id: str) -> str | None:
        """The person key of the lead with this id."""
        ...

    def found(self, marks: Marks) -> Found:
        """Which of these marks are suppressed, and which are opted out of sale."""
        ...

    def change(
        self,
        person: str,
        change: Change,
        suppress: tuple[Suppression, ...] = (),
        lift: tuple[str, ...] = (),
        link: Token | None = None,
    ) -> None:
        """One transaction, all or nothing, with the token's next version. Raises Conflict when the lead or the token
        has changed since it was read.
        """
        ...

    def mark(self, link: Token) -> None:
        """The token's next version alone. Raises Conflict when it has changed, or is gone, since it was read."""
        ...

    def suppress(self, suppressions: tuple[Suppression, ...]) -> None:
        """Remember these, whether or not they are remembered already."""
        ...

    def token(self, digest: str) -> Token | None:
        """The token that lies there, used or not."""
        ...

    def budget(self, purse: str) -> Budget:
        """What was sent to this mailbox, domain or number; version 0 when nothing ever was."""
        ...

    def issue(self, token: Token, paid: Mapping[str, Budget]) -> None:
        """The token and every budget that paid for it, in one transaction. Raises Conflict when somebody else was
        faster.
        """
        ...


class Mailer(Protocol):
    """The way to a mailbox."""

    def send(self, mail: Mail) -> bool:
        """True when it was taken, False when it is refused for good; raises TryAgain when the service is away."""
        ...


class Texter(Protocol):
    """The way to a number."""

    def send(self, text: TextMessage) -> bool:
        """True when it was taken, False when it is refused for good; raises TryAgain when the service is away."""
        ...
