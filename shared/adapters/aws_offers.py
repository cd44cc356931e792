"""What giving out leads needs, put together from the settings and the agreement."""

from __future__ import annotations

from functools import cache

from shared.adapters import aws
from shared.adapters.aws_mail import compiled
from shared.adapters.dynamodb_offers import DynamoOffers
from shared.adapters.sqs_hand_off import SqsHandOff
from shared.adapters.transport import DYNAMODB, SQS
from shared.domain.business_time import calendars_from
from shared.domain.routing import routing_from
from shared.journeys.offer_ports import Agreed
from shared.settings import Settings


def store(settings: Settings) -> DynamoOffers:
    return DynamoOffers(aws.transport(settings, DYNAMODB), aws.tables(settings))


def nurture(settings: Settings) -> SqsHandOff:
    """The queue of enrolments is made like the one to sales."""
    return SqsHandOff(aws.transport(settings, SQS), settings.nurture_queue_url)


def tests(settings: Settings) -> SqsHandOff | None:
    """The queue of test leads; None where the stack has none."""
    queue = settings.self_test_queue_url
    return SqsHandOff(aws.transport(settings, SQS), queue) if queue else None


@cache
def agreed() -> Agreed:
    """Routing and calendars of the agreement that was shipped with this code."""
    return Agreed(routing_from(compiled()["routing"]), calendars_from(compiled()["calendars"]))
