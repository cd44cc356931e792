"""Who may be on a list for retargeting: only who said yes to this very recipient, and nobody who ever said no."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import permission_acts as acts
from shared.domain.audience import hashed, left_out
from shared.domain.consent_states import STANDING, STATES
from shared.domain.lead import Lead, instant
from shared.domain.suppression import Found
from tests.builders import ADA, NOON, a_question
from tests.journeys.permission_world import SHOWN, World

NOWHERE = Found()
GIVEN_AT = instant(NOON)
PARTNER = "Example Partner GmbH"


def a_lead(*ticked: str, country: str = "GB") -> Lead:
    world = World()
    world.post("event-registration", fields={**ADA, "country": country}, ticked=ticked)
    lead: Lead = world.lead
    return lead


def with_permission(lead: Lead, **changes: Any) -> Lead:
    return replace(lead, permission={**lead.permission, **changes})


def test_who_said_yes_to_sharing_is_on_the_list() -> None:
    assert left_out(a_lead("share_3p"), NOWHERE, False, PARTNER, NOON) is None


def test_who_said_yes_to_everything_else_is_not() -> None:
    assert left_out(a_lead("mkt_email", "profiling"), NOWHERE, False, PARTNER, NOON) == "no_permission_to_share"


@pytest.mark.parametrize(
    ("changed", "found", "reason"),
    [
        (lambda lead: lead, Found(suppressed=frozenset({"k#1"})), "suppressed"),
        (lambda lead: lead, Found(opted_out=frozenset({"k#1"})), "sale_opt_out"),
        (lambda lead: with_permission(lead, sale_optout=True), NOWHERE, "sale_opt_out"),
        (lambda lead: with_permission(lead, objected=True), NOWHERE, "objected"),
        (lambda lead: with_permission(lead, share=False), NOWHERE, "no_permission_to_share"),
        (lambda lead: a_lead("mkt_email"), NOWHERE, "no_permission_to_share"),
        (lambda lead: replace(lead, is_test=True), NOWHERE, "test"),
        (lambda lead: replace(lead, stage="withdrawn"), NOWHERE, "erased"),
        (lambda lead: replace(lead, profile={"phone": "+33612345678"}), NOWHERE, "no_email"),
    ],
)
def test_one_no_is_enough_and_its_reason_is_told(changed: Any, found: Found, reason: str) -> None:
    assert left_out(changed(a_lead("share_3p")), found, False, PARTNER, NOON) == reason


def test_a_yes_to_one_recipient_is_none_to_another() -> None:
    assert left_out(a_lead("share_3p"), NOWHERE, False, "Example Other Ltd", NOON) == "recipient_not_named"


def test_a_yes_whose_wording_named_nobody_or_is_not_on_record_shares_with_nobody() -> None:
    given = {"status": "given", "at": GIVEN_AT, "expires": None}

    for standing in (given, {**given, "recipients": []}):
        lead = with_permission(a_lead("share_3p"), channels={"share_3p": standing})

        assert left_out(lead, NOWHERE, False, PARTNER, NOON) == "recipient_not_named"


def test_a_later_yes_names_anew_and_adds_nobody_to_an_older_one() -> None:
    world = World()
    world.post("event-registration", fields={**ADA, "country": "GB"}, ticked=("share_3p",))
    asked = a_question("event-registration", fields={**ADA, "country": "GB"}, ticked=("share_3p",))
    facts = {**asked.notice.facts, "third_parties": ["Example Other Ltd"]}

    world.capture()(replace(asked, notice=replace(asked.notice, version=3, facts=facts)))

    assert world.lead.permission["channels"]["share_3p"]["recipients"] == ["Example Other Ltd"]
    assert left_out(world.lead, NOWHERE, False, "Example Other Ltd", NOON) is None
    assert left_out(world.lead, NOWHERE, False, PARTNER, NOON) == "recipient_not_named"


def test_a_yes_on_the_preference_page_is_one_to_those_whom_the_page_names() -> None:
    world = World()
    world.post("event-registration", fields={**ADA, "country": "GB"}, ticked=("mkt_email", "share_3p"))
    page = world.permissions()
    page.choose(world.preferences_link, frozenset({"mkt_email"}), SHOWN)
    ended = world.lead
    page.choose(world.preferences_link, frozenset({"mkt_email", "share_3p"}), SHOWN)

    body = json.loads(list(world.store.entries.values())[-1].body)

    assert (acts.named(ended, NOON), acts.named(world.lead, NOON)) == ((PARTNER,), (PARTNER,))
    assert left_out(ended, NOWHERE, False, PARTNER, NOON) == "no_permission_to_share"
    assert left_out(world.lead, NOWHERE, False, PARTNER, NOON) is None
    assert body["boxes"][-1]["recipients"] == [PARTNER]


def test_who_is_being_erased_is_left_out() -> None:
    assert left_out(a_lead("share_3p"), NOWHERE, True, PARTNER, NOON) == "erased"


def test_a_yes_that_is_over_is_none() -> None:
    lead = with_permission(
        a_lead("share_3p"), channels={"share_3p": {"status": "given", "at": GIVEN_AT, "expires": "2026-01-01"}}
    )

    assert left_out(lead, NOWHERE, False, PARTNER, NOON + timedelta(days=2000)) == "no_permission_to_share"


@given(
    standing=st.none()
    | st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATES),
            "at": st.just(GIVEN_AT),
            "expires": st.none(),
            "recipients": st.sampled_from([[], [PARTNER], ["Example Other Ltd"], ["Example Other Ltd", PARTNER]]),
        }
    ),
    share=st.booleans(),
    opted_out=st.booleans(),
    objected=st.booleans(),
    suppressed=st.booleans(),
)
def test_nobody_without_permission_is_ever_in_it(
    standing: dict[str, Any] | None, share: bool, opted_out: bool, objected: bool, suppressed: bool
) -> None:
    lead = with_permission(
        LEAD, channels={"share_3p": standing} if standing else {}, share=share, sale_optout=opted_out, objected=objected
    )
    found = Found(suppressed=frozenset({"k#1"}) if suppressed else frozenset())

    is_in = left_out(lead, found, False, PARTNER, NOON) is None

    said_yes = standing is not None and standing["status"] in STANDING and share and PARTNER in standing["recipients"]
    assert is_in == (said_yes and not (opted_out or objected or suppressed))


LEAD = a_lead("share_3p")


@pytest.mark.parametrize("written", ["ada@example.com", " Ada@Example.COM "])
def test_an_address_is_hashed_as_the_platforms_ask(written: str) -> None:
    assert hashed(written) == sha256(b"ada@example.com").hexdigest()


@pytest.mark.parametrize(
    ("written", "hashed_as"),
    [
        ("a.d.a@gmail.com", "ada@gmail.com"),
        ("a.da@googlemail.com", "ada@googlemail.com"),
        ("a.da@example.com", "a.da@example.com"),
    ],
)
def test_google_takes_the_dots_out_of_its_own_addresses(written: str, hashed_as: str) -> None:
    assert hashed(written, without_dots=True) == sha256(hashed_as.encode()).hexdigest()
    assert hashed(written) == sha256(written.encode()).hexdigest()
