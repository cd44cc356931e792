"""The whole stack as a newcomer starts it: one process, from a form post to the message, and a clean end."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from consumer import __main__ as consumer
from tests.support.stack import ARRIVAL_SECONDS, START_SECONDS, STOP_SECONDS, Running, a_process, received, serving

DEMO = {
    "submission_id": "8a1f6f0e-9d7c-4b1e-8f57-2f3b6d9a1c40",
    "fields": {
        "email": "ada.lovelace@example.com",
        "job_title": "CTO",
        "company": "Example Engines",
        "company_size": "201-1000",
        "country": "GB",
    },
    "consents": {"mkt_email": True},
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path) as started:
        yield started


def post(running: Running, body: object) -> tuple[int, Mapping[str, str]]:
    url = f"{running.ready['api_url']}/v1/forms/demo-request/submissions"
    asked = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return answer.status, answer.headers


def is_alive(endpoint_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint_url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_form_post_becomes_exactly_one_message_and_ctrl_c_leaves_nothing_behind(running: Running) -> None:
    first, _ = post(running, DEMO)
    again, headers = post(running, DEMO)
    messages = received(running)
    with urllib.request.urlopen(f"{running.ready['api_url']}/v1/leads/{messages[0]['subject']}", timeout=20) as shown:
        lead = json.load(shown)
    running.process.send_signal(signal.SIGINT)
    told, _ = running.process.communicate(timeout=STOP_SECONDS)

    assert (first, again, headers["Idempotency-Replayed"]) == (202, 200, "true")
    assert [message["type"] for message in messages] == ["lead.sales_qualified"]
    assert lead["person"]["email"] == "ada.lovelace@example.com"
    assert lead["score"] == messages[0]["data"]["score"] == sum(line["points"] for line in lead["explanation"])
    assert running.process.returncode == 0
    assert not is_alive(running.ready["aws_endpoint_url"])
    assert not running.ready_file.exists()
    assert list((running.folder / "tmp").iterdir()) == []
    assert "Traceback" not in told
    assert "lead.sales_qualified" in told
    assert "ada" not in told.partition("Try it:")[2].partition("\n\n")[2].lower()
    assert "lovelace" not in (running.folder / "log").read_text("utf-8").lower()


def test_the_sales_consumer_works_off_what_the_stack_hands_over(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    post(running, DEMO)
    give_up, told = time.monotonic() + ARRIVAL_SECONDS, ""

    while not told and time.monotonic() < give_up:
        assert consumer.main(["--ready-file", str(running.ready_file), "--once"]) == 0
        told = capsys.readouterr().out

    assert told.startswith("ada.lovelace@example.com, score ")
    assert received_nothing(running)


def received_nothing(running: Running) -> bool:
    sqs = boto3.Session("test", "test", region_name="us-east-1").client(
        "sqs", endpoint_url=running.ready["aws_endpoint_url"]
    )
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    asked = sqs.get_queue_attributes(QueueUrl=running.ready["hand_off_queue_url"], AttributeNames=wanted)  # type: ignore[arg-type]  # the names are right
    return set(asked["Attributes"].values()) == {"0"}


def test_the_embedded_aws_goes_when_the_server_is_killed(running: Running) -> None:
    running.process.kill()
    running.process.wait(STOP_SECONDS)
    give_up = time.monotonic() + STOP_SECONDS

    while is_alive(running.ready["aws_endpoint_url"]) and time.monotonic() < give_up:
        time.sleep(0.1)

    assert not is_alive(running.ready["aws_endpoint_url"])


def test_the_demo_tells_its_story_and_ends_well(tmp_path: Path) -> None:
    process = a_process(tmp_path, "demo")

    told, _ = process.communicate(timeout=START_SECONDS)

    assert process.returncode == 0, told
    assert "8 requests: 4 accepted, 1 sent before, 3 refused." in told
    assert "\x1b[" not in told
    assert list((tmp_path / "tmp").iterdir()) == []
    for person in ("lovelace", "hopper", "hamilton"):
        assert person not in told.lower()


def test_a_replay_shows_answers_and_messages(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    headers = {"Content-Type": "application/json"}
    request = {"method": "POST", "path": "/v1/forms/demo-request/submissions", "headers": headers, "body": DEMO}
    path.write_text(json.dumps(request) + "\n")
    process = a_process(tmp_path, "replay", str(path))

    told, _ = process.communicate(timeout=START_SECONDS)

    assert process.returncode == 0, told
    assert "POST /v1/forms/demo-request/submissions → 202" in told
    assert '"receipt_id"' in told
    assert "1 message to sales" in told
