"""`leadgate notices`: the wordings' files, checked; and the registry, to which versions are only ever added."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from local.agreement import COMPILED, HOME, compile_agreement
from local.unusable import Unusable
from local.where import environment_of
from shared.adapters import items
from shared.adapters.aws import transport
from shared.adapters.transport import DYNAMODB, AwsRefused, Transport
from shared.domain.agreement import Notice, from_compiled
from shared.settings import from_environment

Texts = dict[tuple[str, str], str]
"""(reference, language) → SHA-256 of the wording."""


def run(chosen: argparse.Namespace) -> int:
    """0 when all is well, 1 when a file is incomplete or a used version has another text."""
    return check() if chosen.what == "check" else publish(*_registry(chosen))


# ------------------------------------------------------------------ files alone


def check(home: Path = HOME, compiled: Path = COMPILED) -> int:
    """Are the notices' files complete, each version there once, and none different from what was compiled before?"""
    try:
        found = compile_agreement(home)["notices"]
    except ValueError as error:
        print(f"The agreement is refused.\n{error}", file=sys.stderr)
        return 1
    before = _hashes(json.loads(compiled.read_text("utf-8"))["notices"]) if compiled.exists() else {}
    wrong = [*_twice(found), *_changed(before, _hashes(found), "compiled.json")]
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print(f"{len(found)} notices: complete, each version once, no published text changed")
    return 1 if wrong else 0


def _hashes(rows: Iterable[Mapping[str, Any]]) -> Texts:
    return {(f"{row['notice_id']}@{row['version']}", row["lang"]): row["sha256"] for row in rows}


def _twice(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    seen: Texts = {}
    for row in rows:
        place = (f"{row['notice_id']}@{row['version']}", row["lang"])
        if place in seen:
            yield f"{place[0]} ({place[1]}) is there twice: SHA-256 {seen[place]} and {row['sha256']}."
        seen[place] = row["sha256"]


def _changed(before: Texts, now: Texts, where: str) -> Iterator[str]:
    for (ref, lang), digest in before.items():
        if now.get((ref, lang), digest) != digest:
            yield (
                f"{ref} ({lang}) has another text than in {where}: SHA-256 {digest} there, {now[ref, lang]} here. "
                "A version that was used never changes: give the new text a new version."
            )


# ------------------------------------------------------------------ the registry


def publish(dynamodb: Transport, table: str, notices: Iterable[Notice] | None = None) -> int:
    """Write what the registry lacks; when one used version has another text, write nothing at all."""
    agreed = list(notices or from_compiled(compile_agreement()).translated.values())
    there = {(notice.ref, notice.lang): _published(dynamodb, table, notice) for notice in agreed}
    before = {place: digest for place, digest in there.items() if digest}
    wrong = list(_changed(before, {(notice.ref, notice.lang): notice.sha256 for notice in agreed}, "the registry"))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    for notice in agreed:
        print(f"{notice.ref} ({notice.lang})  {notice.sha256}  {_put(dynamodb, table, notice)}")
    return 0


def _published(dynamodb: Transport, table: str, notice: Notice) -> str | None:
    get = {"TableName": table, "Key": items.notice_key(notice), "ConsistentRead": True}
    found = _send(dynamodb, "GetItem", get).get("Item")
    return str(found["sha256"]["S"]) if found else None


def _put(dynamodb: Transport, table: str, notice: Notice) -> str:
    put = {"TableName": table, "Item": items.notice_item(notice), "ConditionExpression": "attribute_not_exists(pk)"}
    try:
        dynamodb.send("PutItem", put)
    except AwsRefused as refused:
        if refused.code != "ConditionalCheckFailedException":
            raise Unusable(f"DynamoDB refused PutItem on {table}: {refused.code}.") from None
        return "was there already"
    return "published"


def _send(dynamodb: Transport, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return dynamodb.send(operation, request)
    except AwsRefused as refused:
        raise Unusable(f"DynamoDB refused {operation} on {request['TableName']}: {refused.code}.") from None


def _registry(chosen: argparse.Namespace) -> tuple[Transport, str]:
    environment = environment_of(chosen, ("NOTICES_TABLE",))
    settings = from_environment(environment)
    return transport(settings, DYNAMODB, environment), settings.notices_table
