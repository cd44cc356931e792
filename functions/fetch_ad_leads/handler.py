"""The worker behind the doors for platforms: it fetches what was notified, and on the clock pulls what was not."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

from shared import telemetry, telemetry_ads
from shared.adapters import ads_aws, aws, erasure_aws
from shared.domain.agreement import from_compiled
from shared.domain.definition import compile_definition
from shared.domain.errors import LeadgateError, TryAgain
from shared.domain.notification import from_body
from shared.journeys.capture import Capture
from shared.journeys.erase import Erase
from shared.journeys.fetch_lead import FetchLead
from shared.journeys.pull_leads import PullLeads
from shared.settings import compiled_agreement, from_environment
from shared.sources.ad_reader import AdReader

SETTINGS = from_environment()
AGREEMENT = from_compiled(compiled_agreement())
DEFINITION = compile_definition(AGREEMENT.definition)
PLATFORMS = ads_aws.platforms(SETTINGS)
FETCH_SECONDS, PULL_SECONDS = 25.0, 35.0  # no step begins later, and each ends before the function does
ONLY_BEGUN = timedelta(0)  # the role that destroys is another one; its clock goes on within minutes


@cache
def fetch() -> FetchLead:
    keyring = aws.keyring(SETTINGS)
    capture = Capture(aws.ledger(SETTINGS), keyring, aws.now, aws.dice, aws.pause)
    erase = Erase(erasure_aws.store(SETTINGS), lambda: keyring, aws.now, aws.dice, aws.pause, ONLY_BEGUN)
    reader = AdReader(AGREEMENT, DEFINITION)
    store = ads_aws.store(SETTINGS)
    return FetchLead(store, PLATFORMS, reader, capture, erase, AGREEMENT, keyring, aws.now, aws.pause)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return _pull() if event.get("source") == "aws.events" else _follow(event["Records"])


def _follow(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Every message by itself: one that fails comes again, the others do not."""
    has_time = ads_aws.time_left(FETCH_SECONDS)
    left = [record["messageId"] for record in records if not (has_time() and _is_followed(record["body"]))]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in left]}


def _is_followed(body: str) -> bool:
    try:
        note = from_body(body)
        telemetry_ads.fetched(note.platform, note.source_id, fetch()(note))
    except Exception as error:  # the queue brings it again, and after some times puts it to the dead letters
        telemetry_ads.trouble(error)
        return False
    return True


def _pull() -> dict[str, int]:
    """How many leads were seen of each outcome; what failed is raised after every source had its turn."""
    sources = [one for one in AGREEMENT.sources.values() if one.enabled and PLATFORMS.is_connected(one)]
    pull = PullLeads(fetch().store, PLATFORMS, fetch(), aws.now, telemetry.broke)
    counts, failed = {"sources": len(sources), "leads": 0}, 0
    for source, has_time in ads_aws.shares(sources, PULL_SECONDS):
        try:
            swept = pull(source, has_time)
        except LeadgateError as error:
            telemetry_ads.trouble(error)
            failed += 1
            continue
        telemetry_ads.pulled(source.source_id, swept)
        counts["leads"] += swept.outcomes.total()
    if failed:
        raise TryAgain(f"{failed} of {len(sources)} sources could not be pulled")
    return counts
