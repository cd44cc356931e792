"""Meta Lead Ads (Facebook and Instagram): the handshake, the batch of notifications, the lead with its form.

Both surfaces share one subscription and one callback; only the fetched lead says where it came from. The keys of
questions are free for the form's author, so questions are told by their type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.ad_lead import Glance
from shared.domain.errors import Fault, RejectedInput
from shared.sources.field_map import META, META_KEYS, is_government_id
from shared.sources.platform_json import at, objects, read_object, text_of
from shared.sources.platform_lead import (
    Answer,
    PlatformConsent,
    PlatformLead,
    ShownNotice,
    answer,
    cut_remark,
    from_iso,
    from_milliseconds,
    in_order,
    named_texts,
    texts,
)
from shared.sources.signatures import Refused, shared_secret

_ID = re.compile(r"[0-9]{1,40}")
_CHALLENGE = re.compile(r"[0-9]{1,40}")
_SURFACES = {"fb": "facebook", "ig": "instagram"}
# Literal values only: bool("0") is True.
_TICKS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "on", "yes"), True),
    **dict.fromkeys(("", "0", "false", "off", "no"), False),
}
_TRACKING = ("ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name", "platform")
_MORE_TRACKING = ("partner_name", "retailer_item_id", "is_organic")
# What the test tool writes into every answer; seen in the field, not in Meta's documentation.
_DUMMY = "<test lead:"


@dataclass(frozen=True, slots=True)
class LeadNotification:
    """A lead can be fetched; `ad_id` and `adgroup_id` are empty for organic and test leads."""

    leadgen_id: str
    page_id: str
    form_id: str = ""
    ad_id: str = ""
    adgroup_id: str = ""
    created_time: int | None = None

    @property
    def key(self) -> str:
        return f"fb#{self.leadgen_id}"


@dataclass(frozen=True, slots=True)
class Batch:
    """One POST: its leads, the fields that we did not ask for, and how many changes nobody could read.

    Meta sends the whole POST again unless it is answered 200, so an unreadable change must not stop the others.
    """

    leads: tuple[LeadNotification, ...]
    foreign: tuple[str, ...] = ()
    unreadable: int = 0


def handshake(query: Mapping[str, tuple[str, ...]], verify_tokens: Sequence[str]) -> str | Refused:
    """The challenge to echo as the whole text/plain body; only digits, so that nothing can be reflected.

    `query` maps each parameter to all its values.
    """
    verdict = shared_secret(_only(query, "hub.verify_token"), verify_tokens)
    if isinstance(verdict, Refused):
        return verdict
    challenge = _only(query, "hub.challenge")
    if _only(query, "hub.mode") != "subscribe" or not _CHALLENGE.fullmatch(challenge):
        return Refused("bad_challenge")
    return challenge


def read_batch(body: bytes) -> Batch:
    """The notifications in a body whose signature was verified."""
    members = read_object(body)
    if members.get("object") != "page":
        return Batch((), (f"object:{_word(members.get('object'))}",))
    if not isinstance(members.get("entry"), list):
        raise RejectedInput("unreadable_lead", Fault("/entry", "not_a_list"))
    changes = list(_changes(members["entry"]))
    asked = [_notification(page, change.get("value")) for page, change in changes if change.get("field") == "leadgen"]
    return Batch(
        leads=tuple(one for one in asked if one is not None),
        foreign=tuple(_word(change.get("field")) for _, change in changes if change.get("field") != "leadgen"),
        unreadable=asked.count(None),
    )


def read_lead(lead: bytes, form: bytes | None, source_id: str, government_ids: bool = False) -> PlatformLead:
    """The Graph API's answer for the lead joined with that for its form.

    Without the form, answers are told by the usual keys, and no consent can be demonstrated.
    """
    members = read_object(lead)
    shown = read_object(form) if form is not None else {}
    external_id, form_id = _lead_id(members), _form_id(members, shown)
    read, hidden, answer_remarks = _answers(members, shown, government_ids)
    consents, consent_remarks = _consents(members, shown)
    return PlatformLead(
        platform=_SURFACES.get(text_of(members.get("platform")), "meta"),
        source_id=source_id,
        external_id=external_id,
        key=submission_key(external_id),
        form_id=form_id,
        form_version="",
        submitted_at=_moment(members.get("created_time")),
        is_test=any(text.startswith(_DUMMY) for one in read for text in one.values),
        answers=read,
        consents=consents,
        notice=_notice(shown),
        hidden=hidden,
        tracking=named_texts((name, members.get(name)) for name in (*_TRACKING, *_MORE_TRACKING)),
        remarks=in_order((*([] if shown else ["form_unknown"]), *answer_remarks, *consent_remarks)),
    )


def glance(lead: bytes) -> Glance:
    """What a lead tells without its form; a form of Meta's has no versions."""
    members = read_object(lead)
    moment = _moment(members.get("created_time"))
    submitted_ms = int(moment.timestamp() * 1000) if moment else 0
    return Glance(_lead_id(members), submitted_ms, _id(members.get("form_id")))


def submission_key(lead_id: str) -> str:
    return f"fb#{lead_id}"


def ticked(value: Any) -> bool | None:
    """What `is_checked` says, written as text, number or boolean; None when it says nothing that we know."""
    if value is None or isinstance(value, bool):
        return bool(value)
    return _TICKS.get(text_of(value).lower()) if isinstance(value, str | int) else None


def _only(query: Mapping[str, tuple[str, ...]], name: str) -> str:
    values = query.get(name, ())
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def _word(value: Any) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[a-z][a-z_]{0,59}", value) else "unreadable"


def _id(value: Any) -> str:
    return text_of(value) if _ID.fullmatch(text_of(value)) else ""


def _changes(entries: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in entries:
        # Messages come as entries without changes; something that is no change at all counts as unreadable.
        changes = at(entry, "changes") if at(entry, "id") is None or "changes" in entry else [{"field": "no_changes"}]
        for change in changes if isinstance(changes, list) else [None]:
            yield _id(at(entry, "id")), change if isinstance(change, dict) else {"field": "leadgen"}


def _notification(page_id: str, value: Any) -> LeadNotification | None:
    leadgen_id = _id(at(value, "leadgen_id"))
    page_id = _id(at(value, "page_id")) or page_id
    if not leadgen_id or not page_id:
        return None
    created = at(value, "created_time")
    return LeadNotification(
        leadgen_id=leadgen_id,
        page_id=page_id,
        form_id=_id(at(value, "form_id")),
        ad_id=_id(at(value, "ad_id")),
        adgroup_id=_id(at(value, "adgroup_id")),
        created_time=created if type(created) is int else None,
    )


def _lead_id(members: Mapping[str, Any]) -> str:
    if not _id(members.get("id")):
        raise RejectedInput("unreadable_lead", Fault("/id", "bad_id"))
    return _id(members.get("id"))


def _form_id(members: Mapping[str, Any], form: Mapping[str, Any]) -> str:
    """The lead's form; the wording of another one must never be joined to a tick."""
    form_id = _id(members.get("form_id"))
    if form and _id(form.get("id")) != form_id:
        raise RejectedInput("unreadable_lead", Fault("/form", "other_form"))
    return form_id


def _moment(value: Any) -> datetime | None:
    return from_iso(value) if isinstance(value, str) else from_milliseconds(value * 1000 if type(value) is int else 0)


def _answers(
    members: Mapping[str, Any], form: Mapping[str, Any], government_ids: bool
) -> tuple[tuple[Answer, ...], dict[str, str], list[str]]:
    """Answers, hidden fields, remarks."""
    questions = {text_of(one.get("key")): one for one in objects(form.get("questions"))}
    parameters = _parameters(form.get("tracking_parameters"))
    given = list(objects(members.get("field_data")))
    unseen_names = parameters.keys() - questions.keys()
    unseen = [one for one in given if text_of(one.get("name")) in unseen_names]
    asked = [one for one in given if text_of(one.get("name")) not in unseen_names]
    permitted = [one for one in asked if government_ids or not _asks_for_id(one, questions)]
    read = [_answer(one, questions, bool(form)) for one in permitted]
    kept = tuple(one for one in read if one.values)
    hidden = parameters | named_texts((text_of(one.get("name")), one.get("values")) for one in unseen)
    refused = ["government_id_refused"] if len(permitted) < len(asked) else []
    return kept, hidden, [*cut_remark(kept), *refused]


def _parameters(value: Any) -> dict[str, str]:
    """Tracking parameters, written as an object or as a list of key and value."""
    if isinstance(value, dict):
        return named_texts(value.items())
    return named_texts((text_of(one.get("key")), one.get("value")) for one in objects(value))


def _asks_for_id(given: Mapping[str, Any], questions: Mapping[str, Mapping[str, Any]]) -> bool:
    name = text_of(given.get("name"))
    return is_government_id(text_of(questions.get(name, {}).get("type")) or name.upper())


def _answer(given: Mapping[str, Any], questions: Mapping[str, Mapping[str, Any]], form_known: bool) -> Answer:
    name = text_of(given.get("name"))
    question = questions.get(name, {})
    our_name = META.get(text_of(question.get("type")), "") if form_known else META_KEYS.get(name, "")
    labels = {text_of(one.get("key")): text_of(one.get("value")) for one in objects(question.get("options"))}
    values = (labels.get(value) or value for value in texts(given.get("values")))
    return answer(name, our_name, text_of(question.get("label")), values)


def _consents(members: Mapping[str, Any], form: Mapping[str, Any]) -> tuple[tuple[PlatformConsent, ...], list[str]]:
    """Every box of the form, a silent one as not ticked, then the ticks whose box nobody knows."""
    disclaimer = at(form, "legal_content", "custom_disclaimer")
    boxes = {text_of(one.get("key")): one for one in objects(at(disclaimer, "checkboxes"))}
    ticks: dict[str, list[bool | None]] = {key: [] for key in boxes}
    for one in objects(members.get("custom_disclaimer_responses")):
        ticks.setdefault(text_of(one.get("checkbox_key")), []).append(ticked(one.get("is_checked")))
    lang = text_of(form.get("locale"))
    consents = [_consent(key, said, boxes.get(key, {}), lang) for key, said in ticks.items()]
    return tuple(consents), list(_consent_remarks(consents, ticks.values()))


def _consent_remarks(consents: Iterable[PlatformConsent], ticks: Iterable[list[bool | None]]) -> Iterator[str]:
    for said in ticks:
        if None in said:
            yield "unreadable_tick"
        if len(set(said)) > 1:
            yield "contradicting_ticks"
    if not all(one.wording for one in consents):
        yield "consent_without_wording"


def _consent(key: str, said: Sequence[bool | None], box: Mapping[str, Any], lang: str) -> PlatformConsent:
    required, prechecked = box.get("is_required"), box.get("is_checked_by_default")
    return PlatformConsent(
        consent_id=key,
        checked=bool(said) and all(said),
        wording=text_of(box.get("text")),
        lang=lang if box else "",
        required=required if isinstance(required, bool) else None,
        prechecked=prechecked if isinstance(prechecked, bool) else None,
        as_shown=bool(text_of(box.get("text"))),
    )


def _notice(form: Mapping[str, Any]) -> ShownNotice:
    disclaimer = at(form, "legal_content", "custom_disclaimer")
    body = at(disclaimer, "body")
    wording = (text_of(at(disclaimer, "title")), text_of(at(body, "text")) or text_of(body))
    return ShownNotice(
        notice_id=text_of(at(form, "legal_content", "id")),
        privacy_policy_url=text_of(form.get("privacy_policy_url"))
        or text_of(at(form, "legal_content", "privacy_policy", "url")),
        wording="\n".join(filter(None, wording)),
        lang=text_of(form.get("locale")),
    )
