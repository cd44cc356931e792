"""A platform's lead and its source's agreement → the question that every submission asks.

From here on it is a submission like any other and passes the same gates: the act, a way to reach the person, a
permission. Nothing that the agreement does not name permits anything, and a tick without its wording is no tick.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.agreement import Agreement, Box, Form, Notice, PlatformBox, Source
from shared.domain.countries import country_code
from shared.domain.definition import Definition
from shared.domain.identity import members
from shared.domain.lead import instant
from shared.domain.question import Question
from shared.domain.submission import ContactPoints, Signals, Submission
from shared.sources import marketing_context
from shared.sources.contact_points import email_identity, phone_number
from shared.sources.plain_text import BadText
from shared.sources.platform_lead import Answer, PlatformConsent, PlatformLead, in_order

# Who does not want to be called does not want to be called by a machine either.
BOTH_WAYS: Mapping[str, tuple[str, ...]] = {"phone": ("phone", "autocall")}
ADS = frozenset(("linkedin", "meta", "google"))
EMAILS, PHONES = ("email", "work_email"), ("phone", "work_phone")
MAX_ANSWERS, MAX_BYTES = 100, 64 * 1024
MAX_BOXES, MAX_WORDING = 20, 64 * 1024
MAX_MARKS, MAX_MARK = 30, 512


@dataclass(frozen=True, slots=True)
class Said:
    """One checkbox of the platform, what it is worth to us, and for which purpose (None: for none)."""

    consent: PlatformConsent
    asks_for: PlatformBox | None

    @property
    def counts(self) -> bool:
        """A tick whose wording may be another than the one on the screen cannot be demonstrated (EDPB 05/2020 §108)."""
        return self.consent.checked and self.consent.as_shown


def unwanted(source: Source, lead: PlatformLead) -> str | None:
    """Why this lead is none of the source's, as a code; None when it is.

    The owner is the second guard of LinkedIn's doors, whose notifications hold nothing but ids.
    """
    if source.platform == "linkedin" and lead.tracking.get("owner", "") not in source.accounts:
        return "other_owner"
    if not source.takes_form(lead.form_id):
        return "other_form"
    return "test_lead" if lead.is_test and source.tests == "ignore" else None


def question(
    source: Source,
    lead: PlatformLead,
    agreement: Agreement,
    definition: Definition,
    signals: Signals | None = None,
    key: str | None = None,
    once_within_s: int = 0,
) -> Question:
    """What the capture journey is asked about a lead of this source.

    The platform's own id of the lead is the submission key; `key` stands in where a sender has none, `once_within_s`
    as in `Submission`. What an ad platform says of the time counts against an erasure; what a page says does not.
    Whether the source wants the lead at all is `unwanted`'s matter.
    """
    said = _said(source, lead)
    notice = _shown(source, lead, said, agreement.notices[source.notice])
    fields, contact, remarks = _fields(source, lead)
    objections = tuple(way for channel in lead.objections for way in BOTH_WAYS.get(channel, (channel,)))
    submission = Submission(
        form_id=source.source_id,
        key=lead.key or key,
        fields=fields,
        contact=contact,
        consents=_consents(said, objections),
        notice=notice.ref,
        context=_context(source, lead),
        signals=signals or Signals(),
        is_test=lead.is_test,
        once_within_s=once_within_s,
        objections=objections,
        acted_at=instant(lead.submitted_at) if lead.submitted_at and source.platform in ADS else "",
    )
    form = _form(source, lead, said, notice)
    origin = _origin(source, lead, said, remarks)
    return Question(submission, form, notice, definition, agreement.jurisdictions, origin)


def _form(source: Source, lead: PlatformLead, said: Iterable[Said], notice: Notice) -> Form:
    """The platform's form in the words of ours."""
    return Form(
        form_id=source.source_id,
        version=source.version,
        title=source.source_id,
        action=source.action_of(lead.form_id),
        enabled=source.enabled,
        fields=(),
        boxes=tuple(_boxes(said)),
        notice=notice.ref,
        older_notices=(),
        allowed_origins=source.allowed_origins,
        thanks_url=source.thanks_url,
        sorry_url=source.sorry_url,
    )


# Checkboxes


def _said(source: Source, lead: PlatformLead) -> tuple[Said, ...]:
    """Boxes without end ask for nothing that anybody read."""
    told = lead.consents[:MAX_BOXES]
    is_readable = sum(len(one.wording) for one in told) <= MAX_WORDING
    return tuple(Said(one, _asks_for(source, lead, one)) for one in told) if is_readable else ()


def _box_remarks(lead: PlatformLead, said: tuple[Said, ...]) -> Iterator[str]:
    if len(said) < len(lead.consents):
        yield "boxes_dropped"
    if any(one.consent.checked and one.asks_for is None for one in said):
        yield "box_without_purpose"


def _asks_for(source: Source, lead: PlatformLead, one: PlatformConsent) -> PlatformBox | None:
    """What a public form says about its boxes is the visitor's word; there only a wording of the agreement counts."""
    box = source.purpose_of(lead.form_id, one.consent_id, one.wording)
    return box if box and (source.proof != "none" or box.wording) else None


def _boxes(said: Iterable[Said]) -> Iterator[Box]:
    """One box per purpose; of several for the same one, the worst of their flags and all of their words."""
    for purpose, group in _by_purpose(said).items():
        flags = [one.consent.as_box() for one in group]
        yield Box(
            purpose=purpose,
            channel=_channel(group),
            label=" / ".join(one.consent.wording for one in group),
            prechecked=any(flag["pre"] for flag in flags),
            required=any(flag["req"] for flag in flags),
        )


def _consents(said: Iterable[Said], objections: tuple[str, ...]) -> dict[str, bool]:
    """Every purpose that was asked for, and whether its ticks count; an objection unticks its channel."""
    return {
        purpose: all(one.counts for one in group) and _channel(group) not in objections
        for purpose, group in _by_purpose(said).items()
    }


def _by_purpose(said: Iterable[Said]) -> dict[str, list[Said]]:
    groups: dict[str, list[Said]] = {}
    for one in said:
        if one.asks_for:
            groups.setdefault(one.asks_for.purpose, []).append(one)
    return groups


def _channel(group: list[Said]) -> str:
    return next(one.asks_for.channel for one in group if one.asks_for)


# The wording


def _shown(source: Source, lead: PlatformLead, said: tuple[Said, ...], stands_under: Notice) -> Notice:
    """What the person read, as a notice of its own; the same words always make the same notice, so none ever clashes.

    The registry keeps for ever what it gets: from a public form it gets words of the agreement only.
    """
    wording = "\n".join(filter(None, _words(source, lead, said)))
    if not wording:
        return stands_under
    digest = hashlib.sha256(wording.encode("utf-8")).hexdigest()
    lang = next(filter(None, (_language(text) for text in (lead.notice.lang, *(one.consent.lang for one in said)))), "")
    return Notice(
        notice_id=f"{stands_under.notice_id}.{digest[:32]}",
        version=stands_under.version,
        lang=lang or stands_under.lang,
        wording=wording,
        sha256=digest,
        withdrawal_method=stands_under.withdrawal_method,
        facts={**stands_under.facts, "stands_under": stands_under.ref},
    )


def _words(source: Source, lead: PlatformLead, said: tuple[Said, ...]) -> Iterator[str]:
    if source.basis:
        yield source.basis.disclosure
    if source.proof != "none":
        yield lead.notice.wording[:MAX_WORDING]
        yield lead.notice.privacy_policy_url
    for one in said:
        if one.consent.wording and (source.proof != "none" or one.asks_for):
            yield f"[ ] {one.consent.wording}"


def _language(locale: str) -> str:
    """`es` of `es_ES`."""
    match = re.match(r"[a-z]{2}(?![a-z])", locale)
    return match[0] if match else ""


# Answers


def _fields(source: Source, lead: PlatformLead) -> tuple[dict[str, str], ContactPoints, list[str]]:
    """The answers by name, ways to reach the person in their identity form, and what was odd."""
    named, others, remarks = _sorted_out(source, lead.answers)
    country = country_code(named.get("country", ""))
    fields: dict[str, str] = {}
    for name, text in named.items():
        read = _read(name, text, country or source.default_country)
        fields |= read
        if not read:
            others.setdefault(f"answer_{name}", text)
            remarks.append(f"unreadable_{name}")
    contact = ContactPoints(_first(EMAILS, fields), _first(PHONES, fields))
    reach = {name: text for name, text in (("email", contact.email), ("phone", contact.phone)) if text}
    return {**others, **fields, **reach}, contact, remarks


def _sorted_out(source: Source, answers: Iterable[Answer]) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Answers that we have a name for, the others, and a remark when there was more than we keep."""
    named: dict[str, str] = {}
    others: dict[str, str] = {}
    size = 0
    for place, one in enumerate(answers):
        size += len(one.text.encode("utf-8")) + len(one.label.encode("utf-8"))
        if place >= MAX_ANSWERS or size > MAX_BYTES:
            return named, others, ["answers_dropped"]
        name = source.fields.get(one.question) or source.fields.get(one.label) or one.field
        if name and name not in named:
            named[name] = one.text
        elif one.text not in (named.get(name), ""):
            others[_free(f"answer_{_slug(one.question)}", others)] = _with_its_question(one)
    return named, others, []


def _with_its_question(one: Answer) -> str:
    """A name that only machines read says less than the question as it was put."""
    return one.text if one.label in ("", _slug(one.label)) else f"{one.label}: {one.text}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60] or "unnamed"


def _free(name: str, taken: Mapping[str, str]) -> str:
    names = (name, *(f"{name}_{number}" for number in range(2, MAX_ANSWERS + 2)))
    return next(one for one in names if one not in taken)


def _read(name: str, text: str, country: str | None) -> dict[str, str]:
    """The answer in the one form that is stored; nothing when it is none of its kind."""
    try:
        if name in EMAILS:
            return {name: email_identity(text)}
        if name in PHONES:
            number, extension = phone_number(text, country)
            return {name: number} | ({f"{name}_ext": extension} if extension else {})
    except BadText:
        return {}
    if name == "country":
        code = country_code(text)
        return {name: code} if code else {}
    return {name: text}


def _first(names: Iterable[str], fields: Mapping[str, str]) -> str | None:
    return next((fields[name] for name in names if name in fields), None)


# Where it came from


def _context(source: Source, lead: PlatformLead) -> dict[str, str | int]:
    """Marketing marks: hidden fields under the names of the agreement, the rest of them and the platform's ids under
    their own.
    """
    marks: dict[str, str] = {}
    for name, text in list(lead.hidden.items())[:MAX_MARKS]:
        marks.setdefault(_mark(source, name), text)
    for name, text in list(lead.tracking.items())[:MAX_MARKS]:
        marks.setdefault(name if name not in marketing_context.COUNTER_LIMITS else f"their_{name}", text)
    if source.platform in ADS:
        marks.setdefault("utm_source", lead.platform)
        marks["surface"] = lead.platform
    marks.setdefault("utm_campaign", _campaign(source, lead))
    return _kept(marks)


def _mark(source: Source, name: str) -> str:
    ours = source.hidden.get(name, name)
    return ours if ours in marketing_context.TEXT_LENGTHS or ours in marketing_context.URLS else f"hidden_{_slug(name)}"


def _campaign(source: Source, lead: PlatformLead) -> str:
    ids = (lead.tracking.get(name, "") for name in ("campaign", "campaign_id"))
    ours = next((source.campaigns[one] for one in ids if one in source.campaigns), "")
    return ours or lead.tracking.get("campaign_name", "")


def _kept(marks: Mapping[str, str]) -> dict[str, str | int]:
    """What the rules for marketing context accept; a mark that breaks them is left out, not the person."""
    known = {name: text for name, text in marks.items() if name in marketing_context.NAMES}
    context, _ = marketing_context.read(known)
    others = {name: text[:MAX_MARK] for name, text in marks.items() if name not in known and text}
    return {**others, **context}


# Proof


def _origin(source: Source, lead: PlatformLead, said: tuple[Said, ...], remarks: Iterable[str]) -> dict[str, Any]:
    """What is kept as proof beside the boxes that count: every box as the platform tells it, and the stated basis."""
    return {
        "method": "lead_ad" if source.platform in ADS else "web_form",
        "platform": lead.platform,
        "source": {"id": source.source_id, "version": source.version},
        "lead": lead.external_id,
        "form": {"id": lead.form_id, "version": lead.form_version},
        "submitted_at": lead.submitted_at.isoformat() if lead.submitted_at else None,
        "notice": {"id": lead.notice.notice_id, "url": lead.notice.privacy_policy_url, "lang": lead.notice.lang},
        "boxes": [_as_told(one) for one in said],
        "basis": members(source.basis) if source.basis else None,
        "objections": list(lead.objections),
        "remarks": list(in_order((*lead.remarks, *remarks, *_box_remarks(lead, said)))),
    }


def _as_told(one: Said) -> dict[str, Any]:
    consent = one.consent
    return {
        "id": consent.consent_id,
        "checked": consent.checked,
        "sha256": consent.wording_sha256,
        "lang": consent.lang,
        "required": consent.required,
        "prechecked": consent.prechecked,
        "as_shown": consent.as_shown,
        "purpose": one.asks_for.purpose if one.asks_for else None,
    }
