"""The hand-off queue in SQS: FIFO, one group per lead, the message's own id against duplicates."""

from __future__ import annotations

from dataclasses import dataclass

from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen, TryAgain
from shared.domain.message import Message


@dataclass(frozen=True, slots=True)
class SqsHandOff:
    """Keeps the HandOff port."""

    transport: Transport
    queue_url: str

    def send(self, message: Message) -> None:
        body = {
            "QueueUrl": self.queue_url,
            "MessageBody": message.body,
            "MessageGroupId": message.lead_id,
            "MessageDeduplicationId": message.message_id,
            "MessageAttributes": {"type": {"DataType": "String", "StringValue": message.kind}},
        }
        try:
            self.transport.send("SendMessage", body)
        except AwsRefused as refused:
            if refused.code.endswith("Throttled") or refused.code.startswith("KMS"):
                raise TryAgain(f"sqs: {refused.code}") from None
            raise CannotHappen(f"sqs SendMessage: {refused.code}") from None
