"""The story of a few visitors, from their form posts to what sales receives, on free ports."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import IO

from local import replay, serve
from local.gateway import HttpReply
from local.live_view import Paint, message_text
from local.replay import Recorded
from local.serve import Options, Stack

EVENTS = Path(__file__).resolve().parent.parent / "events" / "demo.jsonl"
PATIENCE_SECONDS = 15.0


def demo(log: Path, out: IO[str], paint: Paint, show_people: bool = False) -> int:
    """Tell the whole story; 0 when everything that was accepted reached sales' queue."""
    requests = replay.read(EVENTS)
    started = time.monotonic()
    print("Starting Leadgate on this machine (some seconds) …", file=out, flush=True)
    with serve.running(Options(log, port=0, show_people=show_people), out, paint) as stack:
        print(f"Ready after {time.monotonic() - started:.1f} s. {len(requests)} requests follow.", file=out, flush=True)
        replies = [_tell(number, request, stack, out, paint) for number, request in enumerate(requests, 1)]
        arrived = _sales(stack, out, paint)
    print(f"\n{_summary(replies)} {time.monotonic() - started:.1f} s in all.", file=out)
    print(f"Now with a form to fill in: {paint('bold', 'leadgate serve')}", file=out, flush=True)
    return 0 if arrived else 1


def _tell(number: int, request: Recorded, stack: Stack, out: IO[str], paint: Paint) -> HttpReply:
    print(f"\n{paint('cool', f'{number}. {request.story}')}", file=out, flush=True)
    reply = replay.send(stack.api_url, request)
    stack.view.settle()
    stack.view.messages_told(PATIENCE_SECONDS)
    return reply


def _sales(stack: Stack, out: IO[str], paint: Paint) -> bool:
    """What lies on the queue, and the person behind it as sales fetches them at the moment of contact."""
    print(f"\n{paint('cool', f'The queue of sales holds {waiting(stack)}. The first, as sales reads it:')}", file=out)
    bodies = [json.loads(item["body"]["S"]) for item in stack.reader.outbox() if "delivered_at" in item]
    for body in sorted(bodies, key=lambda each: str(each["time"]))[:1]:
        print(message_text(body), file=out)
    print(
        f"\n{paint('cool', 'Nobody is named in it. Sales fetches the person at the moment of contact:')}",
        file=out,
        flush=True,
    )
    for body in bodies:
        replay.send(stack.api_url, Recorded("GET", f"/v1/leads/{body['subject']}"))
    stack.view.settle()
    return stack.view.messages_told(PATIENCE_SECONDS)


def waiting(stack: Stack) -> str:
    """How many messages wait, without receiving one."""
    asked = {"QueueUrl": stack.known["HandOffQueue"], "AttributeNames": ["ApproximateNumberOfMessages"]}
    number = stack.aws.sqs.send("GetQueueAttributes", asked)["Attributes"]["ApproximateNumberOfMessages"]
    return f"{number} message{'' if number == '1' else 's'}"


def _summary(replies: list[HttpReply]) -> str:
    words = Counter(_word(reply) for reply in replies)
    return f"{len(replies)} requests: {', '.join(f'{count} {word}' for word, count in words.items())}."


def _word(reply: HttpReply) -> str:
    if reply.header("idempotency-replayed"):
        return "sent before"
    return "refused" if reply.status >= 400 or "reason=" in (reply.header("location") or "") else "accepted"
