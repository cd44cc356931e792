"""Where do traces of a person lie? A search through everything that a stack stores: tables, queues, logs.

What is looked for is compared without regard to case, as it is, in base64 and percent-encoded; of a number also the
digits without its country. What is stored packed, such as the stored sums, is unpacked first.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.unusable import Unusable
from shared.adapters import paging
from shared.adapters.transport import AwsRefused, Transport

MOST_MESSAGES, HIDDEN_SECONDS = 1_000, 60
MOST_BYTES = 64_000_000  # an item of 400 KB that unpacks to more is none of ours
NUMBER = re.compile(r"\+\d{7,15}")


@dataclass(frozen=True, slots=True)
class Places:
    """Everything to look through."""

    dynamodb: Transport
    sqs: Transport
    tables: tuple[str, ...]
    queues: tuple[str, ...] = ()
    logs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """One place where something was found: the table, queue or file, and which item of it."""

    where: str
    what: str


def traces(places: Places, identifiers: Iterable[str], erased: Iterable[str] = ()) -> list[Trace]:
    """Every place in which one of the identifiers occurs, and every message that encloses one of the erased leads (by
    id): it is encrypted, so nobody can look whether they are still in it.
    """
    enclosed = (rf'\\"ciphertext\\":\\".*{re.escape(lead_id)}' for lead_id in erased)
    wanted = re.compile("|".join([*sorted(map(re.escape, forms(identifiers))), *enclosed]), re.IGNORECASE)
    return [Trace(where, what) for where, what, text in _everything(places) if wanted.search(text)]


def forms(identifiers: Iterable[str]) -> set[str]:
    """How an identifier may be written. Base64 is compared without its ends, which depend on what stands beside."""
    found: set[str] = set()
    for one in identifiers:
        plain = one.strip()
        if len(plain) < 3:
            raise Unusable("Look for at least three letters: less is found everywhere.")
        escaped = json.dumps(plain)[1:-1]
        found |= {plain, escaped, quote(plain), quote(plain, safe="")}
        found |= {plain[-8:]} if NUMBER.fullmatch(plain) else set()
        found |= {text for shift in range(3) if (text := _encoded(plain, shift))}
    return found


def _encoded(text: str, shift: int) -> str:
    """The letters of base64 that are the same whatever stands before and behind; `shift` is how many bytes stand
    before, modulo three.
    """
    raw = b"\0" * shift + text.encode("utf-8")
    sure = base64.b64encode(raw).decode()[(0, 2, 3)[shift] : len(raw) * 8 // 6]
    return sure if len(sure) >= 6 else ""


def _everything(places: Places) -> Iterator[tuple[str, str, str]]:
    for table in places.tables:
        for item in _items(places.dynamodb, table):
            yield table, f"{item['pk']['S']} / {item['sk']['S']}", "\n".join((_text(item), *_packed_in(item)))
    for queue in places.queues:
        for message in _messages(places.sqs, queue):
            yield queue, str(message.get("MessageId", "")), _text(message)
    for path in places.logs:
        try:
            with path.open(encoding="utf-8", errors="replace") as lines:
                yield from ((str(path), f"line {number}", line) for number, line in enumerate(lines, 1))
        except OSError as error:
            raise Unusable(f"{path} cannot be read: {error.strerror}.") from None


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _packed_in(item: Mapping[str, Any]) -> Iterator[str]:
    """What an item holds packed, as it is and with what JSON escapes twice escaped once. Bytes that are not packed are
    keys and salts.
    """
    for value in item.values():
        packed = base64.b64decode(value.get("B", ""))
        with suppress(zlib.error):
            text = zlib.decompressobj().decompress(packed, MOST_BYTES).decode("utf-8", "replace")
            yield from (text, text.replace("\\\\", "\\"))


def _items(dynamodb: Transport, table: str) -> Iterator[dict[str, Any]]:
    return paging.found(partial(_sent, dynamodb), "Scan", {"TableName": table, "ConsistentRead": True})


def _messages(sqs: Transport, queue: str) -> list[dict[str, Any]]:
    """What lies on a queue now. Each message is hidden while we look and given back at the end."""
    found: dict[str, dict[str, Any]] = {}
    wanted = {
        "QueueUrl": queue,
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": HIDDEN_SECONDS,
        "WaitTimeSeconds": 0,
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    }
    while len(found) < MOST_MESSAGES:
        got = _sent(sqs, "ReceiveMessage", wanted).get("Messages", [])
        if not got:
            break
        found |= {message["ReceiptHandle"]: message for message in got}
    for handle in found:
        back = {"QueueUrl": queue, "ReceiptHandle": handle, "VisibilityTimeout": 0}
        _sent(sqs, "ChangeMessageVisibility", back)
    return list(found.values())


def _sent(transport: Transport, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return transport.send(operation, body)
    except AwsRefused as refused:
        where = body.get("TableName") or body.get("QueueUrl")
        raise Unusable(f"AWS refused {operation} on {where}: {refused.code}.") from None
