"""`leadgate source test` against the very handlers: what it plays is let in, what it forges is not, and it says why."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import source_commands, source_trials
from local import template as templates
from local.cli import parser
from local.gateway import HttpReply, HttpRequest, gateway_response, match, proxy_event, reply_of
from local.replay import Recorded
from local.unusable import Unusable
from shared.domain.agreement import Source
from tests.builders import AGREEMENT
from tests.support.clouds import Cloud
from tests.walk.partner_doors import SECRETS as OF_PARTNERS
from tests.walk.partner_doors import open_door
from tests.walk.platform_doors import SECRETS as OF_PLATFORMS
from tests.walk.platform_doors import open_doors

SOURCES = sorted(AGREEMENT.sources)


def through_the_gateway(url: str, request: Recorded) -> HttpReply:
    """What the local gateway makes of a request, without a socket."""
    template = templates.read()
    asked = HttpRequest(request.method, request.path, tuple(request.headers.items()), request.body or b"")
    found = match(templates.routes(template), asked.method, asked.path)
    if found is None:
        return gateway_response(template, "MISSING_AUTHENTICATION_TOKEN", 403)
    module, _, name = found.route.handler.rpartition(".")
    event = proxy_event(asked, found, "dev", "request-1", datetime.now(UTC))
    return reply_of(getattr(importlib.import_module(module), name)(event, None))


@pytest.fixture
def opened(moto_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """All doors for platforms and partners, with one secret for all."""
    doors = open_doors(moto_cloud, monkeypatch)
    doors.put_secrets({**OF_PLATFORMS, **OF_PARTNERS})
    secret = doors.secret_arn
    open_door(moto_cloud, monkeypatch)
    monkeypatch.setenv("PLATFORM_SECRETS_ARN", secret)
    sys.modules.pop("functions.receive_partner_form.handler")
    monkeypatch.setattr(source_trials, "send", through_the_gateway)


def secrets_file(folder: Path, **changes: Any) -> Path:
    path = folder / "secrets.json"
    path.write_text(json.dumps({**OF_PLATFORMS, **OF_PARTNERS, **changes}), "utf-8")
    return path


def run(*words: str) -> int:
    return source_commands.run(parser().parse_args(["source", *words]))


@pytest.mark.parametrize("source_id", SOURCES)
def test_every_source_of_the_agreement_passes_its_trials(
    opened: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], source_id: str
) -> None:
    done = run("test", source_id, "--secrets", str(secrets_file(tmp_path)))

    told = capsys.readouterr().out
    assert (done, "!!" in told) == (0, False), told
    assert told.endswith("All went as it should.\n")


@pytest.mark.parametrize(
    ("platform", "source_id", "name"),
    [
        ("linkedin", "linkedin-demo", "client_secret"),
        ("google", "google-demo", "google_key"),
        ("typeform", "typeform-demo", "secret"),
        ("webflow", "webflow-demo", "secret"),
        ("generic", "elementor-demo", "secret"),
        ("hubspot", "hubspot-demo", "secret"),
    ],
)
def test_a_wrong_secret_is_called_a_wrong_secret(
    opened: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], platform: str, source_id: str, name: str
) -> None:
    wrong = secrets_file(tmp_path, **{platform: {source_id: {name: ["not the one that is deployed"]}}})

    done = run("test", source_id, "--secrets", str(wrong))

    told = capsys.readouterr().out
    assert done == 1
    assert "The secret in this file is not the one that is deployed" in told
    assert "not the one that is deployed here" not in told


def test_metas_wrong_token_is_called_so(opened: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = secrets_file(tmp_path, meta={**OF_PLATFORMS["meta"], "verify_token": "another token"})

    assert run("test", "meta-demo", "--secrets", str(wrong)) == 1
    assert "answered 403. The verify token differs" in capsys.readouterr().out


def test_a_map_that_reads_no_address_is_said_to_read_none() -> None:
    reply = HttpReply(200, (), b'{"recorded": false, "reason": "no_contact_point"}')

    assert "look at `fields` and `places`" in (source_trials._recorded(reply) or "")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "wrong address"),
        (403, "lacks the stage"),
        (405, "route of another platform"),
        (503, "no secret is deployed"),
        (502, "log says why"),
        (418, "not what Leadgate answers"),
    ],
)
def test_every_wrong_status_has_its_meaning(status: int, words: str) -> None:
    assert words in (source_trials._status(HttpReply(status), 200) or "")


def test_an_address_that_sends_on_is_named() -> None:
    reply = HttpReply(301, (("Location", "https://api.example.com/prod"),))

    assert "https://api.example.com/prod" in (source_trials._status(reply, 200) or "")


def test_the_codes_in_an_answer_are_told() -> None:
    reply = HttpReply(422, (), b'{"errors": [{"code": "required"}, {"errorType": "INVALID_EMAIL"}, 7]}')

    assert (source_trials._status(reply, 200) or "").endswith("It names: required, INVALID_EMAIL.")


def test_a_door_that_lets_a_forgery_in_is_no_door() -> None:
    assert "does not check who sends" in (source_trials._refuses(401)(HttpReply(200)) or "")


@pytest.mark.parametrize("body", [b"", b"[]", b"not json"])
def test_an_answer_that_is_no_object_is_somebody_elses(body: bytes) -> None:
    assert source_trials._member(HttpReply(200, (), body), "a", "b")


def test_a_source_whose_secret_is_nowhere_is_not_tried(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unusable, match="its app_secret and verify_token is needed"):
        run("test", "meta-demo")


def test_a_builder_that_can_only_do_addresses_is_played_too() -> None:
    source = replace(AGREEMENT.sources["contact-form-7-demo"], proof="key", proof_header="")

    (right, forged) = source_trials.trials(source, {"secret": "a secret"})

    assert right.request.path == "/v1/sources/contact-form-7-demo/submissions?key=a+secret"
    assert "secret" not in right.request.headers
    assert forged.request.path != right.request.path


def test_the_body_that_is_played_is_the_one_that_the_map_reads() -> None:
    source = replace(
        AGREEMENT.sources["webflow-demo"],
        platform="generic",
        proof="header",
        proof_header="x-key",
        places={"answers": "/a~1b/answers", "email": "/who/mail", "key": "/id"},
    )

    first = next(iter(source_trials.trials(source, {"secret": "s"})))

    body = json.loads(first.request.body or b"")
    assert body["who"]["mail"] == source_trials.EMAIL
    assert set(body["a/b"]["answers"]) == set(source.fields)
    assert body["id"].startswith("leadgate-test-")


# ------------------------------------------------------------------ is it there?


def answering(reply: HttpReply) -> Callable[[str, Recorded], HttpReply]:
    return lambda _url, _request: reply


SOURCE: Source = AGREEMENT.sources["linkedin-demo"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (HttpReply(403, (), b"{}"), "end with the stage"),
        (HttpReply(302, (("Location", "https://other.example.com"),)), "https://other.example.com"),
        (HttpReply(200, (), b"hello"), "is not Leadgate"),
    ],
)
def test_what_answers_instead_of_leadgate_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, reply: HttpReply, words: str
) -> None:
    monkeypatch.setattr(source_trials, "send", answering(reply))

    ((well, text),) = source_trials.reach("https://api.example.com", SOURCE)

    assert not well
    assert words in text


def test_leadgate_is_recognised_and_plain_http_only_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    found = HttpReply(404, (), b'{"type": "urn:leadgate:problem:unknown_form"}')
    monkeypatch.setattr(source_trials, "send", answering(found))

    home = list(source_trials.reach("http://127.0.0.1:8080", SOURCE))
    away = list(source_trials.reach("http://api.example.com", SOURCE))

    assert [well for well, _ in home] == [True, True]
    assert [well for well, _ in away] == [True, False]


def test_nobody_at_the_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_url: str, _request: Recorded) -> HttpReply:
        raise Unusable("Nothing useful answers")

    monkeypatch.setattr(source_trials, "send", send)

    assert list(source_trials.reach("https://api.example.com", SOURCE)) == [(False, "Nothing useful answers")]
