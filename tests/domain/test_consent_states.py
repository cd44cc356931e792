"""The state table: complete, within DPV's own transitions, and printed into docs/consent.md."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import consent_states as states
from shared.domain.errors import CannotHappen
from shared.domain.lead import instant
from tests.builders import NOON

PAGE = Path(__file__).resolve().parents[2] / "docs" / "consent.md"
CELLS = list(itertools.product(states.STATES, states.EVENTS))


@pytest.mark.parametrize(("state", "event"), CELLS)
def test_every_state_has_an_answer_to_every_event_and_walks_only_allowed_steps(state: str, event: str) -> None:
    way = states.TABLE[state][event]

    for step in way or ():
        assert step in states.ALLOWED[state]
        state = step


@pytest.mark.parametrize("state", states.STATES)
def test_asking_again_never_takes_a_standing_consent_away(state: str) -> None:
    after = states.after(state, "ask")

    assert (after in states.STANDING) == (state in states.STANDING)


@pytest.mark.parametrize("state", states.NO_IN_FORCE)
def test_a_no_stays_a_no_while_a_new_request_waits(state: str) -> None:
    assert states.after(state, "ask") == states.after(state, "lapse") == state


@pytest.mark.parametrize("state", states.STATES)
def test_after_a_withdrawal_it_is_a_no_whatever_it_was(state: str) -> None:
    assert states.after(state, "withdraw") in states.NO_IN_FORCE


@given(st.lists(st.sampled_from(sorted(states.EVENTS)), max_size=30))
@settings(deadline=None)
def test_nothing_but_a_tick_or_a_confirmation_makes_a_yes(events: list[str]) -> None:
    state = "unknown"
    for event in events:
        if states.TABLE[state][event] is None:
            continue
        before, state = state, states.after(state, event)
        if state in states.STANDING and before not in states.STANDING:
            assert event in ("tick", "confirm")


def test_what_was_never_asked_cannot_be_confirmed() -> None:
    with pytest.raises(CannotHappen):
        states.after("unknown", "confirm")


@pytest.mark.parametrize(("seconds", "state"), [(-1, "given"), (0, "expired"), (1, "expired")])
def test_a_consent_ends_at_its_end(seconds: int, state: str) -> None:
    standing = {"status": "given", "at": instant(NOON), "expires": instant(NOON)}

    assert states.now_at(standing, NOON + timedelta(seconds=seconds)) == state


def test_the_page_prints_the_table_as_it_is() -> None:
    printed = re.search(r"<!-- states -->\n(.*?)<!-- /states -->", PAGE.read_text("utf-8"), re.DOTALL)

    assert printed is not None
    assert printed[1].strip() == states.table().strip()
