from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from local import template
from shared.adapters.aws import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
from shared.adapters.connections import READ_SECONDS
from shared.adapters.memory import MemoryLedger
from shared.domain.agreement import Notice
from shared.domain.errors import CannotHappen, Conflict, RejectedInput, TryAgain
from shared.domain.intake import Intake
from shared.domain.qualification import Refusal
from shared.domain.submission import ContactPoints
from shared.journeys.capture import Answer, Capture
from shared.journeys.patience import ATTEMPTS
from shared.journeys.ports import Keys, Recalled
from tests.builders import ADA, KEYRING, NOON, a_question, draws

KEY = "0123456789abcdef"


class Stubborn(MemoryLedger):
    """Raises what it is told before or after the real thing, once per entry of the list."""

    def __init__(self, *errors: Exception, committed: bool = False) -> None:
        super().__init__()
        self.errors = list(errors)
        self.committed = committed

    def record(self, keys: Keys, intake: Intake, receipt: str) -> None:
        if self.errors:
            error = self.errors.pop(0)
            if self.committed:
                super().record(keys, intake, receipt)
            raise error
        super().record(keys, intake, receipt)


def a_capture(ledger: MemoryLedger, pauses: list[int] | None = None) -> Capture:
    numbers = iter(range(1, 1000))
    return Capture(
        ledger, KEYRING, lambda: NOON, lambda: draws(next(numbers)), (pauses if pauses is not None else []).append
    )


def answered(outcome: Answer | Refusal) -> Answer:
    assert isinstance(outcome, Answer)
    return outcome


def test_a_submission_is_recorded_once_and_whole() -> None:
    ledger = MemoryLedger()

    answer = answered(a_capture(ledger)(a_question()))

    assert answer.replayed is False
    assert (len(ledger.leads), len(ledger.events), len(ledger.entries), len(ledger.outbox), len(ledger.notices)) == (
        1,
        1,
        1,
        1,
        1,
    )


def test_the_same_submission_again_gets_the_first_answer_and_changes_nothing() -> None:
    ledger = MemoryLedger()
    capture = a_capture(ledger)
    first = answered(capture(a_question(key=KEY)))

    again = answered(capture(a_question(key=KEY)))

    assert (again.receipt, again.replayed, again.intake) == (first.receipt, True, None)
    assert len(ledger.events) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"fields": {**ADA, "company": "Other"}},
        {"fields": {**ADA, "email": "grace@example.com"}},
        {"ticked": ("mkt_email",)},
    ],
)
def test_a_key_used_again_for_something_else_is_refused_and_changes_nothing(change: dict[str, object]) -> None:
    ledger = MemoryLedger()
    capture = a_capture(ledger)
    capture(a_question(key=KEY))

    with pytest.raises(RejectedInput) as refused:
        capture(a_question(key=KEY, **change))

    assert refused.value.code == "key_reused"
    assert len(ledger.events) == 1


def test_without_a_key_every_submission_is_its_own() -> None:
    ledger = MemoryLedger()
    capture = a_capture(ledger)

    capture(a_question())
    capture(a_question())

    assert len(ledger.events) == 2
    assert next(iter(ledger.leads.values())).version == 2


def test_a_visitor_who_is_no_lead_costs_no_read_and_no_write() -> None:
    class Untouchable(MemoryLedger):
        def recall(self, *_: object) -> None:  # type: ignore[override]  # it must not be called
            raise AssertionError

    refusal = a_capture(Untouchable())(a_question(fields={}, contact=ContactPoints()))

    assert refusal == Refusal("no_qualifying_action", "/fields")


@pytest.mark.parametrize("error", [Conflict("faster"), TryAgain("busy")])
def test_a_passing_trouble_is_tried_again_with_growing_pauses(error: Exception) -> None:
    pauses: list[int] = []
    ledger = Stubborn(error, error)

    answer = answered(a_capture(ledger, pauses)(a_question()))

    assert (answer.replayed, pauses, len(ledger.events)) == (False, [1, 2], 1)


def test_a_lost_reply_is_recognised_as_our_own_commit_and_not_as_a_replay() -> None:
    ledger = Stubborn(TryAgain("lost"), committed=True)

    answer = answered(a_capture(ledger)(a_question()))

    assert (answer.replayed, len(ledger.events)) == (False, 1)


def test_a_store_that_stays_away_is_given_up_with_nothing_stored() -> None:
    ledger = Stubborn(*[TryAgain("away")] * ATTEMPTS)

    with pytest.raises(TryAgain):
        a_capture(ledger)(a_question())

    assert not ledger.leads


def test_a_broken_promise_is_not_tried_again() -> None:
    pauses: list[int] = []

    with pytest.raises(CannotHappen):
        a_capture(Stubborn(CannotHappen("broken")), pauses)(a_question())

    assert pauses == []


def test_two_first_submissions_of_one_person_meet_in_one_lead_with_an_unbroken_chain() -> None:
    ledger = MemoryLedger()
    capture = a_capture(ledger)
    meanwhile: list[Callable[[], object]] = [lambda: capture(a_question(fields={**ADA, "message": "second window"}))]

    class Interrupted(MemoryLedger):
        def recall(self, keys: Keys, notice: object) -> object:  # type: ignore[override]  # wraps the other ledger
            recalled = ledger.recall(keys, notice)  # type: ignore[arg-type]  # passed through
            if meanwhile:
                meanwhile.pop()()
            return recalled

        def record(self, keys: Keys, intake: Intake, receipt: str) -> None:
            ledger.record(keys, intake, receipt)

    replace(capture, ledger=Interrupted())(a_question())

    lead = next(iter(ledger.leads.values()))
    assert (len(ledger.leads), len(ledger.events), lead.version) == (1, 2, 2)
    assert sorted(seq for _, seq in ledger.entries) == [1, 2]
    assert len({chain for chain, _ in ledger.entries}) == 1


def test_all_tries_together_end_before_the_function_is_stopped() -> None:
    """Otherwise the visitor gets the gateway's 502 instead of our 503 with Retry-After."""
    longest = ATTEMPTS * READ_SECONDS + sum(
        min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt) for attempt in range(1, ATTEMPTS)
    )

    assert longest < template.setting(template.read(), "CaptureFunction", "Timeout") < 29


# ------------------------------------------------------------------ senders without keys

NUMBERS = itertools.count(1)
DOUBLE: dict[str, Any] = {"once_within_s": 600}


def at_times(ledger: MemoryLedger, *moments: datetime) -> Capture:
    """A capture that is called at these moments, one after the other."""
    clock = iter(moments)
    return Capture(ledger, KEYRING, lambda: next(clock), lambda: draws(next(NUMBERS)), lambda _: None)


@pytest.mark.parametrize("seconds", [0, 1, 299, 300, 301, 599])
def test_a_double_click_is_one_submission_whichever_side_of_a_border_it_falls_on(seconds: int) -> None:
    ledger = MemoryLedger()
    start = NOON + timedelta(minutes=5)
    capture = at_times(ledger, start, start + timedelta(seconds=seconds))
    first = answered(capture(a_question(**DOUBLE)))

    again = answered(capture(a_question(**DOUBLE)))

    assert (again.receipt, again.replayed) == (first.receipt, True)
    assert len(ledger.events) == 1


@pytest.mark.parametrize("seconds", [600, 601, 1200, 86_400])
def test_the_same_content_after_the_window_is_a_second_act(seconds: int) -> None:
    ledger = MemoryLedger()
    start = NOON + timedelta(minutes=5)
    capture = at_times(ledger, start, start + timedelta(seconds=seconds))
    capture(a_question(**DOUBLE))

    again = answered(capture(a_question(**DOUBLE)))

    assert again.replayed is False
    assert len(ledger.events) == 2


def test_other_content_within_the_window_is_a_second_act() -> None:
    ledger = MemoryLedger()
    capture = a_capture(ledger)
    capture(a_question(**DOUBLE))

    answered(capture(a_question(**DOUBLE, ticked=("mkt_email",))))

    assert len(ledger.events) == 2


def test_a_key_of_the_senders_outranks_the_content() -> None:
    ledger = MemoryLedger()
    capture = a_capture(ledger)
    capture(a_question(**DOUBLE, key=KEY))

    answered(capture(a_question(**DOUBLE, key="another-key-0001")))

    assert len(ledger.events) == 2


class Interrupted(MemoryLedger):
    """Between the first read and the write that follows from it, somebody else is served."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def recall(self, keys: Keys, notice: Notice) -> Recalled:
        found = super().recall(keys, notice)
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return found


def test_two_clicks_on_both_sides_of_a_border_meet_in_the_lead() -> None:
    """The second reads before the first has written: it loses the race for the lead, reads again and sees it."""
    ledger, border = Interrupted(), NOON + timedelta(minutes=10)
    just_before = border - timedelta(milliseconds=1)
    ledger.meanwhile = lambda: at_times(ledger, just_before)(a_question(**DOUBLE))

    again = answered(at_times(ledger, border)(a_question(**DOUBLE)))

    assert again.replayed is True
    assert len(ledger.events) == 1
