from __future__ import annotations

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from shared.adapters.connections import Connections
from shared.adapters.ses_mailer import SesMailer
from shared.adapters.transport import SEND_EMAIL, SES, AwsRefused, Credentials, Plain, SignedTransport
from shared.domain.errors import CannotHappen, TryAgain
from shared.domain.mail import Mail
from tests.builders import NOON

MAIL = Mail("ada@example.com", "Subject", "text", "<p>text</p>", {"List-Unsubscribe": "<https://l.example.com/u/a>"})


class Recorder:
    def __init__(self, outcome: Exception | None = None) -> None:
        self.outcome, self.calls = outcome, []  # type: ignore[var-annotated]  # a list of calls

    def send(self, operation: str, body: Plain) -> Plain:
        self.calls.append((operation, body))
        if self.outcome:
            raise self.outcome
        return {"MessageId": "1"}


def test_a_mail_goes_as_parts_and_never_as_raw_headers() -> None:
    ses = Recorder()

    assert SesMailer(ses, "leads@example.com").send(MAIL) is True
    ((operation, body),) = ses.calls
    assert (operation, body["FromEmailAddress"]) == ("SendEmail", "leads@example.com")
    assert body["Destination"] == {"ToAddresses": ["ada@example.com"]}
    assert "Raw" not in body["Content"]
    assert body["Content"]["Simple"]["Headers"] == [
        {"Name": "List-Unsubscribe", "Value": "<https://l.example.com/u/a>"}
    ]


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_a_mail_that_will_never_go_is_refused(code: str) -> None:
    assert SesMailer(Recorder(AwsRefused(code)), "leads@example.com").send(MAIL) is False


@pytest.mark.parametrize("code", ["SendingPausedException", "MailFromDomainNotVerifiedException"])
def test_what_we_must_mend_keeps_the_mail_waiting(code: str) -> None:
    with pytest.raises(TryAgain):
        SesMailer(Recorder(AwsRefused(code)), "leads@example.com").send(MAIL)


def test_a_forbidden_call_is_a_broken_promise() -> None:
    with pytest.raises(CannotHappen):
        SesMailer(Recorder(AwsRefused("AccessDeniedException")), "leads@example.com").send(MAIL)


def test_without_a_sender_nothing_goes_and_nothing_is_lost() -> None:
    ses = Recorder()

    with pytest.raises(TryAgain):
        SesMailer(ses, "").send(MAIL)

    assert ses.calls == []


def test_the_signature_over_a_path_is_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"https://email.eu-central-1.amazonaws.com/{SEND_EMAIL}"
    way = SignedTransport(SES, "eu-central-1", url, Credentials("AKID", "secret", "token"), Connections(), lambda: NOON)
    payload = json.dumps({"FromEmailAddress": "leads@example.com"}).encode()
    ours = way.headers("SendEmail", payload)
    theirs = AWSRequest("POST", url, data=payload, headers={"Content-Type": "application/json"})
    signer = SigV4Auth(BotoCredentials("AKID", "secret", "token"), "ses", "eu-central-1")
    theirs.context["timestamp"] = ours["x-amz-date"]
    theirs.headers["X-Amz-Date"] = ours["x-amz-date"]
    theirs.headers["X-Amz-Security-Token"] = "token"
    signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)

    assert "x-amz-target" not in ours
    assert ours["authorization"].endswith(f"Signature={signature}")
