from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.adapters.memory import MemoryHandOff, MemoryLedger
from shared.domain.message import lead_erased
from tests.adapters.contract import ContentionContract, LedgerContract
from tests.builders import NOON


class TestMemoryLedger(LedgerContract, ContentionContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()

    @pytest.fixture
    def suppress(self, ledger: MemoryLedger) -> Callable[[str], None]:
        return ledger.suppressed.add


def test_the_queue_in_memory_keeps_what_it_was_given() -> None:
    queue = MemoryHandOff()
    message = lead_erased("a" * 32, 2, "art17", NOON)

    queue.send(message)

    assert queue.messages == [message]
