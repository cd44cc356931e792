"""The forms of others: whose they are, who sent them, what they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.domain.agreement import Agreement, PlatformBox, Source
from shared.sources import partner_forms as forms
from shared.sources.partner_forms import Delivery
from shared.sources.signatures import Accepted, Refused
from tests.sources.builders import rejection
from tests.sources.platforms import vectors as v
from tests.sources.platforms.test_mapped_form import a_source

PORTAL, GUID, OID = "12345678", "a1b2c3d4-0000-4000-8000-000000000001", "00D000000000001"
NEWS = "News by e-mail"
SECRETS = ("a secret of this builder", "the one before it")
HUBSPOT = a_source(
    source_id="hubspot",
    platform="hubspot",
    proof="none",
    proof_header="",
    accounts=(PORTAL,),
    forms=(GUID,),
    boxes=(PlatformBox("mkt_email", "email", wording=NEWS, attested_on="2026-11-01"),),
)
SALESFORCE = a_source(
    source_id="salesforce",
    platform="salesforce",
    proof="none",
    proof_header="",
    accounts=(OID,),
    boxes=(PlatformBox("mkt_email", "email", "", "00N1", NEWS, "2026-11-01"),),
)
BUILDER = a_source()
TYPEFORM = a_source(source_id="typeform", platform="typeform", proof="signature", proof_header="")
WEBFLOW = a_source(source_id="webflow", platform="webflow", proof="signature", proof_header="")
BY_KEY = a_source(source_id="by-key", proof="key", proof_header="")
AGREEMENT = Agreement(
    {}, {}, {}, {}, {one.source_id: one for one in (HUBSPOT, SALESFORCE, BUILDER, TYPEFORM, WEBFLOW, BY_KEY)}
)


def a_delivery(body: bytes = b"{}", names: dict[str, str] | None = None, **changes: Any) -> Delivery:
    headers = {"content-type": ("application/json",), **changes.pop("headers", {})}
    return Delivery(names or {}, headers, changes.pop("query", {}), body)


def to_hubspot(portal: str = PORTAL, guid: str = GUID, **changes: Any) -> Delivery:
    return a_delivery(v.as_json(v.hubspot_body(**changes)), {"portalId": portal, "formGuid": guid})


# ------------------------------------------------------------------ whose it is


def test_a_page_of_hubspot_is_known_by_portal_and_form() -> None:
    assert forms.HUBSPOT.source(to_hubspot(), AGREEMENT) == HUBSPOT
    assert forms.HUBSPOT.source(to_hubspot(guid="another"), AGREEMENT) is None
    assert forms.HUBSPOT.source(to_hubspot(portal="1"), AGREEMENT) is None
    assert forms.HUBSPOT.source(a_delivery(), AGREEMENT) is None


@pytest.mark.parametrize(
    ("oid", "is_ours"),
    [
        (OID, True),
        (OID + "AAA", True),
        (OID + "A", False),
        (OID.lower(), False),
        (OID[:-1], False),
        ("", False),
        ("00D000000000002", False),
    ],
)
def test_a_page_of_salesforce_is_known_by_its_organisation_in_either_length(oid: str, is_ours: bool) -> None:
    delivery = a_delivery(urlencode({"a": "b", "oid": oid}).encode())

    assert (forms.WEB_TO_LEAD.source(delivery, AGREEMENT) == SALESFORCE) is is_ours


@pytest.mark.parametrize("source", [BUILDER, TYPEFORM, WEBFLOW, BY_KEY], ids=lambda one: one.source_id)
def test_a_builder_is_known_by_its_address(source: Source) -> None:
    assert forms.BUILDER.source(a_delivery(names={"source_id": source.source_id}), AGREEMENT) == source


@pytest.mark.parametrize("source_id", ["hubspot", "salesforce", "nobody", ""])
def test_the_address_of_builders_leads_to_builders_only(source_id: str) -> None:
    assert forms.BUILDER.source(a_delivery(names={"source_id": source_id}), AGREEMENT) is None


def test_a_source_that_was_switched_off_is_as_good_as_unknown() -> None:
    off = replace(AGREEMENT, sources={one.source_id: replace(one, enabled=False) for one in (SALESFORCE, BUILDER)})

    assert forms.WEB_TO_LEAD.source(a_delivery(urlencode({"oid": OID}).encode()), off) is None
    assert forms.BUILDER.source(a_delivery(names={"source_id": "builder"}), off) is None


# ------------------------------------------------------------------ who sent it


def signed_typeform(body: bytes, secret: str) -> str:
    return "sha256=" + base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def signed_webflow(body: bytes, secret: str, stamp: str = v.WEBFLOW_STAMP) -> str:
    return hmac.digest(secret.encode(), f"{stamp}:".encode() + body, hashlib.sha256).hex()


def proofs(secret: str) -> Iterator[tuple[Source, Delivery]]:
    """One delivery per kind of proof, made with this secret."""
    body = b'{"email":"ada@example.com"}'
    yield TYPEFORM, a_delivery(body, headers={"typeform-signature": (signed_typeform(body, secret),)})
    stamped = {"x-webflow-timestamp": (v.WEBFLOW_STAMP,), "x-webflow-signature": (signed_webflow(body, secret),)}
    yield WEBFLOW, a_delivery(body, headers=stamped)
    yield BUILDER, a_delivery(body, headers={"x-leadgate-key": (secret,)})
    yield BY_KEY, a_delivery(body, query={"key": (secret,)})
    if secret:
        yield HUBSPOT, a_delivery(body, headers={"authorization": ("Bearer pat-1-" + secret.replace(" ", "-"),)})


@pytest.mark.parametrize("place", [0, 1])
def test_every_proof_is_accepted_under_every_secret_that_is_valid_now(place: int) -> None:
    for source, delivery in proofs(SECRETS[place]):
        secrets = tuple("pat-1-" + one.replace(" ", "-") for one in SECRETS) if source is HUBSPOT else SECRETS

        assert forms.verdict(delivery, source, v.WEBFLOW_NOW, secrets) == Accepted(place), source.platform


def test_the_printed_deliveries_are_accepted() -> None:
    typeform = a_delivery(v.TYPEFORM_BODY, headers={"typeform-signature": (v.TYPEFORM_SIGNATURE,)})
    stamped = {"x-webflow-timestamp": (v.WEBFLOW_STAMP,), "x-webflow-signature": (v.WEBFLOW_SIGNATURE,)}
    webflow = a_delivery(v.WEBFLOW_BODY, headers=stamped)

    assert forms.verdict(typeform, TYPEFORM, 0, (v.TYPEFORM_SECRET,)) == Accepted(0)
    assert forms.verdict(webflow, WEBFLOW, v.WEBFLOW_NOW, (v.WEBFLOW_SECRET,)) == Accepted(0)


def test_nobody_gets_in_while_there_is_no_secret() -> None:
    for source, delivery in proofs(""):
        assert forms.verdict(delivery, source, v.WEBFLOW_NOW, ()) == Refused("no_secret")


def forgeries() -> Iterator[tuple[Source, Delivery]]:
    """At least two hundred per kind of proof: cut, lengthened, other letters, other secrets, twice, changed bodies."""
    luck = random.Random(5)
    good = list(proofs(SECRETS[0]))
    for source, delivery in good:
        for _ in range(60):
            yield source, replace(delivery, headers=_bent(delivery.headers, source, luck), query=_bent_query(luck))
        for number in range(60):
            other = f"a secret that we do not share {number}"
            yield from ((one, made) for one, made in proofs(other) if one is source)
        for _ in range(90):
            yield from _changed(source, delivery, luck)


NAMES = {"typeform": "typeform-signature", "webflow": "x-webflow-signature", "hubspot": "authorization"}


def _bent(headers: Any, source: Source, luck: random.Random) -> dict[str, tuple[str, ...]]:
    name = NAMES.get(source.platform, "x-leadgate-key")
    (value,) = headers.get(name, ("x",))
    cut = luck.randrange(len(value)) if value else 0
    bent = luck.choice(
        [
            (value[:cut],),
            (value + luck.choice(" \n,;=A"),),
            (" " + value,),
            (value.swapcase() + "x",),
            (value, value),
            (value, "other"),
            (),
            (value[:cut] + "é" + value[cut + 1 :],),
            (value[:cut] + "\ud800",),
            ("sha1=" + value,),
            (value * 400,),
            ("",),
        ]
    )
    return {**headers, name: bent}


def _bent_query(luck: random.Random) -> dict[str, tuple[str, ...]]:
    return luck.choice([{}, {"key": ()}, {"key": ("",)}, {"key": (SECRETS[0], SECRETS[0])}, {"key": ("ключ",)}])


def _changed(source: Source, delivery: Delivery, luck: random.Random) -> Iterator[tuple[Source, Delivery]]:
    """The body was changed after it was signed; a secret that is only shown does not cover it, so there it is taken
    away instead.
    """
    if source.platform in ("typeform", "webflow"):
        cut = luck.randrange(len(delivery.body))
        yield source, replace(delivery, body=delivery.body[:cut] + bytes([luck.randrange(256)]) + delivery.body[cut:])
    else:
        yield source, replace(delivery, headers={"content-type": ("application/json",)}, query={})


def test_every_forgery_is_refused_without_an_exception() -> None:
    tried: dict[str, int] = {}

    for source, delivery in forgeries():
        found = forms.verdict(delivery, source, v.WEBFLOW_NOW, SECRETS)

        assert isinstance(found, Refused), (source.source_id, delivery)
        tried[source.source_id] = tried.get(source.source_id, 0) + 1

    assert tried.keys() == {"typeform", "webflow", "builder", "by-key", "hubspot"}
    assert min(tried.values()) >= 200


# ------------------------------------------------------------------ what it says


def test_a_page_of_hubspot_is_read_with_the_boxes_that_one_of_us_looked_at() -> None:
    lead = forms.read(forms.HUBSPOT, to_hubspot(), HUBSPOT)

    by_wording = {one.wording: one.as_box() for one in lead.consents}
    assert by_wording[NEWS] == {"checked": True, "pre": False, "req": False}
    assert by_wording["Calls"] == {"checked": False, "pre": True, "req": True}
    assert (lead.form_id, lead.contact.email) == (GUID, "ada@example.com")


def test_a_page_of_salesforce_is_read_in_its_charset_with_its_ticks() -> None:
    body = urlencode({"oid": OID, "last_name": "Jürgen", "00N1": "1"}, encoding="cp1252").encode()
    delivery = a_delivery(body, query={"encoding": ("UTF-8", "ISO-8859-1")})

    lead = forms.read(forms.WEB_TO_LEAD, delivery, SALESFORCE)

    assert lead.fields == {"last_name": "Jürgen"}
    assert [one.as_box() for one in lead.consents] == [{"checked": True, "pre": False, "req": False}]


def test_a_typeform_and_any_other_builder_are_read() -> None:
    typeform = forms.read(forms.BUILDER, a_delivery(v.TYPEFORM_BODY), TYPEFORM)
    other = forms.read(forms.BUILDER, a_delivery(b'{"email": "ada@example.com"}'), BUILDER)

    assert (typeform.key, typeform.contact.email) == ("tf#x71for1wr6irs2rx71fotn12b3izh25v", "ada@example.com")
    assert [one.text for one in other.answers] == ["ada@example.com"]


@pytest.mark.parametrize(("values", "is_test"), [(("1",), True), (("",), True), ((), False)])
def test_a_trial_says_so_in_a_header(values: tuple[str, ...], is_test: bool) -> None:
    delivery = a_delivery(headers={forms.TEST_HEADER: values})

    assert forms.read(forms.BUILDER, delivery, BUILDER).is_test is is_test


@pytest.mark.parametrize("coding", [("gzip",), ("identity", "identity"), ("",), ("br",)])
def test_a_compressed_body_is_not_read(coding: tuple[str, ...]) -> None:
    delivery = a_delivery(headers={"content-encoding": coding})

    assert rejection(forms.read, forms.BUILDER, delivery, BUILDER) == (
        "unsupported_media_type",
        {("", "content_encoding")},
    )


def test_what_a_page_wants_of_the_answer_is_read() -> None:
    assert a_delivery(b"oid=1&retURL=https://www.example.com/a&debug=1").wishes == ("https://www.example.com/a", True)


def test_a_delivery_without_a_content_type_has_none() -> None:
    assert Delivery({}, {}, {}, b"").content_type is None


def test_every_route_has_its_way() -> None:
    assert {path: way.answers for path, way in forms.WAYS.items()} == {
        "/submissions/v3/integration/submit/{portalId}/{formGuid}": "hubspot",
        "/submissions/v3/integration/secure/submit/{portalId}/{formGuid}": "hubspot",
        "/servlet/servlet.WebToLead": "salesforce",
        "/v1/sources/{source_id}/submissions": "builder",
    }
    assert [way.proved for way in forms.WAYS.values()] == [False, True, False, True]
