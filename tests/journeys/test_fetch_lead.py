"""From a platform's knock to a lead: consents with their wording, deletions, and what is put aside."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.erasure import Order
from shared.domain.errors import RejectedInput, TryAgain
from shared.journeys.ad_ports import NotConnected
from shared.journeys.fetch_lead import Outcome
from tests.builders import AGREEMENT
from tests.journeys.ad_world import ADA, LINKEDIN, SUBMITTED, AdWorld, a_notification
from tests.support.platforms import linkedin, meta


@pytest.fixture
def world() -> AdWorld:
    world = AdWorld()
    world.linkedin.add(linkedin.a_lead(ADA))
    world.meta.add(meta.a_lead())
    return world


def box(**changes: Any) -> dict[str, Any]:
    return {"id": 0, "checkRequired": False, "consent": {"localized": {"en_US": "Send me news."}}, **changes}


def proof(world: AdWorld) -> dict[str, Any]:
    (entry,) = world.ledger.entries.values()
    body: dict[str, Any] = json.loads(entry.body)
    return body


# ------------------------------------------------------------------ a lead comes in


def test_a_notified_lead_becomes_a_lead_with_its_consent_and_its_exact_wording(world: AdWorld) -> None:
    outcome = world.notify()

    assert outcome == Outcome("captured", lead_id=world.lead.lead_id)
    assert world.lead.profile["email"] == "ada@example.com"
    boxes = proof(world)["boxes"]
    assert [(one["purpose"], one["label"], one["checked"]) for one in boxes] == [
        ("mkt_email", "Send me product news by e-mail.", True)
    ]
    (notice,) = world.ledger.notices.values()
    assert "[ ] Send me product news by e-mail." in notice.wording
    assert "https://www.example.com/privacy" in notice.wording


def test_consent_id_0_is_a_consent(world: AdWorld) -> None:
    world.notify()

    assert world.lead.permission["channels"]["email"]["status"]
    assert world.lead.permission["pending"] or world.lead.permission["marketing"]["email"] == "yes"


def test_a_lead_of_meta_walks_the_same_way(world: AdWorld) -> None:
    outcome = world.notify(meta.LEAD_ID, is_meta=True)

    assert outcome.word == "captured"
    assert world.lead.profile["full_name"] == "Ada Lovelace"
    assert {one["purpose"]: one["checked"] for one in proof(world)["boxes"]} == {"mkt_email": True, "mkt_phone": False}


def test_a_tick_that_linkedin_demanded_permits_no_marketing(world: AdWorld) -> None:
    world.linkedin.forms[str(linkedin.FORM_ID)]["content"]["legalInfo"]["consents"] = [box(checkRequired=True)]

    world.notify()

    assert "yes" not in world.lead.permission["marketing"].values()
    assert not world.lead.permission["pending"]
    assert proof(world)["boxes"][0]["required"] is True


def test_a_box_that_meta_ticked_beforehand_permits_no_marketing(world: AdWorld) -> None:
    for one in world.meta.forms[meta.FORM_ID]["legal_content"]["custom_disclaimer"]["checkboxes"]:
        one["is_checked_by_default"] = True

    world.notify(meta.LEAD_ID, is_meta=True)

    assert "yes" not in world.lead.permission["marketing"].values()
    assert not world.lead.permission["pending"]


def test_a_form_that_has_moved_on_demonstrates_no_consent(world: AdWorld) -> None:
    world.linkedin.forms[str(linkedin.FORM_ID)] = linkedin.a_form(version=2)

    world.notify()

    assert world.lead.permission["reply"]
    assert "yes" not in world.lead.permission["marketing"].values()
    assert not world.lead.permission["pending"]


def test_a_form_version_that_was_ever_seen_is_known_for_ever(world: AdWorld) -> None:
    world.notify()
    world.linkedin.forms[str(linkedin.FORM_ID)] = linkedin.a_form(version=2)
    world.linkedin.add(linkedin.a_lead("another", told={"EMAIL": "grace@example.com"}))

    world.notify("another")

    assert [lead.permission["channels"].keys() for lead in world.leads] == [{"email"}, {"email"}]
    assert world.linkedin.asked.count("form") == 1


def test_a_form_without_a_version_is_not_kept(world: AdWorld) -> None:
    del world.linkedin.forms[str(linkedin.FORM_ID)]["versionId"]

    world.notify()

    assert world.ads.forms == {}


def test_a_form_that_is_gone_leaves_answers_without_names_so_nobody_can_be_reached(world: AdWorld) -> None:
    world.linkedin.forms.clear()

    assert world.notify() == Outcome("parked", "no_contact_point")
    assert world.leads == []


def test_a_lead_of_no_form_asks_for_none(world: AdWorld) -> None:
    world.meta.leads_by_id[meta.LEAD_ID]["form_id"] = ""

    world.notify(meta.LEAD_ID, is_meta=True)

    assert "form" not in world.meta.asked


def test_a_download_without_any_usable_consent_is_put_aside_and_nothing_is_stored(world: AdWorld) -> None:
    lead = linkedin.a_lead(ADA, ticked=())
    lead["versionedLeadGenFormUrn"] = "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:8234246,1)"
    world.linkedin.add(lead)
    world.linkedin.forms["8234246"] = linkedin.a_form(id=8234246)
    world.agreement = replace(
        AGREEMENT, sources={"linkedin-demo": replace(LINKEDIN, form_actions={"8234246": "newsletter_signup"})}
    )

    outcome = world.notify()

    assert outcome == Outcome("parked", "no_permission")
    assert world.leads == []
    assert "ada" not in repr(world.ads.aside)


def test_a_test_lead_is_marked_and_never_sold(world: AdWorld) -> None:
    world.linkedin.add(linkedin.a_lead(ADA, testLead=True))

    world.notify()

    assert world.lead.is_test
    assert not any(message.kind == "lead.sales_qualified" for message, _ in world.ledger.outbox.values())


def test_a_test_lead_of_a_source_that_ignores_tests_is_ignored(world: AdWorld) -> None:
    world.agreement = replace(AGREEMENT, sources={"linkedin-demo": replace(LINKEDIN, tests="ignore")})
    world.linkedin.add(linkedin.a_lead(ADA, testLead=True))

    assert world.notify() == Outcome("ignored", "test_lead")
    assert world.leads == []


def test_a_test_lead_with_dummy_answers_is_ignored_and_not_put_aside(world: AdWorld) -> None:
    world.meta.add(meta.a_lead(told={"email": "<test lead: dummy data for email>"}))

    assert world.notify(meta.LEAD_ID, is_meta=True) == Outcome("ignored", "no_contact_point")
    assert world.ads.aside == {}


def test_a_lead_of_another_owner_is_put_aside(world: AdWorld) -> None:
    world.linkedin.add(linkedin.a_lead(ADA, owner={"sponsoredAccount": "urn:li:sponsoredAccount:666"}))

    assert world.notify() == Outcome("parked", "other_owner")


def test_an_answer_about_another_lead_is_put_aside(world: AdWorld) -> None:
    world.linkedin.leads_by_id[ADA] = linkedin.a_lead("another")

    assert world.notify() == Outcome("parked", "other_lead")
    assert world.leads == []


# ------------------------------------------------------------------ again, and in any order


def test_a_notification_that_comes_again_changes_nothing(world: AdWorld) -> None:
    world.notify()
    before = world.everything()

    assert world.notify() == Outcome("replayed")
    assert world.everything() == before


def test_a_lead_that_was_recorded_before_it_could_be_remembered_is_recognised(world: AdWorld) -> None:
    world.notify()
    world.ads.records.clear()

    assert world.notify() == Outcome("replayed")


def test_a_lead_that_reads_otherwise_since_the_agreement_changed_is_no_new_lead(world: AdWorld) -> None:
    world.notify()
    world.ads.records.clear()
    world.agreement = replace(AGREEMENT, sources={"linkedin-demo": replace(LINKEDIN, boxes=())})

    assert world.notify() == Outcome("replayed")
    assert world.lead.version == 1


def test_who_registers_again_comes_again(world: AdWorld) -> None:
    world.notify()
    world.linkedin.add(linkedin.a_lead(ADA, submittedAt=SUBMITTED + 5))

    assert world.notify(occurred_at=SUBMITTED + 5).word == "captured"
    assert world.lead.version == 2


# ------------------------------------------------------------------ deletions


def test_a_deletion_erases_what_was_captured(world: AdWorld) -> None:
    world.notify()

    assert world.notify(deleted_at=SUBMITTED + 1) == Outcome("deleted")
    assert world.leads == []
    assert "ada@example.com" not in world.everything()


def test_a_deletion_before_its_lead_keeps_it_out(world: AdWorld) -> None:
    assert world.notify(deleted_at=SUBMITTED + 1) == Outcome("stays_deleted")

    assert world.notify() == Outcome("stays_deleted")
    assert world.leads == []
    assert world.linkedin.asked == []


def test_a_deleted_lead_does_not_come_back_by_being_pulled(world: AdWorld) -> None:
    world.notify()
    world.notify(deleted_at=SUBMITTED + 1)
    world.at(SUBMITTED + 60_000)

    world.sweep()

    assert world.leads == []


def test_a_lead_without_a_time_of_its_notification_stays_deleted_too(world: AdWorld) -> None:
    world.notify(deleted_at=SUBMITTED + 1)

    assert world.notify(ids={}) == Outcome("stays_deleted")
    assert world.leads == []


def test_a_deletion_without_a_time_counts_from_now_on(world: AdWorld) -> None:
    world.notify()

    assert world.notify(deleted_at=1, ids={}) == Outcome("deleted")


def test_a_deletion_of_a_source_that_was_switched_off_is_a_deletion(world: AdWorld) -> None:
    world.notify()
    world.agreement = replace(AGREEMENT, sources={})

    assert world.notify(deleted_at=SUBMITTED + 1) == Outcome("deleted")


def test_who_registers_again_after_a_deletion_is_welcome(world: AdWorld) -> None:
    world.notify()
    world.at(SUBMITTED + 10)
    world.notify(deleted_at=SUBMITTED + 1)
    world.linkedin.add(linkedin.a_lead(ADA, submittedAt=SUBMITTED + 20))

    assert world.notify(occurred_at=SUBMITTED + 20).word == "captured"
    assert world.lead.profile["email"] == "ada@example.com"


def test_a_late_deletion_of_an_earlier_time_takes_nothing_back(world: AdWorld) -> None:
    world.notify(deleted_at=SUBMITTED + 9)
    world.notify(deleted_at=SUBMITTED - 9)

    assert world.notify() == Outcome("stays_deleted")


def test_a_deletion_in_the_middle_of_a_capture_wins(world: AdWorld) -> None:
    fetch, capture = world.fetch, world.fetch.capture

    def interrupted(question: Any) -> Any:
        answer = capture(question)
        world.notify(deleted_at=SUBMITTED + 1)
        return answer

    outcome = replace(fetch, capture=interrupted)(a_notification())

    assert outcome == Outcome("stays_deleted")
    assert world.leads == []


def test_a_worker_that_died_after_recording_leaves_nothing_that_a_deletion_misses(world: AdWorld) -> None:
    fetch = world.fetch
    fetch.take(LINKEDIN, world.linkedin.lead(ADA))

    class Died(Exception):
        pass

    def dies(_question: Any) -> Any:
        fetch.capture(_question)
        raise Died

    world.linkedin.add(linkedin.a_lead("two", told={"EMAIL": "grace@example.com"}))
    with pytest.raises(Died):
        replace(fetch, capture=dies)(a_notification("two"))

    assert world.notify("two", deleted_at=SUBMITTED + 1) == Outcome("deleted")
    assert [lead.profile["email"] for lead in world.leads] == ["ada@example.com"]


# ------------------------------------------------------------------ what is put aside


@pytest.mark.parametrize("code", ["lead_gone", "answer_too_large", "malformed_answer", "refused_by_platform"])
def test_what_stays_wrong_is_put_aside_with_its_reason_and_no_person(world: AdWorld, code: str) -> None:
    world.linkedin.trouble["lead"] = [RejectedInput(code)]

    assert world.notify() == Outcome("parked", code)
    (parked,) = world.ads.parked("linkedin-demo")
    assert (parked.lead_id, parked.reason) == (ADA, code)


def test_what_is_put_aside_again_for_the_same_reason_is_no_news(world: AdWorld) -> None:
    world.linkedin.trouble["lead"] = [RejectedInput("lead_gone"), RejectedInput("lead_gone"), RejectedInput("broken")]

    assert world.notify() == Outcome("parked", "lead_gone")
    assert world.notify() == Outcome("still_parked", "lead_gone")
    assert world.notify() == Outcome("parked", "broken")


def test_a_lead_that_stays_unwanted_is_not_taken_for_done(world: AdWorld) -> None:
    world.linkedin.add(linkedin.a_lead(ADA, owner={"organization": "urn:li:organization:9"}))

    assert [world.notify().word for _ in range(2)] == ["parked", "still_parked"]
    world.linkedin.add(linkedin.a_lead(ADA))
    assert world.notify().word == "captured"


def test_what_was_put_aside_is_taken_up_when_it_comes_again(world: AdWorld) -> None:
    world.linkedin.trouble["lead"] = [RejectedInput("malformed_answer")]
    world.notify()

    assert world.notify().word == "captured"
    assert list(world.ads.parked("linkedin-demo")) == []


def test_a_deletion_takes_what_was_put_aside_away_too(world: AdWorld) -> None:
    world.linkedin.trouble["lead"] = [RejectedInput("malformed_answer")]
    world.notify()

    world.notify(deleted_at=SUBMITTED + 1)

    assert list(world.ads.parked("linkedin-demo")) == []


@pytest.mark.parametrize("trouble", [TryAgain("busy"), NotConnected("no token")])
@pytest.mark.parametrize("place", ["lead", "form"])
def test_what_may_pass_is_given_back_and_put_aside_nowhere(world: AdWorld, trouble: Exception, place: str) -> None:
    world.linkedin.trouble[place] = [trouble]

    with pytest.raises(type(trouble)):
        world.notify()

    assert world.ads.aside == {}
    assert world.notify().word == "captured"


@pytest.mark.parametrize(
    "changes",
    [{"source_id": "nobody"}, {"source_id": "meta-demo"}, {"source_id": "", "ids": {"page_id": "1"}}],
)
def test_a_lead_of_a_source_that_nobody_wrote_down_is_put_aside(world: AdWorld, changes: dict[str, Any]) -> None:
    assert world.notify(**changes) == Outcome("parked", "no_such_source")
    assert world.linkedin.asked == []


def test_a_source_that_is_switched_off_takes_no_lead(world: AdWorld) -> None:
    world.agreement = replace(AGREEMENT, sources={"linkedin-demo": replace(LINKEDIN, enabled=False)})

    assert world.notify() == Outcome("parked", "no_such_source")


def test_a_message_that_waited_for_its_source_finds_it(world: AdWorld) -> None:
    outcome = world.notify(meta.LEAD_ID, is_meta=True, source_id="")

    assert outcome.word == "captured"


def test_a_lead_without_readable_id_is_put_aside_under_a_word(world: AdWorld) -> None:
    world.fetch.park("linkedin-demo", "", "unreadable_lead")

    assert [one.lead_id for one in world.ads.parked("linkedin-demo")] == ["unreadable"]


def test_any_other_refusal_of_the_capture_is_put_aside(world: AdWorld) -> None:
    def refuses(_question: Any) -> Any:
        raise RejectedInput("something_new")

    assert replace(world.fetch, capture=refuses)(a_notification()) == Outcome("parked", "something_new")


def test_a_lead_that_was_taken_apart_by_an_erasure_stays_gone(world: AdWorld) -> None:
    world.notify(meta.LEAD_ID, is_meta=True)
    lead_id = world.lead.lead_id
    world.eraser.by_lead_id(lead_id, Order())
    world.ads.records.clear()

    assert world.notify(meta.LEAD_ID, is_meta=True) == Outcome("stays_deleted")
    assert world.leads == []


# ------------------------------------------------------------------ every order

STEPS = st.lists(st.sampled_from(["create", "delete", "again", "pull", "busy"]), min_size=1, max_size=8)


@given(steps=STEPS)
def test_duplicates_replays_and_orders_lead_to_the_same_end(steps: list[str]) -> None:
    world = AdWorld()
    world.linkedin.add(linkedin.a_lead(ADA))
    world.at(SUBMITTED + 60_000)
    for step in steps:
        take(world, step)

    take(world, "create")

    is_deleted = "delete" in steps
    assert len(world.leads) == (0 if is_deleted else 1)
    assert is_deleted or world.lead.version == 1
    assert not is_deleted or "ada@example.com" not in world.everything()


def take(world: AdWorld, step: str) -> None:
    if step == "pull":
        world.sweep()
    elif step == "delete":
        world.notify(deleted_at=SUBMITTED + 1)
    elif step == "busy":
        world.linkedin.trouble["lead"] = [TryAgain("busy")]
        with suppress(TryAgain):  # a lead that is deleted is not even asked for
            world.notify()
        world.linkedin.trouble.clear()
    else:
        world.notify()


def test_a_deletion_works_for_every_platform(world: AdWorld) -> None:
    world.notify(meta.LEAD_ID, is_meta=True)

    assert world.notify(meta.LEAD_ID, is_meta=True, kind="DELETED") == Outcome("deleted")
    assert world.leads == []
