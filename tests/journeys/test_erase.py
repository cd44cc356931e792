from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.dynamodb_ledger import DynamoLedger
from shared.domain.erasure import Order, certificate, from_plain
from shared.domain.errors import CannotHappen, LeadgateError, TryAgain
from shared.domain.identity import Keyring
from shared.domain.kpis import Summary
from shared.domain.qualification import Refusal
from shared.domain.submission import ContactPoints
from shared.journeys.capture import Answer
from shared.journeys.deliver import Deliver
from shared.journeys.erase_ports import Standing
from shared.journeys.show_lead import Gone, ShowLead
from tests.builders import ADA, DEFINITIONS, KEYRING, a_question
from tests.journeys.erasure_world import (
    ART17,
    CANARY,
    WORDS,
    ErasureWorld,
    ModelledErasures,
    counted,
    lived_in,
)
from tests.journeys.permission_world import GERMAN, SHOWN
from tests.support.faults import KINDS, Killed
from tests.support.sales import AGREED, offers_of

NEVER_AGAIN = Order(never_contact=True)
WORLDS: tuple[Callable[[], Any], ...] = (ErasureWorld, ModelledErasures)
BY_EMAIL = ContactPoints(CANARY["email"])


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> Any:
    return lived_in(request.param())


def sent(world: Any, **changes: Any) -> Answer | Refusal:
    """One more submission of the canary, of today's own free will unless `acted_at` says otherwise."""
    answer: Answer | Refusal = world.capture()(a_question(**{"fields": CANARY, **changes}))
    return answer


# ------------------------------------------------------------------ what is destroyed


def test_nothing_of_the_person_is_left_in_any_table_or_message() -> None:
    world = lived_in(ModelledErasures())
    before = world.model.everything().lower()

    world.erased()

    after = world.model.everything().lower() + repr(world.queue.messages).lower()
    assert [word for word in WORDS if word in before] == list(WORDS)
    assert [word for word in WORDS if word in after] == []


def test_the_certificate_counts_what_was_destroyed_and_names_nobody(world: Any) -> None:
    lead_id = world.lead.lead_id

    told = certificate(world.erased())

    assert (told["lead_id"], told["state"], told["sales_told"]) == (lead_id, "done", f"{lead_id}.erased")
    assert told["destroyed"] == {
        "acts": 2,
        "events": 2,
        "leads": 1,
        "ledger_bodies": 4,
        "letter_budgets": 1,
        "links": 1,
        "messages": 5,
        "offers": 1,
        "submissions": 2,
    }
    assert told["backups_end_on"] == "2026-04-08"
    assert not [word for word in WORDS if word in json.dumps(told).lower()]


def test_the_chain_is_closed_and_still_verifies() -> None:
    world = lived_in(ModelledErasures())

    erasure = world.erased()

    entries = world.items("EVT#", "ledger")
    assert [json.loads(item["core"]["S"])["type"] for item in entries][-1] == "erased"
    assert (entries[-1]["hash"]["S"], len(entries)) == (erasure.entry, 5)
    assert not [item for item in entries[:-1] if "salt" in item or "body" in item]
    assert world.findings() == []


def test_an_erasure_without_its_record_is_found_as_a_fake() -> None:
    world = lived_in(ModelledErasures())
    erasure = world.erased()

    del world.model.tables["leads"][f"P#{erasure.lead_id}", "GONE"]

    assert {finding.code for finding in world.findings()} == {"BODY_MISSING_WITHOUT_ERASURE"}


def test_a_record_without_an_erasure_is_found_too() -> None:
    world = lived_in(ModelledErasures())
    erasure = world.erased()
    record = world.model.tables["leads"][f"P#{erasure.lead_id}", "GONE"]

    world.model.tables["leads"]["P#" + "f" * 32, "GONE"] = record

    assert {finding.code for finding in world.findings()} == {"BODY_MISSING_WITHOUT_ERASURE"}


def held(world: Any) -> dict[str, int]:
    """How many leads each owner holds."""
    rounds = offers_of(world.store).standing("0" * 32, 1, AGREED.routing.queues).rounds
    return {owner: count for one in rounds.values() for owner, count in one.open.items()}


def test_whoever_held_the_lead_has_free_hands_at_once(world: Any) -> None:
    before = held(world)

    world.erase(within=0).by_lead_id(world.lead.lead_id, ART17)

    assert (sum(before.values()), sum(held(world).values())) == (1, 0)


def test_hands_are_free_too_when_the_lead_came_back_and_is_given_to_nobody_yet() -> None:
    world = lived_in(ErasureWorld())
    ((person, lead),) = world.store.leads.items()
    world.store.leads[person] = replace(lead, crossings=2)
    before = held(world)

    world.erase(within=0).by_lead_id(lead.lead_id, ART17)

    assert (sum(before.values()), sum(held(world).values())) == (1, 0)


def test_nobody_is_given_a_lead_that_is_being_erased() -> None:
    world = ErasureWorld()
    world.post(fields=CANARY)
    waiting = world.store.waiting(next(iter(world.store.outbox)))
    world.erase(within=0).by_lead_id(world.lead.lead_id, ART17)

    with pytest.raises(TryAgain):
        world.deliver().assign(waiting, waiting.lead)

    assert (held(world), world.store.offers) == ({}, {})


def test_others_are_left_alone() -> None:
    world = lived_in(ModelledErasures())
    victim = world.lead.lead_id
    world.post(fields={**GERMAN, "email": "grace@example.com"}, key="graces-submission-key")
    grace = next(lead for lead in world.leads() if lead.profile["email"] == "grace@example.com")

    world.erase().by_lead_id(victim, ART17)

    assert world.leads() == [grace]
    assert world.findings() == []


def test_a_link_that_was_written_before_the_key_was_changed_goes_too() -> None:
    world = lived_in(ModelledErasures())
    assert len(world.items("TOK")) == 1
    world.keyring = Keyring("k2", b"another key for tests", ((KEYRING.kid, KEYRING.key),))

    world.erased()

    assert world.items("TOK") == []


def test_many_items_take_many_transactions_of_no_more_than_a_hundred_writes() -> None:
    world = ModelledErasures()
    for number in range(60):
        phone = f"+49151{number:08d}"
        world.post(fields={**CANARY, "phone": phone}, key=f"submission-key-{number:03d}")
    world.schedule.calls.clear()

    done = world.erased()

    sizes = [len(body["TransactItems"]) for name, body in world.schedule.calls if name == "TransactWriteItems"]
    assert (done.work, done.destroyed["events"]) == (None, 60)
    assert 5 < len(sizes) < 20
    assert max(sizes) <= 100
    assert len(world.items("ERASED", "suppressions")) == 61


# ------------------------------------------------------------------ what is told and shown


def test_sales_is_told_once_with_a_higher_version_though_the_lead_is_gone(world: Any) -> None:
    version = world.lead.version

    world.erased()
    world.relay()
    world.relay()

    last = world.queue.messages[-1]
    assert world.kinds().count("lead.erased") == 1
    assert (last.kind, last.version) == ("lead.erased", version + 1)


def test_what_still_waited_for_sales_is_not_handed_over_any_more() -> None:
    world = ModelledErasures()
    world.post(fields=CANARY)

    world.erased()
    world.relay()

    assert world.kinds() == ["lead.erased"]


def test_the_sweeper_tells_sales_where_the_stream_does_not() -> None:
    world = ModelledErasures()
    world.post(fields=CANARY)
    world.erased()
    world.now += timedelta(hours=1)
    deliver: Deliver = world.deliver()

    assert deliver.sweep()["sent"] == 1
    assert world.kinds() == ["lead.erased"]


def test_the_lead_is_gone_for_sales_and_never_just_unknown(world: Any) -> None:
    lead_id = world.lead.lead_id
    show = ShowLead(world.store, DEFINITIONS, lambda: world.now)

    world.erased()

    assert (show(lead_id), show("0" * 32)) == (Gone(), None)


def test_an_index_that_lags_behind_shows_nobody_else_under_the_old_id(monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived_in(ModelledErasures())
    lead_id, (place,) = world.lead.lead_id, [item for item in world.items("LEAD") if "lead_id" in item]
    world.erased()
    sent(world, key="quite-another-submission-key")
    keys = [{"pk": place["pk"], "sk": place["sk"]}]
    monkeypatch.setattr(DynamoLedger, "_keys_of", lambda _self, _lead_id: keys)

    assert world.store.find(lead_id) is None
    assert world.erase().by_lead_id(lead_id, ART17).work is None
    assert len(world.leads()) == 1


def test_links_in_old_mails_lead_nowhere(world: Any) -> None:
    preferences, confirm = world.preferences_link, world.confirm_link

    world.erased()

    permissions = world.permissions()
    assert permissions.standing("preferences", preferences) is None
    assert permissions.confirm(confirm, SHOWN) is None


# ------------------------------------------------------------------ coming back


def test_a_replay_of_an_erased_submission_is_refused_and_brings_nobody_back(world: Any) -> None:
    world.erased()

    answer = sent(world, key="first-submission-key")

    assert answer == Refusal("erased", "/submission_id")
    assert world.forgetter.standing(world.keyring.person_key(BY_EMAIL)) == Standing()


@pytest.mark.parametrize(("days", "comes_back"), [(-1, False), (0, False), (1, True)])
def test_what_others_bring_counts_only_when_the_person_acted_after_the_erasure(
    world: Any, days: int, comes_back: bool
) -> None:
    world.erased()
    at = (world.now + timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    answer = sent(world, key="a-lead-from-a-platform", acted_at=at)

    assert isinstance(answer, Answer) is comes_back


def test_an_older_number_keeps_others_out_as_well(world: Any) -> None:
    world.erased()
    phone = {"phone": CANARY["phone"], "country": "DE", "message": "Hello"}

    answer = sent(world, fields=phone, key="an-import-of-a-number", acted_at="2026-01-01T00:00:00.000Z")

    assert answer == Refusal("erased", "/submitted_at")


def test_the_person_comes_back_by_an_act_of_their_own_as_somebody_new(world: Any) -> None:
    old = world.lead
    world.erased()

    answer = sent(world, key="a-new-submission-key")

    assert isinstance(answer, Answer)
    assert world.lead.lead_id != old.lead_id
    assert (world.lead.version, world.lead.head.seq) == (1, 1)
    assert world.lead.head.chain != old.head.chain


def test_who_is_never_to_be_contacted_may_be_answered_and_not_written_to(world: Any) -> None:
    world.erased(NEVER_AGAIN)

    sent(world, key="a-new-submission-key")

    assert world.lead.permission["reply"] is True
    assert set(world.lead.permission["marketing"].values()) == {"no"}


def test_a_no_outlives_the_person_who_said_it() -> None:
    world = ErasureWorld()
    world.post(fields=CANARY)
    world.relay()
    world.permissions().confirm(world.confirm_link, SHOWN)
    world.permissions().opt_out_of_sale(BY_EMAIL)
    world.permissions().choose(world.preferences_link, frozenset({"profiling"}), SHOWN)
    world.store.suppressed.clear()
    world.store.opted_out.clear()

    world.erased()

    marks = world.keyring.suppression_marks(ContactPoints(CANARY["email"], CANARY["phone"]))
    assert world.store.suppressed == world.store.opted_out == {theirs[0] for theirs in marks.values()}


def test_a_yes_does_not_outlive_them() -> None:
    world = ErasureWorld()
    world.post(fields={**ADA, "country": "FR"}, ticked=("mkt_email",))

    world.erased()

    assert (world.store.suppressed, world.store.opted_out) == (set(), set())


@pytest.mark.parametrize(("reason", "keeps_out"), [("ccpa_delete", True), ("platform", False), ("retention", False)])
def test_only_a_wish_of_the_person_keeps_others_from_bringing_them_back(reason: str, keeps_out: bool) -> None:
    world = ErasureWorld()
    world.post(fields=CANARY)

    world.erased(Order(reason))

    assert bool(world.store.barriers) is keeps_out


# ------------------------------------------------------------------ who is meant


def test_a_lead_that_never_was_cannot_be_erased(world: Any) -> None:
    assert world.erase().by_lead_id("f" * 32, ART17) is None


def test_the_second_request_gets_the_first_certificate(world: Any) -> None:
    lead_id, first = world.lead.lead_id, world.erased()
    world.now += timedelta(days=3)

    assert world.erase().by_lead_id(lead_id, NEVER_AGAIN) == first


def test_somebody_is_found_by_address_or_by_number(world: Any) -> None:
    world.post(
        fields={"phone": "+4915199999999", "country": "DE", "message": "Hi"}, ticked=(), key="by-phone-only-0001"
    )

    done = world.erase().by_contact(ContactPoints(CANARY["email"], "+4915199999999"), ART17)

    assert [erasure.work for erasure in done] == [None, None]
    assert len({erasure.lead_id for erasure in done}) == 2


def test_an_address_that_nobody_has_is_kept_from_coming_by_others_all_the_same(world: Any) -> None:
    nobody = {**CANARY, "email": "nobody@example.com"}

    done = world.erase().by_contact(ContactPoints("nobody@example.com"), NEVER_AGAIN)

    assert done == ()
    assert isinstance(sent(world, fields=nobody, acted_at="2026-01-01T00:00:00.000Z"), Refusal)
    assert world.store.found(world.keyring.suppression_marks(ContactPoints("nobody@example.com"))).suppressed


def test_a_number_or_a_retention_needs_nothing_to_be_kept(world: Any) -> None:
    assert world.erase().by_contact(ContactPoints(phone="+4915100000000"), Order("retention")) == ()


def test_a_submission_leads_to_its_person_until_it_is_erased(world: Any) -> None:
    erase = world.erase()

    done = erase.by_submission("demo-request", "first-submission-key", Order("platform"))

    assert done is not None
    assert done.work is None
    assert erase.by_submission("demo-request", "first-submission-key", ART17) is None
    assert erase.by_submission("demo-request", "never-sent", ART17) is None


def test_a_submission_whose_person_has_just_gone_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived_in(ErasureWorld())
    monkeypatch.setattr(world.store, "submitter", lambda _submission: "0" * 32)

    assert world.erase().by_submission("demo-request", "first-submission-key", ART17) is None


# ------------------------------------------------------------------ stopping and going on


def test_what_takes_too_long_is_said_to_be_in_progress_and_gone_on_with(world: Any) -> None:
    lead_id = world.lead.lead_id

    begun = world.erase(within=0).by_lead_id(lead_id, ART17)
    again = world.erase(within=0).by_contact(BY_EMAIL, ART17)
    done = world.erase().by_contact(BY_EMAIL, ART17)

    assert (certificate(begun)["state"], certificate(begun)["done_at"]) == ("in_progress", None)
    assert [erasure.lead_id for erasure in again] == [lead_id]
    assert [certificate(erasure)["state"] for erasure in done] == ["done"]


def test_while_it_goes_on_nobody_takes_the_place_and_the_person_is_asked_to_wait(world: Any) -> None:
    world.erase(within=0).by_lead_id(world.lead.lead_id, ART17)

    with pytest.raises(TryAgain):
        sent(world, key="in-the-middle-of-it")

    world.erase().by_contact(BY_EMAIL, ART17)
    assert isinstance(sent(world, key="in-the-middle-of-it"), Answer)


def test_the_clock_goes_on_with_what_was_left_after_a_minute(world: Any) -> None:
    world.erase(within=0).by_lead_id(world.lead.lead_id, ART17)

    at_once = world.erase().resume()
    world.now += timedelta(minutes=1)
    later = world.erase().resume()

    assert at_once == {"done": 0, "in_progress": 0, "failed": 0}
    assert later == {"done": 1, "in_progress": 0, "failed": 0}


def test_the_clock_says_what_is_still_not_done_and_what_failed(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.erase(within=0).by_lead_id(world.lead.lead_id, ART17)
    world.now += timedelta(minutes=1)
    slow = world.erase(within=0).resume()

    def away(_lead_id: str) -> None:
        raise TryAgain("away")

    monkeypatch.setattr(type(world.forgetter), "erasure", lambda _self, lead_id: away(lead_id))

    assert slow["in_progress"] == 1
    assert world.erase().resume()["failed"] == 1


def test_after_a_month_nothing_leads_from_the_lead_to_the_ledger(world: Any) -> None:
    lead_id, done = world.lead.lead_id, world.erased()
    world.now += timedelta(days=30)

    world.erase().resume()

    after = world.forgetter.erasure(lead_id)
    assert done.entry
    assert (after.entry, certificate(after)["ledger_entry"]) == ("", None)
    assert world.erase().resume() == {"done": 0, "in_progress": 0, "failed": 0}


def test_an_index_that_still_names_what_is_done_changes_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_id, done = world.lead.lead_id, world.erased()
    monkeypatch.setattr(type(world.forgetter), "unfinished", lambda *_: [lead_id, "f" * 32])

    assert world.erase().resume()["done"] == 2
    assert world.forgetter.erasure(lead_id) == done


def test_of_two_who_erase_the_same_person_neither_counts_anything_twice() -> None:
    world = lived_in(ModelledErasures())
    lead_id = world.lead.lead_id
    world.erase(within=0).by_lead_id(lead_id, ART17)
    inner, journey = world.forgetter.destroy, world.erase()
    others = itertools.count()

    class Slow:
        """Somebody else does the whole work between our read and our write."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.forgetter, name)

        def destroy(self, *what: Any) -> None:
            if next(others) == 0:
                world.erase().by_lead_id(lead_id, ART17)
                sent(world, key="and-the-person-is-back", ticked=("mkt_email",))
            inner(*what)

    done = replace(journey, store=Slow()).by_lead_id(lead_id, ART17)

    assert done is not None
    assert done.destroyed["events"] == 2
    assert [lead.version for lead in world.leads()] == [1]
    assert (len(world.items("OUT#0000000001")), len(world.items("EVT#"))) == (1, 1)


def test_a_tombstone_that_vanishes_is_not_taken_for_a_success(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    erase = world.erase()
    found = iter([None])
    monkeypatch.setattr(type(world.forgetter), "erasure", lambda _self, _lead_id: next(found, None))

    with pytest.raises(CannotHappen):
        erase.by_lead_id(world.lead.lead_id, ART17)


def test_a_tombstone_is_the_same_after_a_journey_through_json(world: Any) -> None:
    begun = world.erase(within=0).by_lead_id(world.lead.lead_id, ART17)

    assert from_plain(json.loads(json.dumps(begun.as_plain()))) == begun


# ------------------------------------------------------------------ faults


def calls_of_a_calm_erasure() -> int:
    world = counted(lived_in(ModelledErasures()))
    lead_id = world.lead.lead_id
    world.schedule.calls.clear()
    world.erase().by_lead_id(lead_id, ART17)
    return len(world.schedule.calls)


CALLS = calls_of_a_calm_erasure()


def attempt(world: Any, lead_id: str) -> Any:
    """The officer's call; what it says when it says anything."""
    try:
        return world.erase().by_lead_id(lead_id, ART17)
    except (LeadgateError, Killed):
        return None


def assert_all_is_gone(world: Any, lead_id: str) -> None:
    text = world.model.everything().lower()
    assert [word for word in WORDS if word in text] == []
    assert world.findings() == []
    assert (len(world.items("GONE")), world.items("EVT#"), world.items("LEAD")) == (1, [], [])
    assert world.forgetter.erasure(lead_id).destroyed["events"] == 2
    assert sum(held(world).values()) == 0
    assert [one.summary for _, _, one in world.figures().all_sums()] == [Summary(), Summary()]
    assert world.items("OFFER") == []  # neither an offer nor a way from the company to one


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_fault_leaves_anything_or_says_done_too_soon(kind: str) -> None:
    for place in range(CALLS):
        world = counted(lived_in(ModelledErasures()))
        lead_id = world.lead.lead_id
        world.schedule.calls.clear()
        world.schedule.faults = {place: kind}
        said = attempt(world, lead_id)
        world.schedule.faults = {}
        if said is not None and said.work is None:
            assert_all_is_gone(world, lead_id)
        attempt(world, lead_id)
        world.relay()
        assert_all_is_gone(world, lead_id)
        assert world.kinds().count("lead.erased") == 1


@given(
    faults=st.dictionaries(st.integers(0, CALLS + 12), st.sampled_from(KINDS), max_size=4),
    posts=st.lists(st.integers(0, 3), max_size=3),
)
def test_submissions_in_the_middle_of_faulty_erasures_leave_one_new_lead_or_none(
    faults: dict[int, str], posts: list[int]
) -> None:
    world = lived_in(ModelledErasures())
    lead_id = world.lead.lead_id
    world.schedule.calls.clear()
    world.schedule.faults = faults
    for round_ in range(4):
        attempt(world, lead_id)
        if round_ in posts:
            survives(lambda key=f"while-it-goes-on-{round_}": sent(world, key=key))  # type: ignore[misc]  # bound at once
    world.schedule.faults = {}
    attempt(world, lead_id)
    world.now += timedelta(minutes=2)
    world.erase().resume()

    keys = sorted({f"while-it-goes-on-{number}" for number in posts})
    answers = [sent(world, key=key) for key in keys]
    back = sum(isinstance(answer, Answer) for answer in answers)
    assert all(isinstance(answer, Answer) or answer.reason == "erased" for answer in answers)
    assert lead_id not in [lead.lead_id for lead in world.leads()]
    assert (len(world.leads()), len(world.items("EVT#"))) == (bool(back), back)
    assert world.findings() == []
    assert sent(world, key="first-submission-key") == Refusal("erased", "/submission_id")


def survives(step: Callable[[], object]) -> None:
    with suppress(LeadgateError, Killed):
        step()
