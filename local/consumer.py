"""A sales system in thirty lines: read the hand-off queue, fetch the person at the moment of contact, say what to do.

    python -m local.consumer --ready-file ready.json --once

In AWS the same file holds api_url, region and hand_off_queue_url; the role needs the template's SalesConsumerPolicy.
"""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


def fetch(session: boto3.Session, url: str) -> tuple[int, dict[str, Any]]:
    """The lead as it is now, asked for with an IAM signature."""
    asked = AWSRequest("GET", url)
    credentials = session.get_credentials()
    assert credentials, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    SigV4Auth(credentials, "execute-api", session.region_name).add_auth(asked)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(asked.headers)), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, {}


def work(session: boto3.Session, api_url: str, told: dict[str, Any], newest: dict[str, int]) -> bool:
    """Is this message finished? What is not is left on the queue, which brings it again later."""
    if newest.get(told["lead_id"], 0) >= told["version"]:
        return True  # an older version, or the same once more
    status, lead = fetch(session, f"{api_url}/v1/leads/{told['lead_id']}")
    if status == 200:
        newest[told["lead_id"]] = told["version"]
        who = lead["person"].get("email") or lead["person"].get("phone")
        due = f"{told['next_step']} by {told['sla']['due_at']}" if "sla" in told else told["change"]
        print(f"{who}, score {lead['score']}: {due}")
    return status in (200, 410)  # 410: erased, so forget it; anything else: later


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(epilog="example: python -m local.consumer --ready-file ready.json --once")
    parser.add_argument("--ready-file", type=Path, required=True, help="what `leadgate serve --ready-file` wrote")
    parser.add_argument("--once", action="store_true", help="end when the queue is empty")
    options = parser.parse_args(argv)
    if not options.ready_file.exists():
        parser.error(
            f"{options.ready_file} is not there: start `leadgate serve --ready-file {options.ready_file}` first"
        )
    ready: dict[str, str] = json.loads(options.ready_file.read_text("utf-8"))
    keys = ready.get("aws_access_key_id"), ready.get("aws_secret_access_key")  # in AWS the role gives them
    session = boto3.Session(*keys, region_name=ready["region"])
    sqs = session.client("sqs", endpoint_url=ready.get("aws_endpoint_url"))
    newest: dict[str, int] = {}  # a real system keeps this beside its leads
    while True:
        wait = 1 if options.once else 20
        got = sqs.receive_message(QueueUrl=ready["hand_off_queue_url"], MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        for message in got.get("Messages", []):
            if work(session, ready["api_url"], json.loads(message["Body"])["data"], newest):
                sqs.delete_message(QueueUrl=ready["hand_off_queue_url"], ReceiptHandle=message["ReceiptHandle"])
        if options.once and "Messages" not in got:
            return 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
