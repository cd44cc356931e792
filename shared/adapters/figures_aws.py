"""What counting the figures needs, put together from the settings and the agreement."""

from __future__ import annotations

from functools import cache

from shared.adapters import aws
from shared.adapters.dynamodb_figures import DynamoFigures
from shared.adapters.lead_lines import shown_fields
from shared.adapters.transport import DYNAMODB, Transport
from shared.domain.agreement import Agreement, from_compiled
from shared.domain.definition import Definition, compile_definition
from shared.domain.segments import Choices, choices_of
from shared.settings import Settings, compiled_agreement


def store(settings: Settings, way: Transport | None = None) -> DynamoFigures:
    """Over a way to DynamoDB of one's own, where there is one."""
    way = way or aws.transport(settings, DYNAMODB)
    return DynamoFigures(way, aws.tables(settings), agreement(), shown_fields(agreement()))


def definition() -> Definition:
    """The one that judges what no line tells."""
    return compile_definition(agreement().definition)


@cache
def choices() -> Choices:
    """The answers that are counted: those that the forms offer."""
    return choices_of(agreement().forms.values())


@cache
def agreement() -> Agreement:
    """The agreement that was shipped with this code."""
    return from_compiled(compiled_agreement())
