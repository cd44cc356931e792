"""Sales as the agreement has it, for tests that let offers out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.adapters.dynamodb_ledger import DynamoLedger
from shared.adapters.dynamodb_offers import DynamoOffers
from shared.adapters.memory import MemoryLedger, MemoryOffers
from shared.domain.business_time import calendars_from
from shared.domain.lead import Lead
from shared.domain.routing import routing_from
from shared.domain.sla import moment
from shared.journeys.assign import Assign
from shared.journeys.offer_ports import Agreed, OfferStore
from shared.settings import compiled_agreement

COMPILED = compiled_agreement()
AGREED = Agreed(routing_from(COMPILED["routing"]), calendars_from(COMPILED["calendars"]))


def offers_of(store: Any) -> OfferStore:
    """The offers that lie with the leads of this store."""
    return DynamoOffers(store.transport, store.tables) if isinstance(store, DynamoLedger) else MemoryOffers(store)


def assigning(
    store: Any,
    clock: Callable[[], datetime],
    agreed: Agreed = AGREED,
    company: Callable[[Lead], str | None] = lambda _: None,
) -> Assign:
    """Every lead writes for itself, unless `company` says otherwise."""
    return Assign(offers_of(store), agreed, clock, lambda _: None, company)


def an_assignment(lead: Lead) -> Assign:
    """Sales with nothing in hand, to whom this lead is offered."""
    ledger = MemoryLedger()
    ledger.leads["a" * 32] = lead
    return assigning(ledger, lambda: moment(lead.last_act_at))
