"""Is this visitor a lead? An act from the catalogue, a way to reach them, and something we may answer or a
permission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.consent import ConsentDecision
from shared.domain.submission import Submission


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nobody is stored: `reason` is from the closed list in the glossary, `pointer` the place that would change
    it.
    """

    reason: str
    pointer: str


def refusal(
    submission: Submission, action: str, catalogue: Mapping[str, Any], as_unknown: ConsentDecision
) -> Refusal | None:
    """The reason why this submission makes nobody a lead, or None.

    `as_unknown` is the consent decision as if we had never met the person, so that the answer tells nobody who is
    known.
    An empty form is a visit, not an act.
    """
    if action not in catalogue or not submission.fields:
        return Refusal("no_qualifying_action", "/fields")
    if not (submission.contact.email or submission.contact.phone):
        return Refusal("no_contact_point", "/fields/email")
    if not as_unknown.accept:
        return Refusal((as_unknown.error or "no_permission").lower(), _pointer(as_unknown.error))
    return None


def _pointer(error: str | None) -> str:
    return {"AGE_RESTRICTED": "/fields/age", "INVALID_COUNTRY": "/fields/country", "NO_PERMISSION": "/consents"}.get(
        error or "", "/fields"
    )
