"""The forms of others that post to us: which source it is, who sent it, and what it says.

Three ways in, one shape: pages that post to HubSpot's Forms API, pages that post to Salesforce Web-to-Lead, and the
webhooks of form builders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.agreement import Agreement, Source
from shared.domain.errors import Fault, RejectedInput
from shared.sources import hubspot, mapped_form, salesforce, signatures, typeform
from shared.sources.attested import attested, with_boxes_among_answers
from shared.sources.platform_lead import PlatformLead
from shared.sources.signatures import Refused, Verdict

# The same content of a sender without keys within so many seconds is a double click.
ONCE_WITHIN_S = 600
BUILDERS = ("typeform", "webflow", "generic")
SECRET = "secret"
QUERY_SECRET = "key"
# Says that this is a trial: it is recorded and marked, and sales never gets it.
TEST_HEADER = "x-leadgate-test"
# An organisation's id has 15 characters; the three behind it are a checksum for systems that ignore case.
_OID = 15
_BEARER = re.compile(r"Bearer ([!-~]{1,512})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One post as it came: the route's names, every header (lower case) and query value in order, the exact bytes."""

    names: Mapping[str, str]
    headers: Mapping[str, tuple[str, ...]]
    query: Mapping[str, tuple[str, ...]]
    body: bytes

    @property
    def content_type(self) -> str | None:
        return self.headers.get("content-type", (None,))[-1]

    @property
    def wishes(self) -> tuple[str, bool]:
        """Where a Web-to-Lead page asks to be sent on to, and whether it asks for an answer for developers."""
        return salesforce.wishes(self.body)


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: `source` finds whose it is, `lead` reads it, `proved` says whether the sender must show a secret,
    `answers` in whose words it is answered: hubspot, salesforce or builder.
    """

    source: Callable[[Delivery, Agreement], Source | None]
    lead: Callable[[Delivery, Source], PlatformLead]
    proved: bool
    answers: str


def read(way: Way, delivery: Delivery, source: Source) -> PlatformLead:
    """The lead, with what the file attests. Raises RejectedInput with codes that repeat nothing of the input."""
    if delivery.headers.get("content-encoding", ("identity",)) != ("identity",):
        raise RejectedInput("unsupported_media_type", Fault("", "content_encoding"))
    lead = attested(way.lead(delivery, source), source)
    return replace(lead, is_test=lead.is_test or bool(delivery.headers.get(TEST_HEADER)))


def verdict(delivery: Delivery, source: Source, now_ms: int, secrets: Sequence[str]) -> Verdict:
    """Who sent this, by the proof that the source's file names; HubSpot's token is asked for on its secure route."""
    headers, body = delivery.headers, delivery.body
    match source.platform:
        case "typeform":
            return signatures.typeform(headers.get("typeform-signature", ()), body, secrets)
        case "webflow":
            stamps = headers.get("x-webflow-timestamp", ())
            return signatures.webflow(headers.get("x-webflow-signature", ()), stamps, body, secrets, now_ms)
        case "hubspot":
            return _shown(tuple(map(_token, headers.get("authorization", ()))), secrets)
    in_header = source.proof == "header"
    return _shown(headers.get(source.proof_header, ()) if in_header else delivery.query.get(QUERY_SECRET, ()), secrets)


def _shown(values: tuple[str, ...], secrets: Sequence[str]) -> Verdict:
    """A secret that is itself sent, exactly once."""
    return Refused("duplicate_secret") if len(values) > 1 else signatures.shared_secret("".join(values), secrets)


def _token(authorization: str) -> str:
    match = _BEARER.fullmatch(authorization)
    return match[1] if match else ""


# HubSpot


def _hubspot_source(delivery: Delivery, agreement: Agreement) -> Source | None:
    return agreement.source_of("hubspot", delivery.names.get("portalId", ""), delivery.names.get("formGuid", ""))


def _hubspot_lead(delivery: Delivery, source: Source) -> PlatformLead:
    """Clients forget the content type or send text/plain to be spared a preflight, and HubSpot takes it."""
    lead = hubspot.read_lead(delivery.body, delivery.names["portalId"], delivery.names["formGuid"], source.source_id)
    return replace(lead, form_id=delivery.names["formGuid"])


# Salesforce


def _salesforce_source(delivery: Delivery, agreement: Agreement) -> Source | None:
    """By the organisation, in either length of its id; `oid` is read before anything else."""
    oid = salesforce.organisation_of(delivery.body)
    return next(
        (
            source
            for source in agreement.sources.values()
            if source.enabled
            and source.platform == "salesforce"
            and len(oid) in (_OID, _OID + 3)
            and oid[:_OID] in (account[:_OID] for account in source.accounts)
        ),
        None,
    )


def _salesforce_lead(delivery: Delivery, source: Source) -> PlatformLead:
    asked = delivery.query.get("encoding", ("",))[-1]
    charset = salesforce.charset_of(delivery.body, asked, delivery.content_type)
    return with_boxes_among_answers(salesforce.read_lead(delivery.body, source.source_id, charset), source)


# Form builders


def _builder_source(delivery: Delivery, agreement: Agreement) -> Source | None:
    found = agreement.sources.get(delivery.names.get("source_id", ""))
    return found if found and found.enabled and found.platform in BUILDERS else None


def _builder_lead(delivery: Delivery, source: Source) -> PlatformLead:
    if source.platform == "typeform":
        return typeform.read_lead(delivery.body, source.source_id)
    return mapped_form.read_lead(delivery.body, delivery.content_type, source)


HUBSPOT = Way(_hubspot_source, _hubspot_lead, proved=False, answers="hubspot")
HUBSPOT_SECURE = Way(_hubspot_source, _hubspot_lead, proved=True, answers="hubspot")
WEB_TO_LEAD = Way(_salesforce_source, _salesforce_lead, proved=False, answers="salesforce")
BUILDER = Way(_builder_source, _builder_lead, proved=True, answers="builder")
WAYS: Mapping[str, Way] = {
    "/submissions/v3/integration/submit/{portalId}/{formGuid}": HUBSPOT,
    "/submissions/v3/integration/secure/submit/{portalId}/{formGuid}": HUBSPOT_SECURE,
    "/servlet/servlet.WebToLead": WEB_TO_LEAD,
    "/v1/sources/{source_id}/submissions": BUILDER,
}
