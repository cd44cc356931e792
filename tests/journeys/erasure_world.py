"""A world in which people can be forgotten: everything that Leadgate ever stores about somebody is stored first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.adapters.dynamodb_answers import DynamoAnswers
from shared.adapters.dynamodb_erasure import DynamoErasures
from shared.adapters.dynamodb_figures import DynamoFigures
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.lead_lines import shown_fields
from shared.adapters.memory import MemoryHandOff
from shared.adapters.memory_erasure import MemoryErasures
from shared.domain.erasure import Erasure, Order
from shared.domain.ledger_entry import Head
from shared.domain.ledger_proof import Evidence, Finding, StoredEntry, Trust, verify
from shared.journeys.count_figures import CountFigures
from shared.journeys.erase import Erase
from shared.journeys.ports import Place
from tests.builders import AGREEMENT, DEFINITION, NOON, draws
from tests.journeys.permission_world import GERMAN, SHOWN, World
from tests.support.faults import FaultyTransport, Schedule
from tests.support.model import ModelDynamo

TABLES = Tables("leads", "ledger", "notices", "suppressions")
CANARY = {
    **GERMAN,
    "email": "canary.zebra@example.com",
    "first_name": "Canaryfirst",
    "company": "Canary Industries",
    "phone": "+4915112345678",
    "message": "Canarywords",
}
WORDS = ("canary", "zebra", "15112345678", "15199999999")
ART17 = Order()


class ErasureWorld(World):
    """`forgetter` keeps the ErasureStore port over the same store."""

    forgetter: Any

    def __init__(self, store: Any = None, **changes: Any) -> None:
        super().__init__(store=store or MemoryErasures(), **changes)
        self.forgetter = self.store

    def erase(self, within: float = 20) -> Erase:
        dice = lambda: draws(next(self.drawn))  # noqa: E731  # one expression, used once
        return Erase(
            self.forgetter, lambda: self.keyring, lambda: self.now, dice, lambda _: None, timedelta(seconds=within)
        )

    def erased(self, order: Order = ART17) -> Erasure:
        done = self.erase().by_lead_id(self.lead.lead_id, order)
        assert done is not None
        return done


class ModelledErasures(ErasureWorld):
    """The same over the executable model, with a fault seam."""

    def __init__(self) -> None:
        self.model, self.schedule = ModelDynamo(), Schedule()
        seam = FaultyTransport(self.model, self.schedule)
        super().__init__(store=DynamoAnswers(seam, TABLES), queue=MemoryHandOff())
        self.forgetter = DynamoErasures(seam, TABLES)

    def items(self, kind: str, table: str = "leads") -> list[dict[str, Any]]:
        return self.model.items(kind, table)

    @property
    def lead(self) -> Any:
        return next(iter(self.leads()))

    def leads(self) -> list[Any]:
        found = [self.store.find(item["lead_id"]["S"]) for item in self.items("LEAD") if "lead_id" in item]
        return [lead for lead in found if lead]

    def relay(self) -> list[str]:
        places = [Place(item["pk"]["S"].removeprefix("P#"), item["sk"]["S"]) for item in self.items("OUT#")]
        return [self.deliver()(place) for place in places]

    def figures(self) -> DynamoFigures:
        """The stored figures; no fault meets them."""
        return DynamoFigures(self.model, TABLES, AGREEMENT, shown_fields(AGREEMENT))

    def findings(self) -> list[Finding]:
        """What the ledger's verification says about all that is stored."""
        return findings(self.items("EVT#", "ledger"), [lead.head for lead in self.leads()], self.erasures())

    def erasures(self) -> Mapping[str, int]:
        days = [item["erased_on"]["S"] for item in self.items("GONE")]
        return {day: days.count(day) for day in days}


def findings(items: list[dict[str, Any]], heads: list[Head], erasures: Mapping[str, int]) -> list[Finding]:
    names = ("pk", "sk", "core", "hash", "salt", "body", "day_shard")
    entries = [StoredEntry(**{name: item.get(name, {}).get("S") for name in names}) for item in items]
    evidence = Evidence(sorted(entries, key=lambda entry: (entry.pk, entry.sk)), heads, (), erasures)
    return list(verify(evidence, Trust((), lambda *_: False, NOON)))


def lived_in(world: Any) -> Any:
    """The canary asked for a demo, confirmed, chose otherwise, gave another number, and asked again."""
    world.post(fields=CANARY, key="first-submission-key")
    world.relay()
    world.permissions().confirm(world.confirm_link, SHOWN)
    world.now += timedelta(days=2)
    world.post(fields={**CANARY, "phone": "+4915199999999"}, key="second-submission-key")
    world.permissions().choose(world.preferences_link, frozenset(), SHOWN)
    world.relay()
    return world


def counted(world: ModelledErasures) -> ModelledErasures:
    """The same, and the stored figures know it."""
    people = [item["pk"]["S"].removeprefix("P#") for item in world.items("LEAD")]
    assert CountFigures(world.figures(), DEFINITION, lambda: world.now, lambda _: None)(people) == len(people)
    return world
