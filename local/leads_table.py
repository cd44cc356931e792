"""The Leads table read person by person: of a running local stack, or of an AWS account. For exports and repairs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from local.unusable import Unusable
from local.where import environment_of
from shared.adapters import paging
from shared.adapters.aws import transport
from shared.adapters.items import Item
from shared.adapters.transport import DYNAMODB, AwsRefused, Transport
from shared.settings import Settings, from_environment


@dataclass(frozen=True, slots=True)
class LeadsTable:
    """The way to the table."""

    settings: Settings
    dynamodb: Transport

    def people(self) -> Iterator[list[Item]]:
        """All items of one person at a time, in the order of their sort keys; one page is held at once."""
        ours = (item for item in self._pages() if item["pk"]["S"].startswith("P#"))
        for _, items in groupby(ours, key=lambda item: item["pk"]["S"]):
            yield list(items)

    def _pages(self) -> Iterator[Item]:
        scan = {"TableName": self.settings.leads_table, "ConsistentRead": True}
        try:
            yield from paging.found(self.dynamodb.send, "Scan", scan)
        except AwsRefused as refused:
            raise Unusable(f"DynamoDB refused to scan {self.settings.leads_table}: {refused.code}.") from None


def chosen_table(chosen: argparse.Namespace) -> LeadsTable:
    """The table of the stack that `--ready-file` or `--tables` names. Raises Unusable."""
    environment = environment_of(chosen, ("LEADS_TABLE",))
    settings = from_environment(environment)
    return LeadsTable(settings, transport(settings, DYNAMODB, environment))


def doc_of(item: Item) -> dict[str, Any]:
    """The JSON text of an item."""
    doc: dict[str, Any] = json.loads(item["doc"]["S"])
    return doc
