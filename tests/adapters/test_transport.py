from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.connections import Reply
from shared.adapters.transport import DYNAMODB, SECRETS, SQS, AwsRefused, Credentials, SignedTransport
from shared.domain.errors import TryAgain

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class ScriptedPool:
    """A pool that answers as told and keeps what it was sent."""

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"{}",
        headers: Mapping[str, str] | None = None,
        error: Exception | None = None,
    ) -> None:
        self.status, self.body, self.headers, self.error = status, body, headers or {}, error
        self.sent: list[dict[str, Any]] = []

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.sent.append({"url": url, "headers": headers, "body": body})
        if self.error:
            raise self.error
        return Reply(self.status, self.headers, self.body)


def a_transport(
    pool: ScriptedPool | None = None, service: tuple[str, str, str] = DYNAMODB, **credentials: str
) -> SignedTransport:
    given = Credentials(**{"access_key": "AKID", "secret_key": "SECRET", "token": "", **credentials})
    url = f"https://{service[0]}.eu-central-1.amazonaws.com/"
    return SignedTransport(service, "eu-central-1", url, given, pool or ScriptedPool(), lambda: NOON)  # type: ignore[arg-type]  # a stand-in


def botocore_signature(
    transport: SignedTransport, operation: str, payload: bytes, monkeypatch: pytest.MonkeyPatch
) -> str:
    ours = {
        name: value
        for name, value in transport.headers(operation, payload).items()
        if name in ("content-type", "x-amz-target")
    }
    request = AWSRequest("POST", transport.url, data=payload, headers=ours)
    credentials = transport.credentials
    signer = SigV4Auth(
        BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.token or None),
        transport.service[0],
        transport.region,
    )
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOON.replace(tzinfo=None), raising=False)
    signer.add_auth(request)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("service", [DYNAMODB, SQS, SECRETS])
@given(
    payload=st.binary(max_size=200),
    token=st.sampled_from(["", "a/session+token=="]),
    secret=st.text("abcXYZ+/=", min_size=1, max_size=40),
)
@settings(max_examples=100, deadline=None)
def test_our_signature_is_botocores(service: tuple[str, str, str], payload: bytes, token: str, secret: str) -> None:
    transport = a_transport(service=service, token=token, secret_key=secret)

    with pytest.MonkeyPatch.context() as patch:
        expected = botocore_signature(transport, "SomeOperation", payload, patch)

    assert transport.headers("SomeOperation", payload)["authorization"] == expected


def test_the_answer_is_the_json_of_the_service() -> None:
    pool = ScriptedPool(body=b'{"Item":{}}')

    assert a_transport(pool).send("GetItem", {"Key": "ü"}) == {"Item": {}}
    assert json.loads(pool.sent[0]["body"]) == {"Key": "ü"}
    assert pool.sent[0]["url"].startswith("https://dynamodb.")


def test_a_broken_connection_means_that_it_may_have_happened() -> None:
    with pytest.raises(TryAgain):
        a_transport(ScriptedPool(error=TimeoutError())).send("GetItem", {})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"__type":"com.amazonaws.dynamodb#InternalServerError"}'),
        (400, b'{"__type":"com.amazonaws.dynamodb#ProvisionedThroughputExceededException"}'),
        (400, b'{"__type":"com.amazon.coral.availability#ThrottlingException"}'),
        (503, b"<html>busy</html>"),
        (200, b"not json"),
    ],
)
def test_what_may_pass_is_worth_another_try(status: int, body: bytes) -> None:
    with pytest.raises(TryAgain):
        a_transport(ScriptedPool(status, body)).send("GetItem", {})


def test_a_refusal_has_the_services_code_and_the_reasons_of_a_cancelled_transaction() -> None:
    body = {
        "__type": "x#TransactionCanceledException",
        "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}],
    }

    with pytest.raises(AwsRefused) as refused:
        a_transport(ScriptedPool(400, json.dumps(body).encode())).send("TransactWriteItems", {})

    assert (refused.value.code, refused.value.reasons) == (
        "TransactionCanceledException",
        ("None", "ConditionalCheckFailed"),
    )


def test_a_refusal_without_a_type_is_named_by_its_status() -> None:
    with pytest.raises(AwsRefused) as refused:
        a_transport(ScriptedPool(403, b"{}")).send("GetItem", {})

    assert refused.value.code == "http-403"


def test_a_garbled_answer_is_not_believed() -> None:
    body = b'{"Item":{}}'
    right, wrong = str(zlib.crc32(body)), str(zlib.crc32(body) ^ 1)

    assert a_transport(ScriptedPool(body=body, headers={"x-amz-crc32": right})).send("GetItem", {}) == {"Item": {}}
    with pytest.raises(TryAgain):
        a_transport(ScriptedPool(body=body, headers={"x-amz-crc32": wrong})).send("GetItem", {})


def test_credentials_are_never_printed() -> None:
    assert "SECRET" not in repr(a_transport())
