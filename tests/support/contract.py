"""Every message that a test hands over is held against the contract: the test fails when a consumer was promised
something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from local import contract
from shared.adapters.memory import MemoryHandOff
from shared.adapters.sqs_hand_off import SqsHandOff
from shared.domain.message import Message

Send = Callable[[Any, Message], None]


def kept(send: Send) -> Send:
    """The same way out, but only for what keeps the contract."""

    def checked(self: Any, message: Message) -> None:
        if not message.is_rehearsal:  # it was never promised to a consumer, and nobody has it
            contract.check(as_meant(message.body))
        send(self, message)

    return checked


def as_meant(body: str) -> str:
    """What sales would be told, were a rehearsal none."""
    event = json.loads(body)
    return json.dumps({**event, "type": event["type"].replace("test.", "lead.")})


@contextmanager
def contract_kept() -> Iterator[None]:
    """Both ways out of this process are watched."""
    with (
        patch.object(MemoryHandOff, "send", kept(MemoryHandOff.send)),
        patch.object(SqsHandOff, "send", kept(SqsHandOff.send)),
    ):
        yield
