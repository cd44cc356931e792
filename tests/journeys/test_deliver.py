from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.adapters.memory import MemoryHandOff, MemoryLedger
from shared.domain.errors import TryAgain
from shared.domain.message import Message
from shared.journeys.capture import Capture
from shared.journeys.deliver import Deliver
from shared.journeys.ports import Place
from tests.builders import ADA, KEYRING, NOON, a_question, draws

LATER = NOON + timedelta(hours=1)


def a_ledger(people: int = 1) -> MemoryLedger:
    """So many inquiries with a message waiting for each."""
    ledger = MemoryLedger()
    numbers = iter(range(1, 100))
    capture = Capture(ledger, KEYRING, lambda: NOON, lambda: draws(next(numbers)), lambda _: None)
    for number in range(people):
        capture(a_question(fields={**ADA, "email": f"ada{number}@example.com"}))
    return ledger


def a_delivery(ledger: MemoryLedger, queue: MemoryHandOff) -> Deliver:
    return Deliver(ledger, queue, lambda: LATER, lambda _: "mailed", lambda _: "texted")


def the_place(ledger: MemoryLedger) -> Place:
    return next(iter(ledger.outbox))


def test_a_waiting_message_is_sent_and_marked() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()

    outcome = a_delivery(ledger, queue)(the_place(ledger))

    assert (outcome, len(queue.messages), ledger.delivered) == ("sent", 1, {the_place(ledger): LATER})


def test_a_duplicate_stream_record_sends_nothing_twice() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()
    deliver = a_delivery(ledger, queue)
    deliver(the_place(ledger))

    assert deliver(the_place(ledger)) == "nothing"
    assert len(queue.messages) == 1


def test_a_lead_that_is_gone_is_not_handed_over() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()
    ledger.leads.clear()

    assert a_delivery(ledger, queue)(the_place(ledger)) == "dropped"
    assert queue.messages == []


def test_a_lead_whom_nobody_may_answer_any_more_is_not_handed_over() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()
    person, lead = next(iter(ledger.leads.items()))
    ledger.leads[person] = replace(lead, permission={**lead.permission, "reply": False, "marketing": {"email": "no"}})

    assert a_delivery(ledger, queue)(the_place(ledger)) == "dropped"


def test_permission_for_one_channel_is_enough_to_hand_over() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()
    person, lead = next(iter(ledger.leads.items()))
    ledger.leads[person] = replace(lead, permission={**lead.permission, "reply": False, "marketing": {"email": "yes"}})

    assert a_delivery(ledger, queue)(the_place(ledger)) == "sent"


def test_the_sweeper_delivers_everything_with_the_stream_off() -> None:
    ledger, queue = a_ledger(people=5), MemoryHandOff()

    counts = a_delivery(ledger, queue).sweep()

    assert counts == {"sent": 5, "dropped": 0, "nothing": 0, "failed": 0}
    assert a_delivery(ledger, queue).sweep()["sent"] == 0


def test_one_failure_does_not_keep_the_others_waiting() -> None:
    class Flaky(MemoryHandOff):
        def send(self, message: Message) -> None:
            if not self.messages and not self.failed:
                self.failed = True
                raise TryAgain("away")
            super().send(message)

        failed = False

    ledger, queue = a_ledger(people=3), Flaky()

    counts = a_delivery(ledger, queue).sweep()

    assert (counts["sent"], counts["failed"]) == (2, 1)
    assert a_delivery(ledger, queue).sweep()["sent"] == 1
