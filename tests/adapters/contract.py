"""What every keeper of the Ledger port promises; each adapter and its twin runs the same list."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import intake as intakes
from shared.domain.errors import Conflict
from shared.domain.identity import canonical
from shared.domain.intake import Intake
from shared.domain.question import Known, Question
from shared.journeys.capture import keys_of
from shared.journeys.ports import Keys, Ledger, Place
from tests.builders import ADA, AGREEMENT, KEYRING, NOON, a_question, draws

NOTICE = AGREEMENT.notices[AGREEMENT.forms["demo-request"].notice]
LATER = NOON + timedelta(hours=1)


def keys(question: Question, number: int) -> Keys:
    return keys_of(KEYRING, question, draws(number), NOON)


def an_intake(question: Question, number: int, known: Known | None = None) -> Intake:
    as_unknown = intakes.at_first_sight(question, NOON)
    assert not isinstance(as_unknown, intakes.Refusal)
    intake = intakes.decide(question, as_unknown, known or Known(), NOON, draws(number))
    assert isinstance(intake, Intake)
    return intake


def write(ledger: Ledger, number: int, email: str = "ada@example.com", **changes: object) -> tuple[Keys, Intake]:
    """One submission gathered, decided and recorded."""
    question = a_question(fields={**ADA, "email": email}, **changes)
    where = keys(question, number)
    intake = an_intake(question, number, ledger.recall(where, NOTICE).known)
    ledger.record(where, intake, canonical(intake.receipt))
    return where, intake


class LedgerContract:
    """Inherit and give a `ledger` fixture; `suppress` adds a mark to the suppressions."""

    def test_nothing_is_known_of_somebody_new(self, ledger: Ledger) -> None:
        recalled = ledger.recall(keys(a_question(), 1), NOTICE)

        assert recalled.answer is None
        assert recalled.known == Known()

    def test_what_was_recorded_is_known_at_once(self, ledger: Ledger) -> None:
        where, intake = write(ledger, 1)

        recalled = ledger.recall(where, NOTICE)

        assert recalled.known.lead == intake.lead
        assert recalled.known.published_sha256 == NOTICE.sha256
        assert recalled.answer is not None
        assert recalled.answer.receipt == canonical(intake.receipt)
        assert (recalled.answer.fingerprint, recalled.answer.event_id) == (where.fingerprint, intake.event.event_id)

    def test_the_next_version_needs_the_one_before(self, ledger: Ledger) -> None:
        write(ledger, 1)

        where, second = write(ledger, 2)

        assert second.lead.version == 2
        assert ledger.recall(where, NOTICE).known.lead == second.lead

    def test_a_decision_on_old_knowledge_is_a_conflict_and_writes_nothing(self, ledger: Ledger) -> None:
        write(ledger, 1)
        question = a_question()
        stale = an_intake(question, 2)
        where = keys(question, 2)
        before = ledger.recall(where, NOTICE)

        with pytest.raises(Conflict):
            ledger.record(where, stale, "{}")

        assert ledger.recall(where, NOTICE) == before

    def test_the_same_submission_cannot_be_recorded_twice(self, ledger: Ledger) -> None:
        where, intake = write(ledger, 1)
        known = ledger.recall(where, NOTICE).known
        again = an_intake(a_question(), 2, known)

        with pytest.raises(Conflict):
            ledger.record(replace(keys(a_question(), 2), submission=where.submission), again, "{}")

        assert ledger.recall(where, NOTICE).known.lead == intake.lead

    def test_the_same_content_of_the_stretch_before_is_recalled_too(self, ledger: Ledger) -> None:
        question = a_question(once_within_s=600)
        first = keys_of(KEYRING, question, draws(1), NOON)
        intake = an_intake(question, 1)
        ledger.record(first, intake, "{}")

        recalled = ledger.recall(keys_of(KEYRING, question, draws(2), NOON + timedelta(seconds=600)), NOTICE)

        assert recalled.answer is None
        assert recalled.earlier is not None
        assert (recalled.earlier.event_id, recalled.earlier.at) == (intake.event.event_id, intake.event.at)

    def test_a_wording_is_published_once_and_never_changed(self, ledger: Ledger) -> None:
        write(ledger, 1)
        question = a_question(fields={**ADA, "email": "grace@example.com"})
        unaware = an_intake(question, 2, Known())

        with pytest.raises(Conflict):
            ledger.record(
                keys(question, 2), replace(unaware, notice=replace(NOTICE, wording="other", sha256="0")), "{}"
            )

        assert ledger.recall(keys(question, 2), NOTICE).known.published_sha256 == NOTICE.sha256

    def test_suppressed_contact_points_are_recalled_by_kind(
        self, ledger: Ledger, suppress: Callable[[str], None]
    ) -> None:
        question = a_question(fields={**ADA, "phone": "+33612345678"})
        where = keys(question, 1)
        suppress(where.suppression["phone"][0])

        assert ledger.recall(where, NOTICE).known.suppressed == {"phone"}

    def test_a_lead_is_found_by_its_id(self, ledger: Ledger) -> None:
        _, intake = write(ledger, 1)

        assert ledger.find(intake.lead.lead_id) == intake.lead

    def test_an_unknown_id_finds_nobody(self, ledger: Ledger) -> None:
        assert ledger.find("f" * 32) is None

    def test_a_message_waits_with_its_lead_until_it_is_delivered(self, ledger: Ledger) -> None:
        where, intake = write(ledger, 1)
        place = Place(where.person, "OUT#0000000001")

        waiting = ledger.waiting(place)

        assert waiting is not None
        assert ((waiting.message,), waiting.lead) == (intake.messages, intake.lead)

    def test_a_delivered_message_waits_no_more_however_often_it_is_marked(self, ledger: Ledger) -> None:
        where, _ = write(ledger, 1)
        place = Place(where.person, "OUT#0000000001")

        ledger.mark_delivered(place, LATER)
        ledger.mark_delivered(place, LATER)

        assert ledger.waiting(place) is None
        assert list(ledger.overdue(LATER, 10)) == []

    def test_marking_what_is_not_there_is_harmless(self, ledger: Ledger) -> None:
        nowhere = Place("0" * 32, "OUT#0000000001")

        ledger.mark_delivered(nowhere, LATER)

        assert ledger.waiting(nowhere) is None

    def test_a_message_is_overdue_when_the_relay_had_its_head_start(self, ledger: Ledger) -> None:
        where, _ = write(ledger, 1)
        place = Place(where.person, "OUT#0000000001")

        assert list(ledger.overdue(NOON + timedelta(seconds=59), 10)) == []
        assert list(ledger.overdue(NOON + timedelta(seconds=60), 10)) == [place]

    def test_no_more_is_overdue_than_was_asked_for(self, ledger: Ledger) -> None:
        for number in range(1, 5):
            write(ledger, number, email=f"ada{number}@example.com")

        assert len(list(ledger.overdue(LATER, 3))) == 3
        assert len(list(ledger.overdue(LATER, 10))) == 4

    def test_who_asked_for_nothing_leaves_no_message(self, ledger: Ledger) -> None:
        _, intake = write(ledger, 1, form_id="content-download")

        assert intake.messages == ()
        assert list(ledger.overdue(LATER, 10)) == []


class ContentionContract:
    """What must hold under threads; not for emulators that lose updates."""

    def test_of_eight_who_write_the_first_version_one_wins(self, ledger: Ledger) -> None:
        write(ledger, 99, email="first@example.com")
        question = a_question()
        known = replace(Known(), published_sha256=NOTICE.sha256)

        def attempt(number: int) -> bool:
            try:
                ledger.record(keys(question, number), an_intake(question, number, known), "{}")
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(attempt, range(1, 9)))

        assert sum(won) == 1
