"""The Leads table read person by person: of a running local stack, or of an AWS account. For exports and repairs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from local.ledger_rows import Unusable
from local.ledger_tables import FROM_READY
from shared.adapters import paging
from shared.adapters.aws import transport
from shared.adapters.items import Item
from shared.adapters.transport import DYNAMODB, AwsRefused, Transport
from shared.settings import Settings, from_environment

NEEDED = ("LEADS_TABLE",)


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


def from_ready_file(path: Path) -> LeadsTable:
    """The running local stack that wrote this file."""
    try:
        ready = json.loads(path.read_text("utf-8"))
        return from_account({name: ready[own] for name, own in FROM_READY.items()})
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}. Is `leadgate serve --ready-file` running?") from None
    except (ValueError, KeyError):
        raise Unusable(f"{path} is no ready file of `leadgate serve`.") from None


def from_account(environment: Mapping[str, str] = os.environ) -> LeadsTable:
    """The table that the environment names."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise Unusable(f"Set {', '.join(missing)} (and AWS credentials and region) as the functions have them.")
    settings = from_environment(environment)
    return LeadsTable(settings, transport(settings, DYNAMODB, environment))


def doc_of(item: Item) -> dict[str, Any]:
    """The JSON text of an item."""
    doc: dict[str, Any] = json.loads(item["doc"]["S"])
    return doc
