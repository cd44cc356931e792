"""What one decision is about: the submission, what was agreed, what is known, and what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.agreement import Agreement, Form, Notice
from shared.domain.definition import Definition
from shared.domain.errors import Fault, RejectedInput
from shared.domain.lead import Lead
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
    wording's hash, whether a contact point is opted out of sale, and when somebody with one of them was last erased at
    their wish (empty for never).
    """

    lead: Lead | None = None
    suppressed: frozenset[str] = frozenset()
    published_sha256: str | None = None
    opted_out: bool = False
    erased_at: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One submission with everything that was agreed about its form.

    `origin` is what the ledger keeps of a lead that came by way of a platform: JSON with the `method`, the platform's
    ids, every box with its flags as it was shown there, and the basis that the source states. Empty for our own forms.
    `text_countries` are those whose numbers we can ask by text, none when no text goes at all.
    """

    submission: Submission
    form: Form
    notice: Notice
    definition: Definition
    jurisdictions: Mapping[str, Any]
    origin: Mapping[str, Any] = field(default_factory=dict)
    text_countries: frozenset[str] = frozenset()

    def can_prove(self, channel: str) -> bool:
        """Can a letter of ours ask the mailbox or the number behind this channel? A landline reads no texts."""
        return channel == "email" or self.submission.texts_to in self.text_countries


def question_about(
    agreement: Agreement, form: Form, submission: Submission, definition: Definition, text_countries: frozenset[str]
) -> Question:
    """The submission with the form and the wording as the visitor saw them: in the language that it names.

    Raises RejectedInput when that wording was never published in that language.
    """
    shown = form.spoken(submission.lang)
    notice = agreement.wording(submission.notice, shown.lang)
    if notice is None:
        raise RejectedInput("unknown_notice", Fault("/notice", "not_in_this_language"))
    return Question(submission, shown, notice, definition, agreement.jurisdictions, text_countries=text_countries)
