"""Every known vector is accepted, and the near misses that people have shipped are refused."""

from __future__ import annotations

import base64

import pytest

from shared.sources import google, signatures
from shared.sources.signatures import Accepted, Refused
from tests.sources.platforms import vectors as v

VALID = {
    "linkedin": lambda keys: signatures.linkedin((v.LINKEDIN_SIGNATURE,), v.LINKEDIN_BODY, keys),
    "linkedin, prefixed header": lambda keys: signatures.linkedin(
        (f"hmacsha256={v.LINKEDIN_SIGNATURE}",), v.LINKEDIN_BODY, keys
    ),
    "meta": lambda keys: signatures.meta((v.META_SIGNATURE,), v.META_BODY, keys),
    "meta, from base64": lambda keys: signatures.meta((v.META_SIGNATURE,), base64.b64decode(v.META_BODY_BASE64), keys),
    "meta, escapes": lambda keys: signatures.meta((v.META_ESCAPES_SIGNATURE,), v.META_ESCAPES, keys),
    "meta, empty": lambda keys: signatures.meta((v.META_EMPTY_SIGNATURE,), v.META_EMPTY, keys),
    "typeform": lambda keys: signatures.typeform((v.TYPEFORM_SIGNATURE,), v.TYPEFORM_BODY, keys),
    "tiktok": lambda keys: signatures.tiktok((v.TIKTOK_SIGNATURE,), v.TIKTOK_BODY, keys, v.TIKTOK_NOW),
    "webflow": lambda keys: signatures.webflow(
        (v.WEBFLOW_SIGNATURE,), (v.WEBFLOW_STAMP,), v.WEBFLOW_BODY, keys, v.WEBFLOW_NOW
    ),
    "google": lambda keys: signatures.shared_secret(v.GOOGLE_KEY, keys),
}
SECRETS = {
    "linkedin": v.LINKEDIN_SECRET,
    "meta": v.META_SECRET,
    "typeform": v.TYPEFORM_SECRET,
    "tiktok": v.TIKTOK_SECRET,
    "webflow": v.WEBFLOW_SECRET,
    "google": v.GOOGLE_KEY,
}
CASES = [pytest.param(verify, SECRETS[name.partition(",")[0]], id=name) for name, verify in VALID.items()]


@pytest.mark.parametrize(("verify", "secret"), CASES)
def test_a_known_delivery_is_accepted(verify, secret: str) -> None:
    assert verify([secret]) == Accepted(0)


@pytest.mark.parametrize(("verify", "secret"), CASES)
def test_during_rotation_both_secrets_are_valid(verify, secret: str) -> None:
    assert verify(["the-new-one", secret]) == Accepted(1)
    assert verify([secret, "the-old-one"]) == Accepted(0)
    assert verify(("", secret)) == Accepted(1)


@pytest.mark.parametrize(("verify", "secret"), CASES)
def test_another_secret_is_refused(verify, secret: str) -> None:
    assert verify([f"{secret} ", secret.upper(), secret[:-1], "é"]) == Refused("wrong_secret")


@pytest.mark.parametrize("secrets", [[], [""], ["", "  "], [None], [0], None, 7, {"a": 1}])
@pytest.mark.parametrize(("verify", "secret"), CASES)
def test_without_a_secret_everybody_is_refused(verify, secret: str, secrets: object) -> None:
    assert verify(secrets) == Refused("no_secret")


@pytest.mark.parametrize(("verify", "secret"), CASES)
def test_one_text_instead_of_a_list_is_no_secret(verify, secret: str) -> None:
    assert verify(secret) == Refused("no_secret")
    assert verify(secret.encode()) == Refused("no_secret")


@pytest.mark.parametrize(
    "signature", [v.LINKEDIN_WITHOUT_PREFIX, f"hmacsha256={v.LINKEDIN_WITHOUT_PREFIX}"], ids=["bare", "prefixed"]
)
def test_a_linkedin_digest_without_the_signed_prefix_is_refused(signature: str) -> None:
    assert signatures.linkedin((signature,), v.LINKEDIN_BODY, [v.LINKEDIN_SECRET]) == Refused("wrong_secret")


@pytest.mark.parametrize("signature", [v.META_ESCAPES_DUMPED, v.META_ESCAPES_UNESCAPED])
def test_a_digest_of_the_body_written_anew_is_refused(signature: str) -> None:
    assert signatures.meta((signature,), v.META_ESCAPES, [v.META_SECRET]) == Refused("wrong_secret")


def test_the_sha1_header_of_old_proves_nothing() -> None:
    assert signatures.meta(("sha1=" + "0" * 40,), v.META_BODY, [v.META_SECRET]) == Refused("bad_signature_form")


def test_the_reason_of_a_refusal_is_told() -> None:
    body, keys = v.META_BODY, [v.META_SECRET]

    assert signatures.meta((), body, keys) == Refused("missing_signature")
    assert signatures.meta((v.META_SIGNATURE, v.META_SIGNATURE), body, keys) == Refused("duplicate_signature")
    assert signatures.meta((v.META_SIGNATURE.upper(),), body, keys) == Refused("bad_signature_form")
    assert signatures.linkedin((v.LINKEDIN_SIGNATURE.upper(),), body, keys) == Refused("bad_signature_form")
    assert signatures.meta((b"bytes",), body, keys) == Refused("bad_signature_form")  # type: ignore[arg-type]
    assert signatures.shared_secret(None, keys) == Refused("missing_secret")


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_within_five_minutes_a_stamp_is_fresh(seconds: int) -> None:
    now = v.TIKTOK_NOW + seconds

    assert signatures.tiktok((v.TIKTOK_SIGNATURE,), v.TIKTOK_BODY, [v.TIKTOK_SECRET], now) == Accepted(0)


@pytest.mark.parametrize("seconds", [-31_536_000, -301, 301])
def test_an_old_or_early_stamp_is_stale(seconds: int) -> None:
    tiktok = signatures.tiktok((v.TIKTOK_SIGNATURE,), v.TIKTOK_BODY, [v.TIKTOK_SECRET], v.TIKTOK_NOW + seconds)
    webflow = signatures.webflow(
        (v.WEBFLOW_SIGNATURE,),
        (v.WEBFLOW_STAMP,),
        v.WEBFLOW_BODY,
        [v.WEBFLOW_SECRET],
        v.WEBFLOW_NOW + seconds * 1000,
    )

    assert (tiktok, webflow) == (Refused("stale"), Refused("stale"))


@pytest.mark.parametrize(
    "stamps", [(), ("1770000000000", "1770000000000"), ("+1770000000000",), (" 1770000000000",), ("1770000000",)]
)
def test_a_webflow_stamp_has_one_spelling(stamps: tuple[str, ...]) -> None:
    verdict = signatures.webflow((v.WEBFLOW_SIGNATURE,), stamps, v.WEBFLOW_BODY, [v.WEBFLOW_SECRET], v.WEBFLOW_NOW)

    assert verdict == Refused("bad_timestamp")


@pytest.mark.parametrize("key", ["gads-test-key-0002", "", None, 1, 1.5, True, [v.GOOGLE_KEY], {"k": v.GOOGLE_KEY}])
def test_a_google_key_that_is_not_the_text_is_refused(key: object) -> None:
    body = v.as_json({"lead_id": "1", "google_key": key})

    assert isinstance(google.unlock(body, [v.GOOGLE_KEY]), Refused)


def test_a_google_body_without_key_is_refused() -> None:
    assert google.unlock(b'{"lead_id":"1"}', [v.GOOGLE_KEY]) == Refused("missing_secret")
