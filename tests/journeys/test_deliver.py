from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from shared.adapters.memory import MemoryHandOff, MemoryLedger
from shared.domain.errors import TryAgain
from shared.domain.message import Message
from shared.journeys.capture import Capture
from shared.journeys.deliver import Deliver
from shared.journeys.ports import Place
from tests.builders import ADA, KEYRING, NOON, a_question, draws
from tests.support.sales import assigning

LATER = NOON + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def a_ledger(people: int = 1) -> MemoryLedger:
    """So many inquiries with a message waiting for each."""
    ledger = MemoryLedger()
    numbers = iter(range(1, 100))
    capture = Capture(ledger, KEYRING, lambda: NOON, lambda: draws(next(numbers)), lambda _: None)
    for number in range(people):
        capture(a_question(fields={**ADA, "email": f"ada{number}@example.com"}))
    return ledger


def a_delivery(ledger: MemoryLedger, queue: MemoryHandOff, now: datetime = LATER) -> Deliver:
    clock = lambda: now  # noqa: E731  # one expression, used twice
    return Deliver(
        ledger, queue, clock, lambda _: "mailed", lambda _: "texted", assigning(ledger, clock), MemoryHandOff()
    )


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
    assert a_delivery(ledger, queue, LATER + MINUTE).sweep()["sent"] == 1


class Away(MemoryHandOff):
    def send(self, message: Message) -> None:
        raise TryAgain("away")


def test_what_fails_comes_again_later_and_later_so_that_others_are_not_kept_waiting() -> None:
    ledger, tried = a_ledger(), []

    for minute in range(20):
        if a_delivery(ledger, Away(), LATER + minute * MINUTE).sweep()["failed"]:
            tried.append(minute)

    assert tried == [0, 1, 3, 7, 15]


def test_a_store_that_cannot_even_postpone_fails_no_louder() -> None:
    class Forgetful(MemoryLedger):
        def postpone(self, place: Place, now: datetime) -> None:
            raise TryAgain("away")

    ledger = a_ledger()
    ledger.__class__ = Forgetful

    assert a_delivery(ledger, Away()).sweep()["failed"] == 1


def test_an_offer_leaves_with_its_owner_and_its_promise_and_is_the_same_when_it_must_leave_again() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()
    place = the_place(ledger)

    a_delivery(ledger, queue)(place)
    ledger.delivered.clear()
    a_delivery(ledger, queue, LATER + timedelta(days=3))(place)

    told = json.loads(queue.messages[0].body)["data"]
    assert (told["queue"], told["owner_id"]) == ("world", "world-1")
    assert told["sla"] == {"band": "A1", "respond_within_minutes": 60, "due_at": "2026-03-02T14:00:00.000Z"}
    assert queue.messages[0] == queue.messages[1]
