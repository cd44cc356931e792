"""The known deliveries of each platform: body, secret and signature, composed by hand, not recorded live."""

from __future__ import annotations

import json
from typing import Any

LINKEDIN_SECRET = "li-test-client-secret-0001"
LINKEDIN_CHALLENGE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
LINKEDIN_RESPONSE = "2c69963106cfa6831a93253cc749445a93c6341259429fccef1a272f44745211"
LINKEDIN_BODY = (
    b'{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:249592fc-d272-44ba-a7db-c2bdce579507-6",'
    b'"leadGenForm":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:7234246, 1)",'
    b'"owner":{"sponsoredAccount":"urn:li:sponsoredAccount:1234567"},'
    b'"associatedEntity":{"sponsoredCreative":"urn:li:sponsoredCreative:241257736"},'
    b'"leadType":"SPONSORED","leadAction":"CREATED","occurredAt":1770000000000}'
)
LINKEDIN_SIGNATURE = "3b17bb20751f1d3ebdf6e302d6bd7481515bb54f0356515c8be8e50b20847417"
LINKEDIN_WITHOUT_PREFIX = "a05db4e4e838752742f7679eb3082e079e0afdca471bdc72fb67f56fdcb60060"

META_SECRET = "fb-test-app-secret-0001"
META_BODY = (
    b'{"object":"page","entry":[{"id":"1067280970047460","time":1770000001,"changes":[{"field":"leadgen","value":'
    b'{"created_time":1770000000,"leadgen_id":"1234567890123456","page_id":"1067280970047460",'
    b'"form_id":"2345678901234567","adgroup_id":"23850000000000001","ad_id":"23850000000000001"}}]}]}'
)
META_SIGNATURE = "sha256=fc428f451890c539c850844e998a6193185d90b95910d1063a16512b0e08d6fc"
META_BODY_BASE64 = (
    b"eyJvYmplY3QiOiJwYWdlIiwiZW50cnkiOlt7ImlkIjoiMTA2NzI4MDk3MDA0NzQ2MCIsInRpbWUiOjE3NzAwMDAwMDEsImNoYW5nZXMiOlt7ImZp"
    b"ZWxkIjoibGVhZGdlbiIsInZhbHVlIjp7ImNyZWF0ZWRfdGltZSI6MTc3MDAwMDAwMCwibGVhZGdlbl9pZCI6IjEyMzQ1Njc4OTAxMjM0NTYiLCJw"
    b"YWdlX2lkIjoiMTA2NzI4MDk3MDA0NzQ2MCIsImZvcm1faWQiOiIyMzQ1Njc4OTAxMjM0NTY3IiwiYWRncm91cF9pZCI6IjIzODUwMDAwMDAwMDAw"
    b"MDAxIiwiYWRfaWQiOiIyMzg1MDAwMDAwMDAwMDAwMSJ9fV19XX0="
)
META_ESCAPES = (
    rb'{"entry":[{"id":"1067280970047460","time":1770000002,"changes":[{"value":{"form_id":"2345678901234567",'
    rb'"leadgen_id":"1234567890123457","created_time":1770000001,"page_id":"1067280970047460"},"field":"leadgen"},'
    rb'{"value":{"form_id":"2345678901234567","leadgen_id":"1234567890123458","created_time":1770000002,'
    rb'"page_id":"1067280970047460"},"field":"leadgen"}]},{"id":"999","time":1770000003,"changes":[{"field":"feed",'
    rb'"value":{"item":"status","message":"\u00e4\u00f6\u00e5 a\/b \u003Cx> 5\u0025 me\u0040example.com \ud83d\ude00"'
    rb'}}]}],"object":"page"}'
)
META_ESCAPES_SIGNATURE = "sha256=ebd4901d70d66be24c560309a4f6f73d4922a77c3528175ba82a3776b3b0e0c0"
META_ESCAPES_DUMPED = "sha256=6983c6af1cf1734a8892175b834ccff5e515e33299a80a6f23e25636f22af0f0"
META_ESCAPES_UNESCAPED = "sha256=eb117a610c814f9e02c55ef95ebd836971ea36367855422ce93f6dd2f85d83a0"
META_EMPTY = b'{"object":"page","entry":[]}'
META_EMPTY_SIGNATURE = "sha256=7188172776c2dbaf2eda86aececb1fc5048a857dcdfe20162c3eb9abf7cbf1aa"

GOOGLE_KEY = "gads-test-key-0001"
GOOGLE_BODY = (
    b'{"lead_id":"Cj0KCQjwit_8BRCoARIsAIx3Rj7g-TEST-0001","user_column_data":['
    b'{"column_name":"Full Name","string_value":"Ada Lovelace","column_id":"FULL_NAME"},'
    b'{"column_name":"User Email","string_value":"ada@example.com","column_id":"EMAIL"},'
    b'{"column_name":"User Phone","string_value":"+4915112345678","column_id":"PHONE_NUMBER"},'
    b'{"column_name":"Company Name","string_value":"Analytical Engines Ltd","column_id":"COMPANY_NAME"},'
    b'{"string_value":"11-50","column_id":"COMPANY_SIZE"}],"api_version":"1.0","form_id":40000000000,'
    b'"campaign_id":123456,"adgroup_id":0,"creative_id":0,"google_key":"gads-test-key-0001",'
    b'"gcl_id":"Cj0KCQjwit_8BRCoARIsAIx3Rj7g-TEST-0001","is_test":true,"lead_submit_time":"2026-02-02T02:40:00Z"}'
)

TIKTOK_SECRET = "tt-test-client-secret-0001"
TIKTOK_BODY = b'{"event":"lead.test","create_time":1770000000,"content":"{}"}'
TIKTOK_SIGNATURE = "t=1770000000,s=9fca9bac31b64c70999531d40635f10f38f331f0720bff10c3cabcb98cf863bc"
TIKTOK_NOW = 1770000000

TYPEFORM_SECRET = "tf-test-secret-0001"
TYPEFORM_BODY = (
    b'{"event_id":"01KTESTEVENT0000000000000A","event_type":"form_response","form_response":{"form_id":"g8hcyeXS",'
    b'"token":"x71for1wr6irs2rx71fotn12b3izh25v","landed_at":"2026-02-02T02:39:58Z",'
    b'"submitted_at":"2026-02-02T02:40:00Z","answers":[{"type":"email","email":"ada@example.com",'
    b'"field":{"id":"M8JLOd0nIQPU","type":"email","ref":"email"}},{"type":"boolean","boolean":true,'
    b'"field":{"id":"JwWggjAKtOkA","type":"legal","ref":"consent_marketing"}}]}}'
)
TYPEFORM_SIGNATURE = "sha256=rVTgx3YSQbEfA/b4R626srdNSfj+0DYbj0FvmtVXEzU="

WEBFLOW_SECRET = "wf-test-client-secret-0001"
WEBFLOW_STAMP = "1770000000000"
WEBFLOW_BODY = (
    b'{"triggerType":"form_submission","payload":{"name":"Contact Us","siteId":"65427cf400e02b306eaa049c",'
    b'"data":{"First Name":"Ada","email":"ada@example.com"},"submittedAt":"2026-02-02T02:40:00.000Z",'
    b'"id":"6321ca84df3949bfc6752327"}}'
)
WEBFLOW_SIGNATURE = "82d9e7bee164f36e7ac02e3e6fce3852da2583db536d1d3d7c7e0d2866bf2de7"
WEBFLOW_NOW = 1770000000000


def as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def linkedin_lead(**changes: Any) -> dict[str, Any]:
    """A response as `leadFormResponses/{id}` gives it; answers in no order, ids from 0."""
    valid: dict[str, Any] = {
        "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:1234567"},
        "submitter": "urn:li:person:Abcdefghij",
        "leadType": "SPONSORED",
        "leadMetadata": {"sponsoredLeadMetadata": {"campaign": "urn:li:sponsoredCampaign:198356826"}},
        "versionedLeadGenFormUrn": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:7234246,1)",
        "id": "249592fc-d272-44ba-a7db-c2bdce579507-6",
        "submittedAt": 1770000000000,
        "associatedEntity": {"associatedCreative": "urn:li:sponsoredCreative:241257736"},
        "formResponse": {
            "consentResponses": [{"accepted": True, "consentId": 0}],
            "answers": [
                {"answerDetails": {"multipleChoiceAnswer": {"options": [0]}}, "questionId": 4},
                {"answerDetails": {"textQuestionAnswer": {"answer": "Ingeniería"}}, "questionId": 3},
                {"answerDetails": {"textQuestionAnswer": {"answer": "Ada@Example.com"}}, "questionId": 2},
                {"answerDetails": {"textQuestionAnswer": {"answer": "Ada"}}, "questionId": 0},
            ],
        },
    }
    return valid | changes


def _question(question_id: int, name: str, text: str, predefined: str = "") -> dict[str, Any]:
    question = {"questionId": question_id, "name": name, "question": {"localized": {"es_ES": text}}}
    return question | ({"predefinedField": predefined} if predefined else {})


def linkedin_form(**changes: Any) -> dict[str, Any]:
    """The form of that response, in Spanish."""
    options = [
        {"id": 0, "text": {"localized": {"es_ES": "Rojo"}}},
        {"id": 1, "text": {"localized": {"es_ES": "Azul"}}},
    ]
    valid: dict[str, Any] = {
        "id": 7234246,
        "versionId": 1,
        "creationLocale": {"country": "ES", "language": "es"},
        "hiddenFields": [{"name": "utm_campaign", "value": "otoño"}],
        "content": {
            "questions": [
                _question(0, "First name", "Nombre", "FIRST_NAME"),
                _question(2, "Email", "Correo", "EMAIL"),
                _question(3, "Function", "Función", "JOB_FUNCTION"),
                _question(4, "Custom question 0", "Color favorito")
                | {"questionDetails": {"multipleChoiceQuestionDetails": {"options": options}}},
            ],
            "legalInfo": {
                "legalInfoId": 107234246,
                "privacyPolicyUrl": "https://www.example.com/privacy",
                "legalDisclaimer": {"localized": {"es_ES": "Tratamos tus datos."}},
                "consents": [
                    {"id": 0, "checkRequired": True, "consent": {"localized": {"es_ES": "Quiero noticias."}}},
                    {"id": 1, "checkRequired": False, "consent": {"localized": {"es_ES": "Llamadme."}}},
                ],
            },
        },
    }
    return valid | changes


def meta_lead(**changes: Any) -> dict[str, Any]:
    """A lead as the Graph API gives it."""
    valid: dict[str, Any] = {
        "id": "1234567890123456",
        "created_time": "2026-02-02T02:40:00+0000",
        "ad_id": "23850000000000001",
        "ad_name": "Demo DE",
        "campaign_id": "23850000000000003",
        "form_id": "2345678901234567",
        "is_organic": False,
        "platform": "ig",
        "field_data": [
            {"name": "wer_sind_sie", "values": ["Ada Lovelace"]},
            {"name": "email", "values": ["ada@example.com"]},
            {"name": "phone_number", "values": ["+4915112345678"]},
            {"name": "company_size", "values": ["k2"]},
            {"name": "utm_source", "values": ["instagram"]},
        ],
        "custom_disclaimer_responses": [
            {"checkbox_key": "news", "is_checked": "1"},
            {"checkbox_key": "calls", "is_checked": ""},
        ],
    }
    return valid | changes


def meta_form(**changes: Any) -> dict[str, Any]:
    valid: dict[str, Any] = {
        "id": "2345678901234567",
        "locale": "de_DE",
        "questions": [
            {"key": "wer_sind_sie", "label": "Wer sind Sie?", "type": "FULL_NAME"},
            {"key": "email", "label": "E-Mail", "type": "EMAIL"},
            {"key": "phone_number", "label": "Telefon", "type": "PHONE"},
            {
                "key": "company_size",
                "label": "Wie viele sind Sie?",
                "type": "CUSTOM",
                "options": [{"key": "k1", "value": "1–10"}, {"key": "k2", "value": "11–50"}],
            },
        ],
        "privacy_policy_url": "https://www.example.com/privacy",
        "tracking_parameters": [{"key": "utm_source", "value": "meta"}, {"key": "utm_medium", "value": "paid"}],
        "legal_content": {
            "id": "77",
            "custom_disclaimer": {
                "title": "Einwilligung",
                "body": {"text": "Sie können jederzeit widerrufen."},
                "checkboxes": [
                    {"key": "news", "text": "Neuigkeiten.", "is_required": False, "is_checked_by_default": True},
                    {"key": "calls", "text": "Anrufe.", "is_required": False, "is_checked_by_default": False},
                    {"key": "share", "text": "Partner.", "is_required": True, "is_checked_by_default": False},
                ],
            },
        },
    }
    return valid | changes


def hubspot_body(**changes: Any) -> dict[str, Any]:
    valid: dict[str, Any] = {
        "submittedAt": "1770000000000",
        "fields": [
            {"objectTypeId": "0-1", "name": "email", "value": "ada@example.com"},
            {"name": "firstname", "value": "Ada"},
            {"objectTypeId": "0-2", "name": "name", "value": "Analytical Engines Ltd"},
            {"name": "topics", "value": "score"},
            {"name": "topics", "value": "consent"},
        ],
        "context": {"pageUri": "https://www.example.com/demo", "pageName": "Demo", "hutk": "abc"},
        "legalConsentOptions": {
            "consent": {
                "consentToProcess": True,
                "text": "We may store what you sent.",
                "communications": [
                    {"value": True, "subscriptionTypeId": 999, "text": "News by e-mail"},
                    {"value": False, "subscriptionTypeId": 777, "text": "Calls"},
                ],
            }
        },
    }
    return valid | changes
