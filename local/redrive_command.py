"""`leadgate redrive`: what the consumer could not do goes from the dead-letter queue back to the hand-off queue.

Receive, send, delete, one at a time: it works on every FIFO queue and on the local stack, shows what it would do, and
may be stopped at any point. A message keeps its group; it is deduplicated by its id on the dead-letter queue, so that a
stop between sending and deleting sends nothing twice, and yet the same message may fail and be sent back again at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.unusable import Unusable
from local.where import read

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

HELD_SECONDS = 30
EXAMPLES = """example:
  leadgate redrive --ready-file ready.json --dry-run             of a running local stack
  leadgate redrive --queue-url DEAD_LETTERS_URL --to QUEUE_URL   in AWS, with your credentials

One line for each message: lead, kind, version, how often it was received. Find out first why it failed, or it comes
back here after five more tries."""


def add_to(commands: Commands) -> None:
    """Register `redrive`."""
    redrive = commands.add_parser(
        "redrive",
        help="send dead letters back to the hand-off queue",
        description="Send dead letters back to the hand-off queue.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = redrive.add_mutually_exclusive_group(required=True)
    where.add_argument("--ready-file", type=Path, metavar="F", help="of a running local stack")
    where.add_argument("--queue-url", metavar="URL", help="of the dead-letter queue")
    redrive.add_argument("--to", metavar="URL", help="the queue that they go to; needed with --queue-url")
    redrive.add_argument("--dry-run", action="store_true", help="only say what lies there")


def run(chosen: argparse.Namespace) -> int:
    """0 also when nothing lies there. Raises Unusable when the queues are not named or not reached."""
    from botocore.exceptions import BotoCoreError, ClientError

    sqs, dead, live = _queues(chosen)
    try:
        count = sum(1 for _ in _moved(sqs, dead, "" if chosen.dry_run else live))
    except ClientError as refused:
        raise Unusable(f"SQS refused: {refused.response['Error']['Code']}.") from None
    except BotoCoreError as failed:
        raise Unusable(f"SQS was not reached: {type(failed).__name__}.") from None
    print(f"{count} {'would go' if chosen.dry_run else 'sent'} back", file=sys.stderr)
    return 0


def _moved(sqs: Any, dead: str, live: str) -> Iterator[None]:
    """One step for each message; with no queue to go to they are shown again right after the look."""
    seen: list[str] = []
    try:
        while found := _received(sqs, dead):
            for one in found:
                print(_line(one))
                if live:
                    _send_back(sqs, dead, live, one)
                else:
                    seen.append(one["ReceiptHandle"])
                yield
    finally:
        for receipt in seen:
            sqs.change_message_visibility(QueueUrl=dead, ReceiptHandle=receipt, VisibilityTimeout=0)


def _received(sqs: Any, dead: str) -> list[dict[str, Any]]:
    got = sqs.receive_message(
        QueueUrl=dead,
        MaxNumberOfMessages=10,
        WaitTimeSeconds=1,
        VisibilityTimeout=HELD_SECONDS,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    found: list[dict[str, Any]] = got.get("Messages", [])
    return found


def _send_back(sqs: Any, dead: str, live: str, one: dict[str, Any]) -> None:
    kept = {name: value for name, value in one.get("MessageAttributes", {}).items() if value.get("StringValue")}
    attributes = {
        name: {"DataType": value["DataType"], "StringValue": value["StringValue"]} for name, value in kept.items()
    }
    sqs.send_message(
        QueueUrl=live,
        MessageBody=one["Body"],
        MessageGroupId=one["Attributes"]["MessageGroupId"],
        MessageDeduplicationId=one["MessageId"],
        MessageAttributes=attributes,
    )
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=one["ReceiptHandle"])


def _line(one: dict[str, Any]) -> str:
    """Ids only; what cannot be read is named by its id in SQS."""
    tries = one["Attributes"].get("ApproximateReceiveCount", "?")
    try:
        event = json.loads(one["Body"])
        return (
            f"{event['data']['lead_id']}  {event['type']}  version {event['data']['version']}  received {tries} times"
        )
    except (ValueError, KeyError, TypeError):
        return f"{one['MessageId']}  unreadable  received {tries} times"


def _queues(chosen: argparse.Namespace) -> tuple[Any, str, str]:
    import boto3

    if chosen.queue_url:
        if not chosen.to and not chosen.dry_run:
            raise Unusable("Say where they go with --to QUEUE_URL.")
        return boto3.client("sqs"), chosen.queue_url, chosen.to or ""
    ready = read(chosen.ready_file)
    session = boto3.Session(ready["aws_access_key_id"], ready["aws_secret_access_key"], region_name=ready["region"])
    sqs = session.client("sqs", endpoint_url=ready["aws_endpoint_url"])
    return sqs, ready["hand_off_dead_letter_queue_url"], ready["hand_off_queue_url"]
