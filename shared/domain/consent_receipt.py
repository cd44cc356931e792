"""One ledger entry as a standard consent record: ISO/IEC TS 27560 in DPV JSON-LD, or a Kantara receipt v1.1.

Export formats only; nothing is stored in them. What is the same for everybody comes from the notice, the rest from the
entry's body. The person's id is the lead's, never the ledger's chain. Field lists: docs/ledger.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.agreement import Notice
from shared.domain.consent.question import PURPOSE_OF

PROFILE = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
}
STATUS = {
    "given": "dpv:ConsentGiven",
    "pending": "dpv:ConsentRequested",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "renewed": "dpv:RenewedConsentGiven",
    "expired": "dpv:ConsentExpired",
    "revoked": "dpv:ConsentRevoked",
    "not_counted": "dpv:ConsentInvalidated",
}
LEGAL_BASIS = {"consent": "eu-gdpr:A6-1-a", "contract": "eu-gdpr:A6-1-b", "legitimate_interest": "eu-gdpr:A6-1-f"}
DPV_PURPOSE = {"respond": "dpv:CommunicationForCustomerCare", "profiling": "dpv:Personalisation"}
PERSONAL_DATA = {"email": "pd:EmailAddress", "phone": "pd:TelephoneNumber"}
RIGHTS = {
    "access": "eu-gdpr:A15",
    "rectification": "eu-gdpr:A16",
    "erasure": "eu-gdpr:A17",
    "restriction": "eu-gdpr:A18",
    "portability": "eu-gdpr:A20",
    "objection": "eu-gdpr:A21",
}
MARKETING, SERVICE = "Marketing", "Answers to requests"
EVENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a receipt is about: the body of the entry, whose lead, which notice, where it is stored."""

    body: Mapping[str, Any]
    lead_id: str
    notice: Notice
    region: str


@dataclass(frozen=True, slots=True)
class Use:
    """One purpose of the entry and on what basis, if any, it may be followed."""

    purpose: str
    basis: str
    outcome: str
    expires: str | None
    label: str | None


def uses(body: Mapping[str, Any]) -> Iterator[Use]:
    """Every box of the entry, then what is allowed without one: channels on another basis, and the reply.

    A consent that still stands from before has a receipt of its own.
    """
    decision = body["decision"]
    for box in body["boxes"]:
        given = box["outcome"] == "given"
        basis = decision["basis"].get(box["channel"]) or "consent" if given else "none"
        yield Use(box["purpose"], basis, box["outcome"], box["expires"], box["label"])
    for channel, answer in decision["contact"].items():
        basis = decision["basis"].get(channel) or "none"
        if answer == "yes" and basis != "consent":
            yield Use(PURPOSE_OF[channel], basis, "no_box", None, None)
    if decision["reply"]:
        yield Use("respond", "contract", "no_box", None, None)


# ------------------------------------------------------------------ ISO/IEC TS 27560 in DPV


def record_27560(subject: Subject) -> dict[str, Any]:
    """The whole record with every field that the standard, and GDPR on top of it, makes mandatory."""
    body, notice, facts = subject.body, subject.notice, subject.notice.facts
    record_id = uuid_of(body["event_id"])
    return {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{record_id}",
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": PROFILE,
        "dct:identifier": record_id,
        "dct:hasVersion": body["schema"],
        "dpv:hasDataSubject": _data_subject(subject),
        "dpv:hasDataController": _controller(facts),
        "dpv:hasAuthority": {"@type": "dpv:DataProtectionAuthority", "rdfs:label": facts["complaint"]},
        "dpv:hasNotice": _notice(notice),
        "dct:language": body["notice"]["lang"],
        "dpv:hasIndicationMethod": _indication(body),
        "dpv:isIndicatedAtTime": body["ts"],
        "dpv:hasJurisdiction": jurisdiction(body),
        "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
        "dpv:hasRight": [RIGHTS.get(right, right) for right in facts["rights"]],
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "rdfs:label": body["withdrawal_method"]},
        "dpv:hasProcess": [_process(use, subject) for use in uses(body)],
        "dpv:hasSignal": {"rdfs:label": "Global Privacy Control", "rdf:value": list(body["gpc"]["raw"])},
    }


def _data_subject(subject: Subject) -> dict[str, Any]:
    return {
        "@id": f"urn:leadgate:lead:{subject.lead_id}",
        "@type": "dpv:DataSubject",
        "dpv:hasContact": [f"{kind}:{value}" for kind, value in sorted(subject.body["identifiers"].items())],
    }


def _controller(facts: Mapping[str, Any]) -> dict[str, Any]:
    controller = facts["controller"]
    return {
        "@id": "urn:leadgate:controller",
        "@type": "dpv:DataController",
        "dpv:hasName": controller["name"],
        "dpv:hasAddress": controller["address"],
        "dpv:hasContact": controller["contact"],
        "dpv:hasRepresentative": {
            "@type": "dpv:DataProtectionOfficer",
            "dpv:hasContact": facts["data_protection_officer"],
        },
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "@id": notice_urn(notice),
        "@type": "dpv:ConsentNotice",
        "dct:hasVersion": notice.version,
        "dct:language": notice.lang,
        "dct:issued": notice.facts["effective_from"],
        "dct:identifier": notice.sha256,
    }


def notice_urn(notice: Notice) -> str:
    return f"urn:leadgate:notice:{notice.notice_id}:{notice.version}:{notice.lang}"


def _indication(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"rdfs:label": body["method"], "dct:source": body["form"]["url"] or body["form"]["id"]}


def _process(use: Use, subject: Subject) -> dict[str, Any]:
    facts = subject.notice.facts
    event = _event(use, subject) if use.outcome in STATUS else {}
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": _purpose(use, facts),
        "dpv:hasLegalBasis": LEGAL_BASIS.get(use.basis, {"@type": "dpv:LegalBasis", "rdfs:label": use.basis}),
        "dpv:hasPersonalData": _personal_data(subject.body, facts),
        "dpv:hasDataSource": "dpv:DataSubject",
        "dpv:hasProcessing": ["dpv:Collect", "dpv:Store", "dpv:Use"],
        "dpv:hasLocation": subject.region,
        "dpv:hasDataTransferRestriction": facts["third_country_transfer"],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": subject.region},
            {"@type": "dpv:StorageDuration", "rdfs:label": facts["retention"]},
        ],
        "dpv:hasRecipient": _recipients(use, facts),
        **event,
    }


def _recipients(use: Use, facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Sharing names who gets the data; a category of partners would be no informed consent."""
    third = facts.get("third_parties", ()) if use.purpose == "share_3p" else ()
    ours = [{"@type": "dpv:Recipient", "dpv:hasName": name} for name in facts["recipients"]]
    return [*ours, *({"@type": "dpv:ThirdParty", "dpv:hasName": name} for name in third)]


def _event(use: Use, subject: Subject) -> dict[str, Any]:
    """What was said about this purpose: time, how long it holds, by whom, which kind, and the state that follows."""
    until = {"@type": "dpv:UntilTimeDuration", "rdf:value": use.expires}
    return {
        "dpv:hasConsentStatus": {
            "@type": [STATUS[use.outcome], "dpv:ExpressedConsent"],
            "dpv:isIndicatedAtTime": subject.body["ts"],
            "dpv:hasDuration": until if use.expires else {"@type": "dpv:IndeterminateDuration"},
            "dpv:isIndicatedBy": f"urn:leadgate:lead:{subject.lead_id}",
            "rdfs:label": use.label,
        }
    }


def _purpose(use: Use, facts: Mapping[str, Any]) -> dict[str, Any]:
    said = {row["code"]: row["text"] for row in facts["purposes"]}
    return {
        "@type": DPV_PURPOSE.get(use.purpose, "dpv:DirectMarketing"),
        "dct:identifier": use.purpose,
        "rdfs:label": said.get(use.purpose) or use.label or use.purpose,
    }


def _personal_data(body: Mapping[str, Any], facts: Mapping[str, Any]) -> list[Any]:
    contact: list[Any] = [{"@type": PERSONAL_DATA[kind]} for kind in sorted(body["identifiers"])]
    return contact + [{"@type": "dpv:PersonalData", "rdfs:label": name} for name in facts["ccpa"]["categories"]]


# ------------------------------------------------------------------ Kantara


def kantara(subject: Subject) -> dict[str, Any]:
    """A receipt of what may be done. `consentTimestamp` is in epoch seconds: implementations differ, we say which.

    EXPLICIT is said of a box that the person ticked and that counts as consent, and of nothing else.
    """
    body, facts = subject.body, subject.notice.facts
    controller = facts["controller"]
    allowed = [use for use in uses(body) if use.basis != "none"]
    return {
        "version": "KI-CR-v1.1.0",
        "jurisdiction": jurisdiction(body),
        "consentTimestamp": int(datetime.fromisoformat(body["ts"]).timestamp()),
        "collectionMethod": body["method"],
        "consentReceiptID": uuid_of(body["event_id"]),
        "language": body["notice"]["lang"],
        "piiPrincipalId": subject.lead_id,
        "piiControllers": [
            {
                "piiController": controller["name"],
                "contact": facts["data_protection_officer"],
                "address": controller["address"],
                "email": controller["contact"],
                "phone": controller.get("phone", ""),
            }
        ],
        "policyUrl": notice_urn(subject.notice),
        "services": [
            {"service": name, "purposes": [_kantara_purpose(use, subject) for use in group]}
            for name, group in (
                (SERVICE, [use for use in allowed if use.purpose == "respond"]),
                (MARKETING, [use for use in allowed if use.purpose != "respond"]),
            )
            if group
        ],
        "sensitive": False,
        "spiCat": [],
    }


def _kantara_purpose(use: Use, subject: Subject) -> dict[str, Any]:
    facts = subject.notice.facts
    shared = use.purpose == "share_3p"
    return {
        "purpose": _purpose(use, facts)["rdfs:label"],
        "purposeCategory": [SERVICE if use.purpose == "respond" else MARKETING],
        "consentType": "EXPLICIT" if use.basis == "consent" and use.outcome == "given" else "IMPLICIT",
        "piiCategory": [*sorted(subject.body["identifiers"]), *facts["ccpa"]["categories"]],
        "primaryPurpose": use.purpose == "respond",
        "termination": use.expires or subject.body["withdrawal_method"],
        "thirdPartyDisclosure": shared,
        **({"thirdPartyName": ", ".join(facts.get("third_parties") or facts["recipients"])} if shared else {}),
    }


# ------------------------------------------------------------------ both


def jurisdiction(body: Mapping[str, Any]) -> str:
    """The declared country, else the observed one."""
    found = body["jurisdictions"]
    return found["declared"] or found["edge"] or "unknown"


def uuid_of(event_id: str) -> str:
    """The event's 128 random bits in the form of a UUID version 4; another id stays as it is."""
    if not EVENT_ID.fullmatch(event_id):
        return event_id
    digits = f"{event_id[:12]}4{event_id[13:16]}{'89ab'[int(event_id[16], 16) % 4]}{event_id[17:]}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
