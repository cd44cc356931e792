"""The in-memory twin of the store of ad leads and pulls."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from shared.domain.ad_lead import AdRecord, Parked
from shared.domain.errors import Conflict
from shared.domain.pull import Checkpoint


class MemoryAds:
    """Keeps the AdStore port in dictionaries; its contents are open to tests."""

    def __init__(self) -> None:
        self.records: dict[str, AdRecord] = {}
        self.aside: dict[tuple[str, str], Parked] = {}
        self.forms: dict[tuple[str, str, str], bytes] = {}
        self.checkpoints: dict[str, Checkpoint] = {}
        self._lock = threading.Lock()

    def remembered(self, place: str) -> AdRecord:
        with self._lock:
            return self.records.get(place, AdRecord())

    def remember(self, place: str, record: AdRecord) -> None:
        with self._lock:
            if self.records.get(place, AdRecord()).version != record.version:
                raise Conflict("somebody remembered something else of the same lead")
            self.records[place] = replace(record, version=record.version + 1)

    def park(self, parked: Parked) -> None:
        with self._lock:
            self.aside[parked.source_id, parked.lead_id] = parked

    def unpark(self, source_id: str, lead_id: str) -> None:
        with self._lock:
            self.aside.pop((source_id, lead_id), None)

    def parked(self, source_id: str) -> Iterable[Parked]:
        with self._lock:
            return [one for (source, _), one in sorted(self.aside.items()) if source == source_id]

    def form(self, platform: str, form_id: str, version: str) -> bytes | None:
        with self._lock:
            return self.forms.get((platform, form_id, version))

    def keep_form(self, platform: str, form_id: str, version: str, form: bytes) -> None:
        with self._lock:
            self.forms.setdefault((platform, form_id, version), form)

    def checkpoint(self, source_id: str) -> Checkpoint | None:
        with self._lock:
            return self.checkpoints.get(source_id)

    def advance(self, source_id: str, checkpoint: Checkpoint) -> None:
        with self._lock:
            before = self.checkpoints.get(source_id)
            if (before.version if before else 0) != checkpoint.version:
                raise Conflict("another sweep was faster")
            self.checkpoints[source_id] = replace(checkpoint, version=checkpoint.version + 1)
