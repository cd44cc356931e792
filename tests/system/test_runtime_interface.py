"""Every built function answers its files of `events/` in Lambda's own runtime, and does what it is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Tell
from tests.system.runtime_interface import Runtime, python, runtime
from tests.system.world import FUNCTIONS, World, event, events_of, make_overdue, place_what_the_events_name, world

Ask = Callable[[str, Mapping[str, Any]], Any]
DOORS = [(function, name) for function in FUNCTIONS for name in events_of(function)]


@pytest.fixture(scope="module")
def there() -> Iterator[World]:
    with world() as there:
        yield there


@pytest.fixture(scope="module")
def ask(built: Path, there: World, tell: Tell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Send an event to a function; each function starts once, when it is first asked."""
    tell(f"tests of the runtime interface: the functions ran on {python().description}")
    running: dict[str, Runtime] = {}
    with ExitStack() as ends:

        def ask(function: str, what: Mapping[str, Any]) -> Any:
            if function not in running:
                artifact = built / ".aws-sam" / "build" / function
                folder = tmp_path_factory.mktemp(function)
                running[function] = ends.enter_context(runtime(function, artifact, there, folder))
            return running[function].ask(what)

        yield ask


def said(answer: Mapping[str, Any]) -> Any:
    return json.loads(answer["body"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_an_event(function: str) -> None:
    assert events_of(function)


def test_a_demo_request_gets_its_receipt_and_then_the_same_one_again(ask: Ask) -> None:
    first = ask("CaptureFunction", event("receive_form_demo_request"))
    again = ask("CaptureFunction", event("receive_form_demo_request"))

    assert (first["statusCode"], again["statusCode"]) == (202, 200)
    assert again["headers"]["Idempotency-Replayed"] == "true"
    assert said(first) == said(again)
    assert said(first)["form_id"] == "demo-request"


def test_a_browser_without_script_is_sent_on(ask: Ask) -> None:
    answer = ask("CaptureFunction", event("receive_form_newsletter"))

    assert answer["statusCode"] == 303
    assert "/thanks" in answer["headers"]["Location"]


def test_the_form_is_shown_with_its_boxes_and_wording(ask: Ask) -> None:
    answer = ask("ShowFormFunction", event("show_form"))

    assert answer["statusCode"] == 200
    assert said(answer)["form_id"] == "demo-request"
    assert said(answer)["boxes"]


def test_the_lead_of_a_message_is_shown_to_sales(ask: Ask, there: World) -> None:
    ask("CaptureFunction", event("receive_form_demo_request"))
    place_what_the_events_name(there)

    answer = ask("ShowLeadFunction", event("show_lead"))

    assert answer["statusCode"] == 200
    assert said(answer)["lead_id"] == event("show_lead")["pathParameters"]["lead_id"]


def test_sales_says_that_it_spoke_with_the_lead_and_says_it_once(ask: Ask, there: World) -> None:
    ask("CaptureFunction", event("receive_form_demo_request"))
    place_what_the_events_name(there)

    first, again = (ask("ReceiveAnswersFunction", event("receive_answers_contacted")) for _ in range(2))

    assert (first["statusCode"], said(first)["kind"], said(first)["stage"]) == (200, "contacted", "sales_qualified")
    assert said(again) == said(first)
    assert again["headers"]["Idempotency-Replayed"] == "true"


def test_an_unknown_lead_is_not_found(ask: Ask) -> None:
    answer = ask("ShowLeadFunction", {**event("show_lead"), "pathParameters": {"lead_id": "0" * 32}})

    assert answer["statusCode"] == 404


def test_the_relay_puts_the_message_of_its_event_on_the_queue_once(ask: Ask, there: World) -> None:
    ask("CaptureFunction", event("receive_form_demo_request"))
    message = place_what_the_events_name(there)

    answers = [ask("RelayFunction", event("relay")) for _ in range(2)]

    assert answers == [{"batchItemFailures": []}] * 2
    (sent,) = there.messages()
    assert sent["id"] == message["id"]
    assert sent["data"].items() >= {name: message["data"][name] for name in ("lead_id", "score", "explanation")}.items()
    assert sent["data"]["queue"]


def test_the_count_adds_the_lead_of_its_event_once(ask: Ask, there: World) -> None:
    ask("CaptureFunction", event("receive_form_demo_request"))
    place_what_the_events_name(there)

    answers = [ask("CountFunction", event("count")) for _ in range(2)]

    assert answers == [{"counted": 1}, {"counted": 0}]
    assert any(item["pk"]["S"].startswith("KPI#") for item in there.items("LeadsTable"))


def test_the_sweep_counts_what_it_delivered(ask: Ask, there: World) -> None:
    ask("CaptureFunction", event("receive_form_demo_request"))
    waiting = make_overdue(there)

    first, second = (ask("SweepFunction", event("sweep")) for _ in range(2))

    assert first == {**dict.fromkeys(first, 0), "sent": waiting}
    assert set(second.values()) == {0}


def test_an_order_to_erase_somebody_unknown_is_carried_out_and_the_clock_finds_nothing_left(ask: Ask) -> None:
    answer, counts = ask("EraseFunction", event("erase")), ask("EraseFunction", event("sweep"))

    assert (answer["statusCode"], said(answer)) == (200, {"erasures": []})
    assert set(counts.values()) == {0}


def test_the_seal_of_yesterday_is_made_once(ask: Ask) -> None:
    first, second = (ask("SealFunction", event("seal")) for _ in range(2))

    assert first == {"days": 1, "entries": 0}
    assert second == {"days": 0, "entries": 0}


def test_an_opt_out_of_sale_is_remembered_for_somebody_unknown(ask: Ask, there: World) -> None:
    answer = ask("PermissionPagesFunction", event("permission_pages_opt_out"))

    assert answer["statusCode"] == 202
    assert said(answer) == {"recorded": True}
    assert there.items("SuppressionsTable")


def test_pages_of_hubspot_and_salesforce_and_a_typeform_are_answered_in_their_own_words(ask: Ask) -> None:
    hubspot = ask("ReceivePartnerFormFunction", event("receive_partner_form_hubspot"))
    salesforce = ask("ReceivePartnerFormFunction", event("receive_partner_form_web_to_lead"))
    typeform = ask("ReceivePartnerFormFunction", event("receive_partner_form_typeform"))

    assert said(hubspot) == {"inlineMessage": "Thank you. We answer within a day."}
    assert (salesforce["statusCode"], salesforce["headers"]["Location"]) == (303, "https://www.example.com/thanks")
    assert (typeform["statusCode"], said(typeform)["recorded"]["action"]) == (200, "contact_request")


def test_linkedins_challenge_is_signed_and_its_knock_is_queued(ask: Ask, there: World) -> None:
    challenge = ask("ReceiveWebhookFunction", event("receive_webhook_linkedin_challenge"))
    knocks = [ask("ReceiveWebhookFunction", event(f"receive_webhook_{name}")) for name in ("linkedin", "meta")]

    asked = {"QueueUrl": there.known["NotificationsQueue"], "MaxNumberOfMessages": 10}
    queued = [json.loads(message["Body"]) for message in there.aws.sqs.send("ReceiveMessage", asked)["Messages"]]
    assert said(challenge)["challengeResponse"].startswith("2c699631")
    assert [answer["statusCode"] for answer in (challenge, *knocks)] == [200, 200, 200]
    assert {one["platform"] for one in queued} == {"linkedin", "meta"}


def test_googles_lead_is_recorded_without_its_key(ask: Ask, there: World) -> None:
    answer = ask("ReceiveGoogleFunction", event("receive_google_lead"))

    leads = json.dumps(there.items("LeadsTable"))
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert "ada@example.com" in leads
    assert "gads-test-key" not in leads


@pytest.mark.parametrize(("function", "name"), DOORS)
def test_no_event_ends_in_an_exception(ask: Ask, function: str, name: str) -> None:
    answer = ask(function, event(name))

    assert "errorType" not in answer, answer
    assert answer.get("statusCode", 200) < 500
