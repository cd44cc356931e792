"""From an ad platform's knock to the message for sales, and every way in which a platform fails."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from shared.domain.errors import TryAgain
from tests.support.platforms import linkedin, meta
from tests.walk.ad_walk import ADA, LINKEDIN_SECRET, SECRETS, AdWalk, ads, an_hour_ago

__all__ = ["ads"]  # a fixture is known by its name where it is used

REFRESHING = {"refresh_token": "refresh-token-0001", "client_id": "an id"}
TOLD = {"EMAIL": "ada@engines.example.com"}


def with_refresh() -> dict[str, Any]:
    return {"linkedin-demo": {**SECRETS["linkedin"]["linkedin-demo"], **REFRESHING, "access_token": "an old one"}}


# ------------------------------------------------------------------ to sales


@pytest.mark.requirement("C47", "C48", "F02")
def test_a_lead_of_linkedin_reaches_sales(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))

    assert ads.knock_linkedin() == 200
    assert ads.work() == 0
    ads.walk.relay()

    (message,) = [one for one in ads.walk.messages() if one["type"].endswith("sales_qualified")]
    (lead,) = ads.leads()
    assert message["data"]["lead_id"] == lead["lead_id"]
    assert lead["profile"]["email"] == "ada@example.com"


def test_a_lead_of_meta_walks_the_same_way_and_its_tick_waits_for_its_confirmation(ads: AdWalk) -> None:
    ads.meta.add(meta.a_lead())

    ads.knock_meta()
    ads.work()

    (lead,) = ads.leads()
    assert lead["profile"]["company"] == "Example Engines"
    assert lead["permission"]["reply"] is True
    assert lead["permission"]["channels"]["email"]


def test_the_exact_wording_is_in_the_registry_of_notices(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin()
    ads.work()

    wordings = [item["wording"]["S"] for item in ads.walk.items(ads.walk.tables.notices) if "wording" in item]
    assert any("[ ] Send me product news by e-mail." in wording for wording in wordings)


def test_no_queue_ever_holds_more_than_ids(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin()
    client = ads.walk.cloud.client("sqs")

    (message,) = client.receive_message(QueueUrl=ads.queue_url, VisibilityTimeout=0)["Messages"]

    assert set(json.loads(message["Body"]).values()).isdisjoint(answer for _, answer in linkedin.QUESTIONS.values())


def test_nothing_of_the_person_and_no_secret_is_logged(
    ads: AdWalk, ears: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"EMAIL": "canary@example.com", "FIRST_NAME": "Canaria", "COMPANY_NAME": "Canary Works"}
    ads.put_secrets(linkedin=with_refresh())
    ads.linkedin.tokens.access = "another one"
    ads.linkedin.add(linkedin.a_lead(ADA, told=told, submittedAt=an_hour_ago()))
    for where, kind in (("leadForms", 500), ("leadForms", "malformed"), ("leadFormResponses", 404)):
        ads.linkedin.fail(where, kind, said={"message": "canary@example.com"})
    ads.knock_linkedin()
    ads.work()
    ads.sweep()

    heard = f"{ears.getvalue()} {capsys.readouterr()}".lower()
    assert '"message":"ad_lead"' in heard
    assert len(ads.leads()) == 1
    for word in ("canar", "refresh-token", "access-token", LINKEDIN_SECRET, ADA):
        assert word not in heard, word


# ------------------------------------------------------------------ again and away


def test_the_same_knock_again_changes_nothing(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin()
    ads.work()
    before = ads.walk.everything()

    ads.knock_linkedin()
    ads.work()

    assert ads.walk.everything() == before


def test_a_deletion_takes_the_person_out_of_reach_at_once(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin()
    ads.work()

    ads.knock_linkedin(action="DELETED", at=1_770_000_000_001)
    assert ads.work() == 0

    assert ads.leads() == []


def test_a_lead_that_was_deleted_before_it_came_stays_out(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin(action="DELETED", at=1_770_000_000_001)
    ads.work()

    ads.knock_linkedin()
    ads.work()

    assert ads.leads() == []
    assert ads.linkedin.asked == []


# ------------------------------------------------------------------ a platform that fails


@pytest.mark.parametrize("where", ["leadFormResponses", "leadForms"])
@pytest.mark.parametrize("kind", [429, 500, 503, "broken", "malformed", "slow"])
def test_what_passes_is_waited_for(ads: AdWalk, where: str, kind: str | int) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.linkedin.fail(where, kind)
    ads.knock_linkedin()

    assert ads.work() == 0
    assert len(ads.leads()) == 1


def test_what_stays_comes_back_to_the_queue_and_nothing_is_lost(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.linkedin.fail("leadFormResponses", 429, retry_after="3600")
    ads.knock_linkedin()

    assert ads.work() == 1
    assert ads.leads() == []
    assert ads.work() == 0
    assert len(ads.leads()) == 1


def test_one_lead_that_fails_keeps_no_other_waiting(ads: AdWalk) -> None:
    for lead_id, mail in (("551", "one"), ("552", "two"), ("553", "three")):
        ads.meta.add(meta.a_lead(lead_id, told={"email": f"{mail}@example.com"}))
    ads.meta.fail("/552", 403)
    ads.knock_meta("551", "552", "553")

    assert ads.work() == 1
    assert {lead["profile"]["email"] for lead in ads.leads()} == {"one@example.com", "three@example.com"}
    assert ads.work() == 0
    assert len(ads.leads()) == 3


@pytest.mark.parametrize(
    ("kind", "reason"), [("huge", "answer_too_large"), (404, "lead_gone"), (400, "refused_by_platform")]
)
def test_what_stays_wrong_is_parked_and_turns_no_more(ads: AdWalk, kind: str | int, reason: str) -> None:
    ads.linkedin.fail("leadFormResponses", kind, times=99)
    ads.knock_linkedin()

    assert ads.work() == 0
    assert ads.parked() == [(ADA, reason)]
    assert ads.work() == 0
    assert ads.linkedin.count("leadFormResponses") == 1


def test_a_form_that_has_moved_on_gives_an_answer_and_no_marketing(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.linkedin.forms[str(linkedin.FORM_ID)] = linkedin.a_form(version=2)
    ads.knock_linkedin()
    ads.work()

    (lead,) = ads.leads()
    assert lead["permission"]["reply"] is True
    assert "yes" not in lead["permission"]["marketing"].values()
    assert lead["permission"]["channels"] == {}


def test_an_expired_token_is_refreshed_with_the_secret_and_the_lead_comes(ads: AdWalk) -> None:
    ads.put_secrets(linkedin=with_refresh())
    ads.linkedin.tokens.access = "another one"
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin()

    assert ads.work() == 0
    assert ads.linkedin.tokens.issued == 1
    assert len(ads.leads()) == 1


def test_a_connection_that_is_over_parks_nothing_and_waits(ads: AdWalk) -> None:
    ads.put_secrets(linkedin=with_refresh())
    ads.linkedin.tokens.access, ads.linkedin.tokens.refresh = "another one", "another one"
    ads.linkedin.add(linkedin.a_lead(ADA))
    ads.knock_linkedin()

    assert ads.work() == 1
    assert (ads.leads(), ads.parked()) == ([], [])


def test_meta_gets_the_page_s_token_and_its_proof(ads: AdWalk) -> None:
    ads.put_secrets(meta={**SECRETS["meta"], "page_tokens": {meta.PAGE_ID: "a page token"}})
    ads.meta.access_token, ads.meta.app_secret = "a page token", SECRETS["meta"]["app_secret"][0]
    ads.meta.add(meta.a_lead())
    ads.knock_meta()

    assert ads.work() == 0
    assert len(ads.leads()) == 1


def test_a_message_that_is_none_of_ours_comes_back_until_it_is_a_dead_letter(ads: AdWalk) -> None:
    ads.walk.cloud.client("sqs").send_message(QueueUrl=ads.queue_url, MessageBody="{}")

    assert ads.work() == 1


# ------------------------------------------------------------------ pulled


def test_leads_that_no_push_brought_are_pulled_from_every_page(ads: AdWalk) -> None:
    ads.linkedin.page_size = 2
    for number in range(5):
        told = {"EMAIL": f"person-{number}@example.com"}
        ads.linkedin.add(linkedin.a_lead(f"lead-{number}", told=told, submittedAt=an_hour_ago()))

    counts = ads.sweep()

    assert counts["leads"] == 5
    assert len(ads.leads()) == 5
    assert "start=4" in ads.linkedin.asked[-1].target


def test_a_pull_after_a_push_makes_no_second_lead(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA, submittedAt=an_hour_ago()))
    ads.knock_linkedin()
    ads.work()
    version = ads.leads()[0]["version"]

    ads.sweep()

    assert [lead["version"] for lead in ads.leads()] == [version]


def test_a_source_that_cannot_be_pulled_is_told_and_the_others_are_pulled(ads: AdWalk) -> None:
    ads.linkedin.add(linkedin.a_lead(ADA, submittedAt=an_hour_ago()))
    ads.meta.fail("/leads", 403)

    with pytest.raises(TryAgain, match="1 of 2"):
        ads.sweep()

    assert len(ads.leads()) == 1


def test_without_tokens_and_servers_of_our_own_nothing_is_pulled(ads: AdWalk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINKEDIN_URL")
    monkeypatch.delenv("META_URL")
    ads.reload()

    assert ads.sweep() == {"sources": 0, "leads": 0}
