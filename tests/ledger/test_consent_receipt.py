"""Receipts of a captured submission: every mandatory field, and nothing claimed as consent that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.consent_receipt import PROFILE, Subject, kantara, record_27560, uses, uuid_of
from tests.adapters.contract import NOTICE, an_intake
from tests.builders import ADA, a_question

LEAD = "f" * 32
REGION = "eu-central-1"


def a_body(*ticked: str, **changes: Any) -> dict[str, Any]:
    intake = an_intake(a_question(ticked=ticked, **changes), 1)
    body: dict[str, Any] = json.loads(intake.entry.body)
    return body


def a_subject(*ticked: str, **changes: Any) -> Subject:
    return Subject(a_body(*ticked, **changes), LEAD, NOTICE, REGION)


def with_basis(channel: str, basis: str) -> Subject:
    """A channel that is allowed without a tick."""
    body = a_body()
    decision = body["decision"]
    decision = {
        **decision,
        "contact": {**decision["contact"], channel: "yes"},
        "basis": {**decision["basis"], channel: basis},
    }
    return Subject({**body, "decision": decision}, LEAD, NOTICE, REGION)


# ISO/IEC TS 27560, mandatory fields, and those that GDPR adds: where each of them stands in the record.
OF_THE_RECORD = {
    "schema version": "dct:conformsTo",
    "record id": "dct:identifier",
    "PII principal id": "dpv:hasDataSubject",
    "privacy notice": "dpv:hasNotice",
    "language": "dct:language",
    "PII controllers": "dpv:hasDataController",
    "jurisdiction": "dpv:hasJurisdiction",
    "withdrawal method": "dpv:hasConsentControl",
    "collection method": "dpv:hasIndicationMethod",
    "privacy rights": "dpv:hasRight",
    "authority": "dpv:hasAuthority",
}
OF_EACH_PROCESS = {
    "purpose": "dpv:hasPurpose",
    "PII information": "dpv:hasPersonalData",
    "storage locations and retention": "dpv:hasStorageCondition",
    "recipients": "dpv:hasRecipient",
    "lawful basis": "dpv:hasLegalBasis",
    "processing method": "dpv:hasProcessing",
    "processing location": "dpv:hasLocation",
    "geographic restrictions": "dpv:hasDataTransferRestriction",
}
OF_EACH_EVENT = {
    "event time": "dpv:isIndicatedAtTime",
    "validity duration": "dpv:hasDuration",
    "entity id": "dpv:isIndicatedBy",
    "event type and state": "@type",
}


def test_the_record_has_every_mandatory_field() -> None:
    record = record_27560(a_subject("mkt_email", fields={**ADA, "phone": "+33612345678"}))

    assert record["dct:conformsTo"] == PROFILE
    assert all(record[name] for name in OF_THE_RECORD.values())
    for process in record["dpv:hasProcess"]:
        assert all(process[name] for name in OF_EACH_PROCESS.values())


def test_the_record_identifies_the_controller() -> None:
    controller = record_27560(a_subject())["dpv:hasDataController"]

    assert controller["@type"] == "dpv:DataController"
    assert all(controller[name] for name in ("@id", "dpv:hasName", "dpv:hasAddress", "dpv:hasContact"))


def test_every_box_of_the_record_has_its_event() -> None:
    record = record_27560(a_subject("mkt_email"))
    events = [one["dpv:hasConsentStatus"] for one in record["dpv:hasProcess"] if "dpv:hasConsentStatus" in one]

    assert len(events) == 3
    assert all(event[name] for event in events for name in OF_EACH_EVENT.values())
    assert [event["@type"][0] for event in events] == [
        "dpv:ConsentGiven",
        "dpv:ConsentRefused",
        "dpv:ConsentRefused",
    ]


def test_the_record_never_names_the_chain() -> None:
    intake = an_intake(a_question(ticked=("mkt_email",)), 1)

    text = json.dumps(record_27560(Subject(json.loads(intake.entry.body), LEAD, NOTICE, REGION)))

    assert intake.entry.chain not in text


def test_a_consent_that_must_be_confirmed_is_only_requested() -> None:
    record = record_27560(a_subject("mkt_email", fields={**ADA, "country": "DE"}))

    assert record["dpv:hasProcess"][0]["dpv:hasConsentStatus"]["@type"][0] == "dpv:ConsentRequested"
    assert "EXPLICIT" not in json.dumps(kantara(a_subject("mkt_email", fields={**ADA, "country": "DE"})))


def test_the_receipt_of_a_tick_is_explicit_with_time_in_epoch_seconds() -> None:
    receipt = kantara(a_subject("mkt_email"))
    (marketing,) = [service for service in receipt["services"] if service["service"] == "Marketing"]

    assert receipt["version"] == "KI-CR-v1.1.0"
    assert receipt["consentTimestamp"] == 1772452800
    assert [purpose["consentType"] for purpose in marketing["purposes"]] == ["EXPLICIT"]


def test_the_receipt_has_every_field_of_the_format() -> None:
    receipt = kantara(a_subject("mkt_email"))
    names = {"jurisdiction", "collectionMethod", "consentReceiptID", "language", "piiPrincipalId", "policyUrl"}

    assert all(receipt[name] for name in names | {"piiControllers", "services"})
    assert (receipt["sensitive"], receipt["spiCat"]) == (False, [])
    assert set(receipt["piiControllers"][0]) == {"piiController", "contact", "address", "email", "phone"}


@pytest.mark.parametrize("basis", ["soft_opt_in", "legitimate_interest", "pecr_corporate", "can_spam"])
def test_what_is_allowed_without_consent_is_never_called_explicit(basis: str) -> None:
    subject = with_basis("email", basis)
    said = [purpose for service in kantara(subject)["services"] for purpose in service["purposes"]]

    assert {purpose["consentType"] for purpose in said} == {"IMPLICIT"}
    assert len(said) == 2
    assert "eu-gdpr:A6-1-a" not in json.dumps(record_27560(subject)["dpv:hasProcess"][-2])


def test_who_ticked_nothing_and_may_be_answered_gets_a_receipt_of_the_answer_alone() -> None:
    receipt = kantara(a_subject())

    assert [service["service"] for service in receipt["services"]] == ["Answers to requests"]


def test_nothing_allowed_is_a_receipt_without_services() -> None:
    body = a_body()
    body["decision"] = {**body["decision"], "reply": False}

    assert kantara(Subject(body, LEAD, NOTICE, REGION))["services"] == []


def test_third_parties_are_named_where_data_is_shared() -> None:
    body = a_body("mkt_email")
    body["boxes"][0] |= {"purpose": "share_3p", "channel": "none"}

    receipt = kantara(Subject(body, LEAD, NOTICE, REGION))

    shared = receipt["services"][1]["purposes"][0]
    assert shared["thirdPartyDisclosure"] is True
    assert shared["thirdPartyName"]


def test_each_box_is_a_use_and_so_is_the_reply() -> None:
    assert [use.purpose for use in uses(a_body())] == ["mkt_email", "mkt_phone", "profiling", "respond"]


def test_an_event_id_of_32_digits_becomes_a_version_4_uuid() -> None:
    assert uuid_of("0123456789abcdef0123456789abcdef") == "01234567-89ab-4def-8123-456789abcdef"
    assert uuid_of("e1") == "e1"


def test_without_a_country_the_jurisdiction_is_the_observed_or_unknown() -> None:
    body = a_body()

    for found, expected in (({"declared": None, "edge": "FR"}, "FR"), ({"declared": None, "edge": None}, "unknown")):
        body["jurisdictions"] = found
        assert kantara(Subject(body, LEAD, NOTICE, REGION))["jurisdiction"] == expected
