"""A LinkedIn of our own: lead form responses, lead forms, the finder by owner with its pages, and the token's refresh.

Written from the documented samples; it holds no real person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.platforms.server import Asked, FakePlatform, Said

OWNER = "urn:li:sponsoredAccount:1234567"
FORM_ID = 7234246
QUESTIONS = {
    "EMAIL": (307234246, "ada@example.com"),
    "FIRST_NAME": (107234246, "Ada"),
    "LAST_NAME": (207234246, "Lovelace"),
    "COMPANY_NAME": (927234246, "Example Engines"),
    "JOB_TITLE": (407234246, "Director of Engineering"),
    "COMPANY_SIZE": (917234246, "201-500"),
}
GONE = {"status": 404, "message": "Not Found", "serviceErrorCode": 0}
REFUSED = {"status": 401, "message": "The token used in the request has expired", "serviceErrorCode": 65601}


def a_form(version: int = 1, **changes: Any) -> dict[str, Any]:
    """A form with two boxes, ids 0 and 1; the first must be ticked to send the form, the second need not."""
    consents = changes.pop(
        "consents",
        [
            {"id": 0, "checkRequired": False, "consent": {"localized": {"en_US": "Send me product news by e-mail."}}},
            {"id": 1, "checkRequired": False, "consent": {"localized": {"en_US": "Call me about offers."}}},
        ],
    )
    questions = [
        {
            "questionId": question_id,
            "name": name.title(),
            "predefinedField": name,
            "responseRequired": True,
            "question": {"localized": {"en_US": name.title()}},
            "questionDetails": {"textQuestionDetails": {"maxResponseLength": 300}},
        }
        for name, (question_id, _) in QUESTIONS.items()
    ]
    return {
        "id": FORM_ID,
        "versionId": version,
        "name": "Ask for a demo",
        "state": "PUBLISHED",
        "owner": {"sponsoredAccount": OWNER},
        "creationLocale": {"country": "US", "language": "en"},
        "hiddenFields": [{"name": "utm_campaign", "value": "spring"}],
        "content": {
            "headline": {"localized": {"en_US": "See it run"}},
            "questions": questions,
            "legalInfo": {
                "legalInfoId": 107234246,
                "privacyPolicyUrl": "https://www.example.com/privacy",
                "legalDisclaimer": {"localized": {"en_US": "Example Software Ltd answers your request."}},
                "consents": consents,
            },
        },
        **changes,
    }


def a_lead(lead_id: str = "249592fc-d272-44ba-a7db-c2bdce579507-6", **changes: Any) -> dict[str, Any]:
    """Ada's answers in another order than the form's; `ticked` holds the ids of the boxes that she ticked."""
    ticked, version = changes.pop("ticked", (0,)), changes.pop("version", 1)
    told = {name: answer for name, (_, answer) in QUESTIONS.items()} | changes.pop("told", {})
    answers = [
        {"answerDetails": {"textQuestionAnswer": {"answer": answer}}, "questionId": QUESTIONS[name][0]}
        for name, answer in sorted(told.items())
        if answer is not None
    ]
    return {
        "owner": {"sponsoredAccount": OWNER},
        "submitter": "urn:li:person:BcLKblgopR",
        "leadType": "SPONSORED",
        "leadMetadata": {"sponsoredLeadMetadata": {"campaign": "urn:li:sponsoredCampaign:198356826"}},
        "versionedLeadGenFormUrn": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{FORM_ID},{version})",
        "id": lead_id,
        "submittedAt": 1_770_000_000_000,
        "testLead": False,
        "associatedEntity": {"associatedCreative": "urn:li:sponsoredCreative:241257736"},
        "formResponse": {
            "consentResponses": [{"accepted": box in ticked, "consentId": box} for box in (0, 1)],
            "answers": answers,
        },
        **changes,
    }


@dataclass
class Tokens:
    """What is valid now; None lets everybody in."""

    access: str | None = None
    refresh: str = "refresh-token-0001"
    issued: int = 0


@dataclass
class FakeLinkedIn(FakePlatform):
    """`forms` by id are open to tests too."""

    forms: dict[str, dict[str, Any]] = field(default_factory=lambda: {str(FORM_ID): a_form()})
    tokens: Tokens = field(default_factory=Tokens)
    page_size: int = 100

    def reply(self, asked: Asked) -> Said:
        if asked.path == "/oauth/v2/accessToken":
            return self._refreshed(asked)
        if self.tokens.access not in (None, asked.headers.get("authorization", "").removeprefix("Bearer ")):
            return Said(401, REFUSED)
        if not re.fullmatch(r"\d{6}", asked.headers.get("linkedin-version", "")):
            return Said(426, {"status": 426, "message": "no such version"})
        return self._resource(asked)

    def _resource(self, asked: Asked) -> Said:
        kind, _, name = asked.path.removeprefix("/rest/").partition("/")
        if kind == "leadFormResponses" and not name:
            return self._found(asked)
        held: dict[str, dict[str, dict[str, Any]]] = {"leadFormResponses": self.leads, "leadForms": self.forms}
        found = held.get(kind, {}).get(name)
        return Said(200, found) if found else Said(404, GONE)

    def _found(self, asked: Asked) -> Said:
        raw = urlsplit(asked.target).query
        between = re.search(r"submittedAtTimeRange=\(start:(\d+),end:(\d+)\)", raw)
        owner = re.search(r"owner=\((\w+):([\w%.-]+)\)", raw)
        if not (between and owner):
            return Said(400, {"status": 400, "message": "not as Rest.li 2.0 wants it"})
        found = [
            lead
            for lead in self.leads.values()
            if int(between[1]) <= lead["submittedAt"] < int(between[2])
            and lead["owner"] == {owner[1]: unquote(owner[2])}
            and asked.query["leadType"] == f"(leadType:{lead['leadType']})"
        ]
        start, size = int(asked.query["start"]), min(self.page_size, int(asked.query["count"]))
        paging = {"start": start, "count": size, "total": len(found), "links": []}
        return Said(200, {"elements": found[start : start + size], "paging": paging})

    def _refreshed(self, asked: Asked) -> Said:
        wanted = {"grant_type": "refresh_token", "refresh_token": self.tokens.refresh}
        if not wanted.items() <= asked.form.items():
            return Said(400, {"error": "invalid_request", "error_description": "The provided token is invalid"})
        self.tokens.issued += 1
        self.tokens.access = f"access-token-{self.tokens.issued:04d}"
        return Said(200, {"access_token": self.tokens.access, "expires_in": 5_183_999})
