"""Marked people are erased through the very doors, on moto: no byte of them stays in tables, queues or logs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.message import ERASED_SCHEMA
from tests.support.events import JSON, a_post, an_event
from tests.walk.conftest import Walk
from tests.walk.test_no_person_gets_out import CONTEXT, HEADERS, MARKED, heard

WORDS = ("canary", "zebra", "612345678")
CONTENT = {
    "fields": {**MARKED, "country": "DE"},
    "consents": {"mkt_email": True, "profiling": True},
    "context": CONTEXT,
}
TICK = {"source": "aws.events"}
_ = heard  # the fixture that listens to all that is logged and printed


def delete(walk: Walk, lead_id: str) -> dict[str, Any]:
    event = an_event(f"/v1/leads/{lead_id}", "/v1/leads/{lead_id}", {"lead_id": lead_id}, "DELETE")
    return walk.call("erase", event)


def order(walk: Walk, body: object) -> dict[str, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return walk.call("erase", an_event("/v1/erasures", "/v1/erasures", {}, "POST", raw, JSON))


def show(walk: Walk, lead_id: str) -> int:
    event = an_event("/v1/leads/x", "/v1/leads/{lead_id}", {"lead_id": lead_id}, "GET")
    return int(walk.call("show_lead", event)["statusCode"])


def in_queues(walk: Walk) -> str:
    """Whatever lies on any queue, looked at without taking it."""
    client, told = walk.cloud.client("sqs"), []
    for url in client.list_queues().get("QueueUrls", []):
        wanted = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 0, "WaitTimeSeconds": 0, "AttributeNames": ["All"]}
        got = client.receive_message(QueueUrl=url, **wanted)
        told.append(json.dumps(got.get("Messages", []), default=str))
    return "\n".join(told)


def words_in(text: str) -> list[str]:
    return [word for word in WORDS if word in text.lower()]


def lived_in(walk: Walk) -> str:
    """The marked person came twice, was mailed, and sales heard of it; gives the lead's id."""
    assert walk.call("receive_form", a_post(CONTENT, headers=HEADERS))["statusCode"] == 202
    walk.relay()
    assert walk.call("receive_form", a_post(CONTENT, "newsletter"))["statusCode"] in (202, 422)
    walk.relay()
    (lead,) = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"] == "LEAD"]
    return str(lead["lead_id"]["S"])


def test_an_erased_person_is_nowhere_and_sales_is_told(walk: Walk) -> None:
    lead_id = lived_in(walk)
    assert words_in(walk.everything()) == list(WORDS)

    reply = delete(walk, lead_id)
    walk.relay()

    certificate = json.loads(reply["body"])
    assert (reply["statusCode"], certificate["state"]) == (200, "done")
    assert words_in(walk.everything() + in_queues(walk) + reply["body"]) == []
    assert show(walk, lead_id) == 410
    told = [message for message in walk.messages() if message["subject"] == lead_id]
    last = max(told, key=lambda message: int(message["data"]["version"]))
    assert (last["type"], last["dataschema"], last["id"]) == ("lead.erased", ERASED_SCHEMA, certificate["sales_told"])


def test_no_word_about_the_person_is_logged_while_they_are_erased(walk: Walk, heard: list[str]) -> None:
    walk.call("receive_form", a_post(CONTENT, headers=HEADERS))
    walk.relay()
    lead_id = walk.messages()[0]["subject"]

    replies = [delete(walk, lead_id), order(walk, {"email": MARKED["email"], "never_contact": True})]
    replies += [order(walk, {"email": "canary@@example.com"}), order(walk, b'["canary"]'), walk.call("erase", TICK)]

    heard += [json.dumps(reply) for reply in replies]
    assert [reply.get("statusCode") for reply in replies] == [200, 200, 422, 400, None]


def test_the_second_order_gets_the_same_certificate(walk: Walk) -> None:
    lead_id = lived_in(walk)

    first, again = delete(walk, lead_id), delete(walk, lead_id)

    assert (first["statusCode"], first["body"]) == (again["statusCode"], again["body"])


def test_the_officer_may_name_an_address(walk: Walk) -> None:
    lead_id = lived_in(walk)

    reply = order(walk, {"email": MARKED["email"].upper(), "never_contact": True, "reason": "ccpa_delete"})
    nobody = order(walk, {"email": MARKED["email"], "phone": MARKED["phone"]})

    (certificate,) = json.loads(reply["body"])["erasures"]
    assert (reply["statusCode"], certificate["lead_id"], certificate["never_contact"]) == (200, lead_id, True)
    assert (nobody["statusCode"], nobody["body"]) == (200, '{"erasures": []}')
    assert words_in(walk.everything()) == []


def test_the_officer_may_name_a_lead(walk: Walk) -> None:
    lead_id = lived_in(walk)

    reply, unknown = order(walk, {"lead_id": lead_id}), order(walk, {"lead_id": "0" * 32})

    assert [one["state"] for one in json.loads(reply["body"])["erasures"]] == ["done"]
    assert unknown["statusCode"] == 404


@pytest.mark.parametrize("lead_id", ["0" * 32, "canary", "", "F" * 32, "0" * 31 + "\n"])
def test_nobody_is_erased_under_an_id_that_is_none(walk: Walk, lead_id: str) -> None:
    assert delete(walk, lead_id)["statusCode"] == 404


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"email": "canary@@example.com"}, 422, "/email"),
        ({"phone": "canary"}, 422, "/phone"),
        ({"name": "Canary"}, 422, "/name"),
        ({}, 422, "/email"),
        (b'["canary"]', 400, ""),
        (b"\xff", 400, ""),
    ],
)
def test_an_order_that_cannot_be_read_changes_nothing_and_echoes_nothing(
    walk: Walk, body: object, status: int, pointer: str
) -> None:
    before = walk.everything()

    reply = order(walk, body)

    assert (reply["statusCode"], json.loads(reply["body"])["errors"][0]["pointer"]) == (status, pointer)
    assert walk.everything() == before
    assert words_in(reply["body"]) == []


def test_a_replay_brings_nobody_back_and_a_new_act_does(walk: Walk) -> None:
    lead_id = lived_in(walk)
    delete(walk, lead_id)

    replay = walk.call("receive_form", a_post(CONTENT, headers=HEADERS))
    nobody = words_in(walk.everything())
    anew = walk.call("receive_form", a_post(CONTENT))

    assert (replay["statusCode"], json.loads(replay["body"])["reason"], nobody) == (422, "erased", [])
    assert anew["statusCode"] == 202
    (lead,) = [item for item in walk.items(walk.tables.leads) if item["sk"]["S"] == "LEAD"]
    assert lead["lead_id"]["S"] != lead_id
    assert show(walk, lead_id) == 410


def test_the_clock_goes_on_with_what_a_call_left(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_id, door = lived_in(walk), walk.doors["erase"]
    patient = door.erase()
    late = replace(patient, clock=lambda: patient.clock() + timedelta(minutes=2))
    monkeypatch.setattr(door, "erase", lambda: replace(patient, within=timedelta(0)))
    begun = delete(walk, lead_id)
    monkeypatch.setattr(door, "erase", lambda: late)

    counts = walk.call("erase", TICK)

    assert (begun["statusCode"], json.loads(begun["body"])["state"]) == (202, "in_progress")
    assert counts == {"done": 1, "in_progress": 0, "failed": 0}
    assert words_in(walk.everything()) == []


def test_a_clock_that_fails_is_heard(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def resume(self) -> dict[str, int]:
            return {"done": 0, "in_progress": 0, "failed": 2}

    monkeypatch.setattr(walk.doors["erase"], "erase", Failing)

    with pytest.raises(Exception, match="2 erasures could not be gone on with"):
        walk.call("erase", TICK)
