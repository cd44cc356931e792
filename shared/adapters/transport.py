"""One signed JSON call to an AWS service: DynamoDB, SQS and Secrets Manager all speak it.

Signature Version 4 for a POST of JSON to `/`, over kept connections. It exists because botocore's client costs several
times as much CPU per call and most of a cold start; see docs/decisions/0003-signed-transport.md. It is compared
with botocore's signer in tests/adapters/test_transport.py. It never retries: the journeys do, because only they can
tell a lost reply from a refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from shared.adapters.connections import Connections, Reply
from shared.domain.errors import LeadgateError, TryAgain

Plain = dict[str, Any]
DYNAMODB = ("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0")
SQS = ("sqs", "AmazonSQS", "application/x-amz-json-1.0")
SES = ("ses", "", "application/json")  # REST: the path says what is wanted
SMS = ("sms-voice", "PinpointSMSVoiceV2", "application/x-amz-json-1.0")
SEND_EMAIL = "v2/email/outbound-emails"
SECRETS = ("secretsmanager", "secretsmanager", "application/x-amz-json-1.1")
KMS = ("kms", "TrentService", "application/x-amz-json-1.1")
ENCODED = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
BUSY = frozenset(
    (
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "KmsThrottled",
        "KMSThrottlingException",
    )
)


class AwsRefused(LeadgateError):
    """The service understood and said no: `code` is AWS's, `reasons` are the codes of a cancelled transaction."""

    def __init__(self, code: str, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons


class Transport(Protocol):
    """Send one operation with its JSON. Raises TryAgain when it may have happened, AwsRefused when it did not."""

    def send(self, operation: str, body: Plain) -> Plain: ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the Lambda role, from the environment; they stay valid as long as the environment lives."""

    access_key: str
    secret_key: str
    token: str = ""

    def __repr__(self) -> str:
        return "Credentials()"


@dataclass(frozen=True, slots=True)
class SignedTransport:
    """The way to one service in one region."""

    service: tuple[str, str, str]
    region: str
    url: str
    credentials: Credentials
    pool: Connections
    clock: Callable[[], datetime]

    def send(self, operation: str, body: Plain) -> Plain:
        payload = ENCODED(body).encode("ascii")
        headers = self.headers(operation, payload)
        try:
            reply = self.pool.post(self.url, headers, payload)
        except OSError:
            raise TryAgain(f"{self.service[0]} is out of reach") from None
        return _read(self.service[0], reply)

    def headers(self, operation: str, payload: bytes) -> dict[str, str]:
        """The headers of the call, the signature among them."""
        name, target, content_type = self.service
        stamp = stamp_of(self.clock())
        signed = {
            "content-type": content_type,
            "host": urlsplit(self.url).netloc,
            "x-amz-date": stamp,
            **({"x-amz-security-token": self.credentials.token} if self.credentials.token else {}),
            **({"x-amz-target": f"{target}.{operation}"} if target else {}),
        }
        path = urlsplit(self.url).path or "/"
        return {**signed, "authorization": authorization(signed, payload, name, self.region, self.credentials, path)}


def stamp_of(moment: datetime) -> str:
    """ISO 8601 in its basic form, as signatures want it: 20260101T000000Z. (strftime takes ten times as long.)"""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "") + "Z"


def authorization(
    signed: Mapping[str, str],
    payload: bytes,
    service: str,
    region: str,
    credentials: Credentials,
    path: str = "/",
    method: str = "POST",
    query: str = "",
) -> str:
    """The Authorization header, Signature Version 4; `signed` is in alphabetical order, and so is what `query` asks."""
    stamp = signed["x-amz-date"]
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{hashlib.sha256(payload).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"


def _read(service: str, reply: Reply) -> Plain:
    checksum = reply.headers.get("x-amz-crc32")
    if checksum and int(checksum) != zlib.crc32(reply.data):
        raise TryAgain(f"{service} answered garbled")
    try:
        answer: Plain = json.loads(reply.data or b"{}")
    except ValueError:
        raise TryAgain(f"{service} answered {reply.status} without JSON") from None
    if reply.status == 200:
        return answer
    raise _refusal(service, reply.status, answer, reply.headers.get("x-amzn-errortype", ""))


def _refusal(service: str, status: int, answer: Plain, named: str = "") -> LeadgateError:
    """A REST service names its error in a header, the others in the body."""
    code = str(answer.get("__type", "")).rpartition("#")[2] or named.partition(":")[0] or f"http-{status}"
    if status >= 500 or code in BUSY:
        return TryAgain(f"{service}: {code}")
    reasons = tuple(reason.get("Code", "None") for reason in answer.get("CancellationReasons", ()))
    return AwsRefused(code, reasons)
