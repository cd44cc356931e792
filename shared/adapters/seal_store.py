"""The seal's surroundings in AWS: the ledger's day index, a KMS key that signs, a bucket whose objects are locked.

One object `seals/<day>.json` per day, written only if it is not there (`If-None-Match`), locked in compliance mode
(for ten years in production): until then nobody, not even the account's root, can delete or change that version.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from shared.adapters import paging
from shared.adapters.s3_objects import S3Objects
from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen
from shared.domain.ledger_entry import DAY_SHARDS
from shared.domain.seal import ECDSA_P256, PublicKey, Seal

DAY_OF_KEY = re.compile(r"seals/(\d{4}-\d{2}-\d{2})\.json")


@dataclass(frozen=True, slots=True)
class DynamoDayIndex:
    """Keeps the DayIndex port with the ledger's index `by_day`."""

    transport: Transport
    table: str

    def hashes(self, day: str) -> Iterator[str]:
        for shard in range(DAY_SHARDS):
            yield from self._of_shard(f"{day}#{shard}")

    def _of_shard(self, shard: str) -> Iterator[str]:
        query: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": "by_day",
            "KeyConditionExpression": "day_shard = :shard",
            "ExpressionAttributeValues": {":shard": {"S": shard}},
        }
        for item in paging.found(partial(_send, self.transport), "Query", query):
            yield item["hash"]["S"]


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """Keeps the Signer port with an asymmetric KMS key (ECC_NIST_P256); the private half never leaves KMS."""

    transport: Transport
    key_id: str
    name: str

    def key(self) -> PublicKey:
        return _kms_key(self)

    def sign(self, text: bytes) -> bytes:
        asked = {
            "KeyId": self.key_id,
            "Message": base64.b64encode(text).decode("ascii"),
            "MessageType": "RAW",
            "SigningAlgorithm": "ECDSA_SHA_256",
        }
        return base64.b64decode(_send(self.transport, "Sign", asked)["Signature"])


@cache
def _kms_key(signer: KmsSigner) -> PublicKey:
    answer = _send(signer.transport, "GetPublicKey", {"KeyId": signer.key_id})
    return PublicKey(signer.name, ECDSA_P256, base64.b64decode(answer["PublicKey"]))


@dataclass(frozen=True, slots=True)
class S3Seals:
    """Keeps the Seals port in a bucket with Object Lock."""

    objects: S3Objects
    clock: Callable[[], datetime]
    locked_for: timedelta

    def days(self) -> list[str]:
        found = map(DAY_OF_KEY.fullmatch, self.objects.first_versions("seals/"))
        return sorted(match[1] for match in found if match)

    def read(self, day: str) -> Seal:
        """Its first version, which is locked, whatever was written or deleted over it."""
        key = _key(day)
        version = self.objects.first_versions(key).get(key)
        if version is None:
            raise CannotHappen("there is no such seal")
        return seal_of(json.loads(self.objects.get(key, version)))

    def write(self, seal: Seal) -> bool:
        until = (self.clock() + self.locked_for).strftime("%Y-%m-%dT%H:%M:%SZ")
        lock = {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": until}
        body = json.dumps(seal_as_plain(seal), ensure_ascii=False, separators=(",", ":")).encode()
        return self.objects.put_new(_key(seal.day), body, lock)


def seal_as_plain(seal: Seal) -> dict[str, Any]:
    """JSON types only."""
    return {"day": seal.day, "checkpoint": seal.checkpoint, "leaves": list(seal.leaves)}


def seal_of(plain: Mapping[str, Any]) -> Seal:
    return Seal(plain["day"], plain["checkpoint"], tuple(plain["leaves"]))


def _key(day: str) -> str:
    return f"seals/{day}.json"


def _send(transport: Transport, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return transport.send(operation, body)
    except AwsRefused as refused:
        raise CannotHappen(f"{operation}: {refused.code}") from None
