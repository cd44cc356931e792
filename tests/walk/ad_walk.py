"""The walk of an ad lead on moto: the platform's knock, the queue, the worker, the fake platform, the hand-off."""

from __future__ import annotations

import hmac
import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tests.support.clouds import NUMBERS
from tests.support.events import an_event
from tests.support.platforms import linkedin, meta
from tests.support.platforms.server import serving
from tests.walk.conftest import Walk

ADA = "249592fc-d272-44ba-a7db-c2bdce579507-6"
LINKEDIN_SECRET, META_SECRET = "li-test-client-secret-0001", "fb-test-app-secret-0001"
SECRETS: dict[str, Any] = {
    "linkedin": {"linkedin-demo": {"client_secret": [LINKEDIN_SECRET]}},
    "meta": {"app_secret": [META_SECRET], "verify_token": "a token"},
}
WORKERS = ("receive_webhook", "fetch_ad_leads")
TICK = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@dataclass
class AdWalk:
    """Everything between a platform and sales."""

    walk: Walk
    linkedin: linkedin.FakeLinkedIn
    meta: meta.FakeMeta
    queue_url: str
    secret_arn: str
    doors: dict[str, ModuleType]

    def knock_linkedin(self, lead_id: str = ADA, action: str = "CREATED", at: int = 1_770_000_000_000) -> int:
        """LinkedIn says that something happened to a lead; gives the status of the answer."""
        body = json.dumps(
            {
                "type": "LEAD_ACTION",
                "leadGenFormResponse": f"urn:li:leadGenFormResponse:{lead_id}",
                "leadGenForm": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{linkedin.FORM_ID}, 1)",
                "owner": {"sponsoredAccount": linkedin.OWNER},
                "associatedEntity": {"sponsoredCreative": "urn:li:sponsoredCreative:241257736"},
                "leadType": "SPONSORED",
                "leadAction": action,
                "occurredAt": at,
            }
        ).encode()
        signature = hmac.digest(LINKEDIN_SECRET.encode(), b"hmacsha256=" + body, "sha256").hex()
        resource, names = "/v1/webhooks/linkedin/{source_id}", {"source_id": "linkedin-demo"}
        return self._post(resource, names, body, {"X-LI-Signature": signature})

    def knock_meta(self, *lead_ids: str) -> int:
        value = {"page_id": meta.PAGE_ID, "form_id": meta.FORM_ID, "created_time": 1_770_000_000}
        changes = [{"field": "leadgen", "value": {**value, "leadgen_id": one}} for one in lead_ids or (meta.LEAD_ID,)]
        entry = {"id": meta.PAGE_ID, "time": 1_770_000_001, "changes": changes}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        signature = hmac.digest(META_SECRET.encode(), body, "sha256").hex()
        return self._post("/v1/webhooks/meta", {}, body, {"X-Hub-Signature-256": f"sha256={signature}"})

    def work(self) -> int:
        """One batch of the queue goes to the worker; gives how many messages came back to the queue."""
        client = self.walk.cloud.client("sqs")
        wanted = {"QueueUrl": self.queue_url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]}
        messages = client.receive_message(**wanted, WaitTimeSeconds=0).get("Messages", [])
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
        answer = self.doors["fetch_ad_leads"].handler({"Records": records}, None) if records else {}
        failed = {one["itemIdentifier"] for one in answer.get("batchItemFailures", ())}
        for one in messages:
            handle = {"QueueUrl": self.queue_url, "ReceiptHandle": one["ReceiptHandle"]}
            if one["MessageId"] in failed:
                client.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                client.delete_message(**handle)
        return len(failed)

    def sweep(self) -> dict[str, int]:
        """The clock ticks."""
        counts: dict[str, int] = self.doors["fetch_ad_leads"].handler(TICK, None)
        return counts

    def put_secrets(self, **changes: Any) -> None:
        """The secret from now on, read anew by a new environment."""
        text = json.dumps({**SECRETS, **changes})
        self.walk.cloud.client("secretsmanager").put_secret_value(SecretId=self.secret_arn, SecretString=text)
        self.reload()

    def reload(self) -> None:
        for name in WORKERS:
            sys.modules.pop(f"functions.{name}.handler", None)
        self.doors = {name: importlib.import_module(f"functions.{name}.handler") for name in WORKERS}

    def leads(self) -> list[dict[str, Any]]:
        items = self.walk.items(self.walk.tables.leads)
        return [json.loads(item["doc"]["S"]) for item in items if item["sk"]["S"] == "LEAD" and "doc" in item]

    def parked(self) -> list[tuple[str, str]]:
        """Id and reason of everything that is put aside."""
        items = self.walk.items(self.walk.tables.leads)
        return [(one["sk"]["S"], one["reason"]["S"]) for one in items if one["pk"]["S"].startswith("PARK#")]

    def _post(self, resource: str, names: dict[str, str], body: bytes, headers: dict[str, str]) -> int:
        event = an_event(resource.format(**names), resource, names, body=body, headers=headers)
        return int(self.doors["receive_webhook"].handler(event, None)["statusCode"])


def an_hour_ago() -> int:
    """Epoch milliseconds."""
    return int(time.time() * 1000) - 3_600_000


@pytest.fixture
def ads(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdWalk]:
    queue = walk.cloud.client("sqs").create_queue(QueueName=f"notifications-{next(NUMBERS)}")["QueueUrl"]
    secret = walk.cloud.client("secretsmanager").create_secret(
        Name=f"platforms-{next(NUMBERS)}", SecretString=json.dumps(SECRETS)
    )
    fakes = linkedin.FakeLinkedIn(), meta.FakeMeta()
    with ExitStack() as servers:
        urls = [servers.enter_context(serving(fake)) for fake in fakes]
        given = {"LINKEDIN_URL": urls[0], "META_URL": urls[1], "PLATFORM_SECRETS_ARN": secret["ARN"]}
        queues = {"NOTIFICATIONS_QUEUE_URL": queue, "PARKED_QUEUE_URL": walk.queue_url}
        for name, value in {**given, **queues}.items():
            monkeypatch.setenv(name, value)
        ads = AdWalk(walk, *fakes, queue, secret["ARN"], {})
        ads.reload()
        yield ads
