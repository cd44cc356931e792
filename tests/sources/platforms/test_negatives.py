"""At least two hundred generated forgeries per platform: every one refused, none with an exception."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.sources import google, signatures
from shared.sources.signatures import Refused, Verdict
from tests.sources.platforms import vectors as v

SEED = 5
Attempt = tuple[str, tuple[str, ...], bytes]


def foreign_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The same notification in other bytes, and other notifications."""
    value = json.loads(body)
    yield "nothing", b""
    yield "line end", body + b"\n"
    yield "byte order mark", b"\xef\xbb\xbf" + body
    yield "spaces", json.dumps(value).encode()
    yield "indented", json.dumps(value, indent=1).encode()
    yield "sorted", json.dumps(value, sort_keys=True).encode() + b" "
    yield "utf-16", body.decode().encode("utf-16")
    yield "base64", base64.b64encode(body)
    yield "twice", body * 2
    yield "huge", body + b" " * 1_200_000
    yield "invalid utf-8", body.replace(b"a", b"\xff", 1)
    draw = random.Random(SEED)
    for _ in range(60):
        place = draw.randrange(len(body))
        yield f"bit {place}", body[:place] + bytes([body[place] ^ (1 << draw.randrange(8))]) + body[place + 1 :]
    for place in range(1, len(body), max(1, len(body) // 30)):
        yield f"cut at {place}", body[:place]


def foreign_headers(good: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The right signature, written in a way that nobody but us would read."""
    yield "missing", ()
    yield "empty", ("",)
    yield "twice", (good, good)
    yield "twice, one wrong", ("0" * 64, good)
    yield "joined with a comma", (f"{good},{good}",)
    yield "joined with comma and space", (f"{good}, {good}",)
    yield "upper case", (good.upper(),)
    yield "title", (good.title(),)
    yield "huge", (good * 20_000,)
    yield "only the scheme", (good.split("=")[0] + "=",)
    for name in ("sha1", "sha512", "SHA256", "md5", "hmacsha1", "v1", "sha256=sha256", "hmacsha256=hmacsha256"):
        yield f"scheme {name}", (f"{name}={good.rpartition('=')[2] or good}",)
    for junk in (" ", "\t", "\n", "\r\n", "\x00", "\u00a0", '"', "'", ";", "é", "\ud800", "😀", "=", "0", "\ufeff"):
        yield f"before {junk!r}", (junk + good,)
        yield f"after {junk!r}", (good + junk,)
    for length in range(1, len(good), 2):
        yield f"truncated to {length}", (good[:length],)
    for place in range(0, len(good), 4):
        other = "1" if good[place] == "0" else "0"
        yield f"digit {place}", (good[:place] + other + good[place + 1 :],)
    wide = good.translate({48 + n: 0xFF10 + n for n in range(10)})
    yield "full-width digits", (wide,)
    yield "arabic digits", (good.translate({48 + n: 0x0660 + n for n in range(10)}),)


def other_algorithms(body: bytes, secret: bytes) -> Iterator[bytes]:
    for name in ("md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "blake2s"):
        yield hmac.new(secret, body, name).digest()
    yield hashlib.sha256(secret + body).digest()
    yield hashlib.sha256(body + secret).digest()
    yield hashlib.sha256(body).digest()
    yield hmac.new(body, secret, "sha256").digest()


def other_secrets(secret: str) -> list[bytes]:
    """Near the right one, none of them equal to it even after HMAC's padding with zeros."""
    near = [secret.upper(), secret[:-1], secret + " ", secret[::-1], f'"{secret}"', secret + "\n", "", "é", "0"]
    others = [v.LINKEDIN_SECRET, v.META_SECRET, v.TYPEFORM_SECRET, v.TIKTOK_SECRET, v.WEBFLOW_SECRET, v.GOOGLE_KEY]
    return [one.encode() for one in (*near, *others) if one != secret]


class Signer:
    """How one platform signs, so that every forgery can be written in its own grammar."""

    def __init__(
        self,
        secret: str,
        body: bytes,
        good: str,
        signed: Callable[[bytes], bytes],
        written: Callable[[bytes], str],
        verify: Callable[[tuple[str, ...], bytes], Verdict],
    ) -> None:
        self.secret, self.body, self.good = secret, body, good
        self.signed, self.written, self.verify = signed, written, verify

    def header(self, secret: bytes, body: bytes) -> str:
        return self.written(hmac.new(secret, self.signed(body), "sha256").digest())

    def attempts(self) -> Iterator[Attempt]:
        for name, body in foreign_bodies(self.body):
            yield f"body: {name}", (self.good,), body
        for name, headers in foreign_headers(self.good):
            yield f"header: {name}", headers, self.body
        for secret in other_secrets(self.secret):
            yield f"secret: {secret!r}", (self.header(secret, self.body),), self.body
        for digest in other_algorithms(self.signed(self.body), self.secret.encode()):
            yield f"algorithm: {digest.hex()[:8]}", (self.written(digest),), self.body
        rewritten = json.dumps(json.loads(self.body)).encode()
        yield "signature of the body written anew", (self.header(self.secret.encode(), rewritten),), self.body


SIGNERS = {
    "linkedin": Signer(
        v.LINKEDIN_SECRET,
        v.LINKEDIN_BODY,
        v.LINKEDIN_SIGNATURE,
        lambda body: b"hmacsha256=" + body,
        lambda digest: digest.hex(),
        lambda headers, body: signatures.linkedin(headers, body, [v.LINKEDIN_SECRET]),
    ),
    "meta": Signer(
        v.META_SECRET,
        v.META_BODY,
        v.META_SIGNATURE,
        lambda body: body,
        lambda digest: f"sha256={digest.hex()}",
        lambda headers, body: signatures.meta(headers, body, [v.META_SECRET]),
    ),
    "typeform": Signer(
        v.TYPEFORM_SECRET,
        v.TYPEFORM_BODY,
        v.TYPEFORM_SIGNATURE,
        lambda body: body,
        lambda digest: f"sha256={base64.b64encode(digest).decode()}",
        lambda headers, body: signatures.typeform(headers, body, [v.TYPEFORM_SECRET]),
    ),
    "tiktok": Signer(
        v.TIKTOK_SECRET,
        v.TIKTOK_BODY,
        v.TIKTOK_SIGNATURE,
        lambda body: b"1770000000." + body,
        lambda digest: f"t=1770000000,s={digest.hex()}",
        lambda headers, body: signatures.tiktok(headers, body, [v.TIKTOK_SECRET], v.TIKTOK_NOW),
    ),
    "webflow": Signer(
        v.WEBFLOW_SECRET,
        v.WEBFLOW_BODY,
        v.WEBFLOW_SIGNATURE,
        lambda body: v.WEBFLOW_STAMP.encode() + b":" + body,
        lambda digest: digest.hex(),
        lambda headers, body: signatures.webflow(headers, (v.WEBFLOW_STAMP,), body, [v.WEBFLOW_SECRET], v.WEBFLOW_NOW),
    ),
}


@pytest.mark.parametrize("platform", SIGNERS)
def test_more_than_two_hundred_forgeries_are_refused(platform: str) -> None:
    signer = SIGNERS[platform]
    attempts = [one for one in signer.attempts() if (one[1], one[2]) != ((signer.good,), signer.body)]

    accepted = [name for name, headers, body in attempts if not isinstance(signer.verify(headers, body), Refused)]

    assert len({(headers, body) for _, headers, body in attempts}) >= 200
    assert accepted == []


@pytest.mark.parametrize("platform", SIGNERS)
def test_what_the_forger_lacks_is_only_the_secret(platform: str) -> None:
    signer = SIGNERS[platform]

    assert signer.header(signer.secret.encode(), signer.body) == signer.good
    for name, body in foreign_bodies(signer.body):
        verdict = signer.verify((signer.header(signer.secret.encode(), body),), body)
        assert not isinstance(verdict, Refused), name


def test_an_empty_place_beside_a_secret_is_no_key() -> None:
    signed_with_nothing = hmac.new(b"", v.META_BODY, "sha256").hexdigest()

    verdict = signatures.meta((f"sha256={signed_with_nothing}",), v.META_BODY, ["", " ", v.META_SECRET])

    assert verdict == Refused("wrong_secret")


def google_forgeries() -> Iterator[tuple[str, bytes]]:
    members = json.loads(v.GOOGLE_BODY)
    odd: list[Any] = [None, "", 0, 1, 1.5, True, False, [], {}, [v.GOOGLE_KEY], {"google_key": v.GOOGLE_KEY}]
    texts = [text for _, headers in foreign_headers(v.GOOGLE_KEY) for text in headers if text != v.GOOGLE_KEY]
    for key in (*odd, *texts, *(secret.decode() for secret in other_secrets(v.GOOGLE_KEY))):
        yield f"key {str(key)[:30]!a}", json.dumps(members | {"google_key": key}).encode()
    for name in ("Google_Key", "google-key", "googleKey", " google_key", "key", "google_key\u0000"):
        yield f"name {name!a}", json.dumps({name: v.GOOGLE_KEY, "lead_id": "1"}).encode()
    for name, body in foreign_bodies(v.GOOGLE_BODY):
        # A changed byte elsewhere is no forgery: nothing but the key is protected.
        if name.startswith("cut") or name in ("nothing", "twice", "base64", "utf-16", "byte order mark", "huge"):
            yield name, body
    yield "two keys", v.GOOGLE_BODY[:-1] + b',"google_key":"gads-test-key-0001"}'
    yield "list", b"[" + v.GOOGLE_BODY + b"]"
    yield "nested", b'{"data":' + v.GOOGLE_BODY + b"}"
    yield "deep", b'{"google_key":"gads-test-key-0001","a":' + b"[" * 90_000
    yield "not a number", b'{"google_key":"gads-test-key-0001","a":NaN}'
    yield "too large a number", b'{"google_key":"gads-test-key-0001","a":%s}' % (b"9" * 5000)
    yield "infinite", b'{"google_key":"gads-test-key-0001","a":1e999}'
    draw = random.Random(SEED)
    for place in range(60):
        yield f"noise {place}", draw.randbytes(place * 7)
    for place in range(len(v.GOOGLE_KEY)):
        changed = v.GOOGLE_KEY[:place] + chr(ord(v.GOOGLE_KEY[place]) ^ 1) + v.GOOGLE_KEY[place + 1 :]
        yield f"letter {place}", v.GOOGLE_BODY.replace(v.GOOGLE_KEY.encode(), changed.encode())


def test_more_than_two_hundred_forgeries_of_google_are_refused() -> None:
    attempts = list(google_forgeries())

    accepted = [name for name, body in attempts if not isinstance(google.unlock(body, [v.GOOGLE_KEY]), Refused)]

    assert len({body for _, body in attempts}) >= 200
    assert accepted == []
