"""The person goes into the messages to sales, where the stack is told so: read and encrypted as they leave."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain import enclosure
from shared.domain.lead import Lead
from shared.domain.message import Message
from shared.journeys.ports import Cipher, Clock


@dataclass(frozen=True, slots=True)
class Enclose:
    """The journey with its surroundings."""

    cipher: Cipher
    clock: Clock

    def __call__(self, message: Message, lead: Lead | None) -> Message:
        """The message with the person as of now, under the same id; what concerns nobody in sales has nobody in it.

        Raises TryAgain and CannotHappen when nothing can be encrypted: then nothing leaves.
        """
        if message.kind not in enclosure.KINDS:
            return message
        now, ciphertext = self.clock(), None
        if lead and enclosure.is_offered(message, lead):
            ciphertext = self.cipher.encrypt(enclosure.text_of(lead, now), enclosure.context_of(message))
        return enclosure.enclosing(message, ciphertext, now)


def by_reference(message: Message, _lead: Lead | None) -> Message:
    """The message as it is: whoever reads it asks for the person."""
    return message
