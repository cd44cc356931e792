"""A world with two ad platforms: behind the ports all is in memory, between them it is the real thing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.adapters.memory_ads import MemoryAds
from shared.adapters.memory_erasure import MemoryErasures
from shared.domain.agreement import Agreement, Source
from shared.domain.errors import RejectedInput
from shared.domain.lead import Lead
from shared.domain.notification import CREATED, DELETED, Notification
from shared.domain.question import Draws
from shared.journeys.ad_ports import Page, Window
from shared.journeys.capture import Capture
from shared.journeys.erase import Erase
from shared.journeys.fetch_lead import FetchLead, Outcome
from shared.journeys.pull_leads import PullLeads, Swept
from shared.sources import linkedin as linkedin_source
from shared.sources import meta as meta_source
from shared.sources.ad_reader import AdReader
from tests.builders import AGREEMENT, DEFINITION, KEYRING, NOON, draws
from tests.support.platforms import linkedin, meta

LINKEDIN, META = AGREEMENT.sources["linkedin-demo"], AGREEMENT.sources["meta-demo"]
SUBMITTED = 1_770_000_000_000
ADA = "249592fc-d272-44ba-a7db-c2bdce579507-6"


@dataclass
class FakeApi:
    """Keeps the Platform port over dictionaries; `trouble` is raised by the calls that it names, one by one."""

    leads_by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    where: tuple[str, ...] = ("everywhere",)
    page_size: int = 2
    trouble: dict[str, list[Exception]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    glance: Callable[[bytes], Any] = linkedin_source.glance

    def add(self, lead: dict[str, Any]) -> None:
        self.leads_by_id[lead["id"]] = lead

    def lead(self, lead_id: str) -> bytes:
        self._ask("lead")
        if lead_id not in self.leads_by_id:
            raise RejectedInput("lead_gone")
        return json.dumps(self.leads_by_id[lead_id]).encode()

    def form(self, form_id: str) -> bytes | None:
        self._ask("form")
        return json.dumps(self.forms[form_id]).encode() if form_id in self.forms else None

    def places(self) -> tuple[str, ...]:
        return self.where

    def leads(self, place: str, window: Window, rest: str = "") -> Page:
        self._ask("leads")
        every = [json.dumps(lead).encode() for lead in self.leads_by_id.values()]
        found = [lead for lead in every if self._is_in(window, lead)]
        start = int(rest or 0)
        end = start + self.page_size
        return Page(tuple(found[start:end]), str(end) if end < len(found) else "")

    def _is_in(self, window: Window, lead: bytes) -> bool:
        """A lead that nobody can read is in every window."""
        try:
            return bool(window.since <= self.glance(lead).submitted_ms < window.until)
        except RejectedInput:
            return True

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.trouble.get(what):
            raise self.trouble[what].pop(0)


class AdWorld:
    """`now` may be moved; `linkedin` and `meta` are the platforms."""

    def __init__(self, agreement: Agreement = AGREEMENT) -> None:
        self.agreement = agreement
        self.linkedin = FakeApi(forms={str(linkedin.FORM_ID): linkedin.a_form()})
        self.meta = FakeApi(forms={meta.FORM_ID: meta.a_form()}, glance=meta_source.glance)
        self.ads, self.ledger = MemoryAds(), MemoryErasures()
        self.now = NOON
        self.drawn = itertools.count(1)
        self.reported: list[Exception] = []

    def platform(self, source: Source) -> FakeApi:
        return self.linkedin if source.platform == "linkedin" else self.meta

    def dice(self) -> Draws:
        return draws(next(self.drawn))

    @property
    def eraser(self) -> Erase:
        clock, pause = (lambda: self.now), (lambda _: None)
        return Erase(self.ledger, lambda: KEYRING, clock, self.dice, pause, timedelta(seconds=20))

    @property
    def fetch(self) -> FetchLead:
        clock, pause = (lambda: self.now), (lambda _: None)
        return FetchLead(
            store=self.ads,
            platform=self.platform,
            reader=AdReader(self.agreement, DEFINITION),
            capture=Capture(self.ledger, KEYRING, clock, self.dice, pause),
            erase=self.eraser,
            agreement=self.agreement,
            keyring=KEYRING,
            clock=clock,
            pause=pause,
        )

    @property
    def pull(self) -> PullLeads:
        return PullLeads(self.ads, self.platform, self.fetch, lambda: self.now, self.reported.append)

    def notify(self, lead_id: str = ADA, **changes: Any) -> Outcome:
        return self.fetch(a_notification(lead_id, **changes))

    def sweep(self, source: Source = LINKEDIN, steps: int = 10_000) -> Swept:
        left = itertools.count(steps, -1)
        return self.pull(source, lambda: next(left) > 0)

    def at(self, moment: int) -> None:
        """The clock shows this many milliseconds after 1970."""
        self.now = datetime.fromtimestamp(moment / 1000, NOON.tzinfo)

    @property
    def leads(self) -> list[Lead]:
        return list(self.ledger.leads.values())

    @property
    def lead(self) -> Lead:
        (one,) = self.leads
        return one

    def everything(self) -> str:
        """All that is stored, as text."""
        ledger = self.ledger
        return repr((ledger.leads, ledger.events, ledger.entries, ledger.answers, ledger.outbox, ledger.notices))


def a_notification(lead_id: str = ADA, **changes: Any) -> Notification:
    """LinkedIn says that Ada left an answer; `meta=True` lets Meta say it, `deleted_at` that it was taken back."""
    at = changes.pop("deleted_at", None)
    occurred = changes.pop("occurred_at", SUBMITTED) if at is None else at
    is_meta = changes.pop("is_meta", False)
    ids = {"page_id": meta.PAGE_ID, "form_id": meta.FORM_ID} if is_meta else {"occurred_at_ms": str(occurred)}
    members = {
        "platform": "meta" if is_meta else "linkedin",
        "source_id": "meta-demo" if is_meta else "linkedin-demo",
        "notification_key": f"any#{lead_id}#{occurred}",
        "kind": CREATED if at is None else DELETED,
        "lead_id": lead_id,
        "received_at": "2026-03-02T12:00:00.000Z",
        "ids": ids,
    }
    return Notification(**{**members, **changes})
