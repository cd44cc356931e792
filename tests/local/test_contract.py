"""The contract: fresh, kept by every message, and changed only in ways that break no reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from local import contract
from local.contract_breaks import breaks
from local.contract_models import MESSAGES
from local.template import read
from shared.adapters.memory import MemoryHandOff
from shared.domain.enclosure import KINDS, enclosing
from shared.domain.message import Message
from tests.builders import NOON

ROOT = Path(__file__).resolve().parents[2]
Change = Callable[[dict[str, Any]], Any]


def golden(kind: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads((ROOT / f"tests/golden/{kind}.json").read_text("utf-8"))
    return plain


def test_schemas_and_asyncapi_are_fresh_and_break_no_reader_of_the_last_release() -> None:
    assert list(contract.faults()) == []


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_released_schema_is_kept_for_every_kind_of_message(kind: str) -> None:
    released = json.loads((contract.RELEASED / f"{kind}.v1.json").read_text("utf-8"))

    jsonschema.Draft202012Validator.check_schema(released)
    assert released["$id"] == f"urn:leadgate:schema:{kind}:1"


@pytest.mark.parametrize("kind", MESSAGES)
def test_the_golden_message_keeps_the_models_the_schema_and_the_released_schema(kind: str) -> None:
    message = golden(kind)

    contract.check(json.dumps(message))
    for folder in (contract.SCHEMAS, contract.RELEASED):
        published = json.loads((folder / f"{kind}.v1.json").read_text("utf-8"))
        jsonschema.validate(message, published, cls=jsonschema.Draft202012Validator)


def told(**changes: Any) -> Change:
    return lambda message: message["data"].update(changes)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda message: message["data"].pop("intent_events"), "intent_events"),
        (told(intent_events=[]), "intent_events"),
        (told(explanation=[]), "explanation"),
        (told(score=84.9), "points"),
        (told(score="85"), "score"),
        (told(email="ada@example.com"), "email"),
        (told(lead_id="3" * 32), "subject"),
        (told(stage="lead"), "stage"),
        (lambda message: message["data"]["permission"].pop("expires"), "expires"),
        (lambda message: message["data"]["sla"].update(due_at="tomorrow"), "due_at"),
        (lambda message: message.update(id="1"), "id"),
        (lambda message: message.update(time=1), "time"),
        (lambda message: message.update(type="lead.sold"), "kind"),
        (told(next_step="x" * 70_000), "64 KB"),
    ],
)
def test_a_message_that_nobody_was_promised_is_found_out(change: Change, named: str) -> None:
    message = golden("lead.sales_qualified")
    change(message)

    with pytest.raises(contract.OffContract) as caught:
        contract.check(json.dumps(message))

    assert named in str(caught.value)
    assert "ada@example.com" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_person_in_the_message_breaks_no_reader_of_the_last_release(kind: str) -> None:
    """The member is new, and was left out of every message until now."""
    plain = golden(kind)
    message = Message(plain["id"], plain["subject"], plain["data"]["version"], kind, json.dumps(plain))

    body = enclosing(message, "AQICAHg=", NOON).body

    contract.check(body)
    for folder in (contract.SCHEMAS, contract.RELEASED):
        published = json.loads((folder / f"{kind}.v1.json").read_text("utf-8"))
        jsonschema.validate(json.loads(body), published, cls=jsonschema.Draft202012Validator)


def test_every_message_that_a_test_hands_over_is_checked() -> None:
    message = Message("1", "3" * 32, 1, "lead.erased", '{"type": "lead.erased"}')

    with pytest.raises(contract.OffContract):
        MemoryHandOff().send(message)


def members(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"]["SalesQualified"]["properties"]
    return found


def renamed(schema: dict[str, Any]) -> None:
    members(schema)["fit"] = members(schema).pop("cell")
    required = schema["$defs"]["SalesQualified"]["required"]
    required[required.index("cell")] = "fit"


BREAKING: dict[str, tuple[Change, str]] = {
    "removed": (lambda s: members(s).pop("cell"), "data.cell is gone"),
    "renamed": (renamed, "data.cell is gone"),
    "optional": (lambda s: s["$defs"]["SalesQualified"]["required"].remove("cell"), "data.cell may be missing"),
    "type": (lambda s: members(s)["version"].update(type="string"), "data.version was integer and is string"),
    "type narrowed": (lambda s: members(s)["score"].update(type="integer"), "data.score was number and is integer"),
    "null": (
        lambda s: members(s).update(queue={"type": ["string", "null"]}),
        "data.queue was string and is null or string",
    ),
    "never null": (lambda s: members(s).update(owner_id={"type": "string"}), "data.owner_id was null or string"),
    "word gone": (lambda s: members(s)["buyer_stage"]["enum"].remove("active"), "data.buyer_stage was one of active"),
    "word new": (lambda s: members(s)["buyer_stage"]["enum"].append("hot"), "data.buyer_stage was one of active"),
    "const": (lambda s: members(s)["stage"].update(const="sql"), "data.stage was one of sales_qualified"),
    "empty list": (lambda s: members(s)["intent_events"].pop("minItems"), "data.intent_events lost its minItems"),
    "lower": (lambda s: members(s)["version"].update(minimum=0), "data.version had minimum 1 and has 0"),
    "pattern": (lambda s: s["$defs"]["Instant"].update(pattern=".*"), "message.time had another pattern"),
    "in a list": (lambda s: s["$defs"]["IntentEvent"]["properties"].pop("at"), "data.intent_events[].at is gone"),
    "in a map": (
        lambda s: s["$defs"]["Permission"]["properties"]["marketing"]["additionalProperties"]["enum"].append("maybe"),
        "permission.marketing.* was one of",
    ),
    "channel gone": (
        lambda s: s["$defs"]["Permission"]["properties"]["marketing"]["propertyNames"]["enum"].remove("sms"),
        "permission.marketing names was one of",
    ),
}


@pytest.mark.parametrize("planted", BREAKING)
def test_a_change_that_breaks_a_reader_is_found_and_named(planted: str) -> None:
    before = contract.schema("lead.sales_qualified")
    after = copy.deepcopy(before)
    change, sentence = BREAKING[planted]
    change(after)

    found = breaks(before, after)

    assert [one for one in found if sentence in one], found


@pytest.mark.parametrize(
    "change",
    [
        lambda s: members(s).update(region={"type": "string"}),
        lambda s: (
            members(s).update(region={"type": "string"}),
            s["$defs"]["SalesQualified"]["required"].append("region"),
        ),
        lambda s: members(s)["version"].update(minimum=2),
        lambda s: members(s)["cell"].update(description="Other words."),
        lambda s: s.update(title="another"),
    ],
)
def test_a_reader_who_ignores_what_it_does_not_know_survives_more_and_narrower(change: Change) -> None:
    before = contract.schema("lead.sales_qualified")
    after = copy.deepcopy(before)
    change(after)

    assert breaks(before, after) == []


def test_a_kind_that_is_no_longer_sent_is_a_break(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lead.sold.v1.json").write_text(json.dumps({"title": "lead.sold"}), "utf-8")
    monkeypatch.setattr(contract, "RELEASED", tmp_path)

    assert list(contract.faults()) == ["lead.sold: the message is gone"]
    assert contract.main(["--check"]) == 1


def test_asyncapi_names_every_message_and_both_queues() -> None:
    document = yaml.safe_load(contract.ASYNCAPI.read_text("utf-8"))
    on_channels = [one for channel in document["channels"].values() for one in channel["messages"]]

    assert document["asyncapi"] == "3.0.0"
    assert set(on_channels) == set(document["components"]["messages"])
    for message in document["components"]["messages"].values():
        assert (contract.DOCS / message["payload"]["schema"]["$ref"]).exists()


def test_asyncapi_says_of_a_queue_what_the_template_says() -> None:
    queues = {one["address"]: one["bindings"]["sqs"]["queue"] for one in contract.asyncapi()["channels"].values()}
    resources = read().document["Resources"]

    assert queues.keys() == {"HandOffQueue", "NurtureQueue"}
    for name, said in queues.items():
        properties = resources[name]["Properties"]
        assert said["fifoQueue"] is properties["FifoQueue"]
        assert said["messageRetentionPeriod"] == properties["MessageRetentionPeriod"]
