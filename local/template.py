"""What `template.yaml` says, for everything that must agree with it: the local server, the emulator and the tests.

`read()` parses the file once; the other functions are pure and answer one question each. Tables and queues come
out as boto3 arguments, so that nothing is declared a second time. Left out on purpose, because they mean something
in AWS only: the customer key, point-in-time recovery, deletion protection and resource policies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "000000000000",
    "AWS::StackName": "leadgate",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


class UnknownReference(LookupError):
    """The template names something that the caller gave no value for."""


@dataclass(frozen=True, slots=True)
class Template:
    """The parsed file with one choice of parameters."""

    document: Mapping[str, Any]
    parameters: Mapping[str, str]
    known: Mapping[str, str] = field(default_factory=dict)

    def knowing(self, known: Mapping[str, str]) -> Template:
        """The same template; `Name` then stands for a `Ref` and `Name.Attribute` for a `GetAtt`."""
        return Template(self.document, self.parameters, {**self.known, **known})


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path of the API; `auth` is `NONE` for the public or the authorizer's name."""

    method: str
    path: str
    function: str
    handler: str
    auth: str


@dataclass(frozen=True, slots=True)
class StreamTrigger:
    """A table's stream that calls a function; each filter is an event pattern as a mapping."""

    function: str
    handler: str
    table: str
    batch_size: int
    max_retries: int
    max_age_seconds: int
    bisect: bool
    reports_item_failures: bool
    filters: tuple[Mapping[str, Any], ...]
    on_failure: str


@dataclass(frozen=True, slots=True)
class ScheduleTrigger:
    """A clock that calls a function."""

    function: str
    handler: str
    expression: str


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """A queue whose messages call a function."""

    function: str
    handler: str
    queue: str
    batch_size: int
    reports_item_failures: bool


def read(path: Path = TEMPLATE, **parameters: str) -> Template:
    """The template with its default parameters, except those given."""
    document = _parse(path)
    defaults = {name: str(declared["Default"]) for name, declared in document["Parameters"].items()}
    unknown = parameters.keys() - defaults.keys()
    if unknown:
        raise UnknownReference(f"no such parameter: {', '.join(sorted(unknown))}")
    return Template(document, {**PSEUDO, **defaults, **parameters})


def resources(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    """The raw properties of every resource of a type that exists under these parameters, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template.document["Resources"].items()
        if resource["Type"] == kind and _exists(template, resource)
    }


def tables(template: Template, prefix: str = "") -> dict[str, dict[str, Any]]:
    """Arguments of `create_table` by logical id; the name is the prefix and the logical id."""
    return {
        name: _table(template, prefix + name, raw) for name, raw in resources(template, "AWS::DynamoDB::Table").items()
    }


def queues(template: Template, prefix: str = "") -> dict[str, dict[str, Any]]:
    """Arguments of `create_queue` by logical id, dead-letter queues first, so that they may be made in this order."""
    raw = resources(template, "AWS::SQS::Queue")
    names = {name: queue_name(prefix + name, properties) for name, properties in raw.items()}
    arns = {f"{name}.Arn": _queue_arn(template, full) for name, full in names.items()}
    informed = template.knowing(arns)
    made = {name: _queue(informed, names[name], properties) for name, properties in raw.items()}
    return dict(sorted(made.items(), key=lambda entry: "RedrivePolicy" in entry[1]["Attributes"]))


def queue_name(name: str, properties: Mapping[str, Any]) -> str:
    """FIFO queues must end in `.fifo`."""
    return name + ".fifo" if properties.get("FifoQueue") else name


def functions(template: Template) -> dict[str, str]:
    """The dotted handler of every function, by logical id."""
    return {name: str(raw["Handler"]) for name, raw in resources(template, "AWS::Serverless::Function").items()}


def routes(template: Template) -> tuple[Route, ...]:
    """Every route of the API."""
    return tuple(
        Route(event["Method"], event["Path"], name, handler, _auth(template, event))
        for name, handler, event in _events(template, "Api")
    )


def streams(template: Template) -> tuple[StreamTrigger, ...]:
    """Every stream that calls a function."""
    return tuple(_stream(name, handler, event) for name, handler, event in _events(template, "DynamoDB"))


def queue_triggers(template: Template) -> tuple[QueueTrigger, ...]:
    """Every queue whose messages call a function."""
    return tuple(
        QueueTrigger(
            function=name,
            handler=handler,
            queue=event["Queue"]["Fn::GetAtt"][0],
            batch_size=event["BatchSize"],
            reports_item_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
        )
        for name, handler, event in _events(template, "SQS")
    )


def schedules(template: Template) -> tuple[ScheduleTrigger, ...]:
    """Every clock that calls a function."""
    return tuple(
        ScheduleTrigger(name, handler, str(resolve(template, event["Schedule"])))
        for name, handler, event in _events(template, "Schedule")
    )


def environment(template: Template, function: str, known: Mapping[str, str]) -> dict[str, str]:
    """The function's variables; `known` gives what AWS would: `LeadsTable` a name, `HandOffQueue` a URL, and so on."""
    informed = template.knowing(known)
    shared = template.document["Globals"]["Function"]["Environment"]["Variables"]
    own = resources(template, "AWS::Serverless::Function")[function].get("Environment", {}).get("Variables", {})
    return {name: str(resolve(informed, value)) for name, value in {**shared, **own}.items()}


def setting(template: Template, function: str, name: str) -> Any:
    """One property of a function, its own or the one from `Globals`."""
    own = resources(template, "AWS::Serverless::Function")[function]
    return resolve(template, own.get(name, template.document["Globals"]["Function"].get(name)))


def resolve(template: Template, node: Any) -> Any:
    """The node with every reference, substitution, look-up and condition replaced by its value."""
    if isinstance(node, list):
        return [value for value in (resolve(template, item) for item in node) if value is not _NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (key, argument), *_ = node.items()
        if key in _INTRINSICS:
            return _INTRINSICS[key](template, argument)
    resolved = {key: resolve(template, value) for key, value in node.items()}
    return {key: value for key, value in resolved.items() if value is not _NO_VALUE}


# ------------------------------------------------------------------ parsing


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags (`!Ref x`) as their long form (`{"Ref": "x"}`)."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(node.value)
        return {key: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {key: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_tag)


def parse(path: Path) -> dict[str, Any]:
    """A CloudFormation file as plain values, short tags in their long form; every call reads it anew."""
    with path.open(encoding="utf-8") as file:
        document: dict[str, Any] = yaml.load(file, Loader=_Loader)
    return document


_parse = cache(parse)


# ------------------------------------------------------------------ intrinsic functions


def _ref(template: Template, name: str) -> Any:
    if name == "AWS::NoValue":
        return _NO_VALUE
    for source in (template.known, template.parameters):
        if name in source:
            return source[name]
    raise UnknownReference(name)


def _get_att(template: Template, parts: list[str]) -> Any:
    return _ref(template, ".".join(parts))


def _sub(template: Template, argument: Any) -> str:
    text, extra = argument if isinstance(argument, list) else (argument, {})
    informed = template.knowing({name: str(resolve(template, value)) for name, value in extra.items()})

    def fill(found: re.Match[str]) -> str:
        literal, name = found.groups()
        return f"${{{name}}}" if literal else str(_ref(informed, name))

    return _PLACEHOLDER.sub(fill, text)


def _find_in_map(template: Template, argument: list[Any]) -> Any:
    name, row, column = (resolve(template, part) for part in argument)
    return template.document["Mappings"][name][row][column]


def _if(template: Template, argument: list[Any]) -> Any:
    condition, yes, no = argument
    return resolve(template, yes if _holds(template, condition) else no)


def _join(template: Template, argument: list[Any]) -> str:
    separator, parts = argument
    return str(separator).join(str(part) for part in resolve(template, parts))


def _equals(template: Template, argument: list[Any]) -> bool:
    left, right = (str(resolve(template, part)) for part in argument)
    return left == right


def _not(template: Template, argument: list[Any]) -> bool:
    return not resolve(template, argument[0])


def _holds(template: Template, condition: str) -> bool:
    return bool(resolve(template, template.document["Conditions"][condition]))


def _exists(template: Template, resource: Mapping[str, Any]) -> bool:
    return "Condition" not in resource or _holds(template, resource["Condition"])


_INTRINSICS: Mapping[str, Callable[[Template, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Equals": _equals,
    "Fn::Not": _not,
}


# ------------------------------------------------------------------ tables, queues and events

_TABLE_KEYS = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
_QUEUE_KEYS = (
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
)


def _table(template: Template, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {"TableName": name, **{key: resolve(template, raw[key]) for key in _TABLE_KEYS if key in raw}}
    if "StreamSpecification" in raw:
        arguments["StreamSpecification"] = {"StreamEnabled": True, **raw["StreamSpecification"]}
    return arguments


def _queue(template: Template, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {key: _attribute(resolve(template, raw[key])) for key in _QUEUE_KEYS if key in raw}
    if "RedrivePolicy" in raw:
        attributes["RedrivePolicy"] = json.dumps(resolve(template, raw["RedrivePolicy"]))
    return {"QueueName": name, "Attributes": attributes}


def _attribute(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _queue_arn(template: Template, name: str) -> str:
    chosen = template.parameters
    return f"arn:{chosen['AWS::Partition']}:sqs:{chosen['AWS::Region']}:{chosen['AWS::AccountId']}:{name}"


def _events(template: Template, kind: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for name, raw in resources(template, "AWS::Serverless::Function").items():
        for event in raw.get("Events", {}).values():
            if event["Type"] == kind:
                yield name, str(raw["Handler"]), event["Properties"]


def _auth(template: Template, event: Mapping[str, Any]) -> str:
    api = resources(template, "AWS::Serverless::Api")[event["RestApiId"]["Ref"]]
    default = api.get("Auth", {}).get("DefaultAuthorizer", "NONE")
    return str(event.get("Auth", {}).get("Authorizer", default))


def _stream(name: str, handler: str, event: Mapping[str, Any]) -> StreamTrigger:
    patterns = event.get("FilterCriteria", {}).get("Filters", [])
    return StreamTrigger(
        function=name,
        handler=handler,
        table=event["Stream"]["Fn::GetAtt"][0],
        batch_size=event["BatchSize"],
        max_retries=event["MaximumRetryAttempts"],
        max_age_seconds=event["MaximumRecordAgeInSeconds"],
        bisect=event["BisectBatchOnFunctionError"],
        reports_item_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
        filters=tuple(json.loads(pattern["Pattern"]) for pattern in patterns),
        on_failure=event["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0],
    )
