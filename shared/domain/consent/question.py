"""What is asked of the consent decision: a strict reading of plain JSON-like data.

Nothing is coerced, dropped or guessed: whatever is not in the vocabulary is refused with the code of its place.
The small values in here are named tuples: a dataclass each would double the start-up cost of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from shared.domain.consent.dates import instant, is_naive
from shared.domain.countries import country_code
from shared.domain.errors import CannotHappen, RejectedInput

PURPOSE_OF = {"email": "mkt_email", "sms": "mkt_sms", "phone": "mkt_phone", "autocall": "mkt_autocall"}
CONTACT_POINT_OF = {"email": "email", "sms": "phone", "phone": "phone", "autocall": "phone"}
PURPOSES = frozenset((*PURPOSE_OF.values(), "share_3p", "profiling"))
TICKED = frozenset(("on", "true", "1", "yes"))
UNTICKED = frozenset(("", "off", "false", "0", "no"))

# The states of W3C DPV 2.3, in lower case and without "Consent"; `pending` is a request whose confirmation is awaited.
STANDING = frozenset(("given", "renewed"))
NOES = frozenset(("withdrawn", "revoked", "invalidated", "refused"))
STATES = STANDING | NOES | {"unknown", "requested", "deferred", "pending", "expired"}

FLAGS = ("phone_verified", "tps_clear", "dnc_clear", "lia", "tenant_sells")
CIRCUMSTANCES = ("sale", "similar", "optout_offered", "role_relevant")
BOX_MEMBERS = frozenset(("checked", "pre", "req", "bundled"))
CTX_MEMBERS = frozenset((*CIRCUMSTANCES, "inquiry_at", "purchase_at"))
PRIOR_MEMBERS = frozenset(("channels", "objected", "objected_profiling", "sale_optout", "suppressed"))
PRIOR_CHANNELS = frozenset((*PURPOSE_OF, "share_3p", "profiling"))
STANDING_MEMBERS = frozenset(("status", "at", "expires"))
WHO = ("origin", "email", "phone", "country", "ip_country", "region", "subject_type", "age", "prior")
WHAT = ("action", "notice", "boxes", "gpc", "doi", "ctx")
MEMBERS = frozenset(("now", "claimed_at", "evidence_at", *WHO, *WHAT, *FLAGS))


class Tick(NamedTuple):
    """One box as it was shown and left."""

    checked: bool
    pre: bool = False
    req: bool = False
    bundled: bool = False


class Standing(NamedTuple):
    """What was known about one channel, or about share_3p or profiling, before; `status` is a DPV state."""

    status: str
    at: datetime | None = None
    expires: datetime | None = None

    def counts(self, now: datetime) -> bool:
        return self.status in STANDING and (self.expires is None or self.expires > now)


class Prior(NamedTuple):
    """What was known about the person before; `suppressed` holds contact points (email, phone) or single channels."""

    channels: Mapping[str, Standing] = MappingProxyType({})
    objected: bool = False
    objected_profiling: bool = False
    sale_optout: bool = False
    suppressed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """A checked question; all times are UTC and not ahead of `now` by more than the leeway.

    `countries` holds the declared country, then the observed one if it differs. `notice` is the reference of a wording
    that the registry holds, None when none was shown or it is unknown there. `facts` names what is so and what a basis
    may ask for (sale, business, lia, phone_verified, ...).
    """

    now: datetime
    action: str | None
    origin: str
    email: str | None
    phone: str | None
    countries: tuple[str, ...]
    age: int | None
    notice: str | None
    boxes: Mapping[str, Tick]
    gpc: bool
    doi: str
    facts: frozenset[str]
    inquiry_at: datetime | None
    purchase_at: datetime | None
    evidence_at: datetime | None
    prior: Prior


def question_from(asked: Any, leeway_minutes: int) -> ConsentQuestion:
    """The question that plain data asks; RejectedInput names what is wrong, a naive `now` is our own mistake."""
    members = _members(asked, MEMBERS, "INVALID_QUESTION")
    now = _now(members.get("now"))
    latest = now + timedelta(minutes=leeway_minutes)
    _past(members, "claimed_at", latest, "CLAIMED_IN_FUTURE")
    action = members.get("action")
    email, phone = _contact_points(members)
    ctx = _members(members.get("ctx"), CTX_MEMBERS, "INVALID_CONTEXT")
    return ConsentQuestion(
        now=now,
        action=action if isinstance(action, str) else None,
        origin=_origin(members.get("origin")),
        email=email,
        phone=phone,
        countries=_countries(members),
        age=_age(members.get("age")),
        notice=_text(members, "notice"),
        boxes=_boxes(members.get("boxes")),
        gpc=_gpc(members.get("gpc")),
        doi=_word(members, "doi", ("none", "pending", "confirmed", "expired")),
        facts=_facts(members, ctx),
        inquiry_at=_past(ctx, "inquiry_at", latest, "INVALID_TIME"),
        purchase_at=_past(ctx, "purchase_at", latest, "INVALID_TIME"),
        evidence_at=_past(members, "evidence_at", latest, "INVALID_TIME"),
        prior=_prior(members.get("prior")),
    )


def _members(value: Any, allowed: frozenset[str], code: str, unknown: str = "UNKNOWN_MEMBER") -> Mapping[str, Any]:
    """The members of an object; what is not there has none."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RejectedInput(code)
    if not allowed.issuperset(value):
        raise RejectedInput(unknown)
    return value


def _now(value: Any) -> datetime:
    if is_naive(value):
        raise CannotHappen("the clock gave a time without a zone")
    moment = instant(value)
    if moment is None:
        raise RejectedInput("INVALID_TIME")
    return moment


def _time(members: Mapping[str, Any], name: str) -> datetime | None:
    value = members.get(name)
    if value is None:
        return None
    moment = instant(value)
    if moment is None:
        raise RejectedInput("INVALID_TIME")
    return moment


def _past(members: Mapping[str, Any], name: str, latest: datetime, code: str) -> datetime | None:
    moment = _time(members, name)
    if moment and moment > latest:
        raise RejectedInput(code)
    return moment


def _text(members: Mapping[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise RejectedInput(f"INVALID_{name.upper()}")
    return value or None


def _word(members: Mapping[str, Any], name: str, words: tuple[str, ...]) -> str:
    """One of `words`; the first when nothing is said."""
    value = members.get(name)
    if value is None:
        return words[0]
    if value not in words:
        raise RejectedInput(f"INVALID_{name.upper()}")
    return str(value)


def _origin(value: Any) -> str:
    """Who speaks must be said: the person may do what an import may not."""
    if value not in ("subject", "import", "staff"):
        raise RejectedInput("INVALID_ORIGIN")
    return str(value)


def _flag(members: Mapping[str, Any], name: str) -> bool:
    """A boolean; what is not said is not so."""
    value = members.get(name)
    if value is not None and value is not True and value is not False:
        raise RejectedInput("INVALID_FLAG")
    return bool(value)


def _contact_points(members: Mapping[str, Any]) -> tuple[str | None, str | None]:
    email = (_text(members, "email") or "").strip() or None
    phone = (_text(members, "phone") or "").strip() or None
    if email and not _is_email(email):
        raise RejectedInput("INVALID_EMAIL")
    if phone and not _is_e164(phone):
        raise RejectedInput("INVALID_PHONE")
    if not email and not phone:
        raise RejectedInput("NO_IDENTIFIER")
    return email, phone


def _is_email(text: str) -> bool:
    """A coarse net: the doors read addresses strictly before they ask."""
    local, _, domain = text.partition("@")
    labels = domain.split(".")
    plain = text.isprintable() and " " not in text and "@" not in domain
    return plain and 0 < len(local) <= 64 and len(text) <= 254 and len(labels) > 1 and all(labels)


def _is_e164(text: str) -> bool:
    digits = text[1:]
    return text[0] == "+" and digits.isascii() and digits.isdigit() and digits[0] != "0" and 7 <= len(digits) <= 15


def _countries(members: Mapping[str, Any]) -> tuple[str, ...]:
    """Declared, then observed where it differs; what the edge reports in its own codes (T1, XX, A1) is no country."""
    declared = _declared(members)
    observed = members.get("ip_country")
    seen = country_code(observed) if isinstance(observed, str) else None
    _text(members, "region")
    return tuple(dict.fromkeys(country for country in (declared, seen) if country))


def _declared(members: Mapping[str, Any]) -> str | None:
    text = (_text(members, "country") or "").strip()
    code = country_code(text)
    if text and code is None:
        raise RejectedInput("INVALID_COUNTRY")
    return code


def _age(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= 120:
        raise RejectedInput("INVALID_AGE")
    return value


def _boxes(value: Any) -> Mapping[str, Tick]:
    boxes = _members(value, PURPOSES, "INVALID_BOXES", "UNKNOWN_PURPOSE")
    return {purpose: _tick(shown) for purpose, shown in boxes.items()}


def _tick(shown: Any) -> Tick:
    if not isinstance(shown, Mapping):
        return Tick(_checked(shown))
    if not BOX_MEMBERS.issuperset(shown):
        raise RejectedInput("INVALID_CHECKBOX_VALUE")
    return Tick(_checked(shown.get("checked")), _flag(shown, "pre"), _flag(shown, "req"), _flag(shown, "bundled"))


def _checked(value: Any) -> bool:
    """A boolean, or what an HTML form or an ad platform sends for one."""
    if value is True or value is False:
        return bool(value)
    said = value.strip().lower() if isinstance(value, str) else None
    if said not in TICKED and said not in UNTICKED:
        raise RejectedInput("INVALID_CHECKBOX_VALUE")
    return said in TICKED


def _gpc(value: Any) -> bool:
    """GPC: exactly `1` in any field value; several fields may arrive joined by commas. Anything else is no signal."""
    if value is not None and not isinstance(value, (list, tuple)):
        raise RejectedInput("INVALID_GPC")
    return any(part.strip(" \t") == "1" for line in value or () if isinstance(line, str) for part in line.split(","))


def _facts(members: Mapping[str, Any], ctx: Mapping[str, Any]) -> frozenset[str]:
    said = {name for name in FLAGS if name in members and _flag(members, name)}
    said.update(name for name in ctx if name in CIRCUMSTANCES and _flag(ctx, name))
    if members.get("notice"):
        said.add("notice")
    if _word(members, "subject_type", ("unknown", "consumer", "business")) == "business":
        said.add("business")
    return frozenset(said)


def _prior(value: Any) -> Prior:
    prior = _members(value, PRIOR_MEMBERS, "INVALID_PRIOR")
    if not prior:
        return Prior()
    channels = _members(prior.get("channels"), PRIOR_CHANNELS, "INVALID_PRIOR", "INVALID_PRIOR")
    return Prior(
        channels={channel: _standing(state) for channel, state in channels.items()},
        objected=_flag(prior, "objected"),
        objected_profiling=_flag(prior, "objected_profiling"),
        sale_optout=_flag(prior, "sale_optout"),
        suppressed=_suppressed(prior.get("suppressed")),
    )


def _standing(state: Any) -> Standing:
    members = _members(state, STANDING_MEMBERS, "INVALID_PRIOR")
    status = members.get("status")
    if not isinstance(status, str) or status not in STATES:
        raise RejectedInput("INVALID_PRIOR")
    return Standing(status, _time(members, "at"), _time(members, "expires"))


def _suppressed(value: Any) -> frozenset[str]:
    if not isinstance(value, (list, tuple, set, frozenset, type(None))):
        raise RejectedInput("INVALID_PRIOR")
    if not all(isinstance(name, str) and name in PURPOSE_OF for name in value or ()):
        raise RejectedInput("INVALID_PRIOR")
    return frozenset(value or ())
