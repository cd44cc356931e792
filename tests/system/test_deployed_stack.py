"""The stack that `sam deploy` makes, driven from outside: its triggers, its routes and its very IAM statements.

Slow (some minutes): it deploys, cold-starts real functions and waits for the clock. ministack is no
AWS; what it leaves out is printed by `emulated` and listed in docs/decisions/0002-build.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.system.emulator import ROOT_CREDENTIALS, STACK, Deployed, deployed

WAIT_SECONDS = 180.0  # the relay's head start of a minute, then the next tick of the sweep's clock


@pytest.fixture(scope="module")
def stack(built: Path) -> Iterator[Deployed]:
    with deployed(built / ".aws-sam" / "build") as stack:
        yield stack


def demo_request(email: str) -> dict[str, Any]:
    return {
        "submission_id": f"submission-of-{email.partition('@')[0]}",
        "fields": {
            "email": email,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "company": "Analytical Engines",
            "job_title": "VP Engineering",
            "company_size": "51-200",
            "country": "DE",
            "message": "Please show us the product.",
        },
        "consents": {"mkt_email": True},
        "context": {"page_url": "https://www.example.com/demo", "lang": "en"},
    }


def post(stack: Deployed, email: str) -> Any:
    return stack.request("POST", "/v1/forms/demo-request/submissions", demo_request(email))


def next_message(stack: Deployed, credentials: Credentials = ROOT_CREDENTIALS) -> dict[str, Any]:
    """The next message for sales, taken off the queue."""
    queue, url = stack.client("sqs", credentials), stack.outputs["HandOffQueueUrl"]
    messages = eventually(lambda: queue.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages"))
    queue.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    body: dict[str, Any] = json.loads(messages[0]["Body"])
    return body


def eventually(ask: Callable[[], Any]) -> Any:
    limit = time.monotonic() + WAIT_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < limit, "nothing came in time"
        time.sleep(0.5)
    return answer


def physical(stack: Deployed, logical: str) -> str:
    found = stack.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
    name: str = found["StackResourceDetail"]["PhysicalResourceId"]
    return name


def test_a_submission_walks_from_the_form_to_sales(stack: Deployed) -> None:
    first = post(stack, "ada@analytical.example.com")
    again = post(stack, "ada@analytical.example.com")
    message = next_message(stack)

    assert (first.status, again.status) == (202, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.data == again.data
    assert message["data"]["score"] >= 75
    assert "ada@" not in json.dumps(message)


def test_a_stranger_may_not_look_at_a_lead(stack: Deployed) -> None:
    assert stack.request("GET", "/v1/leads/0123456789abcdef0123456789abcdef").status == 403


def test_the_consumer_policy_lets_sales_read_fetch_and_nothing_else(stack: Deployed) -> None:
    sales = user_with(stack, stack.outputs["SalesConsumerPolicyArn"])
    post(stack, "grace@compilers.example.com")

    lead_id = next_message(stack, sales)["data"]["lead_id"]
    lead = stack.request("GET", f"/v1/leads/{lead_id}", signed_by=sales)

    assert lead.status == 200
    assert b"grace@compilers.example.com" in lead.data
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized|denied"):
        stack.client("sqs", sales).send_message(
            QueueUrl=stack.outputs["HandOffQueueUrl"], MessageBody="{}", MessageGroupId="a", MessageDeduplicationId="a"
        )
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        stack.client("dynamodb", sales).scan(TableName=stack.outputs["LeadsTableName"])


def test_the_erasing_role_may_do_all_that_an_erasure_needs(stack: Deployed) -> None:
    post(stack, "joan@eraser.example.com")
    lead_id = next_message(stack)["data"]["lead_id"]

    erased = stack.request("DELETE", f"/v1/leads/{lead_id}", signed_by=ROOT_CREDENTIALS)
    shown = stack.request("GET", f"/v1/leads/{lead_id}", signed_by=ROOT_CREDENTIALS)

    certificate = json.loads(erased.data)
    assert (erased.status, certificate["state"], certificate["destroyed"]["ledger_bodies"]) == (200, "done", 1)
    assert shown.status == 410
    assert next_message(stack)["type"] == "lead.erased"
    tables = [stack.outputs[f"{name}TableName"] for name in ("Leads", "Ledger", "Suppressions")]
    everything = [stack.client("dynamodb").scan(TableName=table)["Items"] for table in tables]
    assert "joan@eraser" not in json.dumps(everything, default=str)


def test_the_role_of_reported_events_may_write_them_and_look_again(stack: Deployed) -> None:
    reporter = user_with(stack, stack.outputs["EventSenderPolicyArn"], "reporter")
    asked = {**demo_request("hedy@reporter.example.com"), "consents": {"profiling": True}}
    receipt = json.loads(stack.request("POST", "/v1/forms/demo-request/submissions", asked).data)
    next_message(stack)
    view = {"event_id": "page-event-00000001", "kind": "content_view", "context": {"content": "trends-report"}}
    click = {"email": "hedy@reporter.example.com", "event_id": "server-event-000001", "kind": "email_click"}

    seen = [
        stack.request("POST", "/v1/engagement", {"token": receipt["engagement"]["token"], "events": [view]})
        for _ in range(2)
    ]
    told = [stack.request("POST", "/v1/events", click, signed_by=reporter) for _ in range(2)]
    stranger = stack.request("POST", "/v1/events", click)

    assert [(reply.status, json.loads(reply.data)) for reply in seen] == [(202, {"received": 1})] * 2
    assert [(reply.status, json.loads(reply.data)) for reply in told] == [(202, {"recorded": True})] * 2
    assert stranger.status == 403
    assert stack.request("GET", f"/v1/leads/{'0' * 32}", signed_by=reporter).status == 403
    items = stack.client("dynamodb").scan(TableName=stack.outputs["LeadsTableName"])["Items"]
    assert sorted(item["sk"]["S"] for item in items if item["sk"]["S"].startswith(("EVT#page", "EVT#server"))) == [
        "EVT#page#page-event-00000001",
        "EVT#server#server-event-000001",
    ]


def user_with(stack: Deployed, policy: str, name: str = "sales") -> Credentials:
    iam = stack.client("iam")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def test_the_queue_calls_the_worker_whose_role_may_remember_a_deletion(stack: Deployed) -> None:
    told = {
        "platform": "linkedin",
        "source_id": "linkedin-demo",
        "notification_key": "li#lead-1#DELETED#1770000000000",
        "kind": "DELETED",
        "lead_id": "lead-1",
        "received_at": "2026-02-02T02:40:00.000Z",
        "occurred_at_ms": "1770000000000",
    }
    sqs, dynamodb = stack.client("sqs"), stack.client("dynamodb")

    sqs.send_message(QueueUrl=physical(stack, "NotificationsQueue"), MessageBody=json.dumps(told))

    def remembered() -> list[Any]:
        items = dynamodb.scan(TableName=stack.outputs["LeadsTableName"], ConsistentRead=True)["Items"]
        return [item for item in items if item["pk"]["S"].startswith("AD#")]

    (item,) = eventually(remembered)
    assert json.loads(item["doc"]["S"])["deleted_ms"] == 1770000000000
    wanted = {"QueueUrl": physical(stack, "NotificationsQueue"), "AttributeNames": ["ApproximateNumberOfMessages"]}
    assert sqs.get_queue_attributes(**wanted)["Attributes"]["ApproximateNumberOfMessages"] == "0"


def test_the_count_keeps_the_sums_under_its_own_role_and_a_lead_is_shown_with_its_rank(stack: Deployed) -> None:
    post(stack, "edith@figures.example.com")
    lead_id = next_message(stack)["data"]["lead_id"]

    peers = eventually(
        lambda: json.loads(stack.request("GET", f"/v1/leads/{lead_id}", signed_by=ROOT_CREDENTIALS).data)["peers"]
    )

    assert peers["leads"] >= 1


def test_a_relay_without_its_permission_is_denied_and_the_sweep_delivers_by_the_clock(stack: Deployed) -> None:
    stack.client("iam").delete_role_policy(RoleName=physical(stack, "RelayRole"), PolicyName="relay")

    answer = post(stack, "mary@engines.example.com")
    eventually(lambda: "AccessDenied" in relay_log(stack))
    message = next_message(stack)

    assert answer.status == 202
    assert message["data"]["score"] >= 75


def relay_log(stack: Deployed) -> str:
    logs, group = stack.client("logs"), f"/{STACK}/relay"
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    events = [logs.get_log_events(logGroupName=group, logStreamName=one["logStreamName"])["events"] for one in streams]
    return json.dumps(events)


def test_the_stream_mapping_is_deployed_as_written(stack: Deployed) -> None:
    found = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    readers = {one["FunctionArn"]: one for one in found if "/stream/" in one["EventSourceArn"]}
    (mapping,) = [one for arn, one in readers.items() if "RelayFunction" in arn]

    assert len(readers) == 2
    assert mapping["FunctionArn"].endswith(":live")
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumRetryAttempts"] == 5
    assert "OUT#" in mapping["FilterCriteria"]["Filters"][0]["Pattern"]
