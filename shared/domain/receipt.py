"""What the visitor gets back: what this submission recorded, what is still to do, how to withdraw.

It is made from the decision as if we had never met the person, so it tells nothing of earlier permissions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.domain.agreement import Form, Notice
from shared.domain.consent import ConsentDecision
from shared.domain.evidence import outcome
from shared.domain.submission import Submission

CHANNELS = ("email", "sms", "phone", "autocall")


def receipt(
    receipt_id: str, day: str, submission: Submission, form: Form, notice: Notice, as_unknown: ConsentDecision
) -> dict[str, Any]:
    """The receipt as JSON; `day` is YYYY-MM-DD in UTC."""
    return {
        "receipt_id": receipt_id,
        "form_id": form.form_id,
        "recorded_on": day,
        "recorded": {
            "action": form.action,
            "consents": [
                {
                    "purpose": box.purpose,
                    "channel": box.channel,
                    "given": submission.consents[box.purpose],
                    "outcome": outcome(box, submission.consents[box.purpose], as_unknown),
                    "notice": notice.ref,
                    "wording_sha256": notice.sha256,
                }
                for box in form.boxes
            ],
        },
        "to_do": list(_to_do(submission, form, as_unknown)),
        "withdraw": {"how": notice.withdrawal_method},
        "privacy": {"gpc": {"seen": bool(submission.signals.gpc), "applied": as_unknown.optout_persist}},
    }


def _to_do(submission: Submission, form: Form, as_unknown: ConsentDecision) -> Iterable[dict[str, str]]:
    """A tick that counts only after the address or number is proved (double opt-in)."""
    for box in form.boxes:
        if (
            submission.consents[box.purpose]
            and box.channel in CHANNELS
            and as_unknown.contact[box.channel] == "after_doi"
        ):
            yield {"purpose": box.purpose, "what": "confirm_by_email" if box.channel == "email" else "confirm_by_phone"}
