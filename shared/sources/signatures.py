"""Who sent this? One strict verifier per platform, over the bytes that came.

Every verifier answers with a value, whatever it is given: `Accepted` with the place of the secret that fitted, or
`Refused` with a reason. Header values come as a tuple, every occurrence one item, so that a header sent twice is
seen. Two secrets are valid while one follows the other; no secret at all refuses everybody. LinkedIn, Meta and
Typeform sign no time and no id: a replay is caught by the key of the lead, never here.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TOLERANCE_S = 300

_LINKEDIN = re.compile(r"(?:hmacsha256=)?(?P<signature>[0-9a-f]{64})")
_META = re.compile(r"sha256=(?P<signature>[0-9a-f]{64})")
_TYPEFORM = re.compile(r"sha256=(?P<signature>[A-Za-z0-9+/]{43}=)")
_TIKTOK = re.compile(r"t=(?P<stamp>[1-9][0-9]{9}),s=(?P<signature>[0-9a-f]{64})")
_WEBFLOW = re.compile(r"(?P<signature>[0-9a-f]{64})")
_MILLISECONDS = re.compile(r"[1-9][0-9]{12}")
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The sender knows a secret of ours; `secret` is its place among those that are valid now (0 is the current)."""

    secret: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody proved anything; `reason` is for our logs and metrics, never for the sender."""

    reason: str


Verdict = Accepted | Refused
MENDABLE = ("no_secret", "wrong_secret")


def is_about_the_secret(verdict: object) -> bool:
    """Whether another secret could have changed the verdict: there was none, or none that fitted."""
    return isinstance(verdict, Refused) and verdict.reason in MENDABLE


def _lower_hex(digest: bytes) -> bytes:
    return digest.hex().encode()


def linkedin(signatures: tuple[str, ...], body: bytes, secrets: Sequence[str]) -> Verdict:
    """`X-LI-Signature`: the words `hmacsha256=` belong to what is signed, and are allowed before the digest too."""
    return _verdict(signatures, _LINKEDIN, (b"hmacsha256=", body), secrets)


def meta(signatures: tuple[str, ...], body: bytes, secrets: Sequence[str]) -> Verdict:
    """`X-Hub-Signature-256`; the older SHA-1 header proves nothing here."""
    return _verdict(signatures, _META, (body,), secrets)


def typeform(signatures: tuple[str, ...], body: bytes, secrets: Sequence[str]) -> Verdict:
    """`Typeform-Signature`, in base64; only the canonical spelling of the digest counts."""
    return _verdict(signatures, _TYPEFORM, (body,), secrets, b64encode)


def tiktok(signatures: tuple[str, ...], body: bytes, secrets: Sequence[str], now_s: int) -> Verdict:
    """`TikTok-Signature` of the developer portal: seconds and digest in one header."""
    match = _TIKTOK.fullmatch(_only(signatures) or "")
    stamp = match["stamp"] if match else ""
    verdict = _verdict(signatures, _TIKTOK, (stamp.encode(), b".", body), secrets)
    return _fresh(verdict, stamp, now_s, TOLERANCE_S)


def webflow(
    signatures: tuple[str, ...], stamps: tuple[str, ...], body: bytes, secrets: Sequence[str], now_ms: int
) -> Verdict:
    """`x-webflow-signature` over the milliseconds of `x-webflow-timestamp`, a colon and the body."""
    match = _MILLISECONDS.fullmatch(_only(stamps) or "")
    if match is None:
        return Refused("bad_timestamp")
    verdict = _verdict(signatures, _WEBFLOW, (match[0].encode(), b":", body), secrets)
    return _fresh(verdict, match[0], now_ms, TOLERANCE_S * 1000)


def shared_secret(given: object, secrets: Sequence[str]) -> Verdict:
    """A secret that is itself sent: Google's `google_key`, Meta's `hub.verify_token`."""
    keys = _keys(secrets)
    if not any(keys):
        return Refused("no_secret")
    if not isinstance(given, str) or not given:
        return Refused("missing_secret")
    return _fitting(_bytes(given), keys, lambda key: key)


def linkedin_challenge(codes: tuple[str, ...], secrets: Sequence[str]) -> str | Refused:
    """The hex digest that proves to LinkedIn that this address is ours.

    The same key signs notifications, so any other text than a canonical UUIDv4 could be a forged notification,
    signed by ourselves on request.
    """
    key = next(filter(None, _keys(secrets)), None)
    if key is None:
        return Refused("no_secret")
    match = _UUID4.fullmatch(_only(codes) or "")
    return _lower_hex(_digest(key, (match[0].encode(),))).decode() if match else Refused("bad_challenge")


def _verdict(
    signatures: tuple[str, ...],
    grammar: re.Pattern[str],
    signed: Sequence[bytes],
    secrets: Sequence[str],
    spelled: Callable[[bytes], bytes] = _lower_hex,
) -> Verdict:
    keys = _keys(secrets)
    if not any(keys):
        return Refused("no_secret")
    if not signatures:
        return Refused("missing_signature")
    match = grammar.fullmatch(_only(signatures) or "")
    if match is None:
        return Refused("duplicate_signature" if len(signatures) > 1 else "bad_signature_form")
    return _fitting(match["signature"].encode(), keys, lambda key: spelled(_digest(key, signed)))


def _fitting(given: bytes, keys: Sequence[bytes], expected: Callable[[bytes], bytes]) -> Verdict:
    """Every valid secret is tried, whichever fits, so that the time taken tells nothing."""
    fits = [hmac.compare_digest(given, expected(key)) and bool(key) for key in keys]
    return Accepted(fits.index(True)) if any(fits) else Refused("wrong_secret")


def _fresh(verdict: Verdict, stamp: str, now: int, tolerance: int) -> Verdict:
    """The time is looked at last: an unproved one means nothing."""
    if isinstance(verdict, Accepted) and abs(int(stamp) - now) > tolerance:
        return Refused("stale")
    return verdict


def _only(values: tuple[str, ...]) -> str | None:
    """The value of a header or query parameter that came exactly once."""
    if len(values) > 1 or not values or not isinstance(values[0], str):
        return None
    return values[0]


def _keys(secrets: Sequence[object]) -> list[bytes]:
    """The secrets as bytes, empty where there is none.

    One text instead of a list of texts is refused: its single letters would be keys.
    """
    if isinstance(secrets, str | bytes) or not isinstance(secrets, Sequence):
        return []
    return [_bytes(secret) if isinstance(secret, str) and secret.strip() else b"" for secret in secrets]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(key: bytes, signed: Sequence[bytes]) -> bytes:
    return hmac.digest(key, b"".join(signed), "sha256")
