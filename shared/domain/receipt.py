"""What the visitor gets back: what this submission recorded, what is still to do, how to withdraw.

It is made from the decision as if we had never met the person, so it tells nothing of earlier permissions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.domain.consent import ConsentDecision
from shared.domain.consent.decision import CHANNELS
from shared.domain.evidence import outcome
from shared.domain.question import Question

# Relative to the address that the form was posted to (RFC 3986), so that it holds behind any domain and stage.
ENGAGEMENT_URL = "../../engagement"


def receipt(receipt_id: str, day: str, question: Question, as_unknown: ConsentDecision) -> dict[str, Any]:
    """The receipt as JSON; `day` is YYYY-MM-DD in UTC."""
    submission, form, notice = question.submission, question.form, question.notice
    return {
        "receipt_id": receipt_id,
        "form_id": form.form_id,
        "recorded_on": day,
        "recorded": {
            "action": form.action,
            "lang": notice.lang,
            "consents": [
                {
                    "purpose": box.purpose,
                    "channel": box.channel,
                    "given": submission.consents[box.purpose],
                    "outcome": outcome(question, box, as_unknown),
                    "notice": notice.ref,
                    "wording_sha256": notice.sha256,
                }
                for box in form.boxes
            ],
        },
        "to_do": list(_to_do(question, as_unknown)),
        "withdraw": {"how": notice.withdrawal_method},
        "privacy": {"gpc": {"seen": bool(submission.signals.gpc), "applied": as_unknown.optout_persist}},
        **_engagement(question, as_unknown),
    }


def _to_do(question: Question, as_unknown: ConsentDecision) -> Iterable[dict[str, str]]:
    """A tick that counts only after the address or number is proved (double opt-in), where it can be."""
    for box in question.form.boxes:
        if box.channel in CHANNELS and outcome(question, box, as_unknown) == "pending":
            yield {"purpose": box.purpose, "what": "confirm_by_email" if box.channel == "email" else "confirm_by_phone"}


def _engagement(question: Question, as_unknown: ConsentDecision) -> dict[str, Any]:
    """Where the page may tell what its visitor does from now on: only after a profiling tick of this submission that
    would count for a stranger too. The token itself is never stored; it is added on the way out.
    """
    boxes = [box for box in question.form.boxes if box.purpose == "profiling"]
    ticked = any(outcome(question, box, as_unknown) == "given" for box in boxes)
    return {"engagement": {"url": ENGAGEMENT_URL}} if ticked and as_unknown.score else {}
