"""The contract with whoever reads our queues: docs/schemas and docs/asyncapi.yaml, made from local/contract_models.

python -m local.contract            write them (make contract)
python -m local.contract --check    say what is stale or would break a consumer; exit 1 if anything is
python -m local.contract --release  what is published now is what consumers build on from now on
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from local.contract_breaks import breaks
from local.contract_models import HAND_OFF, MESSAGES, NURTURE, Envelope
from local.generated import is_fresh

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCHEMAS, RELEASED, ASYNCAPI = DOCS / "schemas", DOCS / "schemas" / "released", DOCS / "asyncapi.yaml"
LARGEST = 64 * 1024
KEPT_SECONDS = 14 * 24 * 3600
ABOUT = (
    "What leaves Leadgate, for the systems of sales and of nurture. Each message is a CloudEvent 1.0 in structured "
    "JSON and the whole body of one SQS message; the message attribute `type` names its kind. No message holds "
    "personal data in the clear. How to connect: docs/sales.md."
)


class OffContract(ValueError):
    """A message that no consumer was promised; the text names members, never their values."""


class _Plain(GenerateJsonSchema):
    """Without the titles that pydantic makes up, and open for members that come later."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        made.pop("additionalProperties", None)
        return made

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().default_schema(schema)
        made.pop("default", None)
        return made


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one kind of message, such as lead.erased."""
    made = MESSAGES[kind].model_json_schema(schema_generator=_Plain)
    definitions, described = made.pop("$defs"), made.pop("description")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:leadgate:schema:{kind}:1",
        "title": kind,
        "description": " ".join(described.split()),
    }
    return {**head, **made, "$defs": definitions}


def check(body: str) -> None:
    """Raises OffContract unless the body is a message as described: every member, and no other, in 64 KB."""
    if len(body.encode()) > LARGEST:
        raise OffContract("the message is larger than 64 KB")
    kind = json.loads(body).get("type")
    if kind not in MESSAGES:
        raise OffContract("no such kind of message")
    try:
        MESSAGES[kind].model_validate_json(body)
    except ValidationError as error:
        found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]
        raise OffContract(f"{kind}: {'; '.join(found)}") from None


def asyncapi() -> dict[str, Any]:
    """One AsyncAPI 3.0 document: both queues and every message on them."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Leadgate",
            "version": "1.0.0",
            "description": ABOUT,
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "handOff": _channel("HandOffQueue", "For sales, in order for each lead.", HAND_OFF),
            "nurture": _channel("NurtureQueue", "For the tool that writes to leads who are not with sales.", NURTURE),
        },
        "operations": {
            "tellSales": {"action": "send", "channel": {"$ref": "#/channels/handOff"}},
            "tellNurture": {"action": "send", "channel": {"$ref": "#/channels/nurture"}},
        },
        "components": {"messages": {_name(kind): _message(word, kind) for word, kind in MESSAGES.items()}},
    }


def _channel(queue: str, purpose: str, kinds: tuple[type[Envelope], ...]) -> dict[str, Any]:
    """Named by the template's logical id; the stack's outputs have the URL."""
    sqs = {"name": queue, "fifoQueue": True, "messageRetentionPeriod": KEPT_SECONDS}
    return {
        "address": queue,
        "description": purpose,
        "messages": {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in kinds},
        "bindings": {"sqs": {"queue": sqs, "bindingVersion": "0.3.0"}},
    }


def _message(word: str, kind: type[Envelope]) -> dict[str, Any]:
    reference = {"$ref": f"./schemas/{word}.v1.json"}
    payload = {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": reference}
    return {"name": word, "contentType": "application/cloudevents+json", "summary": _sentence(kind), "payload": payload}


def _name(kind: type[Envelope]) -> str:
    return kind.__name__[0].lower() + kind.__name__[1:]


def _sentence(kind: type[Envelope]) -> str:
    return " ".join((kind.__doc__ or "").split()).split(". ")[0].rstrip(".") + "."


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    head = "# Made by `make contract` from local/contract_models.py.\n"
    made = {SCHEMAS / f"{kind}.v1.json": json.dumps(schema(kind), indent=2) + "\n" for kind in MESSAGES}
    return {**made, ASYNCAPI: head + yaml.safe_dump(asyncapi(), sort_keys=False, width=110)}


def faults() -> Iterator[str]:
    """What is stale, and what would break a consumer of the last release."""
    for path, text in files().items():
        if not is_fresh(path, text):
            yield f"{path.relative_to(DOCS)} is stale: make contract"
    for path in sorted(RELEASED.glob("*.json")):
        before = json.loads(path.read_text("utf-8"))
        if before["title"] not in MESSAGES:
            yield f"{before['title']}: the message is gone"
            continue
        yield from (f"{before['title']}: {fault}" for fault in breaks(before, schema(before["title"])))


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        found = list(faults())
        print("\n".join(found) or "The contract is fresh and breaks nobody.")
        return 1 if found else 0
    for path, text in files().items():
        path.write_text(text, "utf-8")
        if "--release" in arguments and path.suffix == ".json":
            RELEASED.mkdir(exist_ok=True)
            (RELEASED / path.name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
