"""What an act may do to a permission: properties over all acts, and the message that follows to the letter."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import permission_acts as acts
from shared.domain.consent.channels import RANK
from shared.domain.consent.question import PURPOSE_OF
from shared.domain.lead import Lead
from shared.domain.message import PERMISSION_SCHEMA
from shared.domain.permission import PLACE_OF
from shared.domain.permission_acts import Act, Change, Circumstances
from tests.builders import ADA, AGREEMENT, NOON, draws
from tests.journeys.permission_world import SHOWN, World

HERE = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((HERE / "docs/schemas/lead.permission_changed.v1.json").read_text("utf-8"))
GOLDEN = HERE / "tests/golden/lead.permission_changed.json"
PURPOSES = st.sampled_from(sorted(PLACE_OF))
COUNTRIES = st.sampled_from(["DE", "FR", "US", "CA", "GB", "BR", "JP"])


def a_lead(country: str = "DE", ticked: tuple[str, ...] = ("mkt_email",)) -> Lead:
    world = World()
    world.post(fields={**ADA, "country": country, "phone": "+33612345678"}, ticked=ticked)
    lead: Lead = world.lead
    return lead


def around(number: int = 2, suppressed: frozenset[str] = frozenset()) -> Circumstances:
    return Circumstances(AGREEMENT.jurisdictions, suppressed, NOON, draws(number))


def changed(lead: Lead, act: Act | None) -> Change:
    assert act is not None
    return acts.apply(lead, act, around())


def a_withdrawal() -> Change:
    return changed(a_lead(), acts.withdraw(a_lead(), ("mkt_email",), "one_click", {}, NOON))


SAID = st.dictionaries(PURPOSES, st.booleans(), min_size=1)
TICKED = st.sets(st.sampled_from(["mkt_email", "mkt_phone", "profiling"])).map(tuple)


@given(country=COUNTRIES, ticked=TICKED, said=SAID, objects=st.booleans())
@settings(max_examples=80, deadline=None)
def test_an_act_widens_only_what_was_ticked_in_it(
    country: str, ticked: tuple[str, ...], said: dict[str, bool], objects: bool
) -> None:
    lead = a_lead(country, ticked)
    before = lead.permission

    after = acts.apply(lead, Act("consent_given", "preference_page", said, SHOWN, objects=objects), around())

    state = after.lead.permission
    for channel, purpose in PURPOSE_OF.items():
        if objects or not said.get(purpose, False):
            assert RANK[state["marketing"][channel]] <= RANK[before["marketing"][channel]]
        if said.get(purpose) is False:
            assert state["marketing"][channel] == "no"
    assert not (state["score"] and not before["score"] and not said.get("profiling"))
    assert not (state["share"] and not before["share"] and not said.get("share_3p"))
    assert state["reply"] == before["reply"]
    assert (after.lead.version, after.lead.head.seq) == (lead.version + 1, lead.head.seq + 1)


@given(country=COUNTRIES, ticked=TICKED)
@settings(max_examples=40, deadline=None)
def test_an_objection_leaves_no_marketing_anywhere(country: str, ticked: tuple[str, ...]) -> None:
    lead = a_lead(country, ticked)

    change = changed(lead, acts.object_to_all(lead, "preference_page", NOON))

    assert set(change.lead.permission["marketing"].values()) == {"no"}
    assert (change.lead.permission["score"], change.suppress) == (False, "marketing")
    assert acts.object_to_all(change.lead, "preference_page", NOON) is None


def test_one_entry_holds_all_purposes_of_an_act() -> None:
    lead = a_lead("FR", ("mkt_email", "mkt_phone", "profiling"))

    change = changed(lead, acts.choose(lead, frozenset(), SHOWN, NOON))

    body = json.loads(change.entry.body)
    assert {box["purpose"] for box in body["boxes"]} == {"mkt_email", "mkt_phone", "profiling"}
    assert {box["outcome"] for box in body["boxes"]} == {"withdrawn"}


def test_a_yes_without_a_wording_that_can_be_shown_counts_for_nothing() -> None:
    lead = a_lead()
    lead = replace(lead, permission={**lead.permission, "notice": None})

    change = changed(lead, acts.choose(lead, frozenset(["mkt_email"]), {"mkt_email": "News"}, NOON))

    assert change.lead.permission["marketing"]["email"] == "no"
    assert json.loads(change.entry.body)["boxes"][0]["outcome"] == "not_counted"
    assert json.loads(change.entry.core)["type"] == "consent_invalidated"


@pytest.mark.parametrize("kind", ["doi_confirmed", "consent_withdrawn", "objection", "sale_opt_out"])
def test_every_change_keeps_the_published_schema_and_names_nobody(kind: str) -> None:
    lead = a_lead()
    since = lead.permission["pending"]["mkt_email"]["since"]
    made = {
        "doi_confirmed": acts.confirm(lead, ("mkt_email",), since, SHOWN, NOON),
        "consent_withdrawn": acts.withdraw(lead, ("mkt_email",), "one_click", {}, NOON),
        "objection": acts.object_to_all(lead, "preference_page", NOON),
        "sale_opt_out": acts.opt_out_of_sale(lead),
    }

    (message,) = changed(lead, made[kind]).messages

    parsed: dict[str, Any] = json.loads(message.body)
    jsonschema.validate(parsed, PUBLISHED, cls=jsonschema.Draft202012Validator)
    assert parsed["data"]["change"] == kind
    assert PUBLISHED["$id"] == PERMISSION_SCHEMA == parsed["dataschema"]
    assert not [word for word in ("ada", "example.com", "+336") if word in message.body.lower()]


def test_the_message_is_to_the_letter_what_consumers_were_promised() -> None:
    assert json.loads(a_withdrawal().messages[0].body) == json.loads(GOLDEN.read_text("utf-8"))


@pytest.mark.requirement("N10")
@pytest.mark.parametrize("objects", [True, False])
def test_whoever_forbids_to_be_judged_is_not_judged_by_what_was_seen_before(objects: bool) -> None:
    watched = replace(a_lead("FR", ("profiling",)), tallies={"direct-inquiry": 1}, marks={"article": (5,)}, score=60)
    act = acts.object_to_all(watched, "preference_page", NOON) if objects else None

    after = changed(watched, act or acts.withdraw(watched, ("profiling",), "preference_page", SHOWN, NOON)).lead

    assert (after.tallies, after.marks, after.score, after.is_judged) == ({}, {}, 0, False)
    assert after.inquiries == watched.inquiries


def test_another_withdrawal_leaves_the_score_as_it_is() -> None:
    watched = a_lead("FR", ("mkt_email", "profiling"))

    after = changed(watched, acts.withdraw(watched, ("mkt_email",), "one_click", SHOWN, NOON)).lead

    assert (after.score, after.tallies, after.judged_since) == (watched.score, watched.tallies, "")
