"""What an export may not show of people who came through an ad platform."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.adapters.lead_lines import _event_row, shown_fields
from shared.sources.ad_lead import question
from shared.sources.platform_lead import Answer, PlatformLead, answer
from tests.builders import AGREEMENT, DEFINITION, NOON

EVENT = {
    "event_id": "e1",
    "at": "2026-11-22T08:34:50.000Z",
    "kind": "demo_request",
    "form_id": "meta-demo",
    "context": {},
    "judged": False,
    "is_test": False,
}


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("full_name", "Ada Lovelace", "…"),
        ("work_phone", "+4915112345678", "…"),
        ("work_email", "ada@example.com", "@example.com"),
        ("work_email", "ada@example.com (Ada Lovelace)", "…"),
        ("email_of_my_boss", "Ada Lovelace", "…"),
        ("answer_best_email", "ada@example.com", "@example.com"),
        ("answer_who_is_your_boss", "Ada Lovelace", "…"),
        ("interest_area", "Call Ada on Monday", "…"),
        ("seniority", "Director", "…"),
        ("company", "Lovelace Engines", "…"),
        ("job_title", "Director", "Director"),
        ("company_size", "51-200", "51-200"),
        ("timeframe", "Now", "Now"),
        ("country", "FR", "FR"),
    ],
)
def test_an_answer_of_an_ad_lead_shows_nothing_of_the_person(name: str, given: str, shown: str) -> None:
    row = _event_row("lead", {**EVENT, "fields": {name: given}}, ["reply"], shown_fields(AGREEMENT))

    assert row["fields"] == {name: shown}


def lead_of(platform: str, *answers: Answer) -> PlatformLead:
    return PlatformLead(platform, f"{platform}-demo", "1", "k1", "7234246", "1", NOON, is_test=False, answers=answers)


@pytest.mark.parametrize("platform", ["linkedin", "google"])
def test_what_a_platform_brings_under_any_name_is_hidden_unless_a_rule_reads_it(platform: str) -> None:
    source = replace(AGREEMENT.sources[f"{platform}-demo"], fields={"00N000000000001": "interest_area"})
    lead = lead_of(
        platform,
        answer("EMAIL", "email", "E-mail", ["ada@example.com"]),
        answer("JOB_TITLE", "job_title", "Job title", ["Director"]),
        answer("SENIORITY", "seniority", "Seniority", ["Ada's own boss"]),
        answer("00N000000000001", "", "Interest", ["Engines for Ada Lovelace"]),
        answer("what", "", "Anything else?", ["Ask for Lovelace"]),
    )
    fields = question(source, lead, AGREEMENT, DEFINITION).submission.fields

    shown = _event_row("lead", {**EVENT, "fields": fields}, ["reply"], shown_fields(AGREEMENT))["fields"]

    assert shown.keys() == fields.keys() >= {"email", "job_title", "seniority", "interest_area"}
    assert (shown["email"], shown["job_title"]) == ("@example.com", "Director")
    assert {text for name, text in shown.items() if name not in ("email", "job_title")} == {"…"}
