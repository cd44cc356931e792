"""What a lead did after the form, as our page or a server of ours reports it: after strict reading, before any
decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PAGE, SERVER = "page", "server"


@dataclass(frozen=True, slots=True)
class Report:
    """One act. `source` is page or server; `report_id` is the sender's own id, so that a repeat is recognised.

    `context` holds content, address and aggregated counters; `fields` the answers that sales heard (servers only);
    `at` is when it happened (RFC 3339, UTC, milliseconds), None for now.
    """

    report_id: str
    kind: str
    source: str
    context: Mapping[str, str | int] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None

    @property
    def key(self) -> str:
        """Its place among the reports on one lead: a page cannot take the id of a server's report."""
        return f"{self.source}#{self.report_id}"


@dataclass(frozen=True, slots=True)
class Whom:
    """The lead that a server speaks of: by its id, or by the address it is known under."""

    lead_id: str | None = None
    email: str | None = None
