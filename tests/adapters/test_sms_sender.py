from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.config import Config

from shared.adapters.connections import Connections
from shared.adapters.sms_sender import SmsSender
from shared.adapters.transport import SMS, AwsRefused, Credentials, Plain, SignedTransport
from shared.domain.errors import CannotHappen, TryAgain
from shared.domain.text_message import TextMessage
from tests.builders import NOON

ORIGIN = "arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1"
LIMITS = {"max_price_usd": "0.20", "valid_hours": 24}
TEXT = TextMessage("+4915112345678", "Example: confirm https://l.example.com/c/a")


class Recorder:
    def __init__(self, outcome: Exception | None = None) -> None:
        self.outcome = outcome
        self.calls: list[tuple[str, Plain]] = []

    def send(self, operation: str, body: Plain) -> Plain:
        self.calls.append((operation, body))
        if self.outcome:
            raise self.outcome
        return {"MessageId": "1"}


def test_a_text_goes_from_our_origin_and_never_dearer_than_agreed() -> None:
    way = Recorder()

    assert SmsSender(way, ORIGIN, LIMITS).send(TEXT) is True
    ((operation, body),) = way.calls
    assert operation == "SendTextMessage"
    assert (body["DestinationPhoneNumber"], body["OriginationIdentity"]) == (TEXT.to, ORIGIN)
    assert (body["MessageType"], body["MaxPrice"], body["TimeToLive"]) == ("TRANSACTIONAL", "0.20", 86400)


def test_the_call_is_the_one_that_botocore_makes() -> None:
    way = Recorder()
    SmsSender(way, ORIGIN, LIMITS).send(TEXT)
    ((operation, body),) = way.calls
    client = botocore.session.get_session().create_client(
        "pinpoint-sms-voice-v2",
        region_name="eu-central-1",
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        config=Config(parameter_validation=True),
    )
    theirs: list[object] = []
    client.meta.events.register("before-send", lambda request, **_: theirs.append(request) or _an_answer())

    client.send_text_message(**body)

    (request,) = theirs
    ours = SignedTransport(SMS, "eu-central-1", request.url, Credentials("A", "s"), Connections(), lambda: NOON)  # type: ignore[attr-defined]  # botocore has no types
    headers = ours.headers(operation, b"{}")
    assert request.url == "https://sms-voice.eu-central-1.amazonaws.com/"  # type: ignore[attr-defined]  # the same
    assert request.headers["X-Amz-Target"].decode() == headers["x-amz-target"]  # type: ignore[attr-defined]  # the same
    assert request.headers["Content-Type"].decode() == headers["content-type"]  # type: ignore[attr-defined]  # the same
    assert b"/sms-voice/aws4_request" in request.headers["Authorization"]  # type: ignore[attr-defined]  # the same
    assert "/sms-voice/aws4_request" in headers["authorization"]
    assert json.loads(request.body) == body  # type: ignore[attr-defined]  # the same


def _an_answer() -> object:
    import io

    from botocore.awsrequest import AWSResponse

    class Raw(io.BytesIO):
        def stream(self) -> list[bytes]:
            return [self.read()]

    return AWSResponse("https://sms-voice.eu-central-1.amazonaws.com/", 200, {}, Raw(b'{"MessageId": "1"}'))


@pytest.mark.parametrize("code", ["ConflictException", "ValidationException"])
def test_a_text_that_will_never_go_is_refused(code: str) -> None:
    assert SmsSender(Recorder(AwsRefused(code)), ORIGIN, LIMITS).send(TEXT) is False


def test_a_spent_quota_keeps_the_text_waiting() -> None:
    with pytest.raises(TryAgain):
        SmsSender(Recorder(AwsRefused("ServiceQuotaExceededException")), ORIGIN, LIMITS).send(TEXT)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_wrong_origin_is_a_broken_promise(code: str) -> None:
    with pytest.raises(CannotHappen):
        SmsSender(Recorder(AwsRefused(code)), ORIGIN, LIMITS).send(TEXT)


def test_without_an_origin_nothing_goes_and_nothing_is_lost() -> None:
    way = Recorder()

    with pytest.raises(TryAgain):
        SmsSender(way, "", LIMITS).send(TEXT)

    assert way.calls == []
