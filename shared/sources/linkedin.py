"""LinkedIn Lead Sync: the challenge, the notification, and the lead with the form that asked for it.

Answers come by question id and in any order, so nothing can be understood without the form; questions are told by
`predefinedField`, for their names are in the author's language. Ids start at 0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.ad_lead import Glance
from shared.domain.errors import Fault, RejectedInput
from shared.sources.field_map import LINKEDIN
from shared.sources.platform_json import at, objects, read_object, text_of
from shared.sources.platform_lead import (
    Answer,
    PlatformConsent,
    PlatformLead,
    ShownNotice,
    answer,
    cut_remark,
    from_milliseconds,
    in_order,
    named_texts,
)
from shared.sources.signatures import Refused, linkedin_challenge

_ID = r"[0-9A-Za-z_=-]{1,128}"
_RESPONSE_URN = re.compile(rf"urn:li:leadGenFormResponse:({_ID})")
_FORM_URN = re.compile(r"urn:li:versionedLeadGenForm:\(urn:li:leadGenForm:([0-9]{1,20}), {0,3}([0-9]{1,10})\)")
_URN = re.compile(r"urn:li:[A-Za-z]{1,40}:[0-9A-Za-z_-]{1,128}")
_WORD = re.compile(r"[A-Z][A-Z_]{0,59}")


@dataclass(frozen=True, slots=True)
class LeadNotification:
    """A lead was made or taken back; everything but the first three members may be empty."""

    response_id: str
    action: str
    occurred_at_ms: int
    form_id: str = ""
    form_version: str = ""
    owner: str = ""
    associated_entity: str = ""
    lead_type: str = ""

    @property
    def key(self) -> str:
        """LinkedIn names no notification; the response alone comes back when somebody registers again."""
        return f"li#{self.response_id}#{self.action}#{self.occurred_at_ms}"


@dataclass(frozen=True, slots=True)
class UnknownNotification:
    """Something we did not ask for: to be answered 2xx and counted under `kind`."""

    kind: str


def challenge_answer(codes: tuple[str, ...], secrets: Sequence[str]) -> bytes | Refused:
    """The JSON body that proves the address; `codes` holds every `challengeCode` of the query."""
    response = linkedin_challenge(codes, secrets)
    if isinstance(response, Refused):
        return response
    return json.dumps({"challengeCode": codes[0], "challengeResponse": response}, separators=(",", ":")).encode()


def read_notification(body: bytes) -> LeadNotification | UnknownNotification:
    """The notification in a body whose signature was verified."""
    members = read_object(body)
    kind, action = members.get("type"), members.get("leadAction")
    if kind != "LEAD_ACTION":
        return UnknownNotification(_word(kind) or "unreadable")
    if action not in ("CREATED", "DELETED"):
        return UnknownNotification(f"LEAD_ACTION:{_word(action) or 'unreadable'}")
    form_id, form_version = _form_version(members.get("leadGenForm")) or ("", "")
    return LeadNotification(
        response_id=_response_id(members.get("leadGenFormResponse")),
        action=str(action),
        occurred_at_ms=_milliseconds(members.get("occurredAt"), "/occurredAt"),
        form_id=form_id,
        form_version=form_version,
        owner=_first_urn(members.get("owner")),
        associated_entity=_first_urn(members.get("associatedEntity")),
        lead_type=_word(members.get("leadType")),
    )


def read_lead(lead: bytes, form: bytes | None, source_id: str) -> PlatformLead:
    """The answer of `leadFormResponses/{id}` joined with that of `leadForms/{id}`.

    The form may also travel inside the lead (a projection); without any form the answers keep their question ids, and
    no consent can be demonstrated.
    """
    members = read_object(lead)
    shown = read_object(form) if form is not None else members.get("form")
    return _joined(members, shown if isinstance(shown, dict) else {}, source_id)


def glance(lead: bytes) -> Glance:
    """What a lead tells without its form."""
    members = read_object(lead)
    form_id, version = _form_of(members, {})
    return Glance(
        _lead_id(members.get("id")), _milliseconds(members.get("submittedAt"), "/submittedAt"), form_id, version
    )


def form_version(form: bytes) -> str:
    """The version of a form, empty where it tells none."""
    return text_of(read_object(form).get("versionId"))


def submission_key(lead_id: str, submitted_ms: int) -> str:
    """Push and pull see the same one, and who registers again is new."""
    return f"li#{lead_id}#{submitted_ms}"


def _joined(members: Mapping[str, Any], form: Mapping[str, Any], source_id: str) -> PlatformLead:
    external_id, submitted_ms = _lead_id(members.get("id")), _milliseconds(members.get("submittedAt"), "/submittedAt")
    form_id, version = _form_of(members, form)
    lang = _locale(form)
    form_remarks = _form_remarks(form, version)
    answers, answer_remarks = _answers(members, form, lang)
    consents, consent_remarks = _consents(members, form, lang, not form_remarks)
    return PlatformLead(
        platform="linkedin",
        source_id=source_id,
        external_id=external_id,
        key=submission_key(external_id, submitted_ms),
        form_id=form_id,
        form_version=version,
        submitted_at=from_milliseconds(submitted_ms),
        is_test=members.get("testLead") not in (None, False),
        answers=answers,
        consents=consents,
        notice=_notice(form, lang),
        hidden=named_texts((text_of(one.get("name")), one.get("value")) for one in objects(form.get("hiddenFields"))),
        tracking=_tracking(members),
        remarks=in_order((*form_remarks, *answer_remarks, *consent_remarks)),
    )


def _word(value: Any) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _unreadable(pointer: str, code: str) -> RejectedInput:
    return RejectedInput("unreadable_lead", Fault(pointer, code))


def _response_id(value: Any) -> str:
    match = _RESPONSE_URN.fullmatch(text_of(value))
    if match is None:
        raise _unreadable("/leadGenFormResponse", "bad_urn")
    return match[1]


def _lead_id(value: Any) -> str:
    if not re.fullmatch(_ID, text_of(value)):
        raise _unreadable("/id", "bad_id")
    return text_of(value)


def _milliseconds(value: Any, pointer: str) -> int:
    if type(value) is not int or from_milliseconds(value) is None:
        raise _unreadable(pointer, "bad_time")
    return value


def _form_version(urn: Any) -> tuple[str, str] | None:
    match = _FORM_URN.fullmatch(text_of(urn))
    return (match[1], match[2]) if match else None


def _form_of(members: Mapping[str, Any], form: Mapping[str, Any]) -> tuple[str, str]:
    """Id and version of the form that the member saw; another form's wording must never be joined to a tick."""
    named = _form_version(members.get("versionedLeadGenFormUrn"))
    if named is None:
        raise _unreadable("/versionedLeadGenFormUrn", "bad_urn")
    if form and text_of(form.get("id")) != named[0]:
        raise _unreadable("/form", "other_form")
    return named


def _form_remarks(form: Mapping[str, Any], version: str) -> list[str]:
    if not form:
        return ["form_unknown"]
    if "versionId" not in form:
        return ["form_version_unknown"]
    return [] if text_of(form["versionId"]) == version else ["form_moved_on"]


def _locale(form: Mapping[str, Any]) -> str:
    locale = form.get("creationLocale")
    return "_".join(filter(None, (text_of(at(locale, "language")), text_of(at(locale, "country")))))


def _localized(value: Any, lang: str) -> tuple[str, str]:
    """The text in the form's own locale, or else in the first one there is, and which locale that is."""
    texts = at(value, "localized")
    readable = {k: text for k, text in texts.items() if isinstance(text, str)} if isinstance(texts, dict) else {}
    chosen = lang if lang in readable else next(iter(readable), "")
    return readable.get(chosen, ""), chosen


def _answers(
    members: Mapping[str, Any], form: Mapping[str, Any], lang: str
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """The answers in the order of the form, those to questions that it does not know at the end."""
    questions = {text_of(one.get("questionId")): one for one in objects(at(form, "content", "questions"))}
    given = list(objects(at(members, "formResponse", "answers")))
    places = {question_id: place for place, question_id in enumerate(questions)}
    given.sort(key=lambda one: places.get(text_of(one.get("questionId")), len(places)))
    read = [_answer(one, questions.get(text_of(one.get("questionId")), {}), lang) for one in given]
    kept = tuple(one for one in read if one.values)
    return kept, (*cut_remark(kept), *(["unreadable_answer"] if len(kept) < len(read) else []))


def _answer(given: Mapping[str, Any], question: Mapping[str, Any], lang: str) -> Answer:
    question_id = text_of(given.get("questionId"))
    label = _localized(question.get("question"), lang)[0] or text_of(question.get("name"))
    our_name = LINKEDIN.get(text_of(question.get("predefinedField")), "")
    return answer(question_id, our_name, label, _values(given.get("answerDetails"), question, lang))


def _values(details: Any, question: Mapping[str, Any], lang: str) -> Iterator[str]:
    text = at(details, "textQuestionAnswer", "answer")
    if isinstance(text, str):
        yield text
    chosen = at(details, "multipleChoiceAnswer", "options")
    options = objects(at(question, "questionDetails", "multipleChoiceQuestionDetails", "options"))
    labels = {text_of(option.get("id")): _localized(option.get("text"), lang)[0] for option in options}
    for option in chosen if isinstance(chosen, list) else []:
        yield labels.get(text_of(option)) or text_of(option)


def _consents(
    members: Mapping[str, Any], form: Mapping[str, Any], lang: str, same_version: bool
) -> tuple[tuple[PlatformConsent, ...], tuple[str, ...]]:
    """Every box of the form, a silent one as not ticked, then the ticks whose box nobody knows."""
    boxes = {text_of(one.get("id")): one for one in objects(at(form, "content", "legalInfo", "consents"))}
    ticks: dict[str, list[bool]] = {box_id: [] for box_id in boxes}
    for one in objects(at(members, "formResponse", "consentResponses")):
        ticks.setdefault(text_of(one.get("consentId")), []).append(one.get("accepted") is True)
    consents = [_consent(box_id, ticks[box_id], boxes.get(box_id, {}), lang, same_version) for box_id in ticks]
    remarks = (
        *(["contradicting_ticks"] if any(len(set(said)) > 1 for said in ticks.values()) else []),
        *(["consent_without_wording"] if not all(one.wording for one in consents) else []),
    )
    return tuple(consents), remarks


def _consent(box_id: str, said: list[bool], box: Mapping[str, Any], lang: str, same_version: bool) -> PlatformConsent:
    wording, shown_lang = _localized(box.get("consent"), lang)
    required = box.get("checkRequired")
    return PlatformConsent(
        consent_id=box_id,
        checked=bool(said) and all(said),
        wording=wording,
        lang=shown_lang,
        required=required if isinstance(required, bool) else None,
        # LinkedIn has no member for it: a box in a lead form starts empty.
        prechecked=False,
        as_shown=same_version and bool(wording),
    )


def _notice(form: Mapping[str, Any], lang: str) -> ShownNotice:
    legal = at(form, "content", "legalInfo")
    wording, shown_lang = _localized(at(legal, "legalDisclaimer"), lang)
    return ShownNotice(
        notice_id=text_of(at(legal, "legalInfoId")),
        privacy_policy_url=text_of(at(legal, "privacyPolicyUrl")),
        wording=wording,
        lang=shown_lang,
    )


def _tracking(members: Mapping[str, Any]) -> dict[str, str]:
    """The ids of owner, campaign and creative; who the member is on LinkedIn is not ours to keep."""
    campaign = at(members, "leadMetadata", "sponsoredLeadMetadata", "campaign")
    found = {
        "owner": _first_urn(members.get("owner")),
        "campaign": _first_urn({"campaign": campaign}),
        "associated_entity": _first_urn(members.get("associatedEntity")),
        "lead_type": _word(members.get("leadType")),
    }
    return {name: text for name, text in found.items() if text}


def _first_urn(value: Any) -> str:
    """The URN in an object with one member, whatever that member is called."""
    urns = value.values() if isinstance(value, dict) else ()
    return next((urn for urn in urns if isinstance(urn, str) and _URN.fullmatch(urn)), "")
