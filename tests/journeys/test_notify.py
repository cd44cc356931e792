"""Who knocks is let in by a secret that is valid now, and no notification is lost between queue and parking place."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.memory import MemoryLedger
from shared.adapters.memory_notify import MemoryNotifications, memory_secrets
from shared.domain.errors import RejectedInput, TryAgain
from shared.domain.notification import Notification
from shared.journeys.capture import Capture
from shared.journeys.capture_delivery import Delivered, capture_delivery
from shared.journeys.notify import Admit, Notify
from shared.sources import ad_lead
from shared.sources.platform_lead import PlatformLead, answer
from shared.sources.signatures import Accepted, Refused, Verdict, is_about_the_secret, shared_secret
from tests.builders import AGREEMENT, DEFINITION, KEYRING, NOON, draws
from tests.sources.platforms.test_ad_lead import a_lead

GOOGLE = AGREEMENT.sources["google-demo"]


def knows(given_secret: str) -> Any:
    return lambda secrets: shared_secret(given_secret, secrets)


def a_notification(source_id: str, platform: str = "meta") -> Notification:
    return Notification(platform, source_id, "fb#1", "CREATED", "1", "2026-03-02T12:00:00.000Z")


# ------------------------------------------------------------------ who knocks


def test_who_knows_the_secret_is_let_in_without_another_look() -> None:
    looks: list[int] = []
    admit = Admit(memory_secrets(lambda: looks.append(1) or {"meta": {"app_secret": "now"}}), is_about_the_secret)

    verdicts = [admit("meta", "app_secret", "", knows("now")) for _ in range(3)]

    assert (verdicts, len(looks)) == ([Accepted(0)] * 3, 1)


@pytest.mark.parametrize("before", [{}, {"meta": {"app_secret": "old"}}])
def test_a_secret_that_came_a_moment_ago_lets_in(before: dict[str, Any]) -> None:
    readings = iter([before, {"meta": {"app_secret": ["new"]}}])
    admit = Admit(memory_secrets(lambda: next(readings)), is_about_the_secret)

    assert admit("meta", "app_secret", "", knows("new")) == Accepted(0)


def test_who_knows_no_secret_stays_out_and_causes_one_look() -> None:
    looks: list[int] = []
    admit = Admit(memory_secrets(lambda: looks.append(1) or {"meta": {"app_secret": "now"}}), is_about_the_secret)

    verdicts = {admit("meta", "app_secret", "", knows(f"guess {number}")) for number in range(20)}

    assert (verdicts, len(looks)) == ({Refused("wrong_secret")}, 2)


def test_another_fault_is_no_reason_to_look_again() -> None:
    looks: list[int] = []
    admit = Admit(memory_secrets(lambda: looks.append(1) or {"meta": {"app_secret": "now"}}), is_about_the_secret)

    verdict: Verdict = admit("meta", "app_secret", "", knows(""))

    assert (verdict, len(looks)) == (Refused("missing_secret"), 1)


def test_nobody_is_told_to_stay_away_while_no_secret_can_be_read() -> None:
    def away() -> Any:
        raise TryAgain("secretsmanager is out of reach")

    with pytest.raises(TryAgain):
        Admit(memory_secrets(away), is_about_the_secret)("meta", "app_secret", "", knows("now"))


# ------------------------------------------------------------------ where it goes


def test_what_a_source_takes_is_queued_and_the_rest_is_parked() -> None:
    queue = MemoryNotifications()
    ours, nobodys, others = a_notification("meta-demo"), a_notification(""), a_notification("meta-demo", "linkedin")

    counts = Notify(queue, AGREEMENT)([ours, nobodys, others])

    assert counts == (1, 2)
    assert (queue.queued, queue.parked) == ([ours], [nobodys, others])


def test_a_source_that_is_switched_off_takes_nothing() -> None:
    off = replace(AGREEMENT, sources={"meta-demo": replace(AGREEMENT.sources["meta-demo"], enabled=False)})
    queue = MemoryNotifications()

    counts = Notify(queue, off)([a_notification("meta-demo")])

    assert counts == (0, 1)


def test_the_source_that_names_a_form_goes_before_the_one_that_takes_all() -> None:
    every = AGREEMENT.sources["meta-demo"]
    one = replace(every, source_id="one-form", forms=("7",))
    both = replace(AGREEMENT, sources={"meta-demo": every, "one-form": one})

    found = [both.source_of("meta", every.accounts[0], form) for form in ("7", "8")]

    assert found == [one, every]
    assert both.source_of("meta", "nobody's", "7") is None


# ------------------------------------------------------------------ leads that are delivered whole


def a_capture(ledger: MemoryLedger) -> Capture:
    numbers = itertools.count(1)
    return Capture(ledger, KEYRING, lambda: NOON, lambda: draws(next(numbers)), lambda _attempt: None)


def delivered(capture: Capture, lead: PlatformLead) -> Delivered:
    return capture_delivery(capture, ad_lead.question(GOOGLE, lead, AGREEMENT, DEFINITION))


def a_delivery(number: int, text: str = "ada@example.com") -> PlatformLead:
    answers = (answer("EMAIL", "email", "", [text]), answer("COMPANY_NAME", "company", "", [f"Engines {number}"]))
    return a_lead(platform="google", key=f"ga#{number}", answers=answers, tracking={})


def test_a_lead_that_is_read_better_the_second_time_is_still_the_same_delivery() -> None:
    capture = a_capture(MemoryLedger())

    first, again = delivered(capture, a_delivery(1)), delivered(capture, a_delivery(1, "other@example.com"))

    assert (first.outcome, again) == ("captured", Delivered("replayed"))
    assert first.lead is not None


def test_a_lead_that_is_none_says_why() -> None:
    assert delivered(a_capture(MemoryLedger()), a_delivery(1, "nobody")) == Delivered("no_contact_point")


def test_any_other_refusal_is_passed_on() -> None:
    class Refusing(MemoryLedger):
        def recall(self, *_: object) -> Any:
            raise RejectedInput("another")

    with pytest.raises(RejectedInput, match="another"):
        delivered(a_capture(Refusing()), a_delivery(1))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_replays_and_other_orders_change_nothing(numbers: list[int], order: random.Random) -> None:
    once, often = MemoryLedger(), MemoryLedger()
    shuffled = [*numbers, *numbers, *numbers]
    order.shuffle(shuffled)

    in_order, anyhow = a_capture(once), a_capture(often)
    for number in sorted(set(numbers)):
        delivered(in_order, a_delivery(number, f"person{number}@example.com"))
    outcomes = [delivered(anyhow, a_delivery(number, f"person{number}@example.com")).outcome for number in shuffled]

    assert outcomes.count("captured") == len(set(numbers)) == len(often.leads)
    assert {person: (lead.profile, lead.version, lead.score) for person, lead in often.leads.items()} == {
        person: (lead.profile, lead.version, lead.score) for person, lead in once.leads.items()
    }
