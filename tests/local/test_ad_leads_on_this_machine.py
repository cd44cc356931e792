"""`leadgate serve` with servers that stand for the platforms: from the knock to the message for sales."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.platforms import linkedin
from tests.support.platforms.server import serving

ROOT = Path(__file__).resolve().parents[2]
LEAD = "249592fc-d272-44ba-a7db-c2bdce579507-6"
SECRET = json.loads((ROOT / "events" / "platform-secrets.json").read_text("utf-8"))["linkedin"]["linkedin-demo"]
WAIT_SECONDS = 60.0


@pytest.fixture
def platform() -> Iterator[linkedin.FakeLinkedIn]:
    fake = linkedin.FakeLinkedIn()
    with serving(fake):
        yield fake


@pytest.fixture
def ready(platform: linkedin.FakeLinkedIn, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The ready file of a stack that fetches from the fake."""
    urls, told = tmp_path / "urls.json", tmp_path / "ready.json"
    urls.write_text(json.dumps({"linkedin": platform.url}), "utf-8")
    words = ["serve", "--port", "0", "--quiet", "--ready-file", str(told), "--log", str(tmp_path / "log")]
    files = ["--secrets", "events/platform-secrets.json", "--platform-urls", str(urls)]
    stack = subprocess.Popen([sys.executable, "-m", "local.cli", *words, *files], cwd=ROOT)
    try:
        yield json.loads(eventually(lambda: told.read_text("utf-8") if told.exists() else ""))
    finally:
        stack.terminate()
        stack.wait(30)


def eventually(ask: Any) -> Any:
    limit = time.monotonic() + WAIT_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < limit, "nothing came in time"
        time.sleep(0.2)
    return answer


def knock(api_url: str) -> int:
    told = {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{LEAD}",
        "leadGenForm": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{linkedin.FORM_ID}, 1)",
        "owner": {"sponsoredAccount": linkedin.OWNER},
        "leadType": "SPONSORED",
        "leadAction": "CREATED",
        "occurredAt": 1_770_000_000_000,
    }
    body = json.dumps(told).encode()
    signature = hmac.digest(SECRET["client_secret"][0].encode(), b"hmacsha256=" + body, "sha256").hex()
    url = f"{api_url}/v1/webhooks/linkedin/linkedin-demo"
    with urllib.request.urlopen(urllib.request.Request(url, body, {"X-LI-Signature": signature})) as answer:
        return int(answer.status)


def test_a_knock_becomes_a_message_for_sales_even_when_the_platform_stumbles(
    platform: linkedin.FakeLinkedIn, ready: dict[str, str]
) -> None:
    platform.add(linkedin.a_lead(LEAD))
    platform.fail("leadForms", 500, times=2)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": ready["region"]}
    sqs = boto3.client("sqs", endpoint_url=ready["aws_endpoint_url"], **keys)

    assert knock(ready["api_url"]) == 200

    wanted = {"QueueUrl": ready["hand_off_queue_url"], "WaitTimeSeconds": 1}
    (message,) = eventually(lambda: sqs.receive_message(**wanted).get("Messages"))
    assert json.loads(message["Body"])["type"].endswith("sales_qualified")
