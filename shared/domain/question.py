"""What one decision is about: the submission, what was agreed, what is known, and what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.agreement import Form, Notice
from shared.domain.lead import Lead
from shared.domain.scoring import Definition
from shared.domain.submission import Submission


@dataclass(frozen=True, slots=True)
class Draws:
    """Everything random that one submission may need, drawn before the first try: ids as hex text, 32 bytes of salt."""

    receipt_id: str
    event_id: str
    lead_id: str
    chain: str
    salt: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What the one read found: the person's lead, the kinds of contact points that are suppressed, the published
    wording's hash, and whether a contact point is opted out of sale.
    """

    lead: Lead | None = None
    suppressed: frozenset[str] = frozenset()
    published_sha256: str | None = None
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One submission with everything that was agreed about its form."""

    submission: Submission
    form: Form
    notice: Notice
    definition: Definition
    jurisdictions: Mapping[str, Any]
