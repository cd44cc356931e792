"""Answers as DynamoDB, Secrets Manager and SQS would, in its own process, and counts what it is asked.

`python -m bench.stub` prints its port and serves until its standard input closes. GET /tally gives the counts since the
last time as JSON. It stores nothing but the notices, so that everybody is new and the wording is not.

With `--keep` it also keeps leads and messages as a submission writes them, for relays to read again and again, and
GET /kept gives them. GET /wait/4 makes every later answer come 4 ms later, as a network does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any, ClassVar

Plain = dict[str, Any]
UNIT = 1024
SECRET = {"SecretString": json.dumps({"kid": "k1", "key": "a key for measurements only, never for people"})}
PLATFORMS = {"SecretString": json.dumps({"linkedin": {"linkedin-demo": {"client_secret": ["for measurements only"]}}})}
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem")


class Tally:
    """Calls, bytes and write units since the last look."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.bytes_in = 0
        self.write_units = 0
        self.puts = 0
        self.queued: list[float] = []  # when each message came to the queue, on the clock of all processes

    def count(self, operation: str, size: int, body: Plain) -> None:
        self.calls[operation] = self.calls.get(operation, 0) + 1
        self.bytes_in += size
        self.queued += [time.monotonic()] if operation == "SendMessage" else []
        items = written(operation, body)
        self.puts += len(items)
        self.write_units += sum(units(item) for item in items) * (2 if operation == "TransactWriteItems" else 1)


def written(operation: str, body: Plain) -> list[Plain]:
    """The items that a call writes; an update counts as its key and its new values."""
    if operation == "TransactWriteItems":
        return [action["Put"]["Item"] for action in body["TransactItems"] if "Put" in action]
    if operation == "BatchWriteItem":
        return [write["PutRequest"]["Item"] for writes in body["RequestItems"].values() for write in writes]
    if operation == "PutItem":
        return [body["Item"]]
    return [{**body["Key"], **body.get("ExpressionAttributeValues", {})}] if operation in WRITES else []


def units(item: Plain) -> int:
    """Write units of one item outside a transaction: one for each started KiB of names and values."""
    return -(-sum(len(name.encode()) + _size(value) for name, value in item.items()) // UNIT)


def _size(value: Plain) -> int:
    kind, content = next(iter(value.items()))
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "M":
        return 3 + sum(len(name.encode()) + 1 + _size(member) for name, member in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(member) for member in content)
    return len(str(content).encode())


class Stub(asyncio.Protocol):
    """HTTP/1.1 with Content-Length and kept connections; nothing else is spoken here."""

    tally = Tally()
    known: ClassVar[dict[tuple[str, str], Plain]] = {}
    keeps = False
    wait_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = bytearray()

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (request := self._next_request()) is not None:
            self._send(reply(*request))

    def _send(self, answer: bytes) -> None:
        """One connection asks one thing at a time, so answers cannot overtake each other."""
        if Stub.wait_s:
            asyncio.get_running_loop().call_later(Stub.wait_s, self.transport.write, answer)
        else:
            self.transport.write(answer)

    def _next_request(self) -> tuple[str, bytes, int] | None:
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.received[:end]).decode("latin-1")
        size = end + 4 + int(header(head, "content-length") or "0")
        if len(self.received) < size:
            return None
        body = bytes(self.received[end + 4 : size])
        del self.received[:size]
        return head, body, size


def header(head: str, name: str) -> str:
    found = head.lower().find(f"\r\n{name}:")
    return head[found:].partition(":")[2].partition("\r\n")[0].strip() if found >= 0 else ""


def reply(head: str, body: bytes, size: int) -> bytes:
    if head.startswith("GET /tally"):
        tally, Stub.tally = Stub.tally, Tally()
        return as_http(vars(tally))
    if head.startswith("GET /kept"):
        return as_http({"items": list(Stub.known.values())})
    if head.startswith("GET /wait/"):
        Stub.wait_s = float(head.split()[1].rpartition("/")[2]) / 1000
        return as_http({})
    operation = header(head, "x-amz-target").rpartition(".")[2]
    plain = json.loads(body or b"{}")
    Stub.tally.count(operation, size, plain)
    return as_http(answer(operation, plain))


def answer(operation: str, body: Plain) -> Plain:
    if operation == "GetSecretValue":
        return PLATFORMS if body.get("SecretId", "").endswith(":platforms") else SECRET
    if operation == "TransactWriteItems":
        Stub.known |= {_place(item): item for item in written(operation, body) if is_kept(item)}
    if operation == "BatchGetItem":
        keys = {table: map(_place, wanted["Keys"]) for table, wanted in body["RequestItems"].items()}
        known = {table: [Stub.known[one] for one in places if one in Stub.known] for table, places in keys.items()}
        return {"Responses": known, "UnprocessedKeys": {}}
    return {}


def is_kept(item: Plain) -> bool:
    """The notices; with `--keep` also what a relay reads, but not what it writes."""
    return "wording" in item or (Stub.keeps and item["sk"]["S"].startswith(("LEAD", "OUT#")))


def _place(item: Plain) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def as_http(content: Plain) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stub, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    Stub.keeps = "--keep" in sys.argv
    asyncio.run(serve())
