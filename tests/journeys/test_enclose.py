"""The person in the message, where the stack is told so: encrypted as they are when it leaves, and only for sales."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryCipher, MemoryHandOff, MemoryLedger
from shared.domain.enclosure import MOST_BYTES, text_of
from shared.domain.errors import TryAgain
from shared.domain.lead import Lead
from shared.domain.message import Message, lead_erased, nurture_enrolled, permission_changed, rehearsed, sla_breached
from shared.journeys.capture import Capture
from shared.journeys.deliver import Deliver
from shared.journeys.enclose import Enclose
from shared.journeys.ports import Place
from tests.builders import ADA, KEYRING, NOON, a_question, draws
from tests.support.sales import assigning

LATER = NOON + timedelta(hours=1)
PLANTED = {
    **ADA,
    "email": "canary.zebra@example.com",
    "last_name": "Canarylast",
    "phone": "+33612345678",
    "message": "Canarywords that nobody may see",
}


def a_ledger(**fields: str) -> MemoryLedger:
    """One inquiry, with its message waiting."""
    ledger = MemoryLedger()
    capture = Capture(ledger, KEYRING, lambda: NOON, lambda: draws(1), lambda _: None)
    capture(a_question(fields={**PLANTED, **fields}))
    return ledger


def the_lead(ledger: MemoryLedger) -> Lead:
    return next(iter(ledger.leads.values()))


def the_place(ledger: MemoryLedger) -> Place:
    return next(iter(ledger.outbox))


def a_delivery(
    ledger: MemoryLedger, queue: MemoryHandOff, cipher: MemoryCipher, tests: MemoryHandOff | None = None
) -> Deliver:
    def clock() -> datetime:
        return LATER

    assign, nurture = assigning(ledger, clock), MemoryHandOff()
    return Deliver(ledger, queue, clock, lambda _: "", lambda _: "", assign, nurture, tests, Enclose(cipher, clock))


def enclosed(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.body)["data"]["enclosed"]
    return found


def opened(cipher: MemoryCipher, message: Message) -> dict[str, Any]:
    context = {"lead_id": message.lead_id, "message_id": message.message_id}
    found: dict[str, Any] = json.loads(cipher.decrypt(enclosed(message)["ciphertext"], context))
    return found


def test_an_offer_leaves_with_the_person_encrypted_and_not_a_word_of_them_in_the_clear() -> None:
    ledger, queue, cipher = a_ledger(), MemoryHandOff(), MemoryCipher()

    a_delivery(ledger, queue, cipher)(the_place(ledger))

    (message,) = queue.messages
    lead = the_lead(ledger)
    inside = opened(cipher, message)
    assert inside["person"] == dict(lead.profile)
    assert (inside["lead_id"], inside["version"], inside["score"]) == (lead.lead_id, lead.version, lead.score)
    assert (inside["permission"]["reply"], inside["permission"]["as_of"]) == (True, "2026-03-02T13:00:00.000Z")
    assert not [value for value in PLANTED.values() if value in message.body]


def test_it_says_how_old_it_is_and_until_when_it_may_be_opened() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()

    a_delivery(ledger, queue, MemoryCipher())(the_place(ledger))

    told = enclosed(queue.messages[0])
    assert (told["as_of"], told["expires_at"]) == ("2026-03-02T13:00:00.000Z", "2026-03-09T13:00:00.000Z")


def test_the_outbox_holds_the_message_without_the_person() -> None:
    ledger, queue = a_ledger(), MemoryHandOff()

    a_delivery(ledger, queue, MemoryCipher())(the_place(ledger))

    waiting, _ = ledger.outbox[the_place(ledger)]
    assert "enclosed" not in waiting.body
    assert replace(queue.messages[0], body="") == replace(waiting, body="")


def test_the_person_is_read_as_the_message_leaves() -> None:
    ledger, queue, cipher = a_ledger(), MemoryHandOff(), MemoryCipher()
    person, lead = next(iter(ledger.leads.items()))
    ledger.leads[person] = replace(lead, version=lead.version + 1, profile={**lead.profile, "company": "Newer"})

    a_delivery(ledger, queue, cipher)(the_place(ledger))

    inside = opened(cipher, queue.messages[0])
    assert (inside["version"], inside["person"]["company"]) == (lead.version + 1, "Newer")


def test_who_is_erased_before_the_message_leaves_is_never_encrypted() -> None:
    ledger, queue, cipher = a_ledger(), MemoryHandOff(), MemoryCipher()
    ledger.leads.clear()

    assert a_delivery(ledger, queue, cipher)(the_place(ledger)) == "dropped"
    assert (queue.messages, cipher.encrypted) == ([], [])


def test_a_message_that_leaves_again_has_the_same_id_and_another_ciphertext() -> None:
    ledger, queue, cipher = a_ledger(), MemoryHandOff(), MemoryCipher()
    deliver = a_delivery(ledger, queue, cipher)

    deliver(the_place(ledger))
    ledger.delivered.clear()
    deliver(the_place(ledger))

    first, second = queue.messages
    assert first.message_id == second.message_id
    assert enclosed(first)["ciphertext"] != enclosed(second)["ciphertext"]
    assert opened(cipher, first) == opened(cipher, second)


def test_while_the_key_is_out_of_reach_nothing_leaves_and_nothing_is_lost() -> None:
    class Away(MemoryCipher):
        def encrypt(self, text: str, context: object) -> str:
            raise TryAgain("away")

    ledger, queue = a_ledger(), MemoryHandOff()

    with pytest.raises(TryAgain):
        a_delivery(ledger, queue, Away())(the_place(ledger))

    assert (queue.messages, ledger.delivered) == ([], {})
    assert a_delivery(ledger, queue, MemoryCipher())(the_place(ledger)) == "sent"


def test_what_sales_would_be_told_of_a_test_lead_is_by_reference() -> None:
    ledger, queue, tests, cipher = a_ledger(), MemoryHandOff(), MemoryHandOff(), MemoryCipher()
    person, lead = next(iter(ledger.leads.items()))
    ledger.leads[person] = replace(lead, is_test=True)

    a_delivery(ledger, queue, cipher, tests)(the_place(ledger))

    assert [message.kind for message in tests.messages] == ["test.sales_qualified"]
    assert cipher.encrypted == []


# ------------------------------------------------------------------ which messages


def a_breach(lead: Lead) -> Message:
    return sla_breached(lead, 1, {"lead_id": lead.lead_id, "attempt": 1}, NOON)


def a_change(lead: Lead) -> Message:
    return permission_changed(lead, "consent_withdrawn", ("mkt_email",), NOON)


@pytest.mark.parametrize("say", [a_breach, a_change])
def test_every_message_about_somebody_with_sales_has_them_in_it(say: Any) -> None:
    cipher, lead = MemoryCipher(), the_lead(a_ledger())

    message = Enclose(cipher, lambda: LATER)(say(lead), lead)

    assert opened(cipher, message)["person"]["email"] == PLANTED["email"]


def test_of_somebody_whom_sales_was_never_offered_a_change_is_told_without_them() -> None:
    cipher, lead = MemoryCipher(), replace(the_lead(a_ledger()), crossings=0)

    message = Enclose(cipher, lambda: LATER)(a_change(lead), lead)

    assert enclosed(message)["ciphertext"] is None
    assert cipher.encrypted == []


def test_whoever_came_back_after_an_erasure_is_not_in_a_message_about_the_lead_of_before() -> None:
    cipher, lead = MemoryCipher(), the_lead(a_ledger())
    returned = replace(lead, lead_id="f" * 32)

    messages = [Enclose(cipher, lambda: LATER)(a_change(lead), found) for found in (returned, None)]

    assert [enclosed(message)["ciphertext"] for message in messages] == [None, None]
    assert cipher.encrypted == []


def test_erasures_enrolments_and_rehearsals_stay_as_they_are() -> None:
    cipher, lead = MemoryCipher(), the_lead(a_ledger())
    told = {"lead_id": lead.lead_id}
    messages = [
        lead_erased(lead.lead_id, 2, "art17", NOON),
        nurture_enrolled(lead, told, NOON),
        rehearsed(a_change(lead)),
    ]

    assert [Enclose(cipher, lambda: LATER)(message, lead) for message in messages] == messages
    assert cipher.encrypted == []


# ------------------------------------------------------------------ what fits


def test_answers_that_are_too_long_are_left_out_and_named_the_longest_first() -> None:
    lead = the_lead(a_ledger(message="Ж" * 4000, job_title="Ä" * 200))
    longer = replace(lead, profile={**lead.profile, "interest_area": "x" * 3900})

    inside = [json.loads(text_of(one, NOON)) for one in (lead, longer)]

    assert [one["left_out"] for one in inside] == [["message"], ["message", "interest_area"]]
    assert inside[0]["person"] == {name: value for name, value in lead.profile.items() if name != "message"}


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=8), st.text(max_size=1500), max_size=12))
def test_whatever_a_person_wrote_fits_and_an_address_is_never_left_out(answers: dict[str, str]) -> None:
    lead = replace(LEAD, profile={**answers, "email": "ada@example.com", "phone": "+33612345678"})

    text = text_of(lead, NOON)

    inside = json.loads(text)
    assert len(text.encode()) <= MOST_BYTES
    assert {*inside["person"], *inside["left_out"]} == set(lead.profile)
    assert {"email", "phone"} <= inside["person"].keys()


LEAD = the_lead(a_ledger())
