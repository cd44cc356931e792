"""LinkedIn, Meta and Google at the door: vectors, forgeries, outages, rotations; real handlers, moto as the cloud."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.sources.platforms import vectors as v
from tests.sources.platforms.test_negatives import SIGNERS, google_forgeries
from tests.support.clouds import Cloud
from tests.walk.platform_doors import GOOGLE, LINKEDIN, META, OLD, SECRETS, VERIFY_TOKEN, Doors, open_doors, said

NOWHERE = "nowhere-in-the-agreement"
KNOCKS = {
    "linkedin": (LINKEDIN, {"source_id": "linkedin-demo"}, "X-LI-Signature"),
    "meta": (META, {}, "X-Hub-Signature-256"),
}


@pytest.fixture
def doors(moto_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Doors:
    return open_doors(moto_cloud, monkeypatch)


def signed_for_linkedin(body: bytes, secret: str = v.LINKEDIN_SECRET) -> dict[str, str]:
    return {"X-LI-Signature": hmac.new(secret.encode(), b"hmacsha256=" + body, "sha256").hexdigest()}


def signed_for_meta(body: bytes, secret: str = v.META_SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()}


def linkedin_body(**changes: Any) -> bytes:
    return json.dumps(json.loads(v.LINKEDIN_BODY) | changes).encode()


def google_body(**changes: Any) -> bytes:
    return json.dumps(json.loads(v.GOOGLE_BODY) | changes).encode()


def nothing_happened(doors: Doors) -> bool:
    return not doors.queued() and not doors.parked() and not doors.items()


# ------------------------------------------------------------------ LinkedIn


def test_linkedins_challenge_is_answered_as_its_page_says(doors: Doors) -> None:
    answer = doors.challenge(v.LINKEDIN_CHALLENGE)

    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "application/json"
    assert said(answer) == {"challengeCode": v.LINKEDIN_CHALLENGE, "challengeResponse": v.LINKEDIN_RESPONSE}


@pytest.mark.parametrize(
    "codes",
    [
        (),
        ("",),
        (v.LINKEDIN_CHALLENGE.upper(),),
        (v.LINKEDIN_CHALLENGE, v.LINKEDIN_CHALLENGE),
        (v.LINKEDIN_CHALLENGE.replace("-", ""),),
        (v.LINKEDIN_CHALLENGE[:14] + "1" + v.LINKEDIN_CHALLENGE[15:],),
        (v.LINKEDIN_CHALLENGE + "\n",),
        ("hmacsha256=" + v.LINKEDIN_BODY.decode(),),
    ],
)
def test_nothing_but_a_canonical_uuid_is_ever_signed(doors: Doors, codes: tuple[str, ...]) -> None:
    answer = doors.challenge(*codes)

    assert answer["statusCode"] == 400
    assert not any(hmac.new(v.LINKEDIN_SECRET.encode(), c.encode(), "sha256").hexdigest() in str(answer) for c in codes)


def test_linkedins_notification_lies_on_the_queue_with_ids_only(doors: Doors) -> None:
    answer = doors.linkedin(v.LINKEDIN_BODY, {"X-LI-Signature": v.LINKEDIN_SIGNATURE})

    (message,) = doors.queued()
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert message.pop("received_at").endswith("Z")
    assert message == {
        "platform": "linkedin",
        "source_id": "linkedin-demo",
        "notification_key": "li#249592fc-d272-44ba-a7db-c2bdce579507-6#CREATED#1770000000000",
        "kind": "CREATED",
        "lead_id": "249592fc-d272-44ba-a7db-c2bdce579507-6",
        "form_id": "7234246",
        "form_version": "1",
        "occurred_at_ms": "1770000000000",
        "owner": "urn:li:sponsoredAccount:1234567",
        "associated_entity": "urn:li:sponsoredCreative:241257736",
        "lead_type": "SPONSORED",
    }
    assert doors.items() == []


def test_a_digest_made_without_the_words_before_it_is_refused(doors: Doors) -> None:
    answer = doors.linkedin(v.LINKEDIN_BODY, {"X-LI-Signature": v.LINKEDIN_WITHOUT_PREFIX})

    assert answer["statusCode"] == 401
    assert nothing_happened(doors)


def test_a_lead_that_was_taken_back_is_a_deletion(doors: Doors) -> None:
    body = linkedin_body(leadAction="DELETED", occurredAt=1770000009999)

    doors.linkedin(body, signed_for_linkedin(body))

    (message,) = doors.queued()
    assert (message["kind"], message["occurred_at_ms"]) == ("DELETED", "1770000009999")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (linkedin_body(type="ORGANIZATION_SOCIAL_ACTION"), "unknown"),
        (linkedin_body(leadAction="ARCHIVED"), "unknown"),
        (linkedin_body(leadGenFormResponse="urn:li:person:1"), "unreadable"),
        (b"[]", "unreadable"),
        (b"not json", "unreadable"),
        (b"", "unreadable"),
    ],
)
def test_what_linkedin_proves_but_we_do_not_know_is_taken_and_counted(
    doors: Doors, capsys: pytest.CaptureFixture[str], body: bytes, outcome: str
) -> None:
    answer = doors.linkedin(body, signed_for_linkedin(body))

    assert answer["statusCode"] == 200
    assert nothing_happened(doors)
    assert f'"outcome":"{outcome}"' in capsys.readouterr().out


def test_a_notification_for_a_source_that_nobody_wrote_down_is_parked(doors: Doors) -> None:
    answer = doors.linkedin(v.LINKEDIN_BODY, {"X-LI-Signature": v.LINKEDIN_SIGNATURE}, source_id=NOWHERE)

    (parked,) = doors.parked()
    assert answer["statusCode"] == 200
    assert (parked["source_id"], parked["kind"]) == (NOWHERE, "CREATED")
    assert doors.queued() == []


# ------------------------------------------------------------------ Meta


def test_metas_handshake_echoes_the_challenge_alone(doors: Doors) -> None:
    answer = doors.handshake(mode="subscribe", challenge="1158201444", verify_token=VERIFY_TOKEN)

    assert (answer["statusCode"], answer["body"]) == (200, "1158201444")
    assert answer["headers"]["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"mode": "subscribe", "challenge": "1", "verify_token": "guess"}, 403),
        ({"mode": "subscribe", "challenge": "1"}, 403),
        ({}, 403),
        ({"mode": "unsubscribe", "challenge": "1", "verify_token": VERIFY_TOKEN}, 400),
        ({"mode": "subscribe", "challenge": "<script>", "verify_token": VERIFY_TOKEN}, 400),
        ({"mode": "subscribe", "verify_token": VERIFY_TOKEN}, 400),
    ],
)
def test_no_other_handshake_is_echoed(doors: Doors, query: dict[str, str], status: int) -> None:
    answer = doors.handshake(**query)

    assert answer["statusCode"] == status
    assert "script" not in answer["body"]


@pytest.mark.parametrize("name", ["X-Hub-Signature-256", "x-hub-signature-256", "X-HUB-SIGNATURE-256"])
def test_a_header_is_found_in_any_case(doors: Doors, name: str) -> None:
    answer = doors.meta(v.META_BODY, {name: v.META_SIGNATURE})

    assert answer["statusCode"] == 200
    assert [message["notification_key"] for message in doors.queued()] == ["fb#1234567890123456"]


def test_metas_body_is_read_as_api_gateway_wraps_it(doors: Doors) -> None:
    wrapped = v.META_BODY_BASE64.decode()

    answer = doors.call("receive_webhook", META, {}, headers={"X-Hub-Signature-256": v.META_SIGNATURE}, encoded=wrapped)

    assert answer["statusCode"] == 200
    assert len(doors.queued()) == 1


def test_a_batch_brings_every_lead_and_counts_foreign_fields(doors: Doors, capsys: pytest.CaptureFixture[str]) -> None:
    answer = doors.meta(v.META_ESCAPES, {"X-Hub-Signature-256": v.META_ESCAPES_SIGNATURE})

    assert answer["statusCode"] == 200
    assert {one["lead_id"] for one in doors.queued()} == {"1234567890123457", "1234567890123458"}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["outcome"], one["Notification"]) for one in metrics] == [("taken", [2]), ("unknown", [1])]


@pytest.mark.parametrize("signature", [v.META_ESCAPES_DUMPED, v.META_ESCAPES_UNESCAPED])
def test_a_signature_over_json_written_anew_is_refused(doors: Doors, signature: str) -> None:
    answer = doors.meta(v.META_ESCAPES, {"X-Hub-Signature-256": signature})

    assert answer["statusCode"] == 401
    assert nothing_happened(doors)


def test_an_empty_batch_is_taken(doors: Doors) -> None:
    answer = doors.meta(v.META_EMPTY, {"X-Hub-Signature-256": v.META_EMPTY_SIGNATURE})

    assert answer["statusCode"] == 200
    assert nothing_happened(doors)


def test_a_batch_larger_than_a_call_to_the_queue_is_queued_whole(doors: Doors) -> None:
    body = batch(*(str(number) for number in range(1, 48)))

    answer = doors.meta(body, signed_for_meta(body))

    assert answer["statusCode"] == 200
    assert len(doors.queued()) == 47


def test_pages_that_no_source_names_are_parked_beside_those_that_one_names(doors: Doors) -> None:
    body = json.dumps({"object": "page", "entry": [entry("1067280970047460", "1"), entry("42", "2")]}).encode()

    doors.meta(body, signed_for_meta(body))

    assert [one["lead_id"] for one in doors.queued()] == ["1"]
    assert [(one["lead_id"], one["source_id"]) for one in doors.parked()] == [("2", "")]


def batch(*lead_ids: str) -> bytes:
    return json.dumps({"object": "page", "entry": [entry("1067280970047460", *lead_ids)]}).encode()


def entry(page_id: str, *lead_ids: str) -> dict[str, Any]:
    changes = [{"field": "leadgen", "value": {"leadgen_id": one, "page_id": page_id}} for one in lead_ids]
    return {"id": page_id, "time": 1770000001, "changes": changes}


# ------------------------------------------------------------------ forgeries


@pytest.mark.parametrize("platform", KNOCKS)
def test_every_forgery_at_the_door_is_401_and_leaves_no_trace(
    doors: Doors, capsys: pytest.CaptureFixture[str], platform: str
) -> None:
    signer, (resource, parameters, header) = SIGNERS[platform], KNOCKS[platform]
    attempts = [one for one in signer.attempts() if (one[1], one[2]) != ((signer.good,), signer.body)]

    statuses = [
        doors.call("receive_webhook", resource, parameters, body, [(header, value) for value in values])["statusCode"]
        for _, values, body in attempts
    ]

    told = capsys.readouterr().out
    assert len(attempts) >= 200
    assert set(statuses) == {401}
    assert told.count('"SignatureRefused":[1]') == len(attempts)
    assert "Broken" not in told
    assert nothing_happened(doors)


def test_every_forgery_of_google_is_401_and_leaves_no_trace(doors: Doors, capsys: pytest.CaptureFixture[str]) -> None:
    attempts = list(google_forgeries())

    answers = [doors.google(body) for _, body in attempts]

    told = capsys.readouterr().out
    assert len(attempts) >= 200
    assert {answer["statusCode"] for answer in answers} == {401}
    assert all(said(answer).keys() == {"message"} for answer in answers)
    assert "Broken" not in told
    assert nothing_happened(doors)


@pytest.mark.parametrize("junk", ["%%%", "abc", "aGVsbG8", "\u00e9", "=" * 40])
@pytest.mark.parametrize(
    ("door", "resource", "parameters"),
    [
        ("receive_webhook", LINKEDIN, {"source_id": "linkedin-demo"}),
        ("receive_webhook", META, {}),
        ("receive_google", GOOGLE, {"source_id": "google-demo"}),
    ],
)
def test_a_broken_wrapping_proves_nothing(
    doors: Doors, door: str, resource: str, parameters: Mapping[str, str], junk: str
) -> None:
    answer = doors.call(door, resource, parameters, encoded=junk)

    assert answer["statusCode"] == 401


def test_a_signed_body_beyond_a_mebibyte_is_too_large(doors: Doors) -> None:
    body = v.META_EMPTY + b" " * 1_100_000

    answer = doors.meta(body, signed_for_meta(body))

    assert answer["statusCode"] == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(("door", "resource"), [("receive_webhook", META), ("receive_google", GOOGLE)])
def test_other_methods_are_not_allowed(doors: Doors, door: str, resource: str, method: str) -> None:
    answer = doors.call(door, resource, {"source_id": "google-demo"}, method=method)

    assert answer["statusCode"] == 405


# ------------------------------------------------------------------ secrets


def test_the_secret_before_the_current_one_is_still_good(doors: Doors) -> None:
    answers = [
        doors.linkedin(v.LINKEDIN_BODY, signed_for_linkedin(v.LINKEDIN_BODY, OLD)),
        doors.meta(v.META_BODY, signed_for_meta(v.META_BODY, OLD)),
        doors.google(google_body(google_key=OLD)),
    ]

    assert [answer["statusCode"] for answer in answers] == [200, 200, 200]


def test_a_secret_that_was_put_there_a_moment_ago_is_read_at_once(doors: Doors) -> None:
    doors.put_secrets(SECRETS | {"meta": {"app_secret": ["brand new"], "verify_token": VERIFY_TOKEN}})

    fresh = doors.meta(v.META_BODY, signed_for_meta(v.META_BODY, "brand new"))
    gone = doors.meta(v.META_BODY, signed_for_meta(v.META_BODY))

    assert (fresh["statusCode"], gone["statusCode"]) == (200, 401)


def test_forgeries_do_not_make_us_read_the_secret_for_each_of_them(doors: Doors) -> None:
    read: list[object] = []
    kept = doors.modules["receive_webhook"].SECRETS
    object.__setattr__(kept, "fetch", lambda: read.append(1) or SECRETS)

    for number in range(50):
        doors.meta(v.META_BODY, signed_for_meta(v.META_BODY, f"guess {number}"))

    assert len(read) == 1


@pytest.mark.parametrize("secrets", [{}, {"linkedin": {}, "meta": {}, "google": {}}])
def test_without_a_secret_every_door_of_ours_is_closed_and_asks_to_come_back(doors: Doors, secrets: object) -> None:
    doors.put_secrets(secrets)
    doors.reload()

    answers = [
        doors.challenge(v.LINKEDIN_CHALLENGE),
        doors.linkedin(v.LINKEDIN_BODY, {"X-LI-Signature": v.LINKEDIN_SIGNATURE}),
        doors.meta(v.META_BODY, {"X-Hub-Signature-256": v.META_SIGNATURE}),
        doors.handshake(mode="subscribe", challenge="1", verify_token=VERIFY_TOKEN),
        doors.google(v.GOOGLE_BODY),
    ]

    assert {answer["statusCode"] for answer in answers} == {503}
    assert nothing_happened(doors)


def test_an_address_that_we_never_gave_out_proves_nothing(doors: Doors) -> None:
    answers = [
        doors.linkedin(v.LINKEDIN_BODY, {"X-LI-Signature": v.LINKEDIN_SIGNATURE}, source_id="nobody"),
        doors.challenge(v.LINKEDIN_CHALLENGE, source_id="nobody"),
        doors.google(v.GOOGLE_BODY, source_id="nobody"),
    ]

    assert {answer["statusCode"] for answer in answers} == {401}


@pytest.mark.parametrize("text", ["no json", "[]", '{"meta": {"app_secret": []}}', '{"google": {"google-demo": 1}}'])
def test_a_secret_of_another_form_opens_nothing_and_is_never_shown(doors: Doors, ears: io.StringIO, text: str) -> None:
    doors.put_secrets(text)
    doors.reload()

    answers = [doors.meta(v.META_BODY, {"X-Hub-Signature-256": v.META_SIGNATURE}), doors.google(v.GOOGLE_BODY)]

    assert {answer["statusCode"] for answer in answers} == {500}
    assert "docs/platforms.md" in ears.getvalue() or "no JSON" in ears.getvalue()
    assert text not in ears.getvalue()


# ------------------------------------------------------------------ outages and replays


def test_nothing_is_said_to_be_taken_while_the_queue_is_away(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    kept = doors.modules["receive_webhook"].SECRETS.kept
    doors.reload()
    doors.modules["receive_webhook"].SECRETS.kept.secrets = kept.secrets
    doors.modules["receive_webhook"].SECRETS.kept.read_at = kept.read_at

    answers = [
        doors.linkedin(v.LINKEDIN_BODY, {"X-LI-Signature": v.LINKEDIN_SIGNATURE}),
        doors.meta(v.META_BODY, {"X-Hub-Signature-256": v.META_SIGNATURE}),
    ]

    assert {answer["statusCode"] for answer in answers} == {503}
    assert '"Broken"' not in capsys.readouterr().out


def test_replays_in_any_order_bring_the_same_keys(doors: Doors) -> None:
    bodies = [linkedin_body(occurredAt=1770000000000 + n, leadAction=("CREATED", "DELETED")[n % 2]) for n in range(6)]
    deliveries = bodies * 3
    random.Random(7).shuffle(deliveries)

    answers = [doors.linkedin(body, signed_for_linkedin(body)) for body in deliveries]

    keys = [message["notification_key"] for message in doors.queued()]
    assert {answer["statusCode"] for answer in answers} == {200}
    assert len(set(keys)) == len(bodies)
    assert len(keys) == len(deliveries)


# ------------------------------------------------------------------ Google


def test_googles_lead_is_captured_and_answered_with_an_empty_object(doors: Doors) -> None:
    answer = doors.google(google_body(is_test=False))

    profile = json.loads(doors.lead()["doc"]["S"])["profile"]
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert profile == {
        "full_name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": "+4915112345678",
        "company": "Analytical Engines Ltd",
        "company_size": "11-50",
    }


def test_the_ledger_says_that_no_box_was_ticked_and_on_what_the_lead_stands(doors: Doors) -> None:
    doors.google(google_body())

    (entry,) = (item for item in doors.items() if item["pk"]["S"].startswith("CHAIN#"))
    body = json.loads(entry["body"]["S"])
    assert (body["method"], body["boxes"]) == ("lead_ad", [])
    assert body["origin"]["basis"]["legal_basis"] == "contract"
    assert body["decision"]["contact"] == dict.fromkeys(("email", "sms", "phone", "autocall"), "no")
    assert "basis_asserted" in json.dumps(entry)


def test_googles_key_is_kept_nowhere(doors: Doors, capsys: pytest.CaptureFixture[str], ears: io.StringIO) -> None:
    doors.google(google_body())
    doors.google(google_body(), source_id=NOWHERE)
    doors.google(google_body(lead_id=7))

    everything = json.dumps([doors.items(), doors.parked(), doors.queued()]) + capsys.readouterr().out + ears.getvalue()
    assert "captured" in ears.getvalue()
    assert v.GOOGLE_KEY not in everything


@pytest.mark.parametrize("again", [{}, {"user_column_data": []}, {"gcl_id": "other"}])
def test_a_lead_that_google_sends_again_changes_nothing(doors: Doors, again: dict[str, Any]) -> None:
    doors.google(google_body())
    before = doors.items()

    answer = doors.google(google_body(**again))

    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert doors.items() == before


def test_googles_test_lead_is_marked_and_never_offered_to_sales(doors: Doors) -> None:
    columns = [
        {"column_id": "EMAIL", "string_value": "ada@example.com"},
        {"column_id": "JOB_TITLE", "string_value": "CTO"},
        {"column_id": "COMPANY_NAME", "string_value": "Example Engines"},
        {"column_id": "COMPANY_SIZE", "string_value": "201-1000"},
        {"column_id": "PHONE_NUMBER", "string_value": "+4915112345678"},
    ]

    doors.google(google_body(user_column_data=columns, is_test=True))

    lead = json.loads(doors.lead()["doc"]["S"])
    assert (lead["is_test"], lead["stage"]) == (True, "lead")
    assert not [item for item in doors.items() if "sales_qualified" in item["sk"]["S"]]


def test_questions_that_nobody_knows_are_kept_and_numbers_of_states_are_not(doors: Doors) -> None:
    columns = [
        {"column_id": "EMAIL", "string_value": "ada@example.com"},
        {"column_id": "", "column_name": "Wie groß ist Ihr Budget?", "string_value": "50 T€"},
        {"column_id": "GOVERNMENT_ISSUED_ID_CPF_BR", "string_value": "111.444.777-35"},
    ]

    doors.google(google_body(user_column_data=columns))

    assert "Wie groß ist Ihr Budget?: 50 T€" in json.loads(doors.lead()["doc"]["S"])["profile"].values()
    assert "111.444" not in json.dumps(doors.items())


def test_a_lead_for_a_source_that_nobody_wrote_down_is_parked_without_its_person(doors: Doors) -> None:
    answer = doors.google(google_body(), source_id=NOWHERE)

    (parked,) = doors.parked()
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert (parked["platform"], parked["source_id"], parked["form_id"]) == ("google", NOWHERE, "40000000000")
    assert "ada" not in json.dumps(parked).lower()
    assert doors.items() == []


@pytest.mark.parametrize("lead_id", [None, 7, "", "ü", "a b", "x" * 600, []])
def test_a_lead_without_an_id_is_refused_for_good_and_rings(
    doors: Doors, capsys: pytest.CaptureFixture[str], lead_id: object
) -> None:
    answer = doors.google(google_body(lead_id=lead_id))

    assert answer["statusCode"] == 400
    assert said(answer).keys() == {"message"}
    assert '"Unreadable"' in capsys.readouterr().out
    assert nothing_happened(doors)


@pytest.mark.parametrize("columns", [[], [{"column_id": "EMAIL", "string_value": "nobody"}], None, "x"])
def test_a_lead_that_nobody_can_be_reached_by_is_taken_and_not_stored(doors: Doors, columns: object) -> None:
    answer = doors.google(google_body(user_column_data=columns))

    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert nothing_happened(doors)


def test_google_is_asked_to_send_again_while_the_store_is_away(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    google = doors.modules["receive_google"]
    capture = google.capture()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    away = google.aws.ledger(google.from_environment())
    broken = type(capture)(away, capture.keyring, capture.clock, capture.dice, lambda _attempt: None)
    monkeypatch.setattr(google, "capture", lambda: broken)

    answer = doors.google(google_body())

    assert answer["statusCode"] == 503
    assert said(answer).keys() == {"message"}
    assert nothing_happened(doors)


def test_no_answer_and_no_line_of_the_log_holds_the_person(
    doors: Doors, capsys: pytest.CaptureFixture[str], ears: io.StringIO
) -> None:
    answers = [doors.google(google_body()), doors.google(google_body(google_key="x")), *forged(doors)]

    told = (json.dumps(answers) + capsys.readouterr().out + ears.getvalue()).lower()
    assert "sender_refused" in told
    assert not any(word in told for word in ("ada@", "lovelace", "4915112345678", "analytical"))


def forged(doors: Doors) -> Iterator[dict[str, Any]]:
    yield doors.linkedin(b'{"email":"ada@example.com"}', {"X-LI-Signature": "ada@example.com"})
    yield doors.meta(b"ada@example.com", {"X-Hub-Signature-256": hashlib.sha256(b"ada@example.com").hexdigest()})
