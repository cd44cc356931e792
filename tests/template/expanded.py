"""The template as CloudFormation sees it: after SAM's transform, references left in place."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]  # it ships no types
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]  # it ships no types

from local import template as templates


@cache
def expanded(stage: str = "prod") -> Mapping[str, Any]:
    """All resources of a stage by logical id."""
    document = copy.deepcopy(templates.parse(templates.TEMPLATE))
    for resource in document["Resources"].values():
        # `sam build` puts artifacts here; the transform wants to see an address, whichever.
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    document["Globals"]["Function"].pop("CodeUri")
    parameters = {name: str(value["Default"]) for name, value in document["Parameters"].items()}
    session = boto3.Session(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    translator = Translator({}, Parser(), boto_session=session)
    with patch.dict("os.environ", {"AWS_DEFAULT_REGION": "us-east-1"}):
        translated = translator.translate(sam_template=document, parameter_values={**parameters, "Stage": stage})
    resources: Mapping[str, Any] = translated["Resources"]
    return resources


def of_type(kind: str, stage: str = "prod") -> dict[str, Mapping[str, Any]]:
    """The resources of one type, whole, by logical id."""
    return {name: resource for name, resource in expanded(stage).items() if resource["Type"] == kind}


def statements(role: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every statement of a role's inline policies."""
    for policy in role["Properties"].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(statement: Mapping[str, Any]) -> list[str]:
    return [str(action) for action in as_list(statement["Action"])]
