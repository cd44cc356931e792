"""A post to HubSpot's Forms API v3, answered by us: a site changes only the host.

What HubSpot would refuse is refused with HubSpot's words: also a context of another type than HubSpot's, or an IP
address that is none, which no page that works today can send. How a page address or a visitor token is written is
never a reason to lose somebody, and an address at example.com is not dropped behind a 200 as HubSpot is said to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from shared.domain.errors import Fault, RejectedInput
from shared.sources.contact_points import email_identity
from shared.sources.field_map import HUBSPOT
from shared.sources.plain_text import BadText
from shared.sources.platform_json import at, objects, read_object, text_of
from shared.sources.platform_lead import (
    MAX_ANSWER,
    PlatformConsent,
    PlatformLead,
    ShownNotice,
    answer,
    from_milliseconds,
    named_texts,
    texts,
)

MAX_FIELDS = 1000
CONTACT, COMPANY = "0-1", "0-2"
PROCESSING = "processing"

# The code of a fault, HubSpot's errorType for it, and the sentence that goes with it.
ERRORS: Mapping[str, tuple[str, str]] = {
    "too_many_fields": ("MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED", "The request has more than 1000 values"),
    "required": ("REQUIRED_FIELD", "A required member is missing"),
    "invalid_email": ("INVALID_EMAIL", "The value of 'email' is not an e-mail address"),
    "too_long": ("INPUT_TOO_LARGE", "A value is too long"),
    "field_shape": ("INVALID_METADATA", "A field needs a name and one value"),
    "legal_shape": ("INVALID_LEGAL_OPTION_FORMAT", "The legal consent options have the wrong form"),
    "no_processing_consent": ("MISSING_PROCESSING_CONSENT", "Consent to process was not given"),
    "no_processing_text": ("MISSING_PROCESSING_CONSENT_TEXT", "The text of the consent to process is missing"),
    "no_communication_text": ("MISSING_COMMUNICATION_CONSENT_TEXT", "The text of a communication consent is missing"),
    "no_interest_text": ("MISSING_LEGITIMATE_INTEREST_TEXT", "The text of the legitimate interest is missing"),
    "page_uri": ("INVALID_PAGE_URI", "The value of 'pageUri' is not a text"),
    "visitor_token": ("INVALID_HUTK", "The value of 'hutk' is not a text"),
    "ip_address": ("INVALID_IP_ADDRESS", "The value of 'ipAddress' is not an IP address"),
    "duplicate_subscription": ("DUPLICATE_SUBSCRIPTION_TYPE_ID", "A subscription type is named twice"),
}
_CONTEXT = {
    "pageUri": "page_url",
    "pageName": "page_name",
    "pageId": "page_id",
    "hutk": "hutk",
    "sfdcCampaignId": "sfdc_campaign_id",
    # The page's own word, and no more than that: the gateway knows the address that really called.
    "ipAddress": "claimed_ip",
}


def read_lead(body: bytes, portal_id: str, form_guid: str, source_id: str) -> PlatformLead:
    """The submission to `/submissions/v3/integration/submit/{portal_id}/{form_guid}`."""
    members = read_object(body)
    legal = members.get("legalConsentOptions")
    faults = [
        *_field_faults(members.get("fields")),
        *_context_faults(members.get("context")),
        *_legal_faults(legal),
    ]
    if faults:
        raise RejectedInput("invalid_submission", *faults)
    answers = tuple(
        answer(name, our_name, name, values) for name, (our_name, values) in _grouped(members["fields"]).items()
    )
    return PlatformLead(
        platform="hubspot",
        source_id=source_id,
        external_id="",
        key=None,
        form_id=f"{portal_id}/{form_guid}",
        form_version="",
        submitted_at=from_milliseconds(members.get("submittedAt")),
        is_test=False,
        answers=tuple(one for one in answers if one.values),
        consents=tuple(_consents(legal)),
        notice=ShownNotice(wording=text_of(at(legal, "legitimateInterest", "text"))),
        hidden=_interest(at(legal, "legitimateInterest")),
        tracking=named_texts((ours, at(members, "context", theirs)) for theirs, ours in _CONTEXT.items()),
    )


def error_body(refused: RejectedInput, correlation_id: str) -> dict[str, Any]:
    """The body of the 400 that HubSpot's clients know; it repeats nothing of the input."""
    known = [ERRORS[fault.code] for fault in refused.faults if fault.code in ERRORS]
    return {
        "status": "error",
        "message": "The request is not valid",
        "correlationId": correlation_id,
        "errors": [{"message": f"{message}.", "errorType": error_type} for error_type, message in known],
    }


def _field_faults(fields: Any) -> Iterator[Fault]:
    if not isinstance(fields, list) or not fields:
        yield Fault("/fields", "required")
    elif len(fields) > MAX_FIELDS:
        yield Fault("/fields", "too_many_fields")
    else:
        for place, one in enumerate(fields):
            code = _field_fault(one)
            if code:
                yield Fault(f"/fields/{place}", code)


def _field_fault(one: Any) -> str:
    name, value = at(one, "name"), at(one, "value")
    if not isinstance(name, str) or not name.strip() or isinstance(value, list | dict):
        return "field_shape"
    if any(len(text.strip()) > MAX_ANSWER for text in (name, *texts(value))):
        return "too_long"
    return "" if _our_name(one) != "email" or _is_email(value) else "invalid_email"


def _is_email(value: Any) -> bool:
    """An empty value is no wrong address: whether one is needed is for the journey to say."""
    text = text_of(value).strip()
    try:
        return not text or bool(email_identity(text))
    except BadText:
        return False


def _context_faults(context: Any) -> Iterator[Fault]:
    """What is left out, null or empty is no fault."""
    for name, code, is_right in _CHECKED:
        value = at(context, name)
        if value is not None and not is_right(value):
            yield Fault(f"/context/{name}", code)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_ip_address(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return not value.strip() or bool(ip_address(value.strip()))
    except ValueError:
        return False


_CHECKED: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("pageUri", "page_uri", _is_text),
    ("hutk", "visitor_token", _is_text),
    ("ipAddress", "ip_address", _is_ip_address),
)


def _our_name(one: Mapping[str, Any]) -> str:
    kind, name = one.get("objectTypeId", CONTACT), text_of(one.get("name"))
    if kind == CONTACT:
        return HUBSPOT.get(name, "")
    return "company" if (kind, name) == (COMPANY, "name") else ""


def _grouped(fields: list[Any]) -> dict[str, tuple[str, list[str]]]:
    """Our name and all values by question: checkbox groups come as one entry per value."""
    groups: dict[str, tuple[str, list[str]]] = {}
    for one in objects(fields):
        kind, name = one.get("objectTypeId", CONTACT), text_of(one.get("name"))
        question = name if kind == CONTACT else f"{text_of(kind)}/{name}"
        groups.setdefault(question, (_our_name(one), []))[1].extend(texts(one.get("value")))
    return groups


def _legal_faults(legal: Any) -> Iterator[Fault]:
    if legal is None:
        return
    consent, interest = at(legal, "consent"), at(legal, "legitimateInterest")
    if not isinstance(legal, dict) or not all(isinstance(one, dict | None) for one in (consent, interest)):
        yield Fault("/legalConsentOptions", "legal_shape")
        return
    if consent is not None:
        yield from _consent_faults(consent)
    if interest is not None and not _text(interest):
        yield Fault("/legalConsentOptions/legitimateInterest/text", "no_interest_text")


def _consent_faults(consent: Mapping[str, Any]) -> Iterator[Fault]:
    here = "/legalConsentOptions/consent"
    if consent.get("consentToProcess") is not True:
        yield Fault(f"{here}/consentToProcess", "no_processing_consent")
    if not _text(consent):
        yield Fault(f"{here}/text", "no_processing_text")
    offers = consent.get("communications", [])
    if not isinstance(offers, list) or not all(map(_is_offer, offers)):
        yield Fault(f"{here}/communications", "legal_shape")
        return
    if not all(map(_text, offers)):
        yield Fault(f"{here}/communications", "no_communication_text")
    ids = [text_of(one["subscriptionTypeId"]) for one in offers]
    if len(set(ids)) < len(ids):
        yield Fault(f"{here}/communications", "duplicate_subscription")


def _is_offer(one: Any) -> bool:
    return isinstance(at(one, "value"), bool) and bool(text_of(at(one, "subscriptionTypeId")))


def _text(one: Mapping[str, Any]) -> str:
    text = one.get("text")
    return text if isinstance(text, str) and text.strip() else ""


def _consents(legal: Any) -> Iterator[PlatformConsent]:
    """What the page says that it showed, and what was ticked; how the boxes looked it does not say."""
    consent = at(legal, "consent")
    if consent is not None:
        yield _consent(PROCESSING, True, _text(consent))
        for one in objects(consent.get("communications")):
            yield _consent(text_of(one["subscriptionTypeId"]), one["value"], _text(one))


def _consent(consent_id: str, checked: bool, wording: str) -> PlatformConsent:
    return PlatformConsent(consent_id, checked, wording, "", required=None, prechecked=None, as_shown=True)


def _interest(interest: Any) -> dict[str, str]:
    """The legal basis that the page claims instead of a consent."""
    names = ("value", "subscriptionTypeId", "legalBasis")
    return named_texts((f"legitimate_interest_{name}", at(interest, name)) for name in names)
