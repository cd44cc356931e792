from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.adapters.memory import MemoryHandOff, MemoryLedger
from shared.domain.message import Message
from tests.adapters.contract import ContentionContract, LedgerContract


class TestMemoryLedger(LedgerContract, ContentionContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()

    @pytest.fixture
    def suppress(self, ledger: MemoryLedger) -> Callable[[str], None]:
        return ledger.suppressed.add


def test_the_queue_in_memory_keeps_what_it_was_given() -> None:
    queue = MemoryHandOff()
    message = Message("a.sales_qualified.1", "a", 1, "lead.sales_qualified", "{}")

    queue.send(message)

    assert queue.messages == [message]
