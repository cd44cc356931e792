"""Check `agreement/routing.yaml` and compile it: every name in it is known, and no lead falls between territories."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from local.reviewed import Name, Reviewed, Slug, Text, read
from shared.domain.countries import ISO_3166_1
from shared.domain.identity import canonical

Band = Annotated[str, StringConstraints(pattern=r"^[A-D][1-3]?$")]


class AwayFile(Reviewed):
    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="after")
    def ends_after_it_begins(self) -> AwayFile:
        if self.last < self.first:
            raise ValueError(f"away from {self.first}: it ends before it begins")
        return self


class OwnerFile(Reviewed):
    weight: Annotated[int, Field(ge=1, le=100)]
    calendar: Slug
    capacity: Annotated[int, Field(ge=1)] | None = None
    away: list[AwayFile] = Field(default_factory=list)


class QueueFile(Reviewed):
    calendar: Slug
    owners: list[Slug]
    respond_within_minutes: dict[Band, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class TerritoryFile(Reviewed):
    queue: Slug
    countries: Annotated[list[Text], Field(min_length=1)] | None = None
    segments: Annotated[list[Name], Field(min_length=1)] | None = None
    size_at_least: Annotated[int, Field(ge=1)] | None = None
    size_at_most: Annotated[int, Field(ge=1)] | None = None

    @property
    def covers_everybody(self) -> bool:
        return self.model_fields_set == {"queue"}

    @model_validator(mode="after")
    def names_countries(self) -> TerritoryFile:
        for country in self.countries or []:
            if country not in ISO_3166_1:
                raise ValueError(f"countries: {country} is no ISO 3166-1 code")
        return self


class RoutingFile(Reviewed):
    version: Text
    fallback: Slug
    existing_owner: Literal["person", "company"] = "company"
    owners: dict[Slug, OwnerFile]
    queues: dict[Slug, QueueFile]
    territories: Annotated[list[TerritoryFile], Field(min_length=1)]

    @model_validator(mode="after")
    def speaks_of_known_things(self) -> RoutingFile:
        _known("fallback", [self.fallback], self.queues)
        _known("territories", [territory.queue for territory in self.territories], self.queues)
        for name, queue in self.queues.items():
            _known(f"queues.{name}.owners", queue.owners, self.owners)
            if len(queue.owners) != len(set(queue.owners)):
                raise ValueError(f"queues.{name}.owners: somebody is named twice")
            if not queue.owners and name != self.fallback:
                raise ValueError(f"queues.{name}.owners: only the fallback queue may have none")
        return self

    @model_validator(mode="after")
    def leaves_nobody_out(self) -> RoutingFile:
        open_ones = [territory for territory in self.territories if territory.covers_everybody]
        if open_ones != self.territories[-1:]:
            raise ValueError("territories: the last one, and no other, covers everybody")
        if idle := self.owners.keys() - {owner for queue in self.queues.values() for owner in queue.owners}:
            raise ValueError(f"owners.{min(idle)}: in no queue")
        return self


def compile_routing(home: Path, calendars: Collection[str]) -> dict[str, Any]:
    """The routing as JSON data, or a ValueError that names the file and the place.

    Its version gets a fingerprint of the rules behind it, so that no decision is audited by rules that did not make it.
    """
    routing = read(home / "routing.yaml", RoutingFile)
    for kind in ("owners", "queues"):
        for name, row in routing[kind].items():
            if row["calendar"] not in calendars:
                raise ValueError(f"agreement/routing.yaml: {kind}.{name}: there is no calendar {row['calendar']}")
    owners = {
        name: {**row, "away": [list(away.values()) for away in row["away"]]} for name, row in routing["owners"].items()
    }
    compiled = {**routing, "owners": owners}
    fingerprint = sha256(canonical(compiled).encode()).hexdigest()[:8]
    return {**compiled, "version": f"{compiled['version']}-{fingerprint}"}


def _known(place: str, names: list[str], those: Collection[str]) -> None:
    for name in names:
        if name not in those:
            raise ValueError(f"{place}: there is no {name}")
