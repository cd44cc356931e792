"""`leadgate parked`: the ad leads that were put aside, with the reason, and the way to try them once more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local.unusable import Unusable
from local.where import environment_of

if TYPE_CHECKING:
    from shared.domain.ad_lead import Parked
    from shared.settings import Settings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXAMPLES = """example:
  leadgate parked --ready-file ready.json             of a running local stack
  LEADS_TABLE=… leadgate parked                       in AWS, with your credentials
  LEADS_TABLE=… NOTIFICATIONS_QUEUE_URL=… leadgate parked --retry

One line for each lead: source, the platform's id of the lead, reason, since when. Nothing of the person is kept.
docs/platforms.md says what each reason means. A lead that is tried again and goes through leaves the list."""
NOBODY = "unreadable"


def add_to(commands: Commands) -> None:
    """Register `parked`."""
    parked = commands.add_parser(
        "parked",
        help="list the ad leads that were put aside, and try them again",
        description="List the ad leads that were put aside, and try them again.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parked.add_argument(
        "source", nargs="*", metavar="SOURCE_ID", help="only these sources; default all of the agreement"
    )
    parked.add_argument("--ready-file", type=Path, metavar="F", help="of a running local stack")
    parked.add_argument("--retry", action="store_true", help="put them back into the notifications queue")


def run(chosen: argparse.Namespace) -> int:
    """0, whether or not something is put aside. Raises Unusable when the table or the queue is not named, or when no
    such source exists.
    """
    from shared.adapters.aws import tables, transport
    from shared.adapters.dynamodb_ads import DynamoAds
    from shared.adapters.transport import DYNAMODB
    from shared.settings import from_environment

    wanted = _known(chosen.source)
    needed = ("LEADS_TABLE", *(("NOTIFICATIONS_QUEUE_URL",) if chosen.retry else ()))
    environment = environment_of(chosen, needed)
    settings = from_environment(environment)
    store = DynamoAds(transport(settings, DYNAMODB, environment), tables(settings))
    found = [one for source in wanted for one in store.parked(source)]
    for one in found:
        print(f"{one.source_id}  {one.lead_id}  {one.reason}  {one.at}")
    if chosen.retry:
        print(f"{_retry(found, settings, environment)} put back into the queue", file=sys.stderr)
    return 0


def _known(asked: list[str]) -> list[str]:
    """What was asked for, or all there is; a name that nothing is parked under is a slip, never an empty list."""
    there = _sources()
    unknown = [name for name in asked if name not in there]
    if unknown:
        raise Unusable(f"No source is called {', '.join(unknown)}. These exist: {', '.join(there)}.")
    return asked or there


def _sources() -> list[str]:
    from shared.adapters.ads_aws import PULLED
    from shared.domain.agreement import from_compiled
    from shared.settings import compiled_agreement

    sources = from_compiled(compiled_agreement()).sources.values()
    return [*(source.source_id for source in sources if source.platform in PULLED), *PULLED]


def _retry(found: list[Parked], settings: Settings, environment: Mapping[str, str]) -> int:
    """How many could be named to the worker: one that nobody could read has no name."""
    from shared.adapters.aws import transport
    from shared.adapters.sqs_notifications import SqsNotifications
    from shared.adapters.transport import SQS
    from shared.domain.agreement import from_compiled
    from shared.domain.lead import instant
    from shared.domain.notification import CREATED, Notification
    from shared.settings import compiled_agreement

    platforms = {name: source.platform for name, source in from_compiled(compiled_agreement()).sources.items()}
    now = instant(datetime.now(UTC))
    again = [
        Notification(platforms[one.source_id], one.source_id, f"again#{one.lead_id}", CREATED, one.lead_id, now)
        for one in found
        if one.source_id in platforms and one.lead_id != NOBODY
    ]
    queue_url = settings.notifications_queue_url
    SqsNotifications(transport(settings, SQS, environment), queue_url, "").send(again)
    return len(again)
