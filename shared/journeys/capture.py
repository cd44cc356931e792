"""One submission comes in: gather, decide, apply."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain import intake as intakes
from shared.domain import lead_token
from shared.domain.consent import ConsentDecision
from shared.domain.errors import Fault as InputFault
from shared.domain.errors import RejectedInput
from shared.domain.identity import Keyring, canonical
from shared.domain.intake import Intake
from shared.domain.lead import instant
from shared.domain.qualification import Refusal
from shared.domain.question import Draws, Question
from shared.domain.submission import Submission
from shared.journeys.patience import patiently
from shared.journeys.ports import ERASED, Clock, Dice, FirstAnswer, Keys, Ledger, Pause


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says: `receipt` is the exact text; `intake` is there when this very call wrote it."""

    receipt: str
    replayed: bool
    intake: Intake | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """The journey with its surroundings; one instance serves a whole Lambda environment and remembers nothing."""

    ledger: Ledger
    keyring: Keyring
    clock: Clock
    dice: Dice
    pause: Pause

    def __call__(self, question: Question) -> Answer | Refusal:
        """Record the submission exactly once, however often it comes and whatever fails on the way.

        Raises RejectedInput when the idempotency key was used for another submission, TryAgain when the store
        stays away: then nothing is stored, or the same submission can safely be sent again.
        """
        now = self.clock()
        as_unknown = intakes.at_first_sight(question, now)
        if isinstance(as_unknown, Refusal):
            return as_unknown
        draws = self.dice()
        keys = keys_of(self.keyring, question, draws, now)
        return patiently(lambda: self._once(question, as_unknown, keys, now, draws), self.pause)

    def _once(
        self, question: Question, as_unknown: ConsentDecision, keys: Keys, now: datetime, draws: Draws
    ) -> Answer | Refusal:
        recalled = self.ledger.recall(keys, question.notice)
        first = recalled.answer or _if_still_the_same(recalled.earlier, question.submission, now)
        if first:
            return _again(first, keys, draws, self.keyring)
        if question.submission.acted_at and question.submission.acted_at <= recalled.known.erased_at:
            return Refusal("erased", "/submitted_at")
        intake = intakes.decide(question, as_unknown, recalled.known, now, draws)
        receipt = canonical(intake.receipt)
        self.ledger.record(keys, intake, receipt)
        told = lead_token.completed(receipt, intake.receipt, self.keyring, keys.person, intake.event.at)
        return Answer(told, replayed=False, intake=intake)


def keys_of(keyring: Keyring, question: Question, draws: Draws, now: datetime) -> Keys:
    """Where this submission looks and writes; without a key of the sender's the receipt's own id serves, or the
    content itself in its stretch of time.
    """
    submission = question.submission
    fingerprint = keyring.fingerprint(submission)
    key, earlier = submission.key or draws.receipt_id, None
    if submission.once_within_s and not submission.key:
        stretch = int(now.timestamp()) // submission.once_within_s
        key, earlier = (f"{fingerprint}#{number}" for number in (stretch, stretch - 1))
    return Keys(
        person=keyring.person_key(submission.contact),
        submission=keyring.submission_key(submission.form_id, key),
        fingerprint=fingerprint,
        suppression=keyring.suppression_marks(submission.contact),
        earlier=keyring.submission_key(submission.form_id, earlier) if earlier else None,
    )


def _if_still_the_same(earlier: FirstAnswer | None, submission: Submission, now: datetime) -> FirstAnswer | None:
    """The same content from the stretch of time before counts only while its own time is not over.

    Two that come at once on both sides of a border cannot both miss each other: they write the same lead, so the
    later one must gather again.
    """
    since = instant(now - timedelta(seconds=submission.once_within_s))
    return earlier if earlier and earlier.at > since else None


def _again(first: FirstAnswer, keys: Keys, draws: Draws, keyring: Keyring) -> Answer | Refusal:
    """The first answer again; when we wrote it ourselves a moment ago and lost the reply, it is no replay.

    What was erased stays erased: nothing is stored, so it is refused; a new act comes under a new key.
    """
    if first == ERASED:
        return Refusal("erased", "/submission_id")
    if first.fingerprint != keys.fingerprint:
        raise RejectedInput("key_reused", InputFault("/submission_id", "used_for_another_submission"))
    receipt = lead_token.completed(first.receipt, json.loads(first.receipt), keyring, keys.person, first.at)
    return Answer(receipt, replayed=first.event_id != draws.event_id)
